"""Plots and helpers that several figures of a study share."""

from __future__ import annotations

import itertools
import textwrap
from typing import Any

import numpy as np
import pandas as pd
import plotnine as p9

from funnel_study.analysis.statistics import t_quantile, wilson
from funnel_study.figures.catalogue import FIGURES as CATALOGUE
from funnel_study.figures.theme import INK, MUTED, colours, theme
from funnel_study.files.tables import FIT_KEYS

MOST_COLUMNS = 3  # panels side by side
COVERAGES = {"coverage_50": 0.5, "coverage_90": 0.9}
SUBTITLE = "one point per fit; bar: median"
MAIN_ESTIMANDS = ("mu", "tau", "log_tau")


def intervals(
    figure: str, performance: pd.DataFrame, measures: dict[str, float], label: str
) -> p9.ggplot:
    """Plot performance measures with 95 % intervals and their ideal values as dashed lines.

    `measures` has the ideal value of each measure. There is one panel per scenario, sampler,
    estimand and measure. Proportions have Wilson intervals, which are better than normal ones near
    0 and 1; other measures have Student t intervals.
    """
    chosen = performance[
        performance["measure"].isin(measures) & performance["estimand"].isin(MAIN_ESTIMANDS)
    ]
    if chosen["estimate"].isna().all():
        return nothing_to_draw(figure, "no replicate has a value")
    names = list(chosen["parameterization"].unique())
    table = with_panels(chosen)
    kinds = table["estimand"].str.replace("_", " ")
    if len(measures) > 1:
        kinds = kinds + ", " + table["measure"].str.split("_").str[-1] + " %"
    several = len(kinds.unique()) > 1
    if several:
        table["panel"] = combined_panels(table["panel"], kinds)
    half_width = table["replicates"].map(t_quantile) * table["mcse"]
    table["low"], table["high"] = table["estimate"] - half_width, table["estimate"] + half_width
    counted = table["measure"].isin(COVERAGES) & (table["replicates"] > 0)
    n = table.loc[counted, "replicates"].to_numpy(dtype=int)
    hits = (table.loc[counted, "estimate"].to_numpy(dtype=float) * n).round().astype(int)
    bounds = [wilson(int(hit), int(of)) for hit, of in zip(hits, n, strict=True)]
    table.loc[counted, ["low", "high"]] = np.array(bounds).reshape(-1, 2)
    table["parameterization"] = pd.Categorical(table["parameterization"], names[::-1])
    table["reference"] = table["measure"].map(measures)
    shown = table[table["estimate"].notna()]
    panels = len(table["panel"].cat.categories)
    columns = len(kinds.unique()) if several else min(MOST_COLUMNS, panels)
    rows = -(-panels // columns)
    return (
        p9.ggplot(shown, p9.aes("estimate", "parameterization", colour="parameterization"))
        + p9.geom_blank(data=table.assign(estimate=table["reference"]))
        + p9.geom_vline(
            p9.aes(xintercept="reference"), table, linetype="dashed", colour=MUTED, size=0.5
        )
        + p9.geom_segment(
            p9.aes(x="low", xend="high", yend="parameterization"),
            shown[shown["low"].notna()],
            size=0.9,
        )
        + p9.geom_point(size=2.2)
        + p9.facet_wrap("panel", ncol=columns, scales="free_x" if several else "fixed")
        + p9.scale_colour_manual(values=colours(names), guide=None)
        + p9.labs(title=CATALOGUE[figure].title, x=label, y="")
        + theme(1.3 + 2.6 * columns, 1.1 + rows * (0.65 + 0.25 * len(names)))
    )


def estimand_column(
    fits: pd.DataFrame, estimates: pd.DataFrame, estimand: str, column: str
) -> pd.Series[Any]:
    """Return a column of the rows of one estimand, in the order of `fits`."""
    values = estimates.loc[estimates["estimand"] == estimand, [*FIT_KEYS, column]]
    return fits[FIT_KEYS].merge(values, on=FIT_KEYS, how="left", validate="one_to_one")[column]


def combined_panels(panel: pd.Series[Any], estimand: pd.Series[Any]) -> pd.Categorical:
    """Return panels by scenario and estimand, in order of appearance."""
    names = panel.astype(str) + ": " + estimand.astype(str)
    return pd.Categorical(names, names.unique())


def values_by_fit(
    figure: str,
    fits: pd.DataFrame,
    value: pd.Series[Any],
    label: str,
    scale: Any,
    thresholds: list[float] | None = None,
) -> p9.ggplot:
    """Plot one `value` per fit and the medians by parameterization.

    There is one panel per scenario and sampler. `thresholds` are drawn as dashed lines.
    """
    names = list(fits["parameterization"].unique())
    table = with_panels(fits.assign(value=value.astype(float)))
    table["parameterization"] = pd.Categorical(table["parameterization"], names[::-1])
    shown = table[np.isfinite(table["value"])]
    medians = (
        shown.groupby(["panel", "parameterization"], observed=True)["value"].median().reset_index()
    )
    panels = table["panel"].cat.categories
    samplers = len(fits["sampler"].unique())
    columns = min(samplers if samplers > 1 else MOST_COLUMNS, len(panels))
    rows = -(-len(panels) // columns)
    width = 1.3 + 2.7 * columns
    plot = (
        p9.ggplot(shown, p9.aes("value", "parameterization", colour="parameterization"))
        # keep panels and rows without values, which are a result too
        + p9.geom_blank(p9.aes(y="parameterization"), table.assign(value=_middle(shown["value"])))
        + p9.geom_point(
            position=p9.position_jitter(width=0, height=0.18, random_state=1), alpha=0.6, size=1.6
        )
        + p9.geom_point(data=medians, shape="|", size=7, stroke=1.1, colour=INK)
        + p9.facet_wrap("panel", ncol=columns)
        + p9.scale_colour_manual(values=colours(names), guide=None)
        + scale
        + p9.labs(
            title=CATALOGUE[figure].title,
            x=label,
            y="",
            subtitle=SUBTITLE,
            caption=missing_note(fits, shown, width),
        )
        + theme(width, 1.3 + rows * (0.6 + 0.3 * len(names)))
    )
    if thresholds:
        plot += p9.geom_vline(xintercept=thresholds, linetype="dashed", colour=MUTED, size=0.5)
    return plot


def intervals_and_truth(figure: str, fits: pd.DataFrame, estimates: pd.DataFrame) -> p9.ggplot:
    """Plot means and 90 % intervals of one estimand by replicate, with its true value."""
    names = list(estimates["parameterization"].unique())
    table = with_panels(estimates)
    table["parameterization"] = pd.Categorical(table["parameterization"], names)
    shown = table[np.isfinite(table["mean"].astype(float))]
    symbol = estimates["estimand"].iloc[0]
    rows, width = len(table["panel"].cat.categories), 1.3 + 2.6 * len(names)
    return (
        p9.ggplot(table, p9.aes("replicate", colour="parameterization"))
        + p9.geom_linerange(p9.aes(ymin="q05", ymax="q95"), shown, size=0.6, alpha=0.8)
        + p9.geom_point(p9.aes(y="mean"), shown, size=1.3)
        + p9.geom_point(p9.aes(y="truth"), shape="_", size=2.5, colour=INK)
        + p9.facet_grid("panel", "parameterization", scales="free_y")
        + p9.scale_colour_manual(values=colours(names), guide=None)
        + p9.scale_x_continuous(breaks=_whole_numbers)
        + p9.labs(
            title=CATALOGUE[figure].title,
            x="replicate",
            y=symbol,
            subtitle="points: posterior means; lines: 90 % intervals; ticks: true value",
            caption=missing_note(fits, shown, width),
        )
        + theme(width, 1.4 + 1.6 * rows)
    )


def with_panels(table: pd.DataFrame) -> pd.DataFrame:
    """Return `table` with a column `panel`, the scenario and, if there are several, the sampler."""
    panel = table["scenario"]
    if len(table["sampler"].unique()) > 1:
        panel = panel + ", " + table["sampler"]
    panel = panel.map(_wrapped)
    return table.assign(panel=pd.Categorical(panel, panel.unique()))


def _wrapped(name: str) -> str:
    """Return a name broken into lines that fit the width of a panel."""
    return "\n".join(textwrap.wrap(name, 24))


def _whole_numbers(limits: tuple[float, float]) -> list[int]:
    """Return at most six evenly spaced whole numbers as breaks of an axis."""
    low, high = int(np.ceil(limits[0])), int(np.floor(limits[1]))
    steps = (digit * 10**power for power in itertools.count() for digit in (1, 2, 5))
    step = next(step for step in steps if (high - low) / step <= 5)
    return list(range(-(-low // step) * step, high + 1, step))


def nothing_to_draw(figure: str, why: str) -> p9.ggplot:
    """Return a figure that says why there is nothing to draw."""
    return (
        p9.ggplot(pd.DataFrame({"x": [0.0], "y": [0.0], "why": [f"Nothing to draw: {why}."]}))
        + p9.geom_text(p9.aes("x", "y", label="why"), size=10, colour=INK)
        + p9.labs(title=CATALOGUE[figure].title, x="", y="")
        + theme(6, 2)
        + p9.theme(axis_text=p9.element_blank(), panel_grid=p9.element_blank())
    )


def _middle(values: pd.Series[Any]) -> float:
    return float(values.median()) if len(values) else 1.0


def missing_note(fits: pd.DataFrame, shown: pd.DataFrame, inches: float) -> str:
    """Return a note, for a figure of this width, on failed fits and undefined values."""
    width = int(inches * 14)  # characters in the size of the note
    failed = fits[fits["status"] != "ok"]
    undefined = len(fits) - len(failed) - len(shown)
    lines = []
    if len(failed):
        keys = failed["scenario"].str.cat(failed[["parameterization", "sampler"]], sep=" / ")
        counts = keys.value_counts(sort=False)
        listed = ", ".join(f"{cell}: {count}" for cell, count in counts.head(6).items())
        more = f" and {len(counts) - 6} more cells" if len(counts) > 6 else ""
        text = f"Not shown: {len(failed)} of {len(fits)} fits, which failed ({listed}{more})."
        lines += textwrap.wrap(text, width)
    if undefined > 0:
        text = f"Not shown: {undefined} of {len(fits)} fits, whose value is undefined."
        lines += textwrap.wrap(text, width)
    return "\n".join(lines)
