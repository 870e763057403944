"""Figures of the contest: regret over scenarios, and the best centeredness over a map."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
import pandas as pd
import plotnine as p9

from funnel_study.analysis.contest import UNCLEAR
from funnel_study.analysis.sweep import ESTIMANDS, LABELS, NAMES, axes_of
from funnel_study.analysis.work import WORST
from funnel_study.figures.catalogue import FIGURES as CATALOGUE
from funnel_study.figures.of_sweep import rounded, texts
from funnel_study.figures.panels import nothing_to_draw
from funnel_study.figures.theme import INK, MUTED, colour_bar, colour_scale, colours, theme

TILE = 0.6  # the width and height of a point of a map, inches
LARGE_TEXT = 11  # the size of text that can be read on a phone, points
FACTORS = (0.5, 1, 2, 5, 10, 100, 1_000)


def contest_regret(regrets: pd.DataFrame) -> p9.ggplot:
    """Plot, for each parameterization, the fraction of scenarios with at most a given regret."""
    known = regrets[np.isfinite(regrets["regret"])]
    if known.empty:
        return nothing_to_draw("contest_regret", "no scenario has three constants")
    names = list(known["parameterization"].unique())
    kinds = [NAMES[name] for name in ESTIMANDS]
    steps = []
    for (name, estimand), group in known.groupby(["parameterization", "estimand"], sort=False):
        ordered = np.sort(group["regret"].to_numpy())
        n = len(ordered)
        steps.append(
            pd.DataFrame(
                {
                    "parameterization": name,
                    "estimand": NAMES[str(estimand)],
                    "x": np.exp(np.repeat(ordered, 2)),
                    "y": np.repeat(np.arange(n + 1) / n, 2)[1:-1],
                }
            )
        )
    table = pd.concat(steps)
    table = table.assign(
        parameterization=pd.Categorical(table["parameterization"], names),
        estimand=pd.Categorical(table["estimand"], kinds),
    )
    return (
        p9.ggplot(table, p9.aes("x", "y", colour="parameterization"))
        + p9.geom_vline(xintercept=1, colour=MUTED, linetype="dashed", size=0.5)
        + p9.geom_path(p9.aes(group="parameterization"), size=0.7)
        + p9.facet_wrap("estimand", ncol=3)
        + p9.scale_x_log10(breaks=list(FACTORS), labels=rounded)
        + p9.scale_y_continuous(limits=(0, 1), labels=lambda ticks: [f"{t:.0%}" for t in ticks])
        + colour_scale(names)
        + p9.labs(
            title=CATALOGUE["contest_regret"].title,
            x="work, divided by that of the best constant centeredness",
            y="scenarios with at most this ratio",
            colour="",
        )
        + theme(8.6, 6.0)
    )


def contest_map(best: pd.DataFrame, regrets: pd.DataFrame) -> p9.ggplot:
    """Plot the best constant centeredness of the worst estimand over two swept keys.

    It has a contour per rule, where its mean centeredness is one half. The text is large, so that
    it can be read on a phone.
    """
    table = best[best["estimand"] == WORST]
    known = np.isfinite(table["best_centeredness"])
    if why := _why_not(best, known):
        return nothing_to_draw("contest_map", why)
    table = table[known].assign(
        label=[f"{c:.2f}" for c in table.loc[known, "best_centeredness"]],
        clear=_reach(table[known]) < UNCLEAR,
    )
    layers = [
        *_centeredness_layers(),
        p9.labs(
            subtitle="number: best centeredness; pale: its 95 % interval is wider than one half\n"
            "lines: where a rule centers by one half on average",
        ),
    ]
    plot = _map("contest_map", table, best, layers, white=_is_dark(table))
    lines = contours(regrets, best)
    names = list(dict.fromkeys(lines["parameterization"]))
    if names:
        plot += p9.geom_path(
            p9.aes("at", "level", colour="parameterization", group="line"),
            lines,
            inherit_aes=False,
            size=1.6,
        )
        legend = p9.guide_legend(ncol=3, theme=p9.theme(legend_key_width=18))
        plot += p9.scale_colour_manual(values=colours(names), guide=legend)
    return plot


def contest_cost(best: pd.DataFrame) -> p9.ggplot:
    """Plot the cost of the worst constant centeredness over two swept keys."""
    table = best[best["estimand"] == WORST]
    known = np.isfinite(table["cost_of_worst_constant"])
    if why := _why_not(best, known):
        return nothing_to_draw("contest_cost", why)
    cost = np.exp(table.loc[known, "cost_of_worst_constant"])
    table = table[known].assign(cost=cost, label=rounded(cost))
    # a break exactly at a limit may be lost to rounding
    ends = [cost.min() * 1.0001, cost.max() / 1.0001]
    layers = [
        p9.aes(fill="cost"),
        p9.scale_fill_cmap(
            "cividis_r", trans="log10", breaks=ends, labels=rounded, guide=colour_bar()
        ),
        p9.labs(
            fill="ratio of work",
            subtitle="number: work of the worst of the constants, divided by that of the best",
        ),
    ]
    dark = table["cost"] ** 2 > cost.min() * cost.max()
    return _map("contest_cost", table, best, layers, white=dark)


def contest_map_by_estimand(best: pd.DataFrame) -> p9.ggplot:
    """Plot the best constant centeredness over two swept keys, with a column per estimand."""
    known = np.isfinite(best["best_centeredness"]) & np.isfinite(best["cost_of_worst_constant"])
    if why := _why_not(best, known):
        return nothing_to_draw("contest_map_by_estimand", why)
    table = best[known]
    label = [
        f"{c:.2f}\nx {text}"
        for c, text in zip(
            table["best_centeredness"],
            rounded(np.exp(table["cost_of_worst_constant"])),
            strict=True,
        )
    ]
    layers = [
        *_centeredness_layers(),
        p9.labs(
            subtitle="upper number: best centeredness; lower: work of the worst constant, divided "
            "by that of the best; pale: the 95 % interval of the best is wider than one half",
        ),
    ]
    table = table.assign(label=label, clear=_reach(table) < UNCLEAR)
    return _map("contest_map_by_estimand", table, best, layers, white=_is_dark(table))


def _map(
    figure: str,
    table: pd.DataFrame,
    best: pd.DataFrame,
    layers: list[Any],
    white: pd.Series | None = None,
) -> p9.ggplot:
    """Plot a tile per point with its `label`, which is white for the rows `white`.

    There is a column of panels for each estimand, and a row for each combination of the other
    swept keys and the sampler.
    """
    x, y, *rest = axes_of(best)
    names = [name for name in ESTIMANDS if name in set(table["estimand"])]
    off = table[[x, y]].isna().any(axis=1)
    left_out = ", ".join(table.loc[off, "scenario"].unique())
    table = table[~off]
    table = table.assign(
        column=pd.Categorical(table["estimand"].map(NAMES), [NAMES[name] for name in names]),
        row=_rows(table, rest),
        at=_place(table[x], best[x]),
        level=_place(table[y], best[y]),
    )
    across, up = (_values(best[key]) for key in (x, y))
    rows = len(table["row"].unique())
    one = len(names) == 1
    plot = (
        p9.ggplot(table, p9.aes("at", "level"))
        + p9.geom_tile(width=1, height=1, colour="white")
        + (p9.facet_wrap("row", ncol=1) if one else p9.facet_grid("row", "column"))
        + p9.scale_x_continuous(breaks=list(range(len(across))), labels=texts(across))
        + p9.scale_y_continuous(breaks=list(range(len(up))), labels=texts(up))
        + p9.labs(
            title=CATALOGUE[figure].title,
            x=LABELS[x],
            y=textwrap.fill(LABELS[y], 40),
            fill="best centeredness",
            colour="",
            caption=f"Not shown: {left_out}, without a value of {x} and {y}" if left_out else "",
        )
        + theme(1.4 + len(names) * (0.2 + TILE * len(across)), 2.2 + rows * (0.4 + TILE * len(up)))
        + p9.theme(panel_grid=p9.element_blank(), legend_key_width=90)
        + layers
    )
    is_white = pd.Series(False, table.index) if white is None else white[table.index]
    for colour, some in (("white", table[is_white]), (INK, table[~is_white])):
        if len(some):
            # above the lines, which are in the lower half of a tile
            style = {"size": LARGE_TEXT, "nudge_y": 0.22} if one else {"size": 6.5}
            plot += p9.geom_text(p9.aes(label="label"), some, colour=colour, alpha=1, **style)
    if one:
        large = p9.element_text(size=LARGE_TEXT)
        plot += p9.theme(axis_text=large, axis_title=large, strip_text=large)
    return plot


def _centeredness_layers() -> list[Any]:
    """Return the colours of the best centeredness, which are pale where it is unclear."""
    ends = colours(["noncentered", "centered"])
    scale = p9.scale_fill_gradient2(
        low=ends["noncentered"],
        mid="#f5f5f5",
        high=ends["centered"],
        midpoint=0.5,
        limits=(0, 1),
        breaks=[0, 0.5, 1],
        labels=["0", "0.5", "1"],
        guide=colour_bar(),
    )
    return [
        p9.aes(fill="best_centeredness", alpha="clear"),
        p9.scale_alpha_manual(values={True: 1.0, False: 0.3}, guide=None),
        scale,
    ]


def _is_dark(table: pd.DataFrame) -> pd.Series:
    """Return whether the colour of the best centeredness is dark."""
    return table["clear"] & ((table["best_centeredness"] - 0.5).abs() > 0.35)


def _reach(best: pd.DataFrame) -> pd.Series:
    """Return the width of the interval of the best centeredness."""
    return best["best_centeredness_high"] - best["best_centeredness_low"]


def _why_not(best: pd.DataFrame, known: pd.Series) -> str:
    """Return why a map of `best` cannot be drawn; it is empty if it can."""
    if len(axes_of(best)) < 2:
        return "a map needs two swept keys"
    return "" if known.any() else "no scenario has three constants"


def _rows(table: pd.DataFrame, keys: list[str]) -> Any:
    """Return the panel of each row: the values of the keys that are not axes, and the sampler."""
    several = [*keys, *(["sampler"] if len(table["sampler"].unique()) > 1 else [])]
    rows = table[several].drop_duplicates().sort_values(several) if several else table.iloc[:1]
    names = {
        row: _row_name(several, row) for row in rows[several].itertuples(index=False, name=None)
    }
    of_table = table[several].itertuples(index=False, name=None)
    return pd.Categorical([names[row] for row in of_table], list(names.values()))


def _row_name(keys: list[str], values: tuple[Any, ...]) -> str:
    return ", ".join(
        value if isinstance(value, str) else f"{key} = {value:.4g}"
        for key, value in zip(keys, values, strict=True)
    )


def _values(values: pd.Series) -> list[float]:
    """Return the different values of a key in ascending order."""
    return sorted(float(value) for value in values.dropna().unique())


def _place(values: pd.Series, of: pd.Series) -> pd.Series:
    """Return the place of each value among the different values of its key, from 0."""
    return values.map({value: float(i) for i, value in enumerate(_values(of))})


def contours(regrets: pd.DataFrame, best: pd.DataFrame) -> pd.DataFrame:
    """Return the lines on which the mean centeredness of each rule is one half.

    `at` and `level` are counted in tiles of the map from 0, and `line` names the line. There is
    a short vertical line at each value of the second key, between two values of the first where
    the centeredness crosses one half. Where it crosses it several times, the first is shown.
    """
    x, y, *rest = axes_of(best)
    one = regrets[(regrets["estimand"] == ESTIMANDS[0]) & regrets["centeredness"].notna()]
    one = one[one[x].notna() & one[y].notna()]
    one = one.assign(
        row=_rows(one, rest), at=_place(one[x], best[x]), level=_place(one[y], best[y])
    )
    lines = []
    keys = ["parameterization", "row", "level"]
    for (name, row, level), group in one.groupby(keys, sort=False, observed=True):
        ordered = group.sort_values("at")
        at, c = ordered["at"].to_numpy(), ordered["centeredness"].to_numpy(dtype=float) - 0.5
        for i in np.flatnonzero((c[:-1] < 0) != (c[1:] < 0))[:1]:
            where = at[i] - c[i] * (at[i + 1] - at[i]) / (c[i + 1] - c[i])
            lines += [
                {
                    "parameterization": name,
                    "row": row,
                    "line": f"{name}, {row}, {level:g}",
                    "at": where,
                    "level": float(str(level)) + half,
                }
                for half in (-0.5, 0.0)
            ]
    table = pd.DataFrame(lines, columns=["parameterization", "row", "line", "at", "level"])
    return table.assign(row=pd.Categorical(table["row"], one["row"].cat.categories))


PLOTS = (contest_map, contest_cost, contest_regret, contest_map_by_estimand)
