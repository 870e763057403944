"""The figures of a study, as functions that draw its tables.

`FIGURES` has a function for every name in `catalogue.FIGURES`. It takes the tables that the
catalogue lists and returns a plot. Figures grow with the number of scenarios, parameterizations,
samplers and replicates: more panels make a figure larger, and panels keep their size.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import plotnine as p9
from scipy import stats

from funnel_study.analysis.criteria import LARGE_KS
from funnel_study.analysis.diagnostic_value import errors_of_tau
from funnel_study.analysis.divergences import ERRORS
from funnel_study.diagnosis.exact_errors import FEWEST_RANKS
from funnel_study.figures.catalogue import FIGURES as CATALOGUE
from funnel_study.figures.of_contest import PLOTS as CONTEST_PLOTS
from funnel_study.figures.of_sweep import PLOTS as SWEEP_PLOTS
from funnel_study.figures.of_work import error_by_length, work, work_by_data_weight, work_by_tau
from funnel_study.figures.panels import (
    COVERAGES,
    combined_panels,
    estimand_column,
    intervals,
    intervals_and_truth,
    nothing_to_draw,
    values_by_fit,
    with_panels,
)
from funnel_study.figures.theme import INK, MUTED, colour_scale, colours, theme
from funnel_study.files.tables import CELL_KEYS

Plot = Callable[..., p9.ggplot]


def divergences(fits: pd.DataFrame) -> p9.ggplot:
    counts = [0, 1, 10, 100, 1_000, 10_000, 100_000]
    scale = p9.scale_x_continuous(
        trans="pseudo_log",
        breaks=counts,
        labels=lambda shown: [f"{count:,.0f}" for count in shown],
    )
    return values_by_fit("divergences", fits, fits["divergences"], "divergent draws", scale)


def bfmi(fits: pd.DataFrame) -> p9.ggplot:
    scale = p9.scale_x_continuous(limits=(0, None))
    return values_by_fit("bfmi", fits, fits["bfmi_min"], "lowest E-BFMI", scale, [0.3])


def step_size(fits: pd.DataFrame) -> p9.ggplot:
    scale = p9.scale_x_log10()
    return values_by_fit("step_size", fits, fits["step_size"], "step size", scale)


def rhat(fits: pd.DataFrame) -> p9.ggplot:
    # R-hat - 1 may be negative, which has no logarithm
    excess = (fits["rhat_max"] - 1).clip(lower=1e-5)
    scale = p9.scale_x_log10(labels=lambda shown: [f"{1 + each:g}" for each in shown])
    return values_by_fit("rhat", fits, excess, "largest R-hat", scale, [0.01])


def ess_per_second(fits: pd.DataFrame) -> p9.ggplot:
    rate = fits["ess_bulk_min"] / fits["sampling_seconds"]
    label = "lowest bulk ESS per second of sampling"
    return values_by_fit("ess_per_second", fits, rate, label, p9.scale_x_log10())


def ess_per_leapfrog_step(fits: pd.DataFrame) -> p9.ggplot:
    rate = fits["ess_bulk_min"] / fits["leapfrog_steps"]
    label = "lowest bulk ESS per leapfrog step"
    return values_by_fit("ess_per_leapfrog_step", fits, rate, label, p9.scale_x_log10())


def estimates_mu(fits: pd.DataFrame, estimates: pd.DataFrame) -> p9.ggplot:
    return intervals_and_truth("estimates_mu", fits, estimates[estimates["estimand"] == "mu"])


def estimates_tau(fits: pd.DataFrame, estimates: pd.DataFrame) -> p9.ggplot:
    return intervals_and_truth("estimates_tau", fits, estimates[estimates["estimand"] == "tau"])


def bias(performance: pd.DataFrame) -> p9.ggplot:
    return intervals("bias", performance, {"bias": 0.0}, "posterior mean - true value")


def mean_error(performance: pd.DataFrame) -> p9.ggplot:
    label = "posterior mean - exact posterior mean"
    return intervals("mean_error", performance, {"mean_error": 0.0}, label)


def coverage(performance: pd.DataFrame) -> p9.ggplot:
    # coverage of log tau equals that of tau
    table = performance[performance["estimand"] != "log_tau"]
    label = "proportion of intervals that contain the true value"
    plot = intervals("coverage", table, COVERAGES, label)
    return plot + p9.scale_x_continuous(limits=(0, 1), breaks=[0, 0.25, 0.5, 0.75, 1])


def lost_mass(performance: pd.DataFrame) -> p9.ggplot:
    table = performance[performance["estimand"] == "tau"]
    label = "fraction of draws below the exact 5 % quantile of tau"
    return intervals("lost_mass", table, {"mass_below_exact_q05": 0.05}, label)


def z_tau(fits: pd.DataFrame, estimates: pd.DataFrame) -> p9.ggplot:
    z = estimand_column(fits, estimates, "log_tau", "z_score")
    # most are small, but those of a wrong fit may be in the hundreds
    scale = p9.scale_x_continuous(
        trans="pseudo_log", breaks=[-1000, -100, -10, -2, 0, 2, 10, 100, 1000]
    )
    return values_by_fit("z_tau", fits, z, "z of the posterior mean of log tau", scale, [-2.0, 2.0])


def ks_tau(fits: pd.DataFrame, estimates: pd.DataFrame) -> p9.ggplot:
    distance = estimand_column(fits, estimates, "tau", "ks")
    scale = p9.scale_x_log10()
    return values_by_fit("ks_tau", fits, distance, "Kolmogorov-Smirnov distance", scale, [LARGE_KS])


def density_of_log_tau(densities: pd.DataFrame) -> p9.ggplot:
    if densities.empty:
        return nothing_to_draw("density_of_log_tau", "every fit of replicate 0 failed")
    names = list(densities["parameterization"].unique())
    table = with_panels(densities)
    table["parameterization"] = pd.Categorical(table["parameterization"], names)
    rows = len(table["panel"].cat.categories)
    return (
        p9.ggplot(table, p9.aes("log_tau"))
        + p9.geom_area(p9.aes(y="drawn", fill="parameterization"), alpha=0.6)
        + p9.geom_line(p9.aes(y="exact"), colour=INK, size=0.7)
        # all panels share the axis of log tau, so that their widths can be compared
        + p9.facet_grid("panel", "parameterization", scales="free_y")
        + p9.scale_fill_manual(values=colours(names), guide=None)
        + p9.labs(title=CATALOGUE["density_of_log_tau"].title, x="log tau", y="density")
        + theme(1.3 + 2.6 * len(names), 1.2 + 1.6 * rows)
    )


def diagnostic_value(values: pd.DataFrame) -> p9.ggplot:
    if values.empty:
        return nothing_to_draw("diagnostic_value", "every fit failed")
    kinds = {"auc": "all pairs", "auc_within_cells": "pairs of the same cell"}
    parts = []
    for column, kind in kinds.items():
        names = {column: "estimate", f"{column}_low": "low", f"{column}_high": "high"}
        keys = ["sampler", "definition", "diagnostic"]
        parts.append(values.rename(columns=names)[[*keys, *names.values()]].assign(kind=kind))
    table = pd.concat(parts, ignore_index=True)
    table["panel"] = _definition_panels(table, values)
    table["kind"] = pd.Categorical(table["kind"], list(kinds.values()))
    table["diagnostic"] = pd.Categorical(
        table["diagnostic"], list(values["diagnostic"].unique())[::-1]
    )
    looks = dict(zip(kinds.values(), (INK, "#E69F00"), strict=True))
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
        + p9.facet_wrap("panel", ncol=3)
        + p9.scale_x_continuous(limits=(0, 1), breaks=[0, 0.25, 0.5, 0.75, 1])
        + p9.scale_colour_manual(values=looks)
        + p9.scale_shape_manual(values=dict(zip(kinds.values(), "oD", strict=True)))
        + p9.labs(
            title=CATALOGUE["diagnostic_value"].title,
            x="probability that a wrong fit looks worse than a right one (AUC)",
            y="",
            colour="",
            shape="",
        )
        + theme(10.0, 1.6 + 1.9 * -(-panels // 3))
    )


def roc(curves: pd.DataFrame, values: pd.DataFrame) -> p9.ggplot:
    if curves.empty:
        return nothing_to_draw("roc", "no definition has both wrong and right fits")
    names = list(values["diagnostic"].unique())
    drawn = pd.MultiIndex.from_frame(curves[["sampler", "definition"]].drop_duplicates())
    has_curve = pd.MultiIndex.from_frame(values[["sampler", "definition"]]).isin(drawn)
    customary = values[has_curve & values[["sensitivity", "false_alarm"]].notna().all(axis=1)]
    curves, customary = (
        table.assign(
            panel=_definition_panels(table, values[has_curve]),
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
        + p9.facet_wrap("panel", ncol=3)
        + p9.scale_colour_manual(values=dict(zip(names, palette, strict=True)))
        + p9.scale_shape_manual(values=dict(zip(names, "os^Dv", strict=True)))
        + p9.coord_fixed(xlim=(0, 1), ylim=(0, 1))
        + p9.labs(
            title=CATALOGUE["roc"].title,
            subtitle="points: customary thresholds",
            x="false alarm rate",
            y="sensitivity",
            colour="",
            shape="",
        )
        + theme(10.0, 1.8 + 3.1 * -(-panels // 3))
    )


def _definition_panels(table: pd.DataFrame, values: pd.DataFrame) -> pd.Categorical:
    """Return the panel of each row of `table`: the definition of a wrong fit, with numbers of fits.

    `values` is the table of the value of diagnostics, whose order the panels have.
    """
    keys = ["sampler", "definition"]
    counts = values.groupby(keys, sort=False)[["wrong", "right"]].max().reset_index()
    several = len(counts["sampler"].unique()) > 1
    counts["panel"] = [
        f"{sampler + ', ' if several else ''}{definition}\n{wrong} wrong, {right} right"
        for sampler, definition, wrong, right in counts.itertuples(index=False, name=None)
    ]
    panels = table[keys].merge(counts, on=keys, how="left")["panel"]
    return pd.Categorical(panels, counts["panel"])


def divergences_and_error(
    regressions: pd.DataFrame, fits: pd.DataFrame, estimates: pd.DataFrame, errors: pd.DataFrame
) -> p9.ggplot:
    counted = errors_of_tau(fits, estimates, errors)
    counted["x"] = np.log10(1 + counted["divergences"].astype(float))
    names = list(counted["parameterization"].unique())
    labels = {
        "log10 of the error of log tau": "error of log tau, in exact sds",
        "log10 of the KS distance": "KS distance of tau",
    }
    columns = {name: ERRORS[name][0] for name in labels}
    points = pd.concat(
        [counted.assign(value=counted[column], error=name) for name, column in columns.items()],
        ignore_index=True,
    )
    points = points[np.isfinite(points["x"]) & (points["value"] > 0) & np.isfinite(points["value"])]
    if points.empty:
        return nothing_to_draw("divergences_and_error", "no fit has a known error")
    most = points.groupby("sampler")["x"].max().reset_index()
    lines = regressions.merge(pd.concat([most.assign(x=0.0), most]), on="sampler")
    lines = lines[lines["error"].isin(labels)].astype({"slope": float, "intercept": float})
    lines["value"] = 10 ** (lines["intercept"] + lines["slope"] * lines["x"])
    several = len(points["sampler"].unique()) > 1
    for table in (points, lines):
        kinds = table["error"].map(labels)
        table["panel"] = table["sampler"] + ": " + kinds if several else kinds
    panels = list(points.sort_values("sampler", kind="stable")["panel"].unique())
    points["panel"] = pd.Categorical(points["panel"], panels)
    lines["panel"] = pd.Categorical(lines["panel"], panels)
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
        + colour_scale(names)
        + p9.scale_linetype_manual(values={"pooled": "solid", "within": "dashed"})
        + p9.scale_x_continuous(
            breaks=[np.log10(1 + count) for count in counts],
            labels=[f"{count:,}" for count in counts],
        )
        + p9.scale_y_log10(labels=lambda shown: [f"{value:g}" for value in shown])
        + p9.labs(
            title=CATALOGUE["divergences_and_error"].title,
            subtitle="one point per fit; lines: regressions of all fits, and within cells",
            x="divergent draws",
            y="",
            colour="",
            linetype="",
        )
        + theme(9.0, 1.7 + 3.0 * -(-len(panels) // 2))
    )


def rank_histograms(estimates: pd.DataFrame) -> p9.ggplot:
    ranked = estimates[estimates["estimand"].isin(["mu", "tau"]) & estimates["rank"].notna()]
    if ranked.empty:
        return nothing_to_draw("rank_histograms", "no fit has a rank")
    names = list(ranked["parameterization"].unique())
    table = with_panels(ranked)
    table["panel"] = combined_panels(table["panel"], table["estimand"])
    table["parameterization"] = pd.Categorical(table["parameterization"], names)
    replicates = ranked.groupby([*CELL_KEYS, "estimand"]).size()
    low, high = stats.binom.interval(0.95, int(replicates.median()), 0.1)
    rows = len(table["panel"].cat.categories)
    return (
        p9.ggplot(table, p9.aes("rank", fill="parameterization"))
        + p9.annotate("rect", xmin=-0.5, xmax=99.5, ymin=low, ymax=high, fill=MUTED, alpha=0.25)
        + p9.geom_histogram(breaks=[10 * i - 0.5 for i in range(11)], alpha=0.8)
        + p9.facet_grid("panel", "parameterization")
        + p9.scale_fill_manual(values=colours(names), guide=None)
        + p9.labs(
            title=CATALOGUE["rank_histograms"].title,
            x="rank of the true value among 99 draws",
            y="replicates",
        )
        + theme(1.6 + 2.6 * len(names), 1.2 + 1.5 * rows)
    )


def rank_ecdfs(curves: pd.DataFrame) -> p9.ggplot:
    chosen = curves[curves["estimand"].isin(["mu", "tau"])]
    if chosen.empty:
        return nothing_to_draw("rank_ecdfs", f"fewer than {FEWEST_RANKS} replicates have a rank")
    names = list(chosen["parameterization"].unique())
    table = with_panels(chosen)
    table["panel"] = combined_panels(table["panel"], table["estimand"])
    table["parameterization"] = pd.Categorical(table["parameterization"], names)
    rows = len(table["panel"].cat.categories)
    return (
        p9.ggplot(table, p9.aes("x"))
        + p9.geom_ribbon(p9.aes(ymin="lower", ymax="upper"), fill=MUTED, alpha=0.25)
        + p9.geom_step(p9.aes(y="difference", colour="parameterization"), size=0.7)
        + p9.facet_grid("panel", "parameterization")
        + p9.scale_colour_manual(values=colours(names), guide=None)
        + p9.scale_x_continuous(breaks=[0, 0.5, 1])
        + p9.labs(
            title=CATALOGUE["rank_ecdfs"].title,
            x="rank, scaled to 0 to 1",
            y="ECDF - uniform cdf",
        )
        + theme(1.6 + 2.6 * len(names), 1.2 + 1.5 * rows)
    )


def agreement(agreement: pd.DataFrame) -> p9.ggplot:
    known = agreement[np.isfinite(agreement["z_score"].astype(float))]
    if known.empty:
        return nothing_to_draw("agreement", "no data set has fits by two samplers")
    names = list(agreement["parameterization"].unique())
    scenarios = list(agreement["scenario"].unique())
    pairs = known["sampler"] + " - " + known["versus"]
    table = known.assign(
        pair=pd.Categorical(pairs, pairs.unique()[::-1]),
        scenario=pd.Categorical(known["scenario"], scenarios),
        parameterization=pd.Categorical(known["parameterization"], names),
    )
    rows = len(scenarios) * (0.5 + 0.45 * pairs.nunique())
    return (
        p9.ggplot(table, p9.aes("z_score", "pair", colour="parameterization"))
        + p9.geom_vline(xintercept=[-2, 2], linetype="dashed", colour=MUTED, size=0.5)
        + p9.geom_point(
            position=p9.position_jitter(width=0, height=0.25, random_state=1), alpha=0.7, size=1.5
        )
        + p9.facet_grid("scenario", "parameterization")
        + p9.scale_colour_manual(values=colours(names), guide=None)
        + p9.scale_x_continuous(
            trans="pseudo_log", breaks=[-1000, -100, -10, -2, 0, 2, 10, 100, 1000]
        )
        + p9.labs(
            title=CATALOGUE["agreement"].title,
            subtitle="one point per estimand and data set",
            x="difference of posterior means in Monte Carlo standard errors (z)",
            y="",
        )
        + theme(2.4 + 2.4 * len(names), 1.4 + rows)
    )


def sampling_seconds(fits: pd.DataFrame) -> p9.ggplot:
    label, scale = "seconds of sampling", p9.scale_x_log10()
    seconds = fits["sampling_seconds"].where(fits["status"] == "ok")
    return values_by_fit("sampling_seconds", fits, seconds, label, scale)


def leapfrog_steps(fits: pd.DataFrame) -> p9.ggplot:
    scale = p9.scale_x_log10(labels=lambda shown: [f"{value:,.0f}" for value in shown])
    return values_by_fit("leapfrog_steps", fits, fits["leapfrog_steps"], "leapfrog steps", scale)


def published(published: pd.DataFrame) -> p9.ggplot:
    kinds = {
        "divergences": "divergences per chain + 1",
        "bfmi": "E-BFMI per chain",
        "step_size": "step size per chain",
    }
    chosen = published[published["quantity"].isin(kinds)]
    if chosen.empty:
        return nothing_to_draw("published", "the study has no published fit")
    several = len(chosen["sampler"].unique()) > 1
    fits = chosen["scenario"] + ", " + chosen["parameterization"]
    chosen = chosen.assign(fit=fits + (", " + chosen["sampler"] if several else ""))
    rows = [
        (row.fit, row.parameterization, kinds[str(row.quantity)], source, float(value))
        for row in chosen.itertuples()
        for source, listed in (
            ("published", row.published_by_chain),
            ("found", row.found_by_chain),
        )
        for value in str(listed).split()
    ]
    table = pd.DataFrame(rows, columns=["fit", "parameterization", "panel", "source", "value"])
    table["value"] += table["panel"] == kinds["divergences"]
    order = list(dict.fromkeys(table["fit"]))
    table["fit"] = pd.Categorical(table["fit"], order[::-1])
    table["panel"] = pd.Categorical(table["panel"], list(kinds.values()))
    names = list(table["parameterization"].unique())
    shown = table[np.isfinite(table["value"])]
    points: dict[str, Any] = {"size": 2.4, "fill": "none", "stroke": 0.7, "alpha": 0.85}
    return (
        p9.ggplot(shown, p9.aes("value", "fit", colour="parameterization", shape="source"))
        + p9.geom_point(
            data=shown[shown["source"] == "published"], position=p9.position_nudge(y=0.15), **points
        )
        + p9.geom_point(
            data=shown[shown["source"] == "found"], position=p9.position_nudge(y=-0.15), **points
        )
        + p9.facet_wrap("panel", ncol=3, scales="free_x")
        + p9.scale_colour_manual(values=colours(names), guide=None)
        + p9.scale_shape_manual(values={"published": "D", "found": "o"})
        + p9.scale_x_log10(labels=lambda shown: [f"{value:g}" for value in shown])
        + p9.labs(title=CATALOGUE["published"].title, x="", y="", shape="")
        + theme(10.5, 1.6 + 0.32 * len(order))
    )


_PLOTS: tuple[Plot, ...] = (
    *CONTEST_PLOTS,
    *SWEEP_PLOTS,
    work,
    work_by_tau,
    work_by_data_weight,
    error_by_length,
    divergences,
    bfmi,
    step_size,
    rhat,
    ess_per_second,
    ess_per_leapfrog_step,
    estimates_mu,
    estimates_tau,
    bias,
    coverage,
    mean_error,
    z_tau,
    ks_tau,
    lost_mass,
    density_of_log_tau,
    diagnostic_value,
    roc,
    divergences_and_error,
    rank_histograms,
    rank_ecdfs,
    agreement,
    sampling_seconds,
    leapfrog_steps,
    published,
)
FIGURES: dict[str, Plot] = {plot.__name__: plot for plot in _PLOTS}
