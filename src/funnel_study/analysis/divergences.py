"""How the errors of fits about tau depend on their divergences.

The fits that are counted, and their errors, are those of the module `diagnostic_value`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from funnel.group_means import Array
from funnel_study.analysis.diagnostic_value import DATA_SET, Integers, Row, codes, errors_of_tau
from funnel_study.analysis.statistics import t_quantile
from funnel_study.files.tables import CELL_KEYS

FEWEST_DATA_SETS = 5  # for a standard error that is robust to clusters
DIVERGENCE_COLUMNS = (
    *("sampler", "error", "cells", "fits", "data_sets", "diverging", "diverging_cells"),
    *("slope", "standard_error", "slope_low", "slope_high", "intercept"),
)


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


def divergences_and_errors(
    fits: pd.DataFrame, estimates: pd.DataFrame, errors: pd.DataFrame
) -> pd.DataFrame:
    """Return the regression of errors about tau on the number of divergences.

    The error of a fit is regressed on log10(1 + divergences) by least squares, once for all fits
    (`cells` is "pooled") and once with an intercept for every cell ("within"). The standard error
    is robust to correlation within data sets, which are the clusters, and the 95 % interval is that
    of Student's t with one degree of freedom less than there are data sets.

    The arguments are those of `errors_of_tau`. The table has one row per sampler, error (`ERRORS`)
    and kind of regression; its columns are explained in results/README.md. The slope is missing if
    no two fits (within cells: of a cell) differ in their divergences. Its standard error is also
    missing with fewer than five data sets, without degrees of freedom, or if all errors are equal.
    """
    counted = errors_of_tau(fits, estimates, errors)
    rows = []
    for sampler, group in counted.groupby("sampler", sort=False):
        for error, (column, transformed) in ERRORS.items():
            y = transformed(group[column].to_numpy(dtype=float))
            x = np.log10(1 + group["divergences"].to_numpy(dtype=float))
            is_known = np.isfinite(x) & np.isfinite(y)
            known = group[is_known]
            cells, data_sets = codes(known, CELL_KEYS), codes(known, DATA_SET)
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
