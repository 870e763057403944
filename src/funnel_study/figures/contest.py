"""Figures of the contest: regret over scenarios, and the best centeredness over a map."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plotnine as p9

from funnel_study.analysis.contest import UNCLEAR
from funnel_study.analysis.sweep import ESTIMANDS, NAMES, axes_of
from funnel_study.analysis.work import WORST
from funnel_study.figures.panels import as_categories, finite, nothing_to_draw, rounded
from funnel_study.figures.sweep_axes import place, tile_map, why_no_map, with_rows
from funnel_study.figures.theme import MUTED, colour_bar, colour_scale, colours, theme

TILE = 0.6  # the width and height of a point of a map, inches
FACTORS = (0.5, 1, 2, 5, 10, 100, 1_000)


def regret(regrets: pd.DataFrame) -> p9.ggplot:
    """Plot, for each parameterization, the fraction of scenarios with at most a given regret."""
    known = regrets[finite(regrets["regret"])]
    if known.empty:
        return nothing_to_draw("no scenario has three constants")
    names = list(known["parameterization"].unique())
    steps = []
    for (name, estimand), group in known.groupby(["parameterization", "estimand"], sort=False):
        ordered = np.sort(group["regret"].to_numpy())
        n = len(ordered)
        step = {"x": np.exp(np.repeat(ordered, 2)), "y": np.repeat(np.arange(n + 1) / n, 2)[1:-1]}
        steps.append(
            pd.DataFrame({"parameterization": name, "estimand": NAMES[str(estimand)], **step})
        )
    kinds = [NAMES[name] for name in ESTIMANDS]
    table = as_categories(pd.concat(steps), parameterization=names, estimand=kinds)
    return (
        p9.ggplot(table, p9.aes("x", "y", colour="parameterization"))
        + p9.geom_vline(xintercept=1, colour=MUTED, linetype="dashed", size=0.5)
        + p9.geom_path(p9.aes(group="parameterization"), size=0.7)
        + p9.facet_wrap("estimand", ncol=3)
        + p9.scale_x_log10(breaks=list(FACTORS), labels=rounded)
        + p9.scale_y_continuous(limits=(0, 1), labels=lambda ticks: [f"{t:.0%}" for t in ticks])
        + colour_scale(names)
        + p9.labs(
            x="work, divided by that of the best constant centeredness",
            y="scenarios with at most this ratio",
        )
        + theme(8.6, 6.0)
    )


def best_map(best: pd.DataFrame, regrets: pd.DataFrame | None = None) -> p9.ggplot:
    """Plot the best constant centeredness over two swept keys.

    With `regrets`, it is that of the worst estimand in text that can be read on a phone, and a
    contour per rule shows where its mean centeredness is one half. Otherwise there is a column per
    estimand, with the cost of the worst constant as a second number.
    """
    large = regrets is not None
    table = _known(best[best["estimand"] == WORST] if large else best)
    if table.empty:
        return nothing_to_draw(why_no_map(best, "no scenario has three constants"))
    ends = colours(["noncentered", "centered"])
    clear = table["best_centeredness_high"] - table["best_centeredness_low"] < UNCLEAR
    label = pd.Series([f"{c:.2f}" for c in table["best_centeredness"]], table.index)
    note = "pale: its 95 % interval is wider than one half"
    if large:
        note = f"number: best centeredness; {note}\nlines: where a rule centers by one half on "
        note += "average"
    else:
        label = label + "\nx " + rounded(np.exp(table["cost_of_worst_constant"]))
        note = "upper number: best centeredness; lower: work of the worst constant, divided by "
        note += "that of the best; pale: the 95 % interval of the best is wider than one half"
    layers = [
        p9.aes(alpha="clear"),
        p9.scale_alpha_manual(values={True: 1.0, False: 0.3}, guide=None),
        p9.scale_fill_gradient2(
            low=ends["noncentered"],
            mid="#f5f5f5",
            high=ends["centered"],
            midpoint=0.5,
            limits=(0, 1),
            breaks=[0, 0.5, 1],
            labels=["0", "0.5", "1"],
            guide=colour_bar(),
        ),
        p9.labs(fill="best centeredness", colour="", subtitle=note),
    ]
    dark = clear & ((table["best_centeredness"] - 0.5).abs() > 0.35)
    table = table.assign(label=label, clear=clear)
    plot = tile_map(table, best, "best_centeredness", layers, light=dark, tile=TILE, large=large)
    lines = contours(regrets, best) if regrets is not None else pd.DataFrame()
    if len(lines):
        plot += p9.geom_path(
            p9.aes("at", "level", colour="parameterization", group="line"),
            lines,
            inherit_aes=False,
            size=1.6,
        )
        legend = p9.guide_legend(ncol=3, theme=p9.theme(legend_key_width=18))
        names = lines["parameterization"].unique()
        plot += p9.scale_colour_manual(values=colours(names), guide=legend)
    return plot


def cost_map(best: pd.DataFrame) -> p9.ggplot:
    """Plot the cost of the worst constant centeredness over two swept keys."""
    table = _known(best[best["estimand"] == WORST])
    if table.empty:
        return nothing_to_draw(why_no_map(best, "no scenario has three constants"))
    cost = np.exp(table["cost_of_worst_constant"])
    # a break exactly at a limit may be lost to rounding
    ends = [cost.min() * 1.0001, cost.max() / 1.0001]
    layers = [
        p9.scale_fill_cmap(
            "cividis_r", trans="log10", breaks=ends, labels=rounded, guide=colour_bar()
        ),
        p9.labs(
            fill="ratio of work",
            subtitle="number: work of the worst of the constants, divided by that of the best",
        ),
    ]
    dark = cost**2 > cost.min() * cost.max()
    table = table.assign(cost=cost, label=rounded(cost))
    return tile_map(table, best, "cost", layers, light=dark, tile=TILE, large=True)


def _known(best: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a map with their columns of panels; none without two swept keys."""
    known = finite(best["best_centeredness"]) & finite(best["cost_of_worst_constant"])
    table = best[known] if len(axes_of(best)) > 1 else best[:0]
    names = [NAMES[name] for name in ESTIMANDS if name in set(table["estimand"])]
    return table.assign(column=pd.Categorical(table["estimand"].map(NAMES), names))


def contours(regrets: pd.DataFrame, best: pd.DataFrame) -> pd.DataFrame:
    """Return the lines on which the mean centeredness of each rule is one half.

    `at` and `level` are counted in tiles of the map from 0, and `line` names the line. There is
    a short vertical line at each value of the second key, between two values of the first where
    the centeredness crosses one half. Where it crosses it several times, the first is shown.
    """
    x, y, *rest = axes_of(best)
    one = regrets[(regrets["estimand"] == ESTIMANDS[0]) & regrets["centeredness"].notna()]
    one = with_rows(one[one[x].notna() & one[y].notna()], rest)
    places = {
        name: place(one[key], sorted(best[key].dropna().unique()))
        for name, key in (("at", x), ("level", y))
    }
    lines: list[dict[str, Any]] = []
    keys = ["parameterization", "row", "level"]
    for (name, row, level), group in one.assign(**places).groupby(keys, sort=False, observed=True):
        ordered = group.sort_values("at")
        at, c = ordered["at"].to_numpy(), ordered["centeredness"].to_numpy(dtype=float) - 0.5
        for i in np.flatnonzero((c[:-1] < 0) != (c[1:] < 0))[:1]:
            where = at[i] - c[i] * (at[i + 1] - at[i]) / (c[i + 1] - c[i])
            line = {"line": f"{name}, {row}, {level:g}", "at": where}
            lines += [
                {"parameterization": name, "row": row, **line, "level": float(str(level)) + half}
                for half in (-0.5, 0.0)
            ]
    table = pd.DataFrame(lines, columns=["parameterization", "row", "line", "at", "level"])
    return table.assign(row=pd.Categorical(table["row"], one["row"].cat.categories))
