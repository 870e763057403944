"""Comparison of the published numbers with those of a study of the same data.

The published facts are in workflow/resources/published.yaml. Another seed, platform or version
gives other chains, so distributions are compared and not single values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from funnel.group_means import Array
from funnel_study.analysis.criteria import DIFFERS, NOT_DISTINGUISHED

Facts = Mapping[str, Any]

LEVEL = 0.01  # significance level of the tests
RATIO = 2.0  # seconds relative to the centered fit are not distinguished within this factor
# for quantities of chains, how they are transformed for the test and summarised. With logarithms of
# the probabilities of acceptance, one bad chain would hide every other difference.
_QUANTITIES: Mapping[str, tuple[Callable[[Array], Array], Callable[..., Any]]] = {
    "divergences": (np.log1p, np.sum),
    "bfmi": (np.log, np.mean),
    "step_size": (np.log, np.mean),
    "acceptance": (np.asarray, np.mean),
}
# PyMC3 warns if the lowest effective sample size divided by the number of draws is below these
_ESS_BOUNDS = (0.1, 0.25)

COMPARISON_COLUMNS = (
    *("scenario", "parameterization", "sampler", "quantity", "published", "found"),
    *("lowest", "highest", "fits", "below", "p_value", "verdict", "same_chains"),
    *("published_by_chain", "found_by_chain"),
)


def comparison(fits: pd.DataFrame, chains: pd.DataFrame, facts: Facts) -> pd.DataFrame:
    """Compare every published number with the fits of the same data.

    `fits` and `chains` have the fits of the published data only. Each replicate is another seed of
    the sampler. The result has one row per published number and sampler. `found` is the value in
    replicate 0. `lowest` and `highest` are the extremes over the `fits` that have a value, and
    `below` is how many of them have a value below the published number. Numbers are means over
    chains, except divergences, which are sums.

    The `verdict` is "not distinguished", "differs", "no fit" (replicate 0 failed) or "not
    compared". A number is not distinguished

    - for `divergences`, `bfmi` and `step_size`: if Welch's t test of the logarithms of the values
      of all chains (of 1 + count for divergences) has a p-value of at least 0.01
    - for `acceptance`: if the same test without logarithms does. The post prints only the chains
      with the lowest acceptance, so only the same number of lowest chains of every fit is compared.
    - for `ess`, the lowest effective sample size divided by the number of draws: if the median over
      fits is in the same range, below 0.1, from 0.1 to 0.25 or above, as PyMC3's warning says of
      the published fit
    - for `relative_seconds`, the seconds divided by those of the centered fit of the same scenario:
      if the median over fits is within a factor of 2 of the published ratio

    `seconds` depend on the machine and are not compared. With four chains on each side, the tests
    detect only large differences.

    `same_chains` is the number of chains of replicate 0 whose value equals the published one to six
    digits.
    """
    rows = []
    fits = fits.assign(sampling_seconds=fits["sampling_seconds"].where(fits["status"] == "ok"))
    for fact in facts["fits"]:
        names = (fact["scenario"], fact["parameterization"])
        for sampler in _of(fits, *names)["sampler"].unique():
            own = _of(fits, *names, sampler).sort_values("replicate")
            compared = [
                *_by_chain(fact, _of(chains, *names, sampler)),
                _ess(fact, own),
                *_seconds(fact, own, facts, _of(fits, names[0], "centered", sampler)),
            ]
            keys = dict(zip(COMPARISON_COLUMNS, (*names, sampler), strict=False))
            rows += [{**keys, **row} for row in compared]
    counts = {"below": "Int64", "same_chains": "Int64"}
    return pd.DataFrame(rows, columns=list(COMPARISON_COLUMNS)).astype(counts)


def _of(table: pd.DataFrame, scenario: str, parameterization: str, *sampler: str) -> pd.DataFrame:
    chosen = (table["scenario"] == scenario) & (table["parameterization"] == parameterization)
    return table[chosen & table["sampler"].isin(sampler or table["sampler"])]


def _by_chain(fact: Facts, chains: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for quantity, (transform, total) in _QUANTITIES.items():
        if quantity not in fact:
            continue
        column = quantity
        if quantity == "step_size" and chains["last_tuned_step_size"].notna().any():
            column = "last_tuned_step_size"  # PyMC3 calls this step_size, and the post prints it
        published = np.array(fact[quantity], dtype=float)
        by_fit = chains.pivot_table(column, "replicate", "chain", dropna=False).to_numpy(float)
        if quantity == "acceptance":
            by_fit = np.sort(by_fit)[:, : len(published)]
        p = _p_value(transform(published), transform(by_fit))
        placed = _placed(total(published), pd.Series(total(by_fit, axis=1)))
        same = None
        if quantity in ("bfmi", "step_size"):  # continuous, and so equal only in the same chain
            same = np.isclose(published, by_fit[0], rtol=1e-6, atol=0).sum()
        yield {
            "quantity": quantity,
            **placed,
            "p_value": p,
            "verdict": _verdict(p >= LEVEL, placed["found"]),
            "same_chains": same,
            "published_by_chain": _listed(published),
            "found_by_chain": _listed(by_fit[0]),
        }


def _p_value(published: Array, found: Array) -> float:
    """Return Welch's two-sided p-value; for constant values, 1 if they are equal, else 0."""
    found = found[np.isfinite(found)]
    if not len(found):
        return np.nan
    if np.ptp(published) == 0 and np.ptp(found) == 0:
        return float(published[0] == found[0])
    return float(stats.ttest_ind(published, found, equal_var=False).pvalue)


def _ess(fact: Facts, fits: pd.DataFrame) -> dict[str, Any]:
    bound = fact.get("ess", np.nan)
    values = fits["ess_bulk_min"] / fits["draws"]
    # a fit without a warning is above all bounds
    band = np.searchsorted(_ESS_BOUNDS, bound)
    same_range = np.searchsorted(_ESS_BOUNDS, values.median(), side="right") == band
    placed = _placed(bound, values)
    verdict = _verdict(same_range, placed["found"])
    return {"quantity": "ess", **placed, "below": None, "verdict": verdict}


def _seconds(
    fact: Facts, fits: pd.DataFrame, facts: Facts, centered: pd.DataFrame
) -> Iterator[dict[str, Any]]:
    seconds = fits.set_index("replicate")["sampling_seconds"]
    yield {"quantity": "seconds", **_placed(fact["seconds"], seconds), "verdict": "not compared"}
    published = [
        fact["seconds"] / each["seconds"]
        for each in facts["fits"]
        if (each["scenario"], each["parameterization"]) == (fact["scenario"], "centered")
    ]
    if not published or fact["parameterization"] == "centered" or centered.empty:
        return
    ratios = (seconds / centered.set_index("replicate")["sampling_seconds"])[seconds.index]
    placed = _placed(published[0], ratios)
    within_factor = published[0] / RATIO <= ratios.median() <= published[0] * RATIO
    verdict = _verdict(within_factor, placed["found"])
    yield {"quantity": "relative_seconds", **placed, "verdict": verdict}


def _placed(published: float, values: pd.Series) -> dict[str, Any]:
    """Return the place of a published number among the values of all replicates."""
    return {
        "published": published,
        "found": values.iloc[0],
        "lowest": values.min(),
        "highest": values.max(),
        "fits": values.count(),
        "below": (values < published).sum(),
    }


def _verdict(not_distinguished: bool, found: float) -> str:
    if not np.isfinite(found):
        return "no fit"
    return NOT_DISTINGUISHED if not_distinguished else DIFFERS


def _listed(values: Array) -> str:
    """Return values as a field of the CSV file, which is read again and so has no commas."""
    return " ".join(
        f"{value:.0f}" if abs(value) >= 1_000 else f"{value:.4g}"
        for value in values
        if np.isfinite(value)
    )
