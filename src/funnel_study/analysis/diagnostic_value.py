"""How well diagnostics tell wrong fits from right ones, by three definitions of a wrong fit.

- "bias of log tau": the mean of log tau over all chains is off by more than 0.1 exact posterior
  standard deviations.
- "probability bias": the squared bias of the probabilities of tau, relative to their variance,
  exceeds 0.01 (see the module `work`). The estimate is unbiased whatever the length of the chains,
  but it is noisy with few chains, so some fits are called wrong by chance. It counts only the error
  that the chains share: for the same error of a fit, it is smaller if the chains disagree.
- "KS distance": the Kolmogorov-Smirnov distance of tau exceeds 0.05, so some probability P(tau < x)
  is off by more than five percentage points.

The first and the last include Monte Carlo error, so a fit may be wrong only because it is short.

A diagnostic orders fits from good to bad. Its AUC, the area under its ROC curve, is the probability
that a wrong fit looks worse than a right one, where ties count one half: 1/2 for a diagnostic that
knows nothing, and 1 for one that separates the two. It does not depend on a threshold.

Fits are not independent: those of a data set share its data, and those of a cell share its scenario
and its parameterization. Two precautions follow:

- Intervals are percentiles of a bootstrap that resamples whole data sets.
- There is no interval if the wrong fits come from fewer than five cells, because it would say
  nothing about other cells.

Failed fits, fits whose error or diagnostic is undefined, and fits of parameterizations that equal
another one are not counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from funnel.group_means import Array
from funnel.seeds import seed_sequence
from funnel_study.analysis.criteria import LARGE_KS, same_as
from funnel_study.analysis.statistics import t_quantile
from funnel_study.analysis.work import LOW_ERROR
from funnel_study.files.tables import CELL_KEYS, FIT_KEYS

Integers = NDArray[np.int64]
Row = dict[str, Any]

DATA_SET = ["scenario", "replicate"]
RESAMPLES = 1_000
FEWEST_CELLS = 5  # that wrong fits must come from, for an interval
FEWEST_DATA_SETS = 5  # for a standard error that is robust to clusters
MOST_POINTS = 200  # of a ROC curve

VALUE_COLUMNS = (
    *("sampler", "definition", "diagnostic", "wrong", "wrong_cells", "right"),
    *("auc", "auc_low", "auc_high"),
    *("compared_cells", "auc_within_cells", "auc_within_cells_low", "auc_within_cells_high"),
    *("threshold", "sensitivity", "sensitivity_low", "sensitivity_high"),
    *("false_alarm", "false_alarm_low", "false_alarm_high"),
)
ROC_COLUMNS = ("sampler", "definition", "diagnostic", "threshold", "false_alarm", "sensitivity")
DIVERGENCE_COLUMNS = (
    *("sampler", "error", "cells", "fits", "data_sets", "diverging", "diverging_cells"),
    *("slope", "standard_error", "slope_low", "slope_high", "intercept"),
)


@dataclass(frozen=True)
class Definition:
    """A definition of a wrong fit: its `error`, a column of `errors_of_tau`, exceeds `limit`."""

    error: str
    limit: float


@dataclass(frozen=True)
class Diagnostic:
    """A diagnostic: a column of fits.csv, with the customary threshold beyond which a fit is bad.

    `sign` is 1 if larger values are worse, and -1 if smaller values are worse.
    """

    column: str
    sign: int
    limit: float

    @property
    def threshold(self) -> str:
        """The customary threshold as text, such as "> 1.01"."""
        return f"{'>' if self.sign > 0 else '<'} {self.limit:g}"


# the definitions of a wrong fit, which the docstring of the module explains
DEFINITIONS = {
    "bias of log tau": Definition("error_of_log_tau", float(np.sqrt(LOW_ERROR))),
    "probability bias": Definition("probability_bias", LOW_ERROR),
    "KS distance": Definition("ks", LARGE_KS),
}
DIAGNOSTICS = {
    "divergences": Diagnostic("divergences", 1, 0),
    "E-BFMI": Diagnostic("bfmi_min", -1, 0.3),
    "R-hat": Diagnostic("rhat_max", 1, 1.01),
    "bulk ESS": Diagnostic("ess_bulk_min", -1, 400),
    "tail ESS": Diagnostic("ess_tail_min", -1, 400),
}


def _log10(values: Array) -> Array:
    with np.errstate(divide="ignore"):
        return np.asarray(np.log10(values))


def _root(values: Array) -> Array:
    return np.asarray(np.sqrt(np.maximum(values, 0.0)))


# errors that are regressed on divergences: a column of `errors_of_tau` and its transformation
ERRORS: dict[str, tuple[str, Callable[[Array], Array]]] = {
    "log10 of the error of log tau": ("error_of_log_tau", _log10),
    "square root of the probability bias": ("probability_bias", _root),
    "log10 of the KS distance": ("ks", _log10),
}


def errors_of_tau(
    fits: pd.DataFrame, estimates: pd.DataFrame, errors: pd.DataFrame
) -> pd.DataFrame:
    """Return the fits that are counted, with their errors about tau.

    Parameters
    ----------
    fits, estimates
        The tables fits.csv and estimates.csv.
    errors
        The table of `work.errors_of_fits` for whole chains.

    Returns
    -------
    pd.DataFrame
        The rows of `fits` that did not fail and whose parameterization does not equal another one,
        with the further columns `error_of_log_tau` (the size of the error of its mean, in exact
        posterior standard deviations), `probability_bias` and `ks`, which are nan if the exact
        posterior is unknown.
    """
    of_log_tau = estimates[estimates["estimand"] == "log_tau"]
    moments = of_log_tau[["mean", "exact_mean", "exact_sd"]].astype(float)
    size = ((moments["mean"] - moments["exact_mean"]) / moments["exact_sd"]).abs()
    parts = (
        of_log_tau[FIT_KEYS].assign(error_of_log_tau=size),
        errors.loc[errors["estimand"] == "tau", [*FIT_KEYS, "probability_bias"]],
        estimates.loc[estimates["estimand"] == "tau", [*FIT_KEYS, "ks"]],
    )
    same = same_as(fits)
    is_distinct = [key not in same for key in fits[CELL_KEYS].itertuples(index=False, name=None)]
    found = fits[(fits["status"] == "ok") & np.array(is_distinct, dtype=bool)]
    for part in parts:
        found = found.merge(part, on=FIT_KEYS, how="left", validate="one_to_one")
    return found


def diagnostic_value(
    fits: pd.DataFrame, estimates: pd.DataFrame, errors: pd.DataFrame
) -> pd.DataFrame:
    """Return how well each diagnostic detects the fits that are wrong by each definition.

    Parameters
    ----------
    fits, estimates, errors
        Tables as for `errors_of_tau`.

    Returns
    -------
    pd.DataFrame
        One row per sampler, definition and diagnostic, with these columns.

        - `wrong`, `right`: the number of wrong fits, and of the others
        - `wrong_cells`: the number of cells that have wrong fits
        - `auc`: the AUC over all pairs of a wrong and a right fit
        - `auc_within_cells`: the same over the pairs of fits of the same cell
        - `compared_cells`: the number of cells that have such pairs
        - `threshold`: the customary threshold
        - `sensitivity`, `false_alarm`: the proportions of the wrong and of the right fits that are
          beyond the threshold
        - `_low`, `_high`: the 95 % interval of each of these

        What has no fits or no pairs is missing. Intervals are missing if the wrong fits come from
        fewer than five cells, and if all resamples are equal, as those of a sensitivity of 1.
        That of `auc_within_cells` is also missing if fewer than five cells have pairs.
    """
    rows = [
        {**names, **_value(each, seed_sequence(0, "auc", *names.values()))}
        for names, each in _comparisons(fits, estimates, errors)
    ]
    return pd.DataFrame(rows, columns=list(VALUE_COLUMNS))


def roc_curves(fits: pd.DataFrame, estimates: pd.DataFrame, errors: pd.DataFrame) -> pd.DataFrame:
    """Return the ROC curve of each diagnostic, by sampler and definition of a wrong fit.

    Parameters
    ----------
    fits, estimates, errors
        Tables as for `errors_of_tau`.

    Returns
    -------
    pd.DataFrame
        One row per point of a curve, from no flagged fit to all. `sensitivity` and `false_alarm`
        are the proportions of the wrong and of the right fits whose diagnostic is at least as bad
        as `threshold`, which is missing for the first point. A curve has at most about 200 points,
        among them that of the customary threshold. There is none without wrong or right fits.
    """
    rows = [
        {**names, **point}
        for names, each in _comparisons(fits, estimates, errors)
        if 0 < each.is_wrong.sum() < len(each.is_wrong)
        for point in _roc(each)
    ]
    return pd.DataFrame(rows, columns=list(ROC_COLUMNS))


def divergences_and_errors(
    fits: pd.DataFrame, estimates: pd.DataFrame, errors: pd.DataFrame
) -> pd.DataFrame:
    """Return the regression of errors about tau on the number of divergences.

    The error of a fit is regressed on log10(1 + divergences) by least squares, once for all fits
    (`cells` is "pooled") and once with an intercept for every cell ("within"). The standard error
    is robust to correlation within data sets, which are the clusters, and the 95 % interval is that
    of Student's t with one degree of freedom less than there are data sets.

    Parameters
    ----------
    fits, estimates, errors
        Tables as for `errors_of_tau`.

    Returns
    -------
    pd.DataFrame
        One row per sampler, error and kind of regression, with these columns.

        - `error`: one of `ERRORS`; a negative probability bias counts as 0
        - `fits`, `data_sets`: the number of fits with an error, and of their data sets
        - `diverging`, `diverging_cells`: the number of fits with divergences, and of their cells
        - `slope`, `standard_error`, `slope_low`, `slope_high`: the slope, with its standard error
          and interval
        - `intercept`: the intercept; within cells, their mean, weighted by their fits

        The slope is missing if no two fits (within cells: no two fits of a cell) differ in their
        divergences. Its standard error is also missing with fewer than five data sets, without
        degrees of freedom, or if all errors are equal.
    """
    counted = errors_of_tau(fits, estimates, errors)
    rows = []
    for sampler, group in counted.groupby("sampler", sort=False):
        for error, (column, transformed) in ERRORS.items():
            y = transformed(group[column].to_numpy(dtype=float))
            x = np.log10(1 + group["divergences"].to_numpy(dtype=float))
            is_known = np.isfinite(x) & np.isfinite(y)
            known = group[is_known]
            cells, data_sets = _codes(known, CELL_KEYS), _codes(known, DATA_SET)
            x, y = x[is_known], y[is_known]
            for kind, of_cell in (("pooled", np.zeros_like(cells)), ("within", cells)):
                rows.append(
                    {
                        "sampler": sampler,
                        "error": error,
                        "cells": kind,
                        "fits": len(x),
                        "data_sets": len(np.unique(data_sets)),
                        "diverging": int((x > 0).sum()),
                        "diverging_cells": len(np.unique(cells[x > 0])),
                        **_regression(x, y, of_cell, data_sets),
                    }
                )
    return pd.DataFrame(rows, columns=list(DIVERGENCE_COLUMNS))


@dataclass(frozen=True)
class Comparison:
    """The fits of a sampler with a value of one diagnostic, and which of them are wrong.

    All arrays are (fit,). `badness` is the value of the diagnostic times its sign, so larger is
    worse. `cells` and `data_sets` are numbers from 0.
    """

    diagnostic: Diagnostic
    badness: Array
    is_wrong: NDArray[np.bool_]
    cells: Integers
    data_sets: Integers

    @property
    def is_flagged(self) -> NDArray[np.bool_]:
        """Whether each fit is beyond the customary threshold."""
        return self.badness > self.diagnostic.sign * self.diagnostic.limit

    def pairs(self, within_cells: bool) -> Pairs:
        """Return the pairs of a wrong and a right fit, or only those of the same cell."""
        wrong, right = np.flatnonzero(self.is_wrong), np.flatnonzero(~self.is_wrong)
        is_pair = np.ones((len(wrong), len(right)), dtype=bool)
        if within_cells:
            is_pair = self.cells[wrong][:, None] == self.cells[right]
        i, j = np.nonzero(is_pair)
        one, other = wrong[i], right[j]
        looks_worse = self.badness[one] > self.badness[other]
        won = looks_worse + 0.5 * (self.badness[one] == self.badness[other])
        n = len(np.unique(self.data_sets))
        place = self.data_sets[one] * n + self.data_sets[other]
        return Pairs(
            won=np.bincount(place, won, n * n).reshape(n, n),
            number=np.bincount(place, minlength=n * n).reshape(n, n).astype(float),
            cells=len(np.unique(self.cells[one])),
        )

    def per_data_set(self, chosen: NDArray[np.bool_]) -> Array:
        """Return the number of `chosen` fits of each data set, (data set,)."""
        return np.bincount(self.data_sets, chosen.astype(float))


@dataclass(frozen=True)
class Pairs:
    """Pairs of a wrong and a right fit, counted by the data sets of both: (data set, data set).

    `won` is the number of pairs whose wrong fit looks worse, with ties as one half, and `number` is
    that of all pairs. `cells` is the number of cells of their wrong fits.
    """

    won: Array
    number: Array
    cells: int

    def auc(self, weights: Array) -> Array:
        """Return the AUC if each data set counts as often as `weights` (..., data set) say."""
        won, number = (
            ((weights @ counts) * weights).sum(axis=-1) for counts in (self.won, self.number)
        )
        return _ratio(won, number)


def _comparisons(
    fits: pd.DataFrame, estimates: pd.DataFrame, errors: pd.DataFrame
) -> Iterator[tuple[dict[str, str], Comparison]]:
    """Yield a comparison for every sampler, definition and diagnostic, with their names."""
    counted = errors_of_tau(fits, estimates, errors)
    for sampler, group in counted.groupby("sampler", sort=False):
        for definition, wrong in DEFINITIONS.items():
            for name, diagnostic in DIAGNOSTICS.items():
                known = group[group[[wrong.error, diagnostic.column]].notna().all(axis=1)]
                comparison = Comparison(
                    diagnostic,
                    badness=diagnostic.sign * known[diagnostic.column].to_numpy(dtype=float),
                    is_wrong=known[wrong.error].to_numpy(dtype=float) > wrong.limit,
                    cells=_codes(known, CELL_KEYS),
                    data_sets=_codes(known, DATA_SET),
                )
                yield (
                    {"sampler": str(sampler), "definition": definition, "diagnostic": name},
                    comparison,
                )


def _codes(table: pd.DataFrame, columns: list[str]) -> Integers:
    """Return the number of the group of each row, from 0, (row,)."""
    return np.asarray(table.groupby(columns, sort=False).ngroup(), dtype=np.int64)


def _value(each: Comparison, seed: np.random.SeedSequence) -> Row:
    wrong, right = each.is_wrong, ~each.is_wrong
    wrong_cells = len(np.unique(each.cells[wrong]))
    overall, within = each.pairs(within_cells=False), each.pairs(within_cells=True)
    n = len(np.unique(each.data_sets))
    whole, resamples = np.ones(n), _resamples(n, seed)

    def with_interval(name: str, statistic: Callable[[Array], Array], cells: int) -> Row:
        low, high = np.nan, np.nan
        if cells >= FEWEST_CELLS:
            low, high = _interval(statistic(resamples))
        return {name: float(statistic(whole)), f"{name}_low": low, f"{name}_high": high}

    def flagged(among: NDArray[np.bool_]) -> Callable[[Array], Array]:
        hits, all_ = each.per_data_set(among & each.is_flagged), each.per_data_set(among)
        return lambda weights: _ratio(weights @ hits, weights @ all_)

    return {
        "wrong": int(wrong.sum()),
        "wrong_cells": wrong_cells,
        "right": int(right.sum()),
        **with_interval("auc", overall.auc, wrong_cells),
        "compared_cells": within.cells,
        **with_interval("auc_within_cells", within.auc, within.cells),
        "threshold": each.diagnostic.threshold,
        **with_interval("sensitivity", flagged(wrong), wrong_cells),
        **with_interval("false_alarm", flagged(right), wrong_cells),
    }


def _resamples(n: int, seed: np.random.SeedSequence) -> Array:
    """Return how often each resample has each of `n` data sets, (resample, data set)."""
    if n == 0:
        return np.zeros((RESAMPLES, 0))
    rng = np.random.default_rng(seed)
    return rng.multinomial(n, np.full(n, 1 / n), RESAMPLES).astype(float)


def _ratio(part: Array, whole: Array) -> Array:
    with np.errstate(invalid="ignore"):  # 0 / 0 is missing
        return np.asarray(np.divide(part, whole))


def _interval(resampled: Array) -> tuple[float, float]:
    """Return the 95 % interval of the resamples that have a value; nan if these are all equal."""
    known = resampled[~np.isnan(resampled)]
    if not len(known) or np.ptp(known) == 0:
        return np.nan, np.nan
    low, high = np.quantile(known, [0.025, 0.975])
    return float(low), float(high)


def _roc(each: Comparison) -> Iterator[Row]:
    """Yield the points of the ROC curve, which has wrong and right fits."""
    worst_first = np.unique(each.badness)[::-1]
    last = len(worst_first) - 1
    chosen = np.linspace(0, last, min(last + 1, MOST_POINTS)).round().astype(int)
    customary = int((worst_first > each.diagnostic.sign * each.diagnostic.limit).sum()) - 1
    yield {"threshold": np.nan, "false_alarm": 0.0, "sensitivity": 0.0}
    for i in sorted({*chosen.tolist(), *([customary] if customary >= 0 else [])}):
        flagged = each.badness >= worst_first[i]
        yield {
            "threshold": each.diagnostic.sign * worst_first[i],
            "false_alarm": flagged[~each.is_wrong].mean(),
            "sensitivity": flagged[each.is_wrong].mean(),
        }


def _regression(x: Array, y: Array, groups: Integers, clusters: Integers) -> Row:
    """Return the regression of y on x with an intercept for every group; all arrays are (fit,)."""
    # figures also import this module, but run no regression
    from statsmodels.regression.linear_model import OLS

    is_of = groups[:, None] == np.unique(groups)
    if not any(np.ptp(x[rows]) for rows in is_of.T):
        return {}
    design = np.column_stack([x, is_of.astype(float)])
    model, degrees = OLS(y, design), len(y) - design.shape[1]
    slope = float(model.fit().params[0])
    found: Row = {"slope": slope, "intercept": float(y.mean() - slope * x.mean())}
    n = len(np.unique(clusters))
    if n >= FEWEST_DATA_SETS and degrees > 0 and np.ptp(y):
        robust = model.fit(cov_type="cluster", cov_kwds={"groups": clusters})
        # rounding may make a variance of 0 negative
        error = float(np.sqrt(np.maximum(robust.cov_params()[0, 0], 0.0)))
        reach = t_quantile(n) * error
        found |= {
            "standard_error": error,
            "slope_low": slope - reach,
            "slope_high": slope + reach,
        }
    return found
