"""Performance measures over replicates, each with its Monte Carlo standard error.

The measures of estimates against true values, and the formulas of their standard errors, are those
of Morris, White and Crowther (2019, Statistics in Medicine 38:2074, table 6). Those of errors
against the exact posterior are explained in the module `work`. Standard errors for which neither
gives a formula are jackknife estimates. Differences between parameterizations are paired by
replicate.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from scipy import stats

from funnel.group_means import Array
from funnel_study.analysis.criteria import REFERENCE, RHAT_THRESHOLD, same_as
from funnel_study.analysis.statistics import (
    EFFICIENCY,
    EMPIRICAL_SE,
    LOG_WORK,
    LOW_ERROR_GRADIENTS,
    MEAN,
    MODEL_SE,
    PROPORTION,
    RATIO_OF_MEANS,
    ROOT_MEAN_SQUARE,
    WORK,
    Statistic,
    error_of_mean,
    holm,
    t_quantile,
)
from funnel_study.analysis.work import STEPS, WORST, all_steps, is_estimand, is_ranked
from funnel_study.diagnosis.columns import QUANTILES
from funnel_study.files.tables import CELL_KEYS, FIT_KEYS

# measures of whole fits, not of one estimand
CONVERGENCE = "convergence_rate"
ALL_ESTIMANDS = "all"


@dataclass(frozen=True)
class Measure:
    """A performance measure: a statistic over replicates of variables of each fit.

    The variables are columns of `_variables`. The measure exists for the estimands and functions of
    the parameters for which `of` is true.
    """

    statistic: Statistic
    variables: tuple[str, ...]
    of: Callable[[str], bool] = is_estimand


def _of_errors(statistic: Statistic, *variables: str) -> Measure:
    """Return a measure of errors, which all functions of the parameters have."""
    return Measure(statistic, variables, lambda name: name != ALL_ESTIMANDS)


MEASURES: dict[str, Measure] = {
    "bias": Measure(MEAN, ("error",)),
    "empirical_se": Measure(EMPIRICAL_SE, ("error",)),
    "rmse": Measure(ROOT_MEAN_SQUARE, ("error",)),
    "model_se": Measure(MODEL_SE, ("sd",)),
    "mean_posterior_sd": Measure(MEAN, ("sd",)),
    "coverage_50": Measure(PROPORTION, ("covered_50",)),
    "coverage_90": Measure(PROPORTION, ("covered_90",)),
    "mean_error": Measure(MEAN, ("mean_error",)),
    "rms_z": Measure(ROOT_MEAN_SQUARE, ("z_score",)),
    **{
        name: Measure(MEAN, (name,))
        for name in (
            *(f"error_{name}" for name in QUANTILES),
            *("content_50", "content_90", "ks", "wasserstein", "mass_below_exact_q05"),
            *("ess_per_second", "ess_per_leapfrog_step"),
        )
    },
    "work": _of_errors(WORK, "work", "chains"),
    "log_work": _of_errors(LOG_WORK, "work", "chains"),
    "efficiency": _of_errors(EFFICIENCY, "work", "chains"),
    "promised_work": Measure(MEAN, ("promised_work",)),
    "promise_ratio": Measure(RATIO_OF_MEANS, ("work", "promised_work")),
    "bias_squared": _of_errors(MEAN, "bias_squared"),
    "chain_variance": _of_errors(MEAN, "variance"),
    "low_error_gradients": _of_errors(
        LOW_ERROR_GRADIENTS, "variance", "chain_steps", "bias_squared"
    ),
    "probability_bias": Measure(MEAN, ("probability_bias",), lambda name: name in ("mu", "tau")),
}
# the contrast that is tested; all others describe
PRIMARY = (WORST, "log_work")


@dataclass(frozen=True)
class Values:
    """The values of every measure: `keys` identify N rows, `of` has arrays (N, m) by measure."""

    keys: pd.DataFrame
    of: dict[str, Array]

    @classmethod
    def from_tables(
        cls, fits: pd.DataFrame, estimates: pd.DataFrame, errors: pd.DataFrame
    ) -> Values:
        """Return the values of every fit and estimand, and of the `WORST` one of each cell."""
        rows = _variables(fits, estimates, errors)
        rows = pd.concat([rows, _worst(rows)], ignore_index=True)
        of = {}
        for name, measure in MEASURES.items():
            values = rows[[*measure.variables]].astype(float).to_numpy()
            # a ratio with denominator 0 is undefined
            of[name] = np.where(np.isinf(values), np.nan, values)
        return cls(rows[[*FIT_KEYS, "estimand"]], of)

    def known(self, measure: str, rows: Array) -> Array:
        """Return the values of a measure at the positions `rows`, without undefined ones."""
        found: Array = self.of[measure][rows]
        return found[~np.isnan(found).any(axis=1)]


def performance(
    fits: pd.DataFrame,
    estimates: pd.DataFrame,
    errors: pd.DataFrame,
    chosen: Collection[str] | None = None,
) -> pd.DataFrame:
    """Return every performance measure by scenario, parameterization, sampler and estimand.

    If `chosen` is given, the table has only these estimands and functions, besides the convergence
    rate. `errors` is the table of `work.errors_of_fits` for whole chains. `mcse` is the Monte Carlo
    standard error of `estimate`, and `replicates` the number of values behind it. Failed fits and
    undefined values are left out, except in the convergence rate, which counts every fit.
    """
    table = []
    for names, group in fits.groupby(CELL_KEYS, sort=False):
        converged = _converged(group)[:, None]
        table.append((*names, ALL_ESTIMANDS, CONVERGENCE, *_estimated(PROPORTION, converged)))
    values = Values.from_tables(fits, estimates, errors)
    for key, group in _of(chosen, values.keys).groupby([*CELL_KEYS, "estimand"], sort=False):
        for name, measure in MEASURES.items():
            if measure.of(str(key[-1])):
                known = values.known(name, group.index.to_numpy())
                table.append((*key, name, *_estimated(measure.statistic, known)))
    columns = [*CELL_KEYS, "estimand", "measure", "estimate", "mcse", "replicates"]
    return pd.DataFrame(table, columns=columns)


def comparisons(
    fits: pd.DataFrame,
    estimates: pd.DataFrame,
    errors: pd.DataFrame,
    chosen: Collection[str] | None = None,
) -> pd.DataFrame:
    """Return the differences of every measure between parameterizations, paired by replicate.

    If `chosen` is given, the table has only these estimands and functions. Its columns are
    explained in results/README.md.

    The log work of the `WORST` estimand is the primary contrast. Its p-value, of a Student t test,
    is adjusted by Holm's method over the pairs of a scenario and sampler, without parameterizations
    that equal another one and without the reference. All other differences are descriptive and have
    no p-value.
    """
    table = []
    values, same = Values.from_tables(fits, estimates, errors), same_as(fits)

    @cache  # most pairs have the same replicates
    def found(name: str, rows: bytes) -> _Found:
        of_rows = values.of[name][np.frombuffer(rows, dtype=int)]
        return _Found.of(MEASURES[name].statistic, of_rows)

    keys = ["scenario", "sampler", "estimand"]
    for key, group in _of(chosen, values.keys).groupby(keys, sort=False):
        scenario, sampler, estimand = map(str, key)
        positions = {
            name: pd.Series(part.index, index=part["replicate"])
            for name, part in group.groupby("parameterization", sort=False)
        }
        measures = [name for name, each in MEASURES.items() if each.of(estimand)]
        for one, other in itertools.combinations(positions, 2):
            both = pd.concat([positions[one], positions[other]], axis=1, join="inner").to_numpy()
            distinct = not any(
                (scenario, name, sampler) in same or name == REFERENCE for name in (one, other)
            )
            for name in measures:
                rows = both[~np.isnan(values.of[name][both]).any(axis=(1, 2))].T
                pair = (found(name, each.tobytes()) for each in rows)
                is_primary = distinct and (estimand, name) == PRIMARY
                row = (*key, one, other, name, *_difference(*pair))
                table.append((*row, "primary" if is_primary else "descriptive"))
    columns = [
        *("scenario", "sampler", "estimand", "parameterization", "versus", "measure"),
        *("difference", "mcse", "replicates", "replicates_needed", "replicates_needed_low"),
        "role",
    ]
    differences = pd.DataFrame(table, columns=columns).assign(p_value=np.nan)
    for _, family in differences[differences["role"] == "primary"].groupby(["scenario", "sampler"]):
        differences.loc[family.index, "p_value"] = holm(_p_values(family))
    return differences.astype({"replicates_needed": "Int64", "replicates_needed_low": "Int64"})


def _of(chosen: Collection[str] | None, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the chosen estimands and functions, or all rows."""
    return rows if chosen is None else rows[rows["estimand"].isin(list(chosen))]


def _variables(fits: pd.DataFrame, estimates: pd.DataFrame, errors: pd.DataFrame) -> pd.DataFrame:
    """Return the variables of all measures, a row for each fit and function of the parameters.

    `promised_work` is the number of leapfrog steps, all that are part of the work, divided by the
    effective sample size of the mean: the work of draws that are as precise as the fit itself
    reports. `content_50` and `content_90` are the exact probabilities of intervals.
    """
    cost = fits[[*FIT_KEYS, "sampling_seconds", *STEPS]]
    errors = errors.rename(columns={"leapfrog_steps": "chain_steps"})
    rows = errors.merge(estimates, on=[*FIT_KEYS, "estimand"], how="left", validate="one_to_one")
    rows = rows.merge(cost, on=FIT_KEYS, how="left", validate="many_to_one")
    ess_of_mean = (rows["sd"] / rows["mcse_mean"]).astype(float) ** 2
    for level, low, high in ((50, "q25", "q75"), (90, "q05", "q95")):
        is_known = rows[["truth", low, high]].notna().all(axis=1)
        inside = (rows["truth"] >= rows[low]) & (rows["truth"] <= rows[high])
        rows[f"covered_{level}"] = inside.astype(float).where(is_known)
        nominal = QUANTILES[high] - QUANTILES[low]
        rows[f"content_{level}"] = nominal + rows[f"error_{high}"] - rows[f"error_{low}"]
    return rows.assign(
        error=rows["mean"] - rows["truth"],
        mean_error=rows["mean"] - rows["exact_mean"],
        ess_per_second=rows["ess_bulk"] / rows["sampling_seconds"],
        ess_per_leapfrog_step=rows["ess_bulk"] / rows["leapfrog_steps"],
        promised_work=all_steps(rows, rows["chains"]) / ess_of_mean,
    )


def _worst(rows: pd.DataFrame) -> pd.DataFrame:
    """Return for each cell the errors and work of its ranked estimand of the largest mean work."""
    ranked = rows[rows["estimand"].map(is_ranked).astype(bool)]
    means = ranked.groupby([*CELL_KEYS, "estimand"], sort=False)["work"].mean()
    worst = means.dropna().groupby(CELL_KEYS, sort=False).idxmax()
    chosen = pd.MultiIndex.from_frame(ranked[[*CELL_KEYS, "estimand"]]).isin(worst.to_list())
    columns = [*FIT_KEYS, "chains", "chain_steps", "work", "bias_squared", "variance"]
    return ranked.loc[chosen, columns].assign(estimand=WORST)


def _converged(fits: pd.DataFrame) -> Array:
    """Return for each fit, failed ones included, whether its R-hat is at most the threshold.

    The result is empty if no fit has an R-hat, as with a single chain.
    """
    ended = fits[fits["status"] == "ok"]
    if len(ended) and ended["rhat_max"].isna().all():
        return np.empty(0)
    good = (fits["status"] == "ok") & (fits["rhat_max"].astype(float) <= RHAT_THRESHOLD)
    return np.asarray(good.to_numpy(), dtype=float)


def _estimated(statistic: Statistic, values: Array) -> tuple[float, float, int]:
    if not len(values):
        return np.nan, np.nan, 0
    return statistic.of(values), statistic.standard_error(values), len(values)


@dataclass(frozen=True)
class _Found:
    """A statistic of n replicates, and the influence of each; nan and empty if it has too few."""

    n: int
    value: float
    influence: Array

    @classmethod
    def of(cls, statistic: Statistic, values: Array) -> _Found:
        n = len(values)
        influence = statistic.influence(values) if n > 1 else np.empty(0)
        return cls(n, statistic.of(values) if n else np.nan, influence)


def _difference(one: _Found, other: _Found) -> tuple[float, float, int, int | None, int | None]:
    n = one.n
    with np.errstate(invalid="ignore"):  # both may be infinite
        difference = float(np.subtract(one.value, other.value))
    error = error_of_mean(one.influence - other.influence)
    reach = t_quantile(n) * error
    if not abs(difference) > reach:
        return difference, error, n, None, None
    # the standard error is proportional to 1 / sqrt(replicates)
    needed, fewest = (
        int(np.ceil(n * (10 * error / size) ** 2))
        for size in (abs(difference), abs(difference) + reach)
    )
    return difference, error, n, needed, fewest


def _p_values(rows: pd.DataFrame) -> Array:
    """Return the p-values of Student's t test that each difference is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):  # work may be equal or proportional
        t = np.abs(rows["difference"].to_numpy(float) / rows["mcse"].to_numpy(float))
    return np.asarray(2 * stats.t.sf(t, rows["replicates"].to_numpy(float) - 1))
