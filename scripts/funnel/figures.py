"""The figures of a study: functions from its tables to plots.

`FIGURES` has a function for every name in `catalogue`; each takes the tables that the catalogue
lists for it and returns a plot. They hold for any number of scenarios, parameterizations, samplers
and replicates: panels are added, never squeezed.
"""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import plotnine as p9
from scipy import stats

from funnel.catalogue import FIGURES as CATALOGUE
from funnel.data import CELL, FIT
from funnel.diagnostic_value import LARGE, wilson
from funnel.errors import FEWEST_RANKS
from funnel.theme import INK, MUTED, colours, theme

COLUMNS = 3  # panels side by side

Plot = Callable[..., p9.ggplot]
COVERAGES = {"coverage_50": 0.5, "coverage_90": 0.9}
SUBTITLE = "a point is a fit, a bar the median"
MAIN_ESTIMANDS = ("mu", "tau", "log_tau")


def divergences(fits: pd.DataFrame) -> p9.ggplot:
    counts = [0, 1, 10, 100, 1_000, 10_000, 100_000]
    scale = p9.scale_x_continuous(
        trans="pseudo_log",
        breaks=counts,
        labels=lambda shown: [f"{count:,.0f}" for count in shown],
    )
    return _over_replicates("divergences", fits, fits["divergences"], "divergent draws", scale)


def bfmi(fits: pd.DataFrame) -> p9.ggplot:
    scale = p9.scale_x_continuous(limits=(0, None))
    return _over_replicates("bfmi", fits, fits["bfmi_min"], "lowest E-BFMI", scale, [0.3])


def step_size(fits: pd.DataFrame) -> p9.ggplot:
    scale = p9.scale_x_log10()
    return _over_replicates("step_size", fits, fits["step_size"], "step size", scale)


def rhat(fits: pd.DataFrame) -> p9.ggplot:
    # R-hat of chains that agree may fall below 1, which has no logarithm
    excess = (fits["rhat_max"] - 1).clip(lower=1e-5)
    scale = p9.scale_x_log10(labels=lambda shown: [f"{1 + each:g}" for each in shown])
    return _over_replicates("rhat", fits, excess, "largest R-hat", scale, [0.01])


def ess_per_second(fits: pd.DataFrame) -> p9.ggplot:
    rate = fits["ess_bulk_min"] / fits["sampling_seconds"]
    label = "lowest bulk ESS per second"
    return _over_replicates("ess_per_second", fits, rate, label, p9.scale_x_log10())


def ess_per_leapfrog_step(fits: pd.DataFrame) -> p9.ggplot:
    rate = fits["ess_bulk_min"] / fits["leapfrog_steps"]
    label = "lowest bulk ESS per leapfrog step"
    return _over_replicates("ess_per_leapfrog_step", fits, rate, label, p9.scale_x_log10())


def estimates_mu(fits: pd.DataFrame, estimates: pd.DataFrame) -> p9.ggplot:
    return _against_truth("estimates_mu", fits, estimates[estimates["estimand"] == "mu"])


def estimates_tau(fits: pd.DataFrame, estimates: pd.DataFrame) -> p9.ggplot:
    return _against_truth("estimates_tau", fits, estimates[estimates["estimand"] == "tau"])


def bias(performance: pd.DataFrame) -> p9.ggplot:
    return _intervals("bias", performance, {"bias": 0.0}, "mean - truth")


def mean_error(performance: pd.DataFrame) -> p9.ggplot:
    label = "mean - exact mean"
    return _intervals("mean_error", performance, {"mean_error": 0.0}, label)


def coverage(performance: pd.DataFrame) -> p9.ggplot:
    # an interval of log tau holds the truth where that of tau does
    table = performance[performance["estimand"] != "log_tau"]
    label = "part of the replicates whose interval holds the truth"
    plot = _intervals("coverage", table, COVERAGES, label)
    return plot + p9.scale_x_continuous(limits=(0, 1), breaks=[0, 0.25, 0.5, 0.75, 1])


def lost_mass(performance: pd.DataFrame) -> p9.ggplot:
    table = performance[performance["estimand"] == "tau"]
    label = "part of the draws below the exact 5 % quantile of tau"
    return _intervals("lost_mass", table, {"mass_below_exact_q05": 0.05}, label)


def z_tau(fits: pd.DataFrame, estimates: pd.DataFrame) -> p9.ggplot:
    z = _of_estimand(fits, estimates, "log_tau", "z")
    # most are small, those of a lost fit may be hundreds
    scale = p9.scale_x_continuous(
        trans="pseudo_log", breaks=[-1000, -100, -10, -2, 0, 2, 10, 100, 1000]
    )
    return _over_replicates("z_tau", fits, z, "z of the mean of log tau", scale, [-2.0, 2.0])


def ks_tau(fits: pd.DataFrame, estimates: pd.DataFrame) -> p9.ggplot:
    distance = _of_estimand(fits, estimates, "tau", "ks")
    scale = p9.scale_x_log10()
    return _over_replicates("ks_tau", fits, distance, "Kolmogorov-Smirnov distance", scale, [LARGE])


def density_of_log_tau(densities: pd.DataFrame) -> p9.ggplot:
    if densities.empty:
        return _nothing("density_of_log_tau", "no fit of replicate 0 ended")
    names = list(densities["parameterization"].unique())
    table = _with_panels(densities)
    table["parameterization"] = pd.Categorical(table["parameterization"], names)
    rows = len(table["panel"].cat.categories)
    return (
        p9.ggplot(table, p9.aes("log_tau"))
        + p9.geom_area(p9.aes(y="drawn", fill="parameterization"), alpha=0.6)
        + p9.geom_line(p9.aes(y="exact"), colour=INK, size=0.7)
        # one axis of log tau for all, or a parameterization would look wider than it is
        + p9.facet_grid("panel", "parameterization", scales="free_y")
        + p9.scale_fill_manual(values=colours(names), guide=None)
        + p9.labs(title=CATALOGUE["density_of_log_tau"].title, x="log tau", y="density")
        + theme(1.3 + 2.6 * len(names), 1.2 + 1.6 * rows)
    )


def diagnostic_value(values: pd.DataFrame) -> p9.ggplot:
    if values.empty:
        return _nothing("diagnostic_value", "no fit ended")
    parts = []
    for column, among, count in (
        ("sensitivity", "fits wrong by more than 0.05", "wrong"),
        ("false_alarm", "the others", "right"),
    ):
        names = {column: "estimate", f"{column}_low": "low", f"{column}_high": "high"}
        part = values.rename(columns=names)[["sampler", "diagnostic", count, *names.values()]]
        parts.append(part.assign(panel=[f"{among} ({n})" for n in part[count]]))
    table = pd.concat(parts, ignore_index=True)
    if len(values["sampler"].unique()) > 1:
        table["panel"] = table["sampler"] + ": " + table["panel"]
    table["panel"] = pd.Categorical(table["panel"], table["panel"].unique())
    table["diagnostic"] = pd.Categorical(
        table["diagnostic"], list(values["diagnostic"].unique())[::-1]
    )
    rows = -(-len(table["panel"].cat.categories) // 2)
    return (
        p9.ggplot(table.dropna(subset=["estimate"]), p9.aes("estimate", "diagnostic"))
        + p9.geom_blank(data=table.assign(estimate=0.0))
        + p9.geom_segment(p9.aes(x="low", xend="high", yend="diagnostic"), colour=INK, size=0.8)
        + p9.geom_point(colour=INK, size=2.2)
        + p9.facet_wrap("panel", ncol=2)
        + p9.scale_x_continuous(limits=(0, 1))
        + p9.labs(title=CATALOGUE["diagnostic_value"].title, x="part in which it fires", y="")
        + theme(8.0, 1.1 + 1.8 * rows)
    )


def rank_histograms(estimates: pd.DataFrame) -> p9.ggplot:
    ranked = estimates[estimates["estimand"].isin(["mu", "tau"]) & estimates["rank"].notna()]
    if ranked.empty:
        return _nothing("rank_histograms", "no fit has a rank")
    names = list(ranked["parameterization"].unique())
    table = _with_panels(ranked)
    table["panel"] = _crossed(table["panel"], table["estimand"])
    table["parameterization"] = pd.Categorical(table["parameterization"], names)
    replicates = ranked.groupby([*CELL, "estimand"]).size()
    low, high = stats.binom.interval(0.95, int(replicates.median()), 0.1)
    rows = len(table["panel"].cat.categories)
    return (
        p9.ggplot(table, p9.aes("rank", fill="parameterization"))
        + p9.annotate("rect", xmin=-0.5, xmax=99.5, ymin=low, ymax=high, fill=MUTED, alpha=0.25)
        + p9.geom_histogram(breaks=[10 * i - 0.5 for i in range(11)], alpha=0.8)
        + p9.facet_grid("panel", "parameterization")
        + p9.scale_fill_manual(values=colours(names), guide=None)
        + p9.labs(title=CATALOGUE["rank_histograms"].title, x="rank among 99 draws", y="replicates")
        + theme(1.6 + 2.6 * len(names), 1.2 + 1.5 * rows)
    )


def rank_ecdfs(curves: pd.DataFrame) -> p9.ggplot:
    chosen = curves[curves["estimand"].isin(["mu", "tau"])]
    if chosen.empty:
        return _nothing("rank_ecdfs", f"fewer than {FEWEST_RANKS} replicates have ranks")
    names = list(chosen["parameterization"].unique())
    table = _with_panels(chosen)
    table["panel"] = _crossed(table["panel"], table["estimand"])
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
            x="rank, as a part of all",
            y="ECDF less uniform",
        )
        + theme(1.6 + 2.6 * len(names), 1.2 + 1.5 * rows)
    )


def agreement(agreement: pd.DataFrame) -> p9.ggplot:
    known = agreement[np.isfinite(agreement["z"].astype(float))]
    if known.empty:
        return _nothing("agreement", "no two samplers have a fit of one data set")
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
        p9.ggplot(table, p9.aes("z", "pair", colour="parameterization"))
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
            subtitle="a point is an estimand of a data set",
            x="difference of means, in its Monte Carlo standard errors (z)",
            y="",
        )
        + theme(2.4 + 2.4 * len(names), 1.4 + rows)
    )


def sampling_seconds(fits: pd.DataFrame) -> p9.ggplot:
    label, scale = "seconds of sampling", p9.scale_x_log10()
    seconds = fits["sampling_seconds"].where(fits["status"] == "ok")
    return _over_replicates("sampling_seconds", fits, seconds, label, scale)


def leapfrog_steps(fits: pd.DataFrame) -> p9.ggplot:
    scale = p9.scale_x_log10(labels=lambda shown: [f"{value:,.0f}" for value in shown])
    return _over_replicates("leapfrog_steps", fits, fits["leapfrog_steps"], "leapfrog steps", scale)


def published(published: pd.DataFrame) -> p9.ggplot:
    kinds = {
        "divergences": "divergences of a chain + 1",
        "bfmi": "E-BFMI of a chain",
        "step_size": "step size of a chain",
    }
    chosen = published[published["quantity"].isin(kinds)]
    if chosen.empty:
        return _nothing("published", "the study has no published fit")
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
    rank_histograms,
    rank_ecdfs,
    agreement,
    sampling_seconds,
    leapfrog_steps,
    published,
)
FIGURES: dict[str, Plot] = {plot.__name__: plot for plot in _PLOTS}


def _intervals(
    figure: str, performance: pd.DataFrame, measures: dict[str, float], label: str
) -> p9.ggplot:
    """Measures with 95 % intervals and a dashed line each at what they should be.

    A panel for each scenario, sampler, estimand and measure. Proportions have Wilson's interval,
    which the normal one would belie near 0 and 1.
    """
    chosen = performance[
        performance["measure"].isin(measures) & performance["estimand"].isin(MAIN_ESTIMANDS)
    ]
    if chosen["estimate"].isna().all():
        return _nothing(figure, "no replicate has a value")
    names = list(chosen["parameterization"].unique())
    table = _with_panels(chosen)
    kinds = table["estimand"].str.replace("_", " ")
    if len(measures) > 1:
        kinds = kinds + ", " + table["measure"].str.split("_").str[-1] + " %"
    several = len(kinds.unique()) > 1
    if several:
        table["panel"] = _crossed(table["panel"], kinds)
    reach = stats.t.ppf(0.975, (table["replicates"] - 1).clip(lower=1)) * table["mcse"]
    table["low"], table["high"] = table["estimate"] - reach, table["estimate"] + reach
    counted = table["measure"].isin(COVERAGES) & (table["replicates"] > 0)
    n = table.loc[counted, "replicates"].to_numpy(dtype=int)
    hits = (table.loc[counted, "estimate"].to_numpy(dtype=float) * n).round().astype(int)
    bounds = [wilson(int(hit), int(of)) for hit, of in zip(hits, n, strict=True)]
    table.loc[counted, ["low", "high"]] = np.array(bounds).reshape(-1, 2)
    table["parameterization"] = pd.Categorical(table["parameterization"], names[::-1])
    table["reference"] = table["measure"].map(measures)
    shown = table[table["estimate"].notna()]
    panels = len(table["panel"].cat.categories)
    columns = len(kinds.unique()) if several else min(COLUMNS, panels)
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


def _of_estimand(
    fits: pd.DataFrame, estimates: pd.DataFrame, estimand: str, column: str
) -> pd.Series[Any]:
    """One column of one estimand, a value a fit, in the order of the fits."""
    values = estimates.loc[estimates["estimand"] == estimand, [*FIT, column]]
    return fits[FIT].merge(values, on=FIT, how="left", validate="one_to_one")[column]


def _crossed(panel: pd.Series[Any], estimand: pd.Series[Any]) -> pd.Categorical:
    """Panels by scenario and estimand, in their order."""
    names = panel.astype(str) + ": " + estimand.astype(str)
    return pd.Categorical(names, names.unique())


def _over_replicates(
    figure: str,
    fits: pd.DataFrame,
    value: pd.Series[Any],
    label: str,
    scale: Any,
    thresholds: list[float] | None = None,
) -> p9.ggplot:
    """One value a fit, by parameterization, in a panel for each scenario and sampler."""
    names = list(fits["parameterization"].unique())
    table = _with_panels(fits.assign(value=value.astype(float)))
    table["parameterization"] = pd.Categorical(table["parameterization"], names[::-1])
    shown = table[np.isfinite(table["value"])]
    medians = (
        shown.groupby(["panel", "parameterization"], observed=True)["value"].median().reset_index()
    )
    panels = table["panel"].cat.categories
    samplers = len(fits["sampler"].unique())
    columns = min(samplers if samplers > 1 else COLUMNS, len(panels))
    rows = -(-len(panels) // columns)
    width = 1.3 + 2.7 * columns
    plot = (
        p9.ggplot(shown, p9.aes("value", "parameterization", colour="parameterization"))
        # empty panels and rows stay: a cell without a value is a result
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
            caption=_not_shown(fits, shown, width),
        )
        + theme(width, 1.3 + rows * (0.6 + 0.3 * len(names)))
    )
    if thresholds:
        plot += p9.geom_vline(xintercept=thresholds, linetype="dashed", colour=MUTED, size=0.5)
    return plot


def _against_truth(figure: str, fits: pd.DataFrame, estimates: pd.DataFrame) -> p9.ggplot:
    """Means and 90 % intervals of one estimand over replicates, with the truth."""
    names = list(estimates["parameterization"].unique())
    table = _with_panels(estimates)
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
            y=f"{symbol}: mean and 90 % interval",
            subtitle="points are means, lines 90 % intervals, dashes the truth",
            caption=_not_shown(fits, shown, width),
        )
        + theme(width, 1.4 + 1.6 * rows)
    )


def _with_panels(table: pd.DataFrame) -> pd.DataFrame:
    """`table` with a column `panel`: the scenario, and the sampler where there are several."""
    panel = table["scenario"]
    if len(table["sampler"].unique()) > 1:
        panel = panel + ", " + table["sampler"]
    panel = panel.map(_wrapped)
    return table.assign(panel=pd.Categorical(panel, panel.unique()))


def _wrapped(name: str) -> str:
    """A name on as many lines as the strip of a panel needs for it."""
    return "\n".join(textwrap.wrap(name, 24))


def _whole_numbers(limits: tuple[float, float]) -> list[int]:
    """Even breaks at whole numbers, six at most."""
    low, high = int(np.ceil(limits[0])), int(np.floor(limits[1]))
    steps = (digit * 10**power for power in itertools.count() for digit in (1, 2, 5))
    step = next(step for step in steps if (high - low) / step <= 5)
    return list(range(-(-low // step) * step, high + 1, step))


def _nothing(figure: str, why: str) -> p9.ggplot:
    """A figure that says why there is nothing to draw."""
    return (
        p9.ggplot(pd.DataFrame({"x": [0.0], "y": [0.0], "why": [f"Nothing to draw: {why}."]}))
        + p9.geom_text(p9.aes("x", "y", label="why"), size=10, colour=INK)
        + p9.labs(title=CATALOGUE[figure].title, x="", y="")
        + theme(6, 2)
        + p9.theme(axis_text=p9.element_blank(), panel_grid=p9.element_blank())
    )


def _middle(values: pd.Series[Any]) -> float:
    return float(values.median()) if len(values) else 1.0


def _not_shown(fits: pd.DataFrame, shown: pd.DataFrame, inches: float) -> str:
    """What a figure of this width cannot show: fits that failed, and values that are undefined."""
    width = int(inches * 14)  # characters of a caption's size
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
        text = f"Not shown: {undefined} of {len(fits)} fits, for which this is undefined."
        lines += textwrap.wrap(text, width)
    return "\n".join(lines)
