"""Simulation-based calibration: a test of the ranks of the true values among the draws.

If the true values are drawn from the prior and the sampler is correct, the ranks are uniform
(Talts, Betancourt, Simpson, Vehtari and Gelman 2018, arXiv:1804.06788). The bands of the empirical
cumulative distribution function (ECDF) are simultaneous (Sailynoja, Buerkner and Vehtari 2022,
doi:10.1007/s11222-022-10090-6).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from arviz_stats.base import array_stats
from arviz_stats.ecdf_utils import ecdf_pit

from funnel.group_means import Array
from funnel.seeds import seed_sequence
from funnel_study.analysis.statistics import holm
from funnel_study.diagnosis.exact_errors import FEWEST_RANKS, RANKED_DRAWS
from funnel_study.files.tables import CELL_KEYS

PROBABILITY = 0.95
_SIMULATIONS = 1_000


def pit(ranks: Array, rng: np.random.Generator) -> Array:
    """Turn ranks 0 to 99 into numbers in (0, 1), jittered within bins; uniform if the ranks are."""
    return (ranks + rng.uniform(size=len(ranks))) / (RANKED_DRAWS + 1)


def ecdf_difference(values: Array) -> pd.DataFrame:
    """Return the ECDF of `values` minus the uniform cdf, with its simultaneous 95 % band.

    The columns are x, difference, lower and upper.
    """
    x, ecdf, lower, upper = ecdf_pit(
        values, PROBABILITY, _SIMULATIONS, rng=np.random.default_rng(len(values))
    )
    return pd.DataFrame({"x": x, "difference": ecdf - x, "lower": lower - x, "upper": upper - x})


def is_within(curve: pd.DataFrame) -> bool:
    """Return whether an ECDF difference stays within its band."""
    slack = 1e-12
    above = curve["difference"] > curve["upper"] + slack
    below = curve["difference"] < curve["lower"] - slack
    return not bool((above | below).any())


def calibration(estimates: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Test the calibration of every estimand of every cell.

    The first table has one row per cell and estimand: the number of ranks, the p-value of ArviZ's
    test of uniformity, the same adjusted by Holm's method over all tests of the study, and whether
    the ECDF stays within its band. All but the first are missing with fewer than ten ranks. Log tau
    has no adjusted p-value of its own, because its ranks are those of tau. The second table has the
    curves of `ecdf_difference`.
    """
    rows, curves = [], []
    for key, group in estimates.groupby([*CELL_KEYS, "estimand"], sort=False):
        names = [str(name) for name in key]
        row: dict[str, Any] = dict(zip([*CELL_KEYS, "estimand"], names, strict=True))
        ranks = group["rank"].dropna().to_numpy(dtype=float)
        p_value, within_band = np.nan, None
        if len(ranks) >= FEWEST_RANKS:
            values = pit(ranks, np.random.default_rng(seed_sequence(0, "ranks", *names)))
            p_value = float(array_stats.uniformity_test(values)[0])
            curve = ecdf_difference(values)
            within_band = is_within(curve)
            curves.append(curve.assign(**row))
        rows.append({**row, "ranks": len(ranks), "p_value": p_value, "within_band": within_band})
    columns = [*CELL_KEYS, "estimand", "ranks", "p_value", "p_adjusted", "within_band"]
    curve_columns = [*CELL_KEYS, "estimand", "x", "difference", "lower", "upper"]
    table = pd.DataFrame(rows, columns=columns)
    is_own_test = table["estimand"] != "log_tau"
    p_values = table["p_value"].where(is_own_test).to_numpy(dtype=float)
    table["p_adjusted"] = holm(p_values)
    if not curves:
        return table, pd.DataFrame(columns=curve_columns)
    return table, pd.concat(curves, ignore_index=True)[curve_columns]
