"""Comparisons of arms whose sample is data sets: the ratio of their mean scores, with an interval.

An arm is a parameterization, or whatever a column of the table of scores tells apart. Both arms of
a comparison have a score for the same data sets, one at each point of a design.

The interval of the ratio of the means has the 2.5 % and 97.5 % quantiles of the ratio over random
halves of the data sets (`statistics.random_halves`). It inverts the test that exchanges the two
arms in random data sets. So for identical arms it contains 1 in 95 % of all studies, whatever the
tails of the scores; and it always contains the estimate, which is between the ratio in a half and
that in its complement.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from funnel.group_means import Array
from funnel_study.analysis.statistics import random_halves

PAIRS = 2_000  # of a random half of the data sets and its complement
FEWEST = 6  # of fewer data sets, no interval has a level of 95 %
MORE, LESS, NOT_DISTINGUISHABLE = "more work", "less work", "not distinguishable"
# bands of s / tau
EDGES = (0, 1 / 4, 1, 4, 8, np.inf)
BANDS = ("below 1/4", "1/4 to 1", "1 to 4", "4 to 8", "8 or more")


def band(ratio: pd.Series) -> pd.Series:
    """Return the band of s / tau of each data set, one of `BANDS`."""
    return pd.cut(ratio, list(EDGES), labels=list(BANDS), right=False)


def of_first_sampler(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the first sampler after whole chains, which stand for the study."""
    first = table["sampler"] == table["sampler"].iloc[0]
    rows: pd.DataFrame = table[first & (table["draws"] == table["draws"].max())]
    return rows


def by_point(scores: pd.DataFrame, arm: str = "parameterization") -> pd.DataFrame:
    """Return the score at each point (rows) of each arm (columns); nan where it has none.

    Raises ValueError if an arm has two scores at a point.
    """
    return scores.pivot(index="point", columns=arm, values="score")  # noqa: PD010, refuses two


def ratio_of_means(a: Array, b: Array, rng: np.random.Generator) -> tuple[float, float, float]:
    """Return mean(a) / mean(b) and its 95 % interval, for paired positive scores (n,).

    For fewer than `FEWEST` data sets, the interval is from 0 to infinity.
    """
    estimate = float(a.mean() / b.mean())
    if len(a) < FEWEST:
        return estimate, 0.0, np.inf
    above, below = (random_halves(len(a), PAIRS, rng) @ np.stack([a, b], axis=1)).T
    # no interpolation, so that the level is at least 95 %
    low = np.quantile(above / below, 0.025, method="lower")
    high = np.quantile(above / below, 0.975, method="higher")
    return estimate, float(low), float(high)


def compare(
    scores: pd.DataFrame,
    reference: str,
    by: Sequence[str] = ("likelihood",),
    arm: str = "parameterization",
    seed: int = 0,
) -> pd.DataFrame:
    """Return how the scores of each arm compare with those of the arm `reference`.

    Parameters
    ----------
    scores
        The table with the columns `point` and `score`, those of `by`, and that of the arms. It has
        at most one score for each point and arm of a group.
    reference
        The arm that all others are divided by.
    by
        The columns whose values tell groups of points apart.
    arm
        The column that has the arms.
    seed
        The seed of the random halves.

    Returns
    -------
    pd.DataFrame
        One row per group and arm. `ratio`, with `ratio_low` and `ratio_high`, is that of the mean
        scores, and `verdict` one of `MORE`, `LESS` and `NOT_DISTINGUISHABLE`, by whether 1 is in
        its 95 % interval. `median_ratio` is the median of the ratios in single data sets, with the
        interval of order statistics. `mean` and `median` are those of the scores, `largest_share`
        is the part of the largest data set in their sum, and those of the reference are beside
        them. `data_sets` have a finite score of both arms; `failed` are the others, and
        `reference_failed` those of the reference.
    """
    rows = []
    rng = np.random.default_rng(seed)
    for key, group in scores.groupby([*by], sort=False, observed=True):
        wide = by_point(group, arm)
        if reference not in wide:
            continue
        known = np.isfinite(wide)
        for name in [each for each in group[arm].unique() if each != reference]:
            both = known[name] & known[reference]
            if both.any():
                a, b = (wide.loc[both, each].to_numpy(dtype=float) for each in (name, reference))
                rows.append(
                    {
                        **dict(zip(by, key, strict=True)),
                        **{arm: name, "reference": reference, "data_sets": len(a)},
                        "failed": int((~known[name]).sum()),
                        "reference_failed": int((~known[reference]).sum()),
                        **_compared(a, b, rng),
                    }
                )
    return pd.DataFrame(rows)


def _compared(a: Array, b: Array, rng: np.random.Generator) -> dict[str, object]:
    ratio, low, high = ratio_of_means(a, b, rng)
    of_median = stats.quantile_test(np.log(a / b), p=0.5).confidence_interval(0.95)
    return {
        **{"ratio": ratio, "ratio_low": low, "ratio_high": high},
        "verdict": MORE if low > 1 else LESS if high < 1 else NOT_DISTINGUISHABLE,
        "median_ratio": float(np.exp(np.median(np.log(a / b)))),
        **{"median_ratio_low": np.exp(of_median.low), "median_ratio_high": np.exp(of_median.high)},
        **{"mean": a.mean(), "reference_mean": b.mean()},
        **{"median": np.median(a), "reference_median": np.median(b)},
        **{"largest_share": a.max() / a.sum(), "reference_largest_share": b.max() / b.sum()},
    }
