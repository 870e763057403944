"""Parts that figures of single fits share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
import plotnine as p9
from arviz_stats.base import array_stats

from funnel.figures.fit_draws import FitDraws
from funnel.figures.theme import colours
from funnel.model.data import Array
from funnel.model.exact import ExactPosterior

MOST_INDIVIDUALS = 24  # that a figure has panels for


def kernel_density(values: Array, low: float = -np.inf) -> tuple[Array, Array]:
    """Where, and how dense `values` are: ArviZ's kernel density, corrected at its borders."""
    values = values[np.isfinite(values)]
    if np.ptp(values) == 0:
        return values[:1], np.zeros(1)
    at, density, _ = array_stats.kde(values, grid_len=256)
    inside = at >= low
    return np.asarray(at[inside]), np.asarray(density[inside])


def exact_range(exact: ExactPosterior, name: str) -> tuple[float, float]:
    low, high = exact.quantile(name, [1e-4, 1 - 1e-4])
    return float(low), float(high)


def first_individuals(names: list[str]) -> list[str]:
    return names[:MOST_INDIVIDUALS]


def left_out_note(fit: FitDraws) -> str:
    K = len(fit.centeredness)
    return f"The first {MOST_INDIVIDUALS} of {K} individuals." if K > MOST_INDIVIDUALS else ""


def fit_colour(fit: FitDraws) -> str:
    return colours([fit.parameterization])[fit.parameterization]


def ordered(column: str, names: Iterable[str]) -> tuple[str, list[str]]:
    return column, list(names)


def as_categories(table: pd.DataFrame, *orders: tuple[str, list[str]]) -> pd.DataFrame:
    """`table` with its columns of names in their order."""
    columns: dict[str, Any] = {
        column: pd.Categorical(table[column], names) for column, names in orders if column in table
    }
    return table.assign(**columns)


def beside() -> p9.position_nudge:
    return p9.position_nudge(x=0.28)


def ordinal(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if number % 100 in (11, 12, 13) else ending}"


def wrapped_messages(messages: Iterable[str]) -> list[str]:
    return [
        message[i : i + 90] for message in messages for i in range(0, min(len(message), 360), 90)
    ]
