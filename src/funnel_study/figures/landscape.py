"""The landscape: what each parameterization costs, by how much the data say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotnine as p9
from scipy.optimize import isotonic_regression

from funnel.group_means import Array
from funnel_study.figures.panels import as_categories, nothing_to_draw
from funnel_study.figures.theme import colours, theme

WIDTH, PANEL = 6.4, 1.9  # inches, of the figure and the height of a panel
_SIZE = 11  # of text that can be read on a phone
_GAP = 0.14  # least distance of labels, as a part of the height of a panel
_MOST = 1e6  # a line of fewer points than the regression needs may be anywhere
_ROOM = 0.38  # for labels, as a part of the width of the lines


def landscape(table: pd.DataFrame) -> p9.ggplot:
    """Plot work relative to the best along s / tau, with a panel per likelihood.

    `table` is that of `analysis.regression.landscape`, of which the first sampler is shown. A label
    at the right end of each line names its parameterization. Bands end at twice the largest value
    of a line, and everything at `_MOST`.
    """
    if "sampler" in table:
        table = table[table["sampler"] == table["sampler"].iloc[:1].squeeze()]
    if table.empty:
        return nothing_to_draw("no point has a score of every parameterization")
    names, panels = list(table["parameterization"].unique()), list(table["likelihood"].unique())
    top = min(max(10.0, 2 * table["relative"].max()), _MOST)
    table = as_categories(table, parameterization=names, likelihood=panels)
    table = table.assign(**table[["relative", "low", "high"]].clip(upper=top))
    first, last = table["ratio"].min(), table["ratio"].max()
    powers = [10.0**i for i in range(int(np.log10(top)) + 1)]
    return (
        p9.ggplot(table, p9.aes("ratio", "relative", colour="parameterization"))
        + p9.geom_ribbon(
            p9.aes(ymin="low", ymax="high", fill="parameterization"), alpha=0.18, colour="none"
        )
        + p9.geom_line(size=1.4)
        + p9.geom_text(
            p9.aes("at", "y", label="parameterization"),
            _labels(table, _GAP * np.log(top)).assign(at=last * (last / first) ** 0.03),
            **{"ha": "left", "size": _SIZE, "fontweight": "bold"},
        )
        + p9.facet_wrap("likelihood", ncol=1)
        + p9.scale_x_log10(
            limits=(first, last * (last / first) ** _ROOM), **_breaks(float(first), float(last))
        )
        + p9.scale_y_log10(breaks=powers, labels=[f"{each:,.0f}×" for each in powers])  # noqa: RUF001
        + p9.scale_colour_manual(values=colours(names), guide=None)
        + p9.scale_fill_manual(values=colours(names), guide=None)
        + p9.labs(
            x="standard error of a group /\nstandard deviation between groups (tau)",
            y="work, compared with the best of these",
        )
        + theme(WIDTH, 0.9 + PANEL * len(panels))
        + p9.theme(
            axis_text=p9.element_text(size=_SIZE),
            axis_title=p9.element_text(size=_SIZE),
            strip_text=p9.element_text(size=_SIZE, ha="left"),
        )
    )


def _labels(table: pd.DataFrame, gap: float) -> pd.DataFrame:
    """Return the right end of each line with the position `y` of its label."""
    ends = table[
        table["ratio"] == table.groupby("likelihood", observed=True)["ratio"].transform("max")
    ]
    by_panel = ends.groupby("likelihood", observed=True)["relative"]
    return ends.assign(y=by_panel.transform(lambda y: np.exp(apart(np.log(y.to_numpy()), gap))))


def _breaks(first: float, last: float) -> dict[str, list[object]]:
    """Return the powers of 4 from `first` to `last`, with what the ends mean, as breaks."""
    powers = range(int(np.ceil(np.log2(first) / 2)), int(np.floor(np.log2(last) / 2)) + 1)
    labels = [f"1/{4**-i}" if i < 0 else f"{4**i}" for i in powers]
    if len(labels) > 1:
        labels = [f"{labels[0]}\ndata say much", *labels[1:-1], f"{labels[-1]}\ndata say little"]
    return {"breaks": [4.0**i for i in powers], "labels": [*labels]}


def apart(y: Array, gap: float) -> Array:
    """Return positions as near `y` (n,) as possible, in its order, that are `gap` apart or more."""
    order, steps = np.argsort(y, kind="stable"), gap * np.arange(len(y))
    found = np.empty(len(y))
    found[order] = isotonic_regression(y[order] - steps).x + steps
    return found
