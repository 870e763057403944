"""How well diagnostics tell wrong fits from right ones, by three definitions of a wrong fit.

The definitions are explained in results/README.md, section diagnostic_value.csv.

A diagnostic orders fits from good to bad. Its AUC, the area under its ROC curve, is the probability
that a wrong fit looks worse than a right one, where ties count one half: 1/2 for a diagnostic that
knows nothing, and 1 for one that separates the two. It does not depend on a threshold.

Fits of a data set share its data, and those of a cell its scenario and parameterization. So
intervals are percentiles of a bootstrap of whole data sets, and there are none if the wrong fits
come from fewer than five cells, because they would say nothing about other cells.

Failed fits, fits whose error or diagnostic is undefined, and fits of parameterizations that equal
another one are not counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from funnel.group_means import Array
from funnel.seeds import seed_sequence
from funnel_study.analysis.criteria import LARGE_KS, same_as
from funnel_study.analysis.work import LOW_ERROR
from funnel_study.files.tables import CELL_KEYS, FIT_KEYS

Integers = NDArray[np.int64]
Row = dict[str, Any]

DATA_SET = ["scenario", "replicate"]
RESAMPLES = 1_000
FEWEST_CELLS = 5  # that wrong fits must come from, for an interval
MOST_POINTS = 200  # of a ROC curve

VALUE_COLUMNS = (
    *("sampler", "definition", "diagnostic", "wrong", "wrong_cells", "right"),
    *("auc", "auc_low", "auc_high"),
    *("compared_cells", "auc_within_cells", "auc_within_cells_low", "auc_within_cells_high"),
    *("threshold", "sensitivity", "sensitivity_low", "sensitivity_high"),
    *("false_alarm", "false_alarm_low", "false_alarm_high"),
)
ROC_COLUMNS = ("sampler", "definition", "diagnostic", "threshold", "false_alarm", "sensitivity")


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


def errors_of_tau(
    fits: pd.DataFrame, estimates: pd.DataFrame, errors: pd.DataFrame
) -> pd.DataFrame:
    """Return the fits that are counted, with their errors about tau.

    These are the rows of `fits` that did not fail and whose parameterization does not equal another
    one. The further columns are `error_of_log_tau` (the size of the error of its mean, in exact
    posterior standard deviations), `probability_bias` and `ks`, which are nan if the exact
    posterior is unknown. `errors` is the table of `work.errors_of_fits` for whole chains.
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

    The arguments are those of `errors_of_tau`. The table has one row per sampler, definition and
    diagnostic; its columns are explained in results/README.md. What has no fits or no pairs is
    missing.
    """
    rows = [
        {**names, **_value(each, seed_sequence(0, "auc", *names.values()))}
        for names, each in _comparisons(fits, estimates, errors)
    ]
    return pd.DataFrame(rows, columns=list(VALUE_COLUMNS))


def roc_curves(fits: pd.DataFrame, estimates: pd.DataFrame, errors: pd.DataFrame) -> pd.DataFrame:
    """Return the ROC curve of each diagnostic, by sampler and definition of a wrong fit.

    The arguments are those of `errors_of_tau`. The table has one row per point of a curve, from no
    flagged fit to all, among them that of the customary threshold. There is no curve without wrong
    or right fits.
    """
    rows = [
        {**names, **point}
        for names, each in _comparisons(fits, estimates, errors)
        if 0 < each.is_wrong.sum() < len(each.is_wrong)
        for point in _roc(each)
    ]
    return pd.DataFrame(rows, columns=list(ROC_COLUMNS))


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

    def flagged(self, among: NDArray[np.bool_], weights: Array) -> Array:
        """Return the proportion of flagged fits if data sets count as often as `weights` say."""
        hits, fits = (
            np.bincount(self.data_sets, chosen.astype(float))
            for chosen in (among & self.is_flagged, among)
        )
        return _ratio(weights @ hits, weights @ fits)


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
                    cells=codes(known, CELL_KEYS),
                    data_sets=codes(known, DATA_SET),
                )
                yield (
                    {"sampler": str(sampler), "definition": definition, "diagnostic": name},
                    comparison,
                )


def codes(table: pd.DataFrame, columns: list[str]) -> Integers:
    """Return the number of the group of each row, from 0, (row,)."""
    return np.asarray(table.groupby(columns, sort=False).ngroup(), dtype=np.int64)


def _value(each: Comparison, seed: np.random.SeedSequence) -> Row:
    wrong, right = each.is_wrong, ~each.is_wrong
    wrong_cells = len(np.unique(each.cells[wrong]))
    overall, within = each.pairs(within_cells=False), each.pairs(within_cells=True)
    n = len(np.unique(each.data_sets))
    # how often each resample has each data set
    resamples = np.zeros((RESAMPLES, 0))
    if n:
        rng = np.random.default_rng(seed)
        resamples = rng.multinomial(n, np.full(n, 1 / n), RESAMPLES).astype(float)
    row = {
        "wrong": int(wrong.sum()),
        "wrong_cells": wrong_cells,
        "right": int(right.sum()),
        "compared_cells": within.cells,
        "threshold": each.diagnostic.threshold,
    }
    for name, statistic, cells in (
        ("auc", overall.auc, wrong_cells),
        ("auc_within_cells", within.auc, within.cells),
        ("sensitivity", partial(each.flagged, wrong), wrong_cells),
        ("false_alarm", partial(each.flagged, right), wrong_cells),
    ):
        row[name] = float(statistic(np.ones(n)))
        if cells >= FEWEST_CELLS:
            row[f"{name}_low"], row[f"{name}_high"] = _interval(statistic(resamples))
    return row


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
