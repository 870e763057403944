"""Simulation-based calibration: whether the ranks of the truth among the draws are uniform.

If the truth comes from the prior and the sampler works, they are (Talts, Betancourt, Simpson,
Vehtari and Gelman 2018, arXiv:1804.06788). The bands of the ECDF are simultaneous (Sailynoja,
Buerkner and Vehtari 2022, doi:10.1007/s11222-022-10090-6).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from arviz_stats.base import array_stats
from arviz_stats.ecdf_utils import ecdf_pit

from funnel.diagnosis.exact_errors import FEWEST_RANKS, RANKED_DRAWS
from funnel.model.data import CELL, Array
from funnel.model.seeds import seed_sequence

PROBABILITY = 0.95
_SIMULATIONS = 1_000


def pit(ranks: Array, rng: np.random.Generator) -> Array:
    """Ranks 0 to 99 as numbers in (0, 1), uniform if the ranks are: spread within their bin."""
    return (ranks + rng.uniform(size=len(ranks))) / (RANKED_DRAWS + 1)


def ecdf_difference(values: Array) -> pd.DataFrame:
    """The ECDF of `values` less the uniform cdf, with its simultaneous 95 % band.

    Columns: x, difference, lower, upper.
    """
    x, ecdf, lower, upper = ecdf_pit(
        values, PROBABILITY, _SIMULATIONS, rng=np.random.default_rng(len(values))
    )
    return pd.DataFrame({"x": x, "difference": ecdf - x, "lower": lower - x, "upper": upper - x})


def is_within(curve: pd.DataFrame) -> bool:
    """Whether an ECDF difference stays within its band."""
    slack = 1e-12
    above = curve["difference"] > curve["upper"] + slack
    below = curve["difference"] < curve["lower"] - slack
    return not bool((above | below).any())


def calibration(estimates: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Whether every estimand of every cell is calibrated, and the curves that say so.

    The first table has a row an estimand: the number of ranks, the p-value of ArviZ's test of
    uniformity (missing with fewer than ten ranks), and whether the ECDF stays within its band; the
    second the curves.
    """
    rows, curves = [], []
    for key, group in estimates.groupby([*CELL, "estimand"], sort=False):
        names = [str(name) for name in key]
        row: dict[str, Any] = dict(zip([*CELL, "estimand"], names, strict=True))
        ranks = group["rank"].dropna().to_numpy(dtype=float)
        p_value, within_band = np.nan, None
        if len(ranks) >= FEWEST_RANKS:
            values = pit(ranks, np.random.default_rng(seed_sequence(0, "ranks", *names)))
            p_value = float(array_stats.uniformity_test(values)[0])
            curve = ecdf_difference(values)
            within_band = is_within(curve)
            curves.append(curve.assign(**row))
        rows.append({**row, "ranks": len(ranks), "p_value": p_value, "within_band": within_band})
    columns = [*CELL, "estimand", "ranks", "p_value", "within_band"]
    curve_columns = [*CELL, "estimand", "x", "difference", "lower", "upper"]
    table = pd.DataFrame(rows, columns=columns)
    if not curves:
        return table, pd.DataFrame(columns=curve_columns)
    return table, pd.concat(curves, ignore_index=True)[curve_columns]
