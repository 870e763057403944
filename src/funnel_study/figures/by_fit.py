"""Figures of one value per fit or per replicate: diagnostics, costs, estimates and errors."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotnine as p9
from scipy import stats

from funnel_study.diagnosis.exact_errors import FEWEST_RANKS
from funnel_study.figures.panels import (
    as_categories,
    combined_panels,
    counts,
    finite,
    missing_note,
    nothing_to_draw,
    with_panels,
)
from funnel_study.figures.theme import INK, MUTED, colours, theme
from funnel_study.files.tables import CELL_KEYS, FIT_KEYS

MOST_COLUMNS = 3  # panels side by side
RANKED = ("mu", "tau", "sigma")  # log tau has the ranks of tau
Z_BREAKS = [-1000, -100, -10, -2, 0, 2, 10, 100, 1000]
SCALES: dict[str, dict[str, Any]] = {
    "linear": {"limits": (0, None)},
    "log": {"trans": "log10"},
    "log of counts": {"trans": "log10", "labels": counts},
    "log of R-hat - 1": {
        "trans": "log10",
        "labels": lambda shown: [f"{1 + each:g}" for each in shown],
    },
    "counts": {
        "trans": "pseudo_log",
        "breaks": [0, 1, 10, 100, 1_000, 10_000, 100_000],
        "labels": counts,
    },
    # most are small, but those of a wrong fit may be in the hundreds
    "z": {"trans": "pseudo_log", "breaks": Z_BREAKS},
}


def value_by_fit(
    fits: pd.DataFrame,
    estimates: pd.DataFrame | None = None,
    *,
    value: str,
    label: str,
    per: str = "",
    scale: str = "log",
    thresholds: Sequence[float] = (),
    estimand: str = "",
) -> p9.ggplot:
    """Plot one value per fit and the medians by parameterization, by scenario and sampler.

    `value` is a column of the fits, which is divided by the column `per`, if any. With `estimates`,
    it is one of their columns for one estimand. `scale` is a name in `SCALES`. `thresholds` are
    drawn as dashed lines.
    """
    table = fits
    if estimates is not None:
        of_one = estimates.loc[estimates["estimand"] == estimand, [*FIT_KEYS, value]]
        table = fits.merge(of_one, on=FIT_KEYS, how="left", validate="one_to_one")
    names = list(fits["parameterization"].unique())
    values = table[value].astype(float) / (table[per] if per else 1)
    if scale == "log of R-hat - 1":
        values = (values - 1).clip(lower=1e-5)  # it may be negative, which has no logarithm
    table = with_panels(table.assign(value=values), upwards=True)
    # a failed fit has no cost
    shown = table[finite(table["value"]) & (table["status"] == "ok")]
    medians = (
        shown.groupby(["panel", "parameterization"], observed=True)["value"].median().reset_index()
    )
    middle = float(shown["value"].median()) if len(shown) else 1.0
    panels = len(table["panel"].cat.categories)
    samplers = fits["sampler"].nunique()
    columns = min(samplers if samplers > 1 else MOST_COLUMNS, panels)
    rows = -(-panels // columns)
    width = 1.3 + 2.7 * columns
    return (
        p9.ggplot(shown, p9.aes("value", "parameterization", colour="parameterization"))
        # keep panels and rows without values, which are a result too
        + p9.geom_blank(p9.aes(y="parameterization"), table.assign(value=middle))
        + p9.geom_point(
            position=p9.position_jitter(width=0, height=0.18, random_state=1), alpha=0.6, size=1.6
        )
        + p9.geom_point(data=medians, shape="|", size=7, stroke=1.1, colour=INK)
        + [
            p9.geom_vline(xintercept=[each], linetype="dashed", colour=MUTED, size=0.5)
            for each in thresholds
        ]
        + p9.facet_wrap("panel", ncol=columns)
        + p9.scale_colour_manual(values=colours(names), guide=None)
        + p9.scale_x_continuous(**SCALES[scale])
        + p9.labs(
            x=label,
            y="",
            subtitle="one point per fit; bar: median",
            caption=missing_note(fits, shown, width),
        )
        + theme(width, 1.3 + rows * (0.6 + 0.3 * len(names)))
    )


def estimate_by_replicate(
    fits: pd.DataFrame, estimates: pd.DataFrame, *, estimand: str
) -> p9.ggplot:
    """Plot means and 90 % intervals of one estimand by replicate, with its true value."""
    table = with_panels(estimates[estimates["estimand"] == estimand])
    names = list(table["parameterization"].unique())
    shown = table[finite(table["mean"])]
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
            x="replicate",
            y=estimand,
            subtitle="points: posterior means; lines: 90 % intervals; ticks: true value",
            caption=missing_note(fits, shown, width),
        )
        + theme(width, 1.4 + 1.6 * rows)
    )


def _whole_numbers(limits: tuple[float, float]) -> list[int]:
    """Return at most six evenly spaced whole numbers as breaks of an axis."""
    low, high = int(np.ceil(limits[0])), int(np.floor(limits[1]))
    steps = (digit * 10**power for power in itertools.count() for digit in (1, 2, 5))
    step = next(step for step in steps if (high - low) / step <= 5)
    return list(range(-(-low // step) * step, high + 1, step))


def density_of_log_tau(densities: pd.DataFrame) -> p9.ggplot:
    """Plot the draws of log tau and their exact density, for one fit of each cell."""
    if densities.empty:
        return nothing_to_draw("every fit of replicate 0 failed")
    table = with_panels(densities)
    names = list(table["parameterization"].unique())
    return (
        p9.ggplot(table, p9.aes("log_tau"))
        + p9.geom_area(p9.aes(y="drawn", fill="parameterization"), alpha=0.6)
        + p9.geom_line(p9.aes(y="exact"), colour=INK, size=0.7)
        # all panels share the axis of log tau, so that their widths can be compared
        + p9.facet_grid("panel", "parameterization", scales="free_y")
        + p9.scale_fill_manual(values=colours(names), guide=None)
        + p9.labs(x="log tau", y="density")
        + theme(1.3 + 2.6 * len(names), 1.2 + 1.6 * len(table["panel"].cat.categories))
    )


def rank_histograms(estimates: pd.DataFrame) -> p9.ggplot:
    """Plot histograms of the ranks of true values, with a band that holds 95 % of the bars."""
    ranked = estimates[estimates["estimand"].isin(RANKED) & estimates["rank"].notna()]
    if ranked.empty:
        return nothing_to_draw("no fit has a rank")
    replicates = ranked.groupby([*CELL_KEYS, "estimand"]).size()
    low, high = stats.binom.interval(0.95, int(replicates.median()), 0.1)
    return _by_cell_and_estimand(
        ranked,
        p9.aes("rank", fill="parameterization"),
        [
            p9.annotate("rect", xmin=-0.5, xmax=99.5, ymin=low, ymax=high, fill=MUTED, alpha=0.25),
            p9.geom_histogram(breaks=[10 * i - 0.5 for i in range(11)], alpha=0.8),
            p9.labs(x="rank of the true value among 99 draws", y="replicates"),
        ],
    )


def rank_ecdfs(curves: pd.DataFrame) -> p9.ggplot:
    """Plot the distribution of the ranks minus the uniform one, with a simultaneous band."""
    chosen = curves[curves["estimand"].isin(RANKED)]
    if chosen.empty:
        return nothing_to_draw(f"fewer than {FEWEST_RANKS} replicates have a rank")
    return _by_cell_and_estimand(
        chosen,
        p9.aes("x"),
        [
            p9.geom_ribbon(p9.aes(ymin="lower", ymax="upper"), fill=MUTED, alpha=0.25),
            p9.geom_step(p9.aes(y="difference", colour="parameterization"), size=0.7),
            p9.scale_x_continuous(breaks=[0, 0.5, 1]),
            p9.labs(x="rank, scaled to 0 to 1", y="ECDF - uniform cdf"),
        ],
    )


def _by_cell_and_estimand(table: pd.DataFrame, aes: p9.aes, layers: list[object]) -> p9.ggplot:
    """Plot `layers` in a row per scenario and estimand and a column per parameterization."""
    table = with_panels(table)
    table["panel"] = combined_panels(table["panel"], table["estimand"])
    names = list(table["parameterization"].unique())
    of_each = colours(names)
    return (
        p9.ggplot(table, aes)
        + layers
        + p9.facet_grid("panel", "parameterization")
        + p9.scale_colour_manual(values=of_each, guide=None)
        + p9.scale_fill_manual(values=of_each, guide=None)
        + theme(1.6 + 2.6 * len(names), 1.2 + 1.5 * table["panel"].nunique())
    )


def agreement(agreement: pd.DataFrame) -> p9.ggplot:
    """Plot the differences between samplers in Monte Carlo standard errors."""
    known = agreement[finite(agreement["z_score"])]
    if known.empty:
        return nothing_to_draw("no data set has fits by two samplers")
    names = list(agreement["parameterization"].unique())
    scenarios = list(agreement["scenario"].unique())
    pairs = known["sampler"] + " - " + known["versus"]
    table = as_categories(
        known.assign(pair=pairs),
        pair=pairs.unique()[::-1],
        scenario=scenarios,
        parameterization=names,
    )
    return (
        p9.ggplot(table, p9.aes("z_score", "pair", colour="parameterization"))
        + p9.geom_vline(xintercept=[-2, 2], linetype="dashed", colour=MUTED, size=0.5)
        + p9.geom_point(
            position=p9.position_jitter(width=0, height=0.25, random_state=1), alpha=0.7, size=1.5
        )
        + p9.facet_grid("scenario", "parameterization")
        + p9.scale_colour_manual(values=colours(names), guide=None)
        + p9.scale_x_continuous(**SCALES["z"])
        + p9.labs(
            subtitle="one point per estimand and data set",
            x="difference of posterior means in Monte Carlo standard errors (z)",
            y="",
        )
        + theme(2.4 + 2.4 * len(names), 1.4 + len(scenarios) * (0.5 + 0.45 * pairs.nunique()))
    )


def published(published: pd.DataFrame) -> p9.ggplot:
    """Plot the published values of every chain above those found here."""
    kinds = {
        "divergences": "divergences per chain + 1",
        "bfmi": "E-BFMI per chain",
        "step_size": "step size per chain",
    }
    chosen = published[published["quantity"].isin(kinds)]
    if chosen.empty:
        return nothing_to_draw("the study has no published fit")
    fit = chosen["scenario"] + ", " + chosen["parameterization"]
    if len(chosen["sampler"].unique()) > 1:
        fit = fit + ", " + chosen["sampler"]
    listed = chosen.assign(fit=fit, panel=chosen["quantity"].map(kinds)).melt(
        ["fit", "parameterization", "panel"],
        ["published_by_chain", "found_by_chain"],
        var_name="source",
    )
    table = listed.assign(value=listed["value"].astype(str).str.split()).explode("value")
    table = table.astype({"value": float}).reset_index(drop=True)
    table["source"] = table["source"].str.removesuffix("_by_chain")
    table["value"] += table["panel"] == kinds["divergences"]
    table = as_categories(table, fit=fit.unique()[::-1], panel=list(kinds.values()))
    names = list(table["parameterization"].unique())
    shown = table[finite(table["value"])]
    return (
        p9.ggplot(shown, p9.aes("value", "fit", colour="parameterization", shape="source"))
        + [
            p9.geom_point(
                data=shown[shown["source"] == source],
                position=p9.position_nudge(y=up),
                size=2.4,
                fill="none",
                stroke=0.7,
                alpha=0.85,
            )
            for source, up in (("published", 0.15), ("found", -0.15))
        ]
        + p9.facet_wrap("panel", ncol=3, scales="free_x")
        + p9.scale_colour_manual(values=colours(names), guide=None)
        + p9.scale_shape_manual(values={"published": "D", "found": "o"})
        + p9.scale_x_log10(labels=lambda shown: [f"{value:g}" for value in shown])
        + p9.labs(x="", y="", shape="")
        + theme(10.5, 1.6 + 0.32 * fit.nunique())
    )
