"""Helpers that several figures of single fits share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from arviz_stats.base import array_stats

from funnel.exact import ExactPosterior
from funnel.group_means import Array
from funnel_study.figures.fit_draws import FitDraws
from funnel_study.figures.theme import colours

MOST_INDIVIDUALS = 24  # a figure has panels for at most this many


def kernel_density(values: Array, low: float = -np.inf) -> tuple[Array, Array]:
    """Return a grid and the density of `values` on it, by ArviZ's kernel density estimator.

    Points of the grid below `low` are left out.
    """
    values = values[np.isfinite(values)]
    if np.ptp(values) == 0:
        return values[:1], np.zeros(1)
    at, density, _ = array_stats.kde(values, grid_len=256)
    inside = at >= low
    return np.asarray(at[inside]), np.asarray(density[inside])


def exact_range(exact: ExactPosterior, name: str) -> tuple[float, float]:
    """Return an interval that contains all but 2 in 10,000 exact draws."""
    low, high = exact.quantile(name, [1e-4, 1 - 1e-4])
    return float(low), float(high)


def first_individuals(names: list[str]) -> list[str]:
    return names[:MOST_INDIVIDUALS]


def left_out_note(fit: FitDraws) -> str:
    """Return a note on the individuals that a figure leaves out, or an empty text."""
    K = len(fit.centeredness)
    return f"Shows the first {MOST_INDIVIDUALS} of {K} individuals." if K > MOST_INDIVIDUALS else ""


def fit_colour(fit: FitDraws) -> str:
    return colours([fit.parameterization])[fit.parameterization]


def as_categories(table: pd.DataFrame, **orders: Sequence[str]) -> pd.DataFrame:
    """Return `table` with columns of names as categories, in the given order of names."""
    columns: dict[str, Any] = {
        column: pd.Categorical(table[column], list(names))
        for column, names in orders.items()
        if column in table
    }
    return table.assign(**columns)
