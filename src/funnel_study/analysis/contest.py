"""The contest of parameterizations: how far each is from the best constant centeredness.

Let W be the work of a parameterization for an estimand in a scenario, and let the *best constant*
be the parameterization with the same centeredness c for all individuals whose work is the least.
The *regret* of a parameterization is log W less that of the best constant. It is negative if it
does better than every constant.

The best of several noisy values looks better than it is. So regret is cross-fitted: the best
constant is chosen by one half of the chains of every fit, and compared with the parameterization on
the other half, whose errors are independent of the choice. The result is the mean of both ways.

Standard errors and intervals are from a bootstrap of the data sets of a scenario, in which the
choice of the best constant and of the worst estimand is made anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from funnel.group_means import Array
from funnel.seeds import seed_sequence
from funnel_study.analysis.sweep import ESTIMANDS
from funnel_study.analysis.work import WORST, is_ranked, standardised_errors

RESAMPLES = 500
COLUMNS = [
    *("scenario", "sampler", "parameterization", "estimand", "data_sets"),
    *("work", "regret", "regret_mcse"),
]
BEST_COLUMNS = [
    *("scenario", "sampler", "estimand", "data_sets", "best_constant"),
    *("best_centeredness", "best_centeredness_low", "best_centeredness_high"),
    *("cost_of_worst_constant", "cost_of_worst_constant_mcse"),
]
SUMMARY_COLUMNS = [
    *("sampler", "parameterization", "kind", "estimand", "points", "mean", "mean_mcse"),
    *("median", "largest", "largest_low", "largest_high", "largest_at", "within_a_quarter"),
    *("best", "best_rule"),
]
# what anyone can apply, unlike what uses the exact posterior or integrates theta out
APPLICABLE = ("constant", "rule")
# a best centeredness is unclear if its interval is wider
UNCLEAR = 0.5
_CLOSE = np.log(1.25)


@dataclass(frozen=True)
class HalfWork:
    """The work of each half of the chains, in the bootstrap samples of the data sets of a scenario.

    `work` has the shape (half, resample, parameterization, estimand), and the first resample is the
    data sets themselves. `estimands` are `ESTIMANDS`.
    """

    parameterizations: list[str]
    data_sets: int
    work: Array

    def of(self, parameterizations: Sequence[str]) -> Array:
        """Return the work of some parameterizations, (half, resample, some, estimand)."""
        places = [self.parameterizations.index(name) for name in parameterizations]
        return self.work[:, :, places]


def half_work(found: xr.Dataset, chosen: Sequence[int], rng: np.random.Generator) -> HalfWork:
    """Return the work of both halves of the chains for one scenario and sampler.

    `found` is a dataset of `diagnosis.chain_errors.join_cells` for one sampler, and `chosen` are
    the replicates that are left out. Data sets without the errors of every parameterization are
    left out, too. The work of `WORST` is the largest over the ranked estimands.

    Raises ValueError if the fits have a single chain, which cannot be halved.
    """
    if found.sizes["chain"] < 2:
        raise ValueError("the contest needs at least two chains")
    last = found.isel(prefix=-1).drop_sel(replicate=list(chosen))
    u = standardised_errors(last)
    u = u.sel(estimand=[name for name in u["estimand"].to_numpy().tolist() if is_ranked(name)])
    steps = last["leapfrog_steps"] + last["tuning_leapfrog_steps"]
    order = ("chain", "replicate", "parameterization", "estimand")
    work = (steps * u**2).transpose(*order).to_numpy()
    known = np.isfinite(work).all(axis=(0, 2, 3))
    work = work[:, known]
    half = len(work) // 2
    halves = np.stack([work[:half].mean(axis=0), work[half:].mean(axis=0)])
    n = int(known.sum())
    names = u["parameterization"].to_numpy().tolist()
    if n == 0:
        shape = (2, RESAMPLES + 1, len(names), len(ESTIMANDS))
        return HalfWork(names, 0, np.full(shape, np.nan))
    counts = np.vstack([np.ones(n), rng.multinomial(n, np.full(n, 1 / n), size=RESAMPLES)])
    means = np.einsum("br,hrpf->hbpf", counts / n, halves)
    ranked = u["estimand"].to_numpy().tolist()
    single = [means[..., ranked.index(name)] for name in ESTIMANDS if name != WORST]
    return HalfWork(names, n, np.stack([*single, means.max(axis=-1)], axis=-1))


def regrets(work: HalfWork, constants: Sequence[str]) -> Array:
    """Return the cross-fitted regret (resample, parameterization, estimand) in logs.

    `constants` are the parameterizations with the same centeredness for all individuals.
    """
    best = _scored(np.log(work.of(constants)), np.argmin)
    return np.asarray(np.mean(np.log(work.work)[::-1] - best, axis=0))


def _scored(log_work: Array, find: Callable[..., NDArray[np.intp]]) -> Array:
    """Return the log work, in the other half, of what `find` chooses by the first and second."""
    ways = [(find(log_work[h], axis=1)[:, None], log_work[1 - h]) for h in (0, 1)]
    return np.stack([np.take_along_axis(scoring, at, axis=1) for at, scoring in ways])


def best_centeredness(centeredness: Array, log_work: Array) -> Array:
    """Return the centeredness (...) of the least work by a quadratic in it.

    `centeredness` (constant,) are the constants, and `log_work` (..., constant) is their log work.
    The quadratic is fitted by least squares; its minimum is sought between 0 and 1.
    """
    flat = log_work.reshape(-1, len(centeredness))
    a, b, _ = np.polynomial.polynomial.polyfit(centeredness, flat.T, 2)[::-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        vertex = np.clip(-b / (2 * a), 0.0, 1.0)
    # of a concave quadratic, the lower end is the minimum; the ends differ by a + b
    ends = np.where(a + b > 0, 0.0, 1.0)
    return np.asarray(np.where(a > 0, vertex, ends)).reshape(log_work.shape[:-1])


@dataclass(frozen=True)
class Contest:
    """The tables of a contest.

    `regrets` has one row per scenario, sampler, parameterization and estimand, `best` one per
    scenario, sampler and estimand, and `summary` one per sampler, parameterization and estimand.
    """

    regrets: pd.DataFrame
    best: pd.DataFrame
    summary: pd.DataFrame


def contest(
    chain_errors: Mapping[str, xr.Dataset],
    constants: Mapping[str, float],
    kinds: Mapping[str, str],
    chosen: Sequence[str],
    seed: int,
) -> Contest:
    """Return the tables of a contest.

    `chain_errors` are the datasets of `diagnosis.chain_errors.join_cells` by scenario,
    `constants` has the centeredness of those parameterizations that have the same for all
    individuals, `kinds` is the kind of every parameterization (`model.parameterizations.kind`),
    and `chosen` are the scenarios whose replicate 0 is left out. `seed` is that of the study,
    from which the bootstrap is seeded. A scenario takes part if it has at least three of the
    constants. The columns are explained in results/README.md.
    """
    rows, bests, collected = [], [], []
    for scenario, found in chain_errors.items():
        for sampler in found["sampler"].to_numpy().tolist():
            one = found.sel(sampler=sampler)
            names = one["parameterization"].to_numpy().tolist()
            known = {name: c for name, c in constants.items() if name in names}
            if len(known) < 3 or one.sizes["chain"] < 2:
                continue
            rng = np.random.default_rng(seed_sequence(seed, "contest", scenario, sampler))
            work = half_work(one, [0] if scenario in chosen else [], rng)
            regret = regrets(work, list(known))
            collected.append((scenario, sampler, work.parameterizations, regret))
            rows += _regret_rows(scenario, sampler, work, regret)
            bests += _best_rows(scenario, sampler, work, known)
    return Contest(
        pd.DataFrame(rows, columns=COLUMNS),
        pd.DataFrame(bests, columns=BEST_COLUMNS),
        pd.DataFrame(_summary_rows(collected, kinds), columns=SUMMARY_COLUMNS),
    )


def with_points(table: pd.DataFrame, swept: Mapping[str, Mapping[str, float]]) -> pd.DataFrame:
    """Return `table` with the swept values of each scenario as its first columns after the name.

    `swept` has them by the name of the scenario; a value that a scenario does not have is missing.
    """
    keys = list(dict.fromkeys(key for values in swept.values() for key in values))
    columns = {
        key: table["scenario"].map(lambda name, key=key: swept.get(name, {}).get(key))
        for key in keys
    }
    return pd.concat(
        [table[["scenario"]], pd.DataFrame(columns), table.drop(columns="scenario")], axis=1
    )


def with_centeredness(regrets: pd.DataFrame, fits: pd.DataFrame) -> pd.DataFrame:
    """Return `regrets` with the mean centeredness of the fits of each cell as its last column."""
    keys = ["scenario", "sampler", "parameterization"]
    ended = fits[fits["status"] == "ok"]
    means = ended.groupby(keys, sort=False)["centeredness"].mean().reset_index()
    return regrets.merge(means, on=keys, how="left", validate="many_to_one")


def _regret_rows(
    scenario: str, sampler: str, work: HalfWork, regret: Array
) -> list[tuple[object, ...]]:
    errors = regret[1:].std(axis=0, ddof=1)
    whole = work.work[:, 0].mean(axis=0)
    return [
        (
            *(scenario, sampler, name, estimand, work.data_sets),
            *(whole[p, f], regret[0, p, f], errors[p, f]),
        )
        for p, name in enumerate(work.parameterizations)
        for f, estimand in enumerate(ESTIMANDS)
    ]


def _best_rows(
    scenario: str, sampler: str, work: HalfWork, constants: Mapping[str, float]
) -> list[tuple[object, ...]]:
    names, c = list(constants), np.array(list(constants.values()))
    halves = np.log(work.of(names))
    log_work = np.log(work.of(names).mean(axis=0))
    best = best_centeredness(c, np.moveaxis(log_work, 1, -1))
    low, high = (_scored(halves, find)[:, :, 0] for find in (np.argmin, np.argmax))
    cost = np.mean(high - low, axis=0)
    return [
        (
            *(scenario, sampler, estimand, work.data_sets),
            names[int(log_work[0, :, f].argmin())] if work.data_sets else None,
            *(best[0, f], *np.quantile(best[1:, f], [0.025, 0.975])),
            *(cost[0, f], cost[1:, f].std(ddof=1)),
        )
        for f, estimand in enumerate(ESTIMANDS)
    ]


def _summary_rows(
    collected: Sequence[tuple[str, str, list[str], Array]], kinds: Mapping[str, str]
) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for sampler in dict.fromkeys(each[1] for each in collected):
        points = [each for each in collected if each[1] == sampler]
        # those that every scenario has, so that all are compared at the same points
        names = [name for name in points[0][2] if all(name in each[2] for each in points)]
        regret = np.stack([each[3][:, [each[2].index(name) for name in names]] for each in points])
        scenarios = [each[0] for each in points]
        known = np.isfinite(regret).all(axis=(1, 2, 3))
        regret = regret[known]
        scenarios = [name for name, is_known in zip(scenarios, known, strict=True) if is_known]
        if not scenarios:
            continue
        largest = regret.max(axis=0)  # (resample, parameterization, estimand)
        best = _share_of_least(largest[1:])
        applicable = [p for p, name in enumerate(names) if kinds[name] in APPLICABLE]
        best_rule = np.full(best.shape, np.nan)
        best_rule[applicable] = _share_of_least(largest[1:, applicable])
        errors = regret[:, 1:].std(axis=1, ddof=1)
        for p, name in enumerate(names):
            for f, estimand in enumerate(ESTIMANDS):
                each = regret[:, 0, p, f]
                rows.append(
                    (
                        *(sampler, name, kinds[name], estimand, len(each), each.mean()),
                        np.sqrt((errors[:, p, f] ** 2).sum()) / len(each),
                        *(np.median(each), each.max()),
                        *_basic_interval(each.max(), largest[1:, p, f]),
                        scenarios[int(each.argmax())],
                        *((each <= _CLOSE).mean(), best[p, f], best_rule[p, f]),
                    )
                )
    return rows


def _share_of_least(values: Array) -> Array:
    """Return how often each column of `values` (resample, column, estimand) is the least."""
    return np.asarray((values == values.min(axis=1, keepdims=True)).mean(axis=0))


def _basic_interval(estimate: float, resampled: Array) -> tuple[float, float]:
    """Return the 95 % basic bootstrap interval of a maximum, whose resamples are biased upwards."""
    low, high = np.quantile(resampled, [0.025, 0.975])
    return float(2 * estimate - high), float(2 * estimate - low)
