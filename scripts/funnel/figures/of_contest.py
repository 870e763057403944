"""Figures of the contest: regret over scenarios, and the best centeredness over a map."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotnine as p9

from funnel.analysis.contest import ESTIMANDS
from funnel.figures.catalogue import FIGURES as CATALOGUE
from funnel.figures.of_sweep import LABELS, NAMES
from funnel.figures.panels import nothing_to_draw
from funnel.figures.theme import INK, MUTED, colours, theme

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
        + p9.scale_x_log10(breaks=list(FACTORS), labels=[f"{each:,g}" for each in FACTORS])
        + p9.scale_y_continuous(limits=(0, 1), labels=lambda ticks: [f"{t:.0%}" for t in ticks])
        + p9.scale_colour_manual(values=colours(names))
        + p9.labs(
            title=CATALOGUE["contest_regret"].title,
            x="work, divided by that of the best constant centeredness",
            y="scenarios with at most this ratio",
            colour="",
        )
        + theme(8.6, 6.0)
    )


def contest_map(best: pd.DataFrame, regrets: pd.DataFrame) -> p9.ggplot:
    """Plot the best constant centeredness over two swept keys, with the contour of each rule.

    The contour of a rule is where its mean centeredness is one half.
    """
    axes = axes_of(best)
    known = best[np.isfinite(best["best_centeredness"])]
    if len(axes) < 2 or known.empty:
        why = "no scenario has three constants" if len(axes) > 1 else "a map needs two swept keys"
        return nothing_to_draw("contest_map", why)
    x, y = axes[:2]
    rest = axes[2:]
    table = known.assign(
        column=pd.Categorical(known["estimand"].map(NAMES), [NAMES[name] for name in ESTIMANDS]),
        row=_rows(known, rest),
        at=np.log10(known[x].astype(float)),
        level=_level(known[y], best[y]),
        label=[
            f"{c:.1f}\n×{np.exp(cost):.2g}"
            for c, cost in zip(
                known["best_centeredness"], known["cost_of_worst_constant"], strict=True
            )
        ],
    )
    contours = _contours(regrets, best, x, y, rest)
    values = np.array(sorted(best[x].dropna().unique()), dtype=float)
    levels = np.array(sorted(best[y].dropna().unique()), dtype=float)
    width = float(np.min(np.diff(np.log10(values)))) if len(values) > 1 else 1.0
    names = list(dict.fromkeys(contours["parameterization"]))
    rows = table["row"].nunique()
    plot = (
        p9.ggplot(table, p9.aes("at", "level"))
        + p9.geom_tile(p9.aes(fill="best_centeredness"), width=width, height=1, colour="white")
        + p9.geom_text(p9.aes(label="label"), size=5.5, colour=INK)
        + p9.facet_grid("row", "column")
        + p9.scale_fill_gradient2(
            low=colours(["noncentered"])["noncentered"],
            mid="#f5f5f5",
            high=colours(["centered"])["centered"],
            midpoint=0.5,
            limits=(0, 1),
        )
        + p9.scale_x_continuous(
            breaks=list(np.log10(values)), labels=[f"{value:.4g}" for value in values]
        )
        + p9.scale_y_continuous(
            breaks=list(range(len(levels))), labels=[f"{value:.4g}" for value in levels]
        )
        + p9.labs(
            title=CATALOGUE["contest_map"].title,
            subtitle="upper number: best centeredness; lower: work of the worst constant, divided "
            "by that of the best; lines: where a rule centers by one half",
            x=LABELS[x],
            y=LABELS[y],
            fill="best centeredness",
            colour="",
        )
        + theme(1.8 + 5 * (0.3 + 0.42 * len(values)), 2.4 + rows * (0.3 + 0.42 * len(levels)))
        + p9.theme(panel_grid=p9.element_blank(), axis_text_x=p9.element_text(angle=90))
    )
    if names:
        plot += p9.geom_path(
            p9.aes(colour="parameterization", group="parameterization"), contours, size=1
        )
        plot += p9.scale_colour_manual(values=colours(names))
    return plot


def axes_of(best: pd.DataFrame) -> list[str]:
    """Return the swept keys with several values, those with more values first."""
    keys = [key for key in LABELS if key in best]
    counts = {key: best[key].nunique() for key in keys}
    return [key for key in sorted(counts, key=lambda key: -counts[key]) if counts[key] > 1]


def _rows(table: pd.DataFrame, keys: list[str]) -> pd.Series:
    """Return the panel of each row: the values of the keys that are not axes, and the sampler."""
    several = [*keys, *(["sampler"] if table["sampler"].nunique() > 1 else [])]
    parts = [
        table[key].map(lambda value, key=key: value if key == "sampler" else f"{key} = {value:g}")
        for key in several
    ]
    if not parts:
        return pd.Series("", index=table.index)
    return parts[0].str.cat(parts[1:], sep=", ") if len(parts) > 1 else parts[0]


def _level(values: pd.Series, of: pd.Series) -> pd.Series:
    """Return the place of each value among the different values of its key, from 0."""
    places = {value: float(i) for i, value in enumerate(sorted(of.dropna().unique()))}
    return values.map(places)


def _contours(
    regrets: pd.DataFrame, best: pd.DataFrame, x: str, y: str, rest: list[str]
) -> pd.DataFrame:
    """Return the lines on which the mean centeredness of each rule is one half."""
    one = regrets[(regrets["estimand"] == ESTIMANDS[0]) & regrets["centeredness"].notna()]
    one = one.assign(row=_rows(one, rest))
    lines = []
    for (name, row, level), group in one.groupby(["parameterization", "row", y], sort=False):
        ordered = group.sort_values(x)
        at = np.log10(ordered[x].to_numpy(dtype=float))
        c = ordered["centeredness"].to_numpy(dtype=float) - 0.5
        crossings = np.flatnonzero(c[:-1] * c[1:] < 0)
        for i in crossings[:1]:
            where = at[i] - c[i] * (at[i + 1] - at[i]) / (c[i + 1] - c[i])
            place = float(_level(pd.Series([level]), best[y]).iloc[0])
            lines += [
                {"parameterization": name, "row": row, "at": where, "level": place + half}
                for half in (-0.45, 0.45)
            ]
    columns = ["parameterization", "row", "at", "level"]
    table = pd.DataFrame(lines, columns=columns)
    return table.sort_values(["parameterization", "row", "level"], kind="stable")


PLOTS = (contest_regret, contest_map)
