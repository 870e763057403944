"""The results of the benchmark as a page in Markdown and a figure."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotnine as p9

from funnel_study.benchmark.tables import FUNNEL, KEYS, LABELS
from funnel_study.figures.theme import INK, MUTED, colours, theme
from funnel_study.report.markdown import markdown_table
from funnel_study.report.numbers import number, with_error

# the columns of the table of programs, with their labels on the page
_COLUMNS = {
    "peer": "program",
    "status": "status",
    "fits": "fits",
    "cells": "cells",
    "fits_per_minute": "fits per minute",
    "funnel_times_as_fast": "speed of Funnel relative to this program",
    "times_as_fast_as_pymc3": "speed relative to PyMC3",
    "seconds_to_error": "CPU seconds to an error of 0.1 sd",
    "cost": "cost of that error relative to Funnel (standard error)",
    "cpu_seconds": "CPU seconds per fit",
    "ess_per_cpu_second": "ESS of tau per CPU second",
    "leapfrog_steps_per_core_second": "leapfrog steps per core second",
    "build_seconds": "warm-up, s",
    "largest_memory_mb": "memory, MB",
    "z_tau": "z of tau",
    "versions": "versions",
}

_NOTES = (
    "Fits per minute include everything from the start of a process to its end: importing, "
    "compiling, sampling and writing, and for Funnel also simulating the data and running "
    "Snakemake. The number is 60 divided by the mean of the seconds per fit over cells. Relative "
    "speeds are computed from the cells that both programs completed. The benchmark ran once, so "
    "there are no intervals.",
    "The programs ran one after the other. Each had its own caches, filled by a warm-up run of "
    "every parameterization, whose time is not included in the other columns.",
    "CPU seconds to an error of 0.1 sd are the CPU seconds of one chain times its squared error "
    "against the exact posterior, averaged over the means of mu, tau and log tau, divided by 0.1 "
    "squared: what it costs until the error is a tenth of a posterior standard deviation. They are "
    "geometric means over cells, and so are the relative costs, over the cells that both programs "
    "have. Marginal fits have no such cells and are compared with the cheapest parameterization of "
    "Funnel in each scenario.",
    "Funnel uses the likelihood of the group means, and the other programs that of all "
    "observations, unless their label says group means. The posterior is the same, and so is the "
    "likelihood if every individual has one observation.",
    "The time that a run takes once, for starting, importing and compiling, is divided evenly "
    "among its fits. A run of Funnel has more fits, as in its studies. This is one reason why it "
    "is faster than nutpie, although it uses nutpie's sampler. The others are that each fit has "
    "its own core, the likelihood of the group means, and fewer imports.",
    "CPU seconds are summed over all processes. Leapfrog steps per core second are the steps of "
    "the draws divided by the seconds of sampling, tuning included, and by the number of cores of "
    "a fit: one for Funnel, and all cores, but at most one per chain, for the other programs.",
    "z of tau is the error of the posterior mean of tau in Monte Carlo standard errors, as the "
    "root mean square over cells. It is near 1 if a program is correct.",
)


def markdown(peers: pd.DataFrame, cells: pd.DataFrame, facts: Sequence[str]) -> str:
    """Return the results as a page in Markdown; `facts` are notes on how they were measured."""
    costs = zip(peers["funnel_times_as_cheap"], peers["funnel_times_as_cheap_se"], strict=True)
    table = peers.assign(
        peer=peers["peer"].map(LABELS),
        cost=[with_error(ratio, error) for ratio, error in costs],
    )
    table = table[list(_COLUMNS)].rename(columns=_COLUMNS)
    ratios = cells[cells["peer"] != FUNNEL].pivot_table(
        index=["scenario", "parameterization"],
        columns="peer",
        values="funnel_times_as_fast",
        sort=False,
    )
    by_cell = ratios.rename(columns=LABELS).reset_index()
    explored = cells[cells["explored"]].drop_duplicates(KEYS[1:])[KEYS[1:]].agg(", ".join, axis=1)
    messages = peers.loc[peers["message"] != "", ["peer", "message"]].itertuples(index=False)
    return "\n".join(
        [
            "# Funnel compared with other programs",
            "",
            markdown_table(table),
            "",
            *(f"- {LABELS[str(peer)]}: {message}" for peer, message in messages),
            *(f"- {fact}" for fact in (*facts, *_NOTES)),
            "- ESS and z are computed from the cells that Funnel's own fits explore completely, "
            f"because the ESS is meaningless elsewhere: {'; '.join(explored) or 'none'}.",
            "",
            "## Speed of Funnel relative to other programs, by cell",
            "",
            markdown_table(by_cell),
            "",
        ]
    )


def figure(peers: pd.DataFrame, cells: pd.DataFrame) -> p9.ggplot:
    """Plot the speed of every program over all cells (bar) and in each cell (point)."""
    measures = {
        "fits_per_minute": "fits per minute",
        "seconds_to_error": "CPU seconds to an error of 0.1 sd",
        "leapfrog_steps_per_core_second": "leapfrog steps per core second",
    }
    order = [LABELS[name] for name in peers["peer"]][::-1]
    names = list(cells["parameterization"].unique())

    def long(table: pd.DataFrame, *keys: str) -> pd.DataFrame:
        melted = table.melt(["peer", *keys], list(measures), "measure").dropna(subset=["value"])
        return melted.assign(
            peer=pd.Categorical(melted["peer"].map(LABELS), order),
            measure=pd.Categorical(melted["measure"].map(measures), list(measures.values())),
        )

    points = long(cells, "scenario", "parameterization")
    points["parameterization"] = pd.Categorical(points["parameterization"], names)
    points["scenario"] = pd.Categorical(points["scenario"], cells["scenario"].unique())
    whole = long(peers)
    whole["text"] = whole["value"].map(number)
    failed = peers.loc[peers["status"] == "failed", ["peer"]].assign(
        text="failed", measure=next(iter(measures))
    )
    without = long(failed.assign(**dict.fromkeys(measures, 1.0)), "text")
    lowest = whole.groupby("measure", observed=True)["value"].min()
    without["value"] = without["measure"].map(lowest).astype(float)
    return (
        p9.ggplot(whole, p9.aes("value", "peer"))
        + p9.geom_point(
            p9.aes(colour="parameterization", shape="scenario"), data=points, size=2, alpha=0.8
        )
        + p9.geom_point(shape="|", size=8, colour=INK, stroke=1.2)
        + p9.geom_text(p9.aes(label="text"), nudge_y=0.34, size=8, colour=INK)
        + p9.geom_text(p9.aes(label="text"), data=without, size=8, colour=MUTED)
        + p9.facet_wrap("measure", scales="free_x", nrow=1)
        # leave room at both ends for the numbers above the bars
        + p9.scale_x_log10(
            expand=(0.1, 0), labels=lambda shown: [f"{each:,.10g}" for each in shown]
        )
        + p9.scale_colour_manual(values=colours(names))
        + p9.labs(
            title="Funnel compared with other programs",
            subtitle="bar and number: all cells; point: one cell",
            x="",
            y="",
        )
        + theme(11.0, 1.6 + 0.55 * len(order))
    )
