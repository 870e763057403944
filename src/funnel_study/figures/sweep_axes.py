"""What figures over swept keys share: panels by the other keys, labels, and maps of tiles.

The key with the most values is the horizontal axis, and in maps that with the second most is the
vertical one; keys with names as values, such as the likelihood, come last. There is a row of panels
for every combination of the other keys.
"""

from __future__ import annotations

import textwrap
from typing import Any

import pandas as pd
import plotnine as p9

from funnel_study.analysis.sweep import LABELS, axes_of, value_text
from funnel_study.figures.theme import INK, theme

# a map with more points than this in a panel has no numbers
MOST_NUMBERS = 60
# maps with more columns of panels than this have them below each other
MOST_COLUMNS = 5
TILE = 0.5  # the width and height of a tile, inches


def tile_map(
    table: pd.DataFrame, of: pd.DataFrame, fill: str, layers: list[Any], *, light: pd.Series
) -> p9.ggplot:
    """Plot a tile per point with its `label`, which is white for the rows `light`.

    There is a column of panels by `column`, a category, and a row for every combination of the
    other swept keys and the sampler. If there would be too many columns, they are the rows.

    `of` is the whole table of the sweep, whose values the axes have.
    """
    x, y, *rest = axes_of(of)
    table = table.assign(light=light)
    note = left_out(table, x, y)
    table = with_rows(table[table[[x, y]].notna().all(axis=1)], rest)
    across, up = (sorted(of[key].dropna().unique()) for key in (x, y))
    # the place of each value in its order
    table["at"], table["level"] = (
        pd.Categorical(table[key], order).codes.astype(float)
        for key, order in ((x, across), (y, up))
    )
    facets = ["row", "column"]
    rows, columns = (len(table[key].cat.categories) for key in facets)
    if columns > max(rows, MOST_COLUMNS):
        facets, rows, columns = facets[::-1], columns, rows
    width = 1.8 + columns * (0.3 + TILE * len(across))
    plot = (
        p9.ggplot(table, p9.aes("at", "level", fill=fill))
        + p9.geom_tile(width=1, height=1, colour="white", size=0.4)
        + p9.facet_grid(*facets)
        + p9.scale_x_continuous(breaks=list(range(len(across))), labels=texts(across))
        + p9.scale_y_continuous(breaks=list(range(len(up))), labels=texts(up))
        + p9.labs(x=LABELS[x], y=textwrap.fill(LABELS[y], 40), caption=note)
        + theme(width, 2.2 + rows * (0.3 + max(0.8, TILE * len(up))))
        + p9.theme(panel_grid=p9.element_blank(), legend_key_width=60)
        + layers
    )
    if len(across) * len(up) <= MOST_NUMBERS:
        for colour, some in (("white", table[table["light"]]), (INK, table[~table["light"]])):
            if len(some):
                plot += p9.geom_text(p9.aes(label="label"), some, colour=colour, alpha=1, size=7)
    return plot


def why_no_map(of: pd.DataFrame, reason: str) -> str:
    """Return why a table without known values has no map: `reason`, or that a key is missing."""
    return reason if len(axes_of(of)) > 1 else "a map needs two swept keys"


def with_rows(table: pd.DataFrame, others: list[str]) -> pd.DataFrame:
    """Return `table` with a column `row` for the panels: the values of the keys `others`.

    The scenario of the configuration and the sampler are part of it if there are several.
    """
    candidates = ["base", *others, "sampler"]
    keys = [key for key in candidates if key in table and len(table[key].unique()) > 1]
    # names in the order of the configuration, and numbers in ascending order
    order = table[keys].apply(
        lambda column: column if column.name in others else pd.factorize(column)[0]
    )
    rows = pd.Series(
        [
            _row_name(dict(zip(keys, row, strict=True)))
            for row in table[keys].to_numpy(dtype=object)
        ],
        table.index,
        dtype=object,
    )
    names = rows.loc[order.sort_values(keys).index] if keys else rows
    return table.assign(row=pd.Categorical(rows, names.unique()))


def _row_name(values: dict[str, Any]) -> str:
    """Return the title of a row of panels, in lines that fit beside it."""
    parts = [
        value if isinstance(value, str) else f"{key} = {value:.6g}"
        for key, value in values.items()
        if not pd.isna(value)
    ]
    return "\n".join(textwrap.wrap(", ".join(parts), 24))


def left_out(table: pd.DataFrame, *keys: str) -> str:
    """Return a note on the scenarios that have no value of the axes."""
    names = table["base"] if "base" in table else table["scenario"]
    gone = names[table[list(keys)].isna().any(axis=1)].dropna().unique()
    note = f"Not shown: {', '.join(gone)}, without a value of {' and '.join(keys)}."
    return note if len(gone) else ""


def texts(values: Any) -> list[str]:
    """Return the labels of the values of a swept key."""
    return [value_text(value) for value in values]
