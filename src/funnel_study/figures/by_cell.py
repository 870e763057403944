"""Figures of one value per cell: performance measures, and how well diagnostics detect errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotnine as p9

from funnel_study.analysis.diagnostic_value import errors_of_tau
from funnel_study.analysis.divergences import ERRORS
from funnel_study.analysis.statistics import t_limits, wilson
from funnel_study.analysis.work import POPULATION
from funnel_study.figures.panels import (
    as_categories,
    combined_panels,
    finite,
    nothing_to_draw,
    with_panels,
)
from funnel_study.figures.theme import INK, MUTED, colour_scale, colours, theme

MOST_COLUMNS = 3  # panels side by side
_UNIT = [0, 0.25, 0.5, 0.75, 1]  # breaks of probabilities
_DEFINITION = ["sampler", "definition"]
# measures between 0 and 1 begin with one of these
FRACTIONS = ("coverage", "content", "mass")


def performance(
    performance: pd.DataFrame,
    *,
    measures: Mapping[str, float],
    label: str,
    estimands: Sequence[str] = POPULATION,
) -> p9.ggplot:
    """Plot performance measures with 95 % intervals and their ideal values as dashed lines.

    `measures` has the ideal value of each measure. There is one panel per scenario, sampler,
    estimand and measure. Coverages have Wilson intervals, which are better than normal ones near
    0 and 1; other measures have Student t intervals, cut at 0 and 1 if they are fractions.
    """
    table = performance[
        performance["measure"].isin(measures) & performance["estimand"].isin(estimands)
    ]
    if table["estimate"].isna().all():
        return nothing_to_draw("no replicate has a value")
    names = list(table["parameterization"].unique())
    table = with_panels(table, upwards=True)
    kinds = table["estimand"].str.replace("_", " ")
    if len(measures) > 1:
        kinds = kinds + ", " + table["measure"].str.split("_").str[-1] + " %"
    several = len(kinds.unique()) > 1
    if several:
        table["panel"] = combined_panels(table["panel"], kinds)
    limits = t_limits(table["estimate"], table["mcse"], table["replicates"])
    is_fraction = table["measure"].str.startswith(FRACTIONS)
    for end, limit in zip(("low", "high"), limits, strict=True):
        table[end] = limit.where(~is_fraction, limit.clip(0, 1))
    counted = table["measure"].str.startswith("coverage") & (table["replicates"] > 0)
    n = table.loc[counted, "replicates"].astype(int)
    hits = (table.loc[counted, "estimate"] * n).round().astype(int)
    bounds = [wilson(int(hit), int(of)) for hit, of in zip(hits, n, strict=True)]
    table.loc[counted, ["low", "high"]] = np.array(bounds).reshape(-1, 2)
    table["reference"] = table["measure"].map(measures)
    shown = table[table["estimate"].notna()]
    panels = len(table["panel"].cat.categories)
    columns = kinds.nunique() if several else min(MOST_COLUMNS, panels)
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
        + p9.facet_wrap("panel", ncol=columns, scales="free_x" if several else "fixed", drop=False)
        + p9.scale_colour_manual(values=colours(names), guide=None)
        + (p9.scale_x_continuous(limits=(0, 1), breaks=_UNIT) if counted.any() else [])
        + p9.labs(x=label, y="")
        + theme(1.3 + 2.6 * columns, 1.1 + rows * (0.65 + 0.25 * len(names)))
    )


def diagnostic_value(values: pd.DataFrame) -> p9.ggplot:
    """Plot the AUC of each diagnostic, over all pairs of fits and over those of the same cell."""
    if values.empty:
        return nothing_to_draw("every fit failed")
    kinds = {"auc": "all pairs", "auc_within_cells": "pairs of the same cell"}
    table = pd.concat(
        values.assign(
            estimate=values[column],
            low=values[f"{column}_low"],
            high=values[f"{column}_high"],
            kind=kind,
        )
        for column, kind in kinds.items()
    ).reset_index(drop=True)
    table["panel"] = _definition_panels(table, values)
    order = values["diagnostic"].unique()[::-1]
    table = as_categories(table, kind=list(kinds.values()), diagnostic=order)
    layers = []
    for kind, up in zip(kinds.values(), (0.14, -0.14), strict=True):
        place = p9.position_nudge(y=up)
        points = table[(table["kind"] == kind) & table["estimate"].notna()]
        ranges = points[points["low"].notna()]
        across = p9.aes(x="low", xend="high", yend="diagnostic")
        layers += [
            p9.geom_segment(across, ranges, position=place, size=0.8),
            p9.geom_point(data=points, position=place, size=2.2),
        ]
    panels = len(table["panel"].cat.categories)
    return (
        p9.ggplot(table, p9.aes("estimate", "diagnostic", colour="kind", shape="kind"))
        + p9.geom_blank(data=table.assign(estimate=0.5))
        + p9.geom_vline(xintercept=0.5, linetype="dashed", colour=MUTED, size=0.5)
        + layers
        + p9.facet_wrap("panel", ncol=MOST_COLUMNS)
        + p9.scale_x_continuous(limits=(0, 1), breaks=_UNIT)
        + p9.scale_colour_manual(values=dict(zip(kinds.values(), (INK, "#E69F00"), strict=True)))
        + p9.scale_shape_manual(values=dict(zip(kinds.values(), "oD", strict=True)))
        + p9.labs(
            x="probability that a wrong fit looks worse than a right one (AUC)",
            y="",
            colour="",
            shape="",
        )
        + theme(10.0, 1.6 + 1.9 * -(-panels // MOST_COLUMNS))
    )


def roc(curves: pd.DataFrame, values: pd.DataFrame) -> p9.ggplot:
    """Plot the ROC curve of each diagnostic, with a point at its customary threshold."""
    if curves.empty:
        return nothing_to_draw("no definition has both wrong and right fits")
    names = list(values["diagnostic"].unique())
    drawn = pd.MultiIndex.from_frame(curves[_DEFINITION].drop_duplicates())
    values = values[pd.MultiIndex.from_frame(values[_DEFINITION]).isin(drawn)]
    customary = values[values[["sensitivity", "false_alarm"]].notna().all(axis=1)]
    curves, customary = (
        table.assign(
            panel=_definition_panels(table, values),
            diagnostic=pd.Categorical(table["diagnostic"], names),
        )
        for table in (curves, customary)
    )
    # a safe palette for colour-blind readers (see theme.py)
    palette = (INK, "#E69F00", "#56B4E9", "#009E73", "#CC79A7")
    panels = len(curves["panel"].cat.categories)
    return (
        p9.ggplot(curves, p9.aes("false_alarm", "sensitivity", colour="diagnostic"))
        + p9.geom_abline(intercept=0, slope=1, linetype="dashed", colour=MUTED, size=0.5)
        + p9.geom_path(size=0.8)
        + p9.geom_point(p9.aes(shape="diagnostic"), customary, size=2.8)
        + p9.facet_wrap("panel", ncol=MOST_COLUMNS)
        + p9.scale_colour_manual(values=dict(zip(names, palette, strict=True)))
        + p9.scale_shape_manual(values=dict(zip(names, "os^Dv", strict=True)))
        + p9.coord_fixed(xlim=(0, 1), ylim=(0, 1))
        + p9.labs(
            subtitle="points: customary thresholds",
            x="false alarm rate",
            y="sensitivity",
            colour="",
            shape="",
        )
        + theme(10.0, 1.8 + 3.1 * -(-panels // MOST_COLUMNS))
    )


def _definition_panels(table: pd.DataFrame, values: pd.DataFrame) -> pd.Categorical:
    """Return the panel of each row of `table`: the definition of a wrong fit, with numbers of fits.

    `values` is the table of the value of diagnostics, whose order the panels have.
    """
    counts = values.groupby(_DEFINITION, sort=False)[["wrong", "right"]].max().reset_index()
    several = len(counts["sampler"].unique()) > 1
    counts["panel"] = [
        f"{sampler + ', ' if several else ''}{definition}\n{wrong} wrong, {right} right"
        for sampler, definition, wrong, right in counts.itertuples(index=False, name=None)
    ]
    panels = table[_DEFINITION].merge(counts, on=_DEFINITION, how="left")["panel"]
    return pd.Categorical(panels, counts["panel"])


def divergences_and_error(
    regressions: pd.DataFrame, fits: pd.DataFrame, estimates: pd.DataFrame, errors: pd.DataFrame
) -> p9.ggplot:
    """Plot the errors about tau against divergences, with their regressions."""
    counted = errors_of_tau(fits, estimates, errors)
    counted["x"] = np.log10(1 + counted["divergences"].astype(float))
    labels = {
        "log10 of the error of log tau": "error of log tau, in exact sds",
        "log10 of the KS distance": "KS distance of tau",
    }
    points = pd.concat(
        [counted.assign(value=counted[ERRORS[name][0]], error=name) for name in labels],
        ignore_index=True,
    )
    points = points[finite(points["x"]) & finite(points["value"]) & (points["value"] > 0)]
    if points.empty:
        return nothing_to_draw("no fit has a known error")
    most = points.groupby("sampler")["x"].max().reset_index()
    lines = regressions.merge(pd.concat([most.assign(x=0.0), most]), on="sampler")
    lines = lines[lines["error"].isin(labels)].astype({"slope": float, "intercept": float})
    lines["value"] = 10 ** (lines["intercept"] + lines["slope"] * lines["x"])
    several = len(points["sampler"].unique()) > 1
    for table in (points, lines):
        kinds = table["error"].map(labels)
        table["panel"] = table["sampler"] + ": " + kinds if several else kinds
    panels = points.sort_values("sampler", kind="stable")["panel"].unique()
    points, lines = (as_categories(table, panel=panels) for table in (points, lines))
    counts = [0, 1, 10, 100, 1_000, 10_000, 100_000]
    return (
        p9.ggplot(points, p9.aes("x", "value"))
        + p9.geom_point(
            p9.aes(colour="parameterization"),
            position=p9.position_jitter(width=0.06, height=0, random_state=1),
            alpha=0.5,
            size=1.4,
        )
        + p9.geom_line(
            p9.aes(linetype="cells"), lines.dropna(subset=["value"]), colour=INK, size=0.8
        )
        + p9.facet_wrap("panel", ncol=2, scales="free_y")
        + colour_scale(counted["parameterization"].unique())
        + p9.scale_linetype_manual(values={"pooled": "solid", "within": "dashed"})
        + p9.scale_x_continuous(
            breaks=[np.log10(1 + count) for count in counts],
            labels=[f"{count:,}" for count in counts],
        )
        + p9.scale_y_log10(labels=lambda shown: [f"{value:g}" for value in shown])
        + p9.labs(
            subtitle="one point per fit; lines: regressions of all fits, and within cells",
            x="divergent draws",
            y="",
            linetype="",
        )
        + theme(9.0, 1.7 + 3.0 * -(-len(panels) // 2))
    )
