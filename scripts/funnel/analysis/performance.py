"""Performance measures over replicates, each with its Monte Carlo standard error.

The measures and the formulas of their standard errors are those of Morris, White and Crowther
(2019, Statistics in Medicine 38:2074, table 6). Standard errors for which they give no formula are
jackknife estimates (Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 11).
Differences between parameterizations are paired by replicate.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from funnel.analysis.criteria import jackknife_standard_error
from funnel.diagnosis.exact_errors import QUANTILES
from funnel.model.data import CELL, FIT, Array

RHAT_THRESHOLD = 1.01


@dataclass(frozen=True)
class Statistic:
    """A statistic of values over replicates (n,), with its standard error.

    `leave_one_out` returns the values (n,) of the statistic without each replicate in turn, which
    the jackknife needs.
    """

    of: Callable[[Array], float]
    standard_error: Callable[[Array], float]
    leave_one_out: Callable[[Array], Array]


def _mean_without(x: Array) -> Array:
    return (x.sum() - x) / (len(x) - 1)


def _sd(x: Array) -> float:
    return float(x.std(ddof=1)) if len(x) > 1 else np.nan


def _sd_without(x: Array) -> Array:
    n = len(x) - 1
    squares = np.sum(x**2) - x**2 - n * _mean_without(x) ** 2
    return np.sqrt(np.maximum(squares, 0.0) / (n - 1)) if n > 1 else np.full(len(x), np.nan)


def _root_mean_square(x: Array) -> float:
    return float(np.sqrt(np.mean(x**2)))


def _root_mean_square_without(x: Array) -> Array:
    return np.sqrt(np.maximum(_mean_without(x**2), 0.0))


MEAN = Statistic(
    of=lambda x: float(x.mean()),
    standard_error=lambda x: _sd(x) / np.sqrt(len(x)),
    leave_one_out=_mean_without,
)
PROPORTION = Statistic(
    of=lambda x: float(x.mean()),
    standard_error=lambda x: (
        float(np.sqrt(x.mean() * (1 - x.mean()) / len(x))) if len(x) > 1 else np.nan
    ),
    leave_one_out=_mean_without,
)
EMPIRICAL_SE = Statistic(
    of=_sd,
    standard_error=lambda x: _sd(x) / np.sqrt(2 * (len(x) - 1)) if len(x) > 1 else np.nan,
    leave_one_out=_sd_without,
)
ROOT_MEAN_SQUARE = Statistic(
    of=_root_mean_square,
    standard_error=lambda x: (
        jackknife_standard_error(_root_mean_square_without(x)) if len(x) > 1 else np.nan
    ),
    leave_one_out=_root_mean_square_without,
)


@dataclass(frozen=True)
class Measure:
    """A performance measure: a statistic over replicates of a value of each fit.

    `value` computes the values from the rows of the table of estimates, joined with their fits.
    """

    statistic: Statistic
    value: Callable[[pd.DataFrame], pd.Series[float]]


def _covered(low: str, high: str) -> Callable[[pd.DataFrame], pd.Series[float]]:
    def covered(rows: pd.DataFrame) -> pd.Series[float]:
        inside = (rows["truth"] >= rows[low]) & (rows["truth"] <= rows[high])
        return inside.astype(float).where(rows[["truth", low, high]].notna().all(axis=1))

    return covered


def _error(rows: pd.DataFrame) -> pd.Series[float]:
    return rows["mean"] - rows["truth"]


MEASURES: dict[str, Measure] = {
    "bias": Measure(MEAN, _error),
    "empirical_se": Measure(EMPIRICAL_SE, _error),
    "rmse": Measure(ROOT_MEAN_SQUARE, _error),
    "mean_posterior_sd": Measure(MEAN, lambda rows: rows["sd"]),
    "coverage_50": Measure(PROPORTION, _covered("q25", "q75")),
    "coverage_90": Measure(PROPORTION, _covered("q05", "q95")),
    "mean_error": Measure(MEAN, lambda rows: rows["mean"] - rows["exact_mean"]),
    "rms_z": Measure(ROOT_MEAN_SQUARE, lambda rows: rows["z"]),
    **{f"error_{name}": Measure(MEAN, operator.itemgetter(f"error_{name}")) for name in QUANTILES},
    "ks": Measure(MEAN, lambda rows: rows["ks"]),
    "wasserstein": Measure(MEAN, lambda rows: rows["wasserstein"]),
    "mass_below_exact_q05": Measure(MEAN, lambda rows: rows["mass_below_exact_q05"]),
    "ess_per_second": Measure(MEAN, lambda rows: rows["ess_bulk"] / rows["sampling_seconds"]),
    "ess_per_leapfrog_step": Measure(MEAN, lambda rows: rows["ess_bulk"] / rows["leapfrog_steps"]),
}
# a measure of whole fits, not of one estimand
CONVERGENCE = "convergence_rate"
ALL_ESTIMANDS = "all"


def performance(fits: pd.DataFrame, estimates: pd.DataFrame) -> pd.DataFrame:
    """Return every performance measure by scenario, parameterization, sampler and estimand.

    `mcse` is the Monte Carlo standard error of `estimate`, and `replicates` the number of values
    behind it. Failed fits and undefined values are left out, except in the convergence rate, which
    counts every fit.
    """
    rows = []
    for names, group in fits.groupby(CELL, sort=False):
        converged = _converged(group)
        rows.append((*names, ALL_ESTIMANDS, CONVERGENCE, *_estimated(PROPORTION, converged)))
    values = _values(fits, estimates)
    for key, group in values.groupby([*CELL, "estimand"], sort=False):
        for name, measure in MEASURES.items():
            found = group[name].dropna().to_numpy(dtype=float)
            rows.append((*key, name, *_estimated(measure.statistic, found)))
    columns = [*CELL, "estimand", "measure", "estimate", "mcse", "replicates"]
    return pd.DataFrame(rows, columns=columns)


def comparisons(fits: pd.DataFrame, estimates: pd.DataFrame) -> pd.DataFrame:
    """Return the differences of every measure between parameterizations, paired by replicate.

    `difference` is the measure of `parameterization` minus that of `versus`, over the replicates
    that have both, and `mcse` its jackknife standard error. `replicates_needed` is the number of
    replicates that would reduce the standard error to a tenth of the difference.
    """
    rows = []
    values = _values(fits, estimates)
    for key, group in values.groupby(["scenario", "sampler", "estimand"], sort=False):
        for name, measure in MEASURES.items():
            by_replicate = group.set_index(["replicate", "parameterization"])[name]
            for one, other in _pairs(list(group["parameterization"].unique())):
                both = [by_replicate.xs(each, level="parameterization") for each in (one, other)]
                pair = pd.concat(both, axis=1).dropna().to_numpy(dtype=float)
                rows.append((*key, one, other, name, *_difference(measure.statistic, pair)))
    columns = [
        *("scenario", "sampler", "estimand", "parameterization", "versus", "measure"),
        *("difference", "mcse", "replicates", "replicates_needed"),
    ]
    table = pd.DataFrame(rows, columns=columns)
    return table.astype({"replicates_needed": "Int64"})


def _pairs(names: list[str]) -> Iterator[tuple[str, str]]:
    for i, one in enumerate(names):
        for other in names[i + 1 :]:
            yield one, other


def _converged(fits: pd.DataFrame) -> Array:
    """Return for each fit, failed ones included, whether its R-hat is at most the threshold.

    The result is empty if no fit has an R-hat, as with a single chain.
    """
    ended = fits[fits["status"] == "ok"]
    if len(ended) and ended["rhat_max"].isna().all():
        return np.empty(0)
    good = (fits["status"] == "ok") & (fits["rhat_max"].astype(float) <= RHAT_THRESHOLD)
    return np.asarray(good.to_numpy(), dtype=float)


def _values(fits: pd.DataFrame, estimates: pd.DataFrame) -> pd.DataFrame:
    """Return the value of every measure for every fit and estimand."""
    cost = fits[[*FIT, "sampling_seconds", "leapfrog_steps"]]
    rows = estimates.merge(cost, on=FIT, how="left", validate="many_to_one")
    # a ratio with denominator 0 is undefined
    found = {
        name: measure.value(rows).replace([np.inf, -np.inf], np.nan)
        for name, measure in MEASURES.items()
    }
    return rows[[*FIT, "estimand"]].assign(**found)


def _estimated(statistic: Statistic, values: Array) -> tuple[float, float, int]:
    if not len(values):
        return np.nan, np.nan, 0
    return statistic.of(values), statistic.standard_error(values), len(values)


def _difference(statistic: Statistic, pair: Array) -> tuple[float, float, int, int | None]:
    n = len(pair)
    if n == 0:
        return np.nan, np.nan, 0, None
    one, other = pair.T
    difference = statistic.of(one) - statistic.of(other)
    if n == 1:
        return difference, np.nan, n, None
    error = jackknife_standard_error(statistic.leave_one_out(one) - statistic.leave_one_out(other))
    needed = None
    if difference != 0 and np.isfinite(difference) and np.isfinite(error):
        # the standard error is proportional to 1 / sqrt(replicates)
        exact = n * (10 * error / difference) ** 2
        needed = int(np.ceil(exact)) if exact < 1e15 else None
    return difference, error, n, needed
