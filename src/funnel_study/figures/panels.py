"""Helpers that several figures of a study share."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
import plotnine as p9

from funnel_study.figures.theme import INK, theme


def with_panels(table: pd.DataFrame, *, upwards: bool = False) -> pd.DataFrame:
    """Return `table` with a column `panel`, the scenario and, if there are several, the sampler.

    Parameterizations become categories in order of appearance, or reversed for a vertical axis,
    which goes upwards.
    """
    panel = table["scenario"]
    if len(table["sampler"].unique()) > 1:
        panel = panel + ", " + table["sampler"]
    panel = panel.map(lambda name: "\n".join(textwrap.wrap(name, 24)))
    names = table["parameterization"].unique()
    return table.assign(
        panel=pd.Categorical(panel, panel.unique()),
        parameterization=pd.Categorical(
            table["parameterization"], names[::-1] if upwards else names
        ),
    )


def as_categories(table: pd.DataFrame, **orders: Iterable[Any]) -> pd.DataFrame:
    """Return `table` with those of the named columns that it has as categories in this order."""
    columns: dict[str, Any] = {
        column: pd.Categorical(table[column], list(names))
        for column, names in orders.items()
        if column in table
    }
    return table.assign(**columns)


def combined_panels(panel: pd.Series, part: pd.Series) -> pd.Categorical:
    """Return panels by scenario and a part of it, such as an estimand, in order of appearance.

    Every scenario has a panel for each part, which is empty if it does not have the part.
    """
    pairs = itertools.product(panel.astype(str).unique(), part.astype(str).unique())
    names = panel.astype(str) + ": " + part.astype(str)
    return pd.Categorical(names.astype(object), [": ".join(pair) for pair in pairs])


def nothing_to_draw(why: str) -> p9.ggplot:
    """Return a figure that says why there is nothing to draw."""
    return (
        p9.ggplot(pd.DataFrame({"x": [0.0], "y": [0.0], "why": [f"Nothing to draw: {why}."]}))
        + p9.geom_text(p9.aes("x", "y", label="why"), size=10, colour=INK)
        + p9.labs(x="", y="")
        + theme(6, 2)
        + p9.theme(axis_text=p9.element_blank(), panel_grid=p9.element_blank())
    )


def missing_note(fits: pd.DataFrame, shown: pd.DataFrame, inches: float) -> str:
    """Return a note, for a figure of this width, on failed fits and undefined values."""
    failed = fits[fits["status"] != "ok"]
    undefined = len(fits) - len(failed) - len(shown)
    notes = []
    if len(failed):
        keys = failed["scenario"].str.cat(failed[["parameterization", "sampler"]], sep=" / ")
        counts = keys.value_counts(sort=False)
        listed = ", ".join(f"{cell}: {count}" for cell, count in counts.head(6).items())
        more = f" and {len(counts) - 6} more cells" if len(counts) > 6 else ""
        notes.append(f"{len(failed)} of {len(fits)} fits, which failed ({listed}{more})")
    if undefined > 0:
        notes.append(f"{undefined} of {len(fits)} fits, whose value is undefined")
    width = int(inches * 14)  # characters in the size of the note
    return "\n".join(textwrap.fill(f"Not shown: {note}.", width) for note in notes)


def counts(values: Iterable[float]) -> list[str]:
    """Return values as whole numbers."""
    return [f"{value:,.0f}" for value in values]


def numbers(values: Iterable[float]) -> list[str]:
    """Return values as text with all their digits."""
    return [f"{value:,.10g}" for value in values]


def rounded(values: Iterable[float]) -> list[str]:
    """Return values as text with two significant digits, or whole."""
    return [f"{value:,.0f}" if value >= 10 else f"{value:.2g}" for value in values]


def finite(values: pd.Series) -> pd.Series:
    """Return whether each value is a finite number."""
    return pd.Series(np.isfinite(values.astype(float)), values.index)
