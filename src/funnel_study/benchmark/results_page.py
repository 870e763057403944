"""The results of the benchmark as a page in Markdown and a figure."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotnine as p9

from funnel_study.benchmark.tables import CELL, FUNNEL, LABELS
from funnel_study.figures.theme import INK, MUTED, colours, theme
from funnel_study.report.numbers import number, with_errors
from funnel_study.report.parts import filled

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


def markdown(peers: pd.DataFrame, cells: pd.DataFrame, facts: Sequence[str]) -> str:
    """Return the results as a page in Markdown; `facts` are notes on how they were measured."""
    cost = with_errors(peers, "funnel_times_as_cheap", "funnel_times_as_cheap_se")
    labelled = peers.assign(peer=peers["peer"].map(LABELS), cost=cost)
    ratios = cells[cells["peer"] != FUNNEL].pivot_table(
        index=CELL, columns="peer", values="funnel_times_as_fast", sort=False
    )
    explored = cells.loc[cells["explored"], CELL].drop_duplicates()
    messages = labelled.loc[labelled["message"] != "", ["peer", "message"]]
    return filled(
        "benchmark.md.jinja",
        peers=labelled[list(_COLUMNS)].rename(columns=_COLUMNS),
        messages=messages.to_numpy().tolist(),
        facts=facts,
        explored="; ".join(map(", ".join, explored.to_numpy().tolist())),
        by_cell=ratios.rename(columns=LABELS).reset_index(),
    )


def figure(peers: pd.DataFrame, cells: pd.DataFrame) -> p9.ggplot:
    """Plot the speed of every program over all cells (bar) and in each cell (point)."""
    measures = {
        "fits_per_minute": "fits per minute",
        "seconds_to_error": "CPU seconds to an error of 0.1 sd",
        "leapfrog_steps_per_core_second": "leapfrog steps per core second",
    }
    order = [LABELS[name] for name in peers["peer"]][::-1]

    def long(table: pd.DataFrame, *keys: str) -> pd.DataFrame:
        melted = table.melt(["peer", *keys], list(measures), "measure").dropna(subset=["value"])
        return melted.assign(
            peer=pd.Categorical(melted["peer"].map(LABELS), order),
            measure=pd.Categorical(melted["measure"].map(measures), list(measures.values())),
        )

    kept = {key: pd.Categorical(cells[key], cells[key].unique()) for key in CELL}
    points = long(cells.assign(**kept), *CELL)
    whole = long(peers)
    # at the left end of each panel
    lowest = peers[list(measures)].min()
    failed = long(peers.loc[peers["status"] == "failed", ["peer"]].assign(**lowest))
    return (
        p9.ggplot(whole, p9.aes("value", "peer"))
        + p9.geom_point(
            p9.aes(colour="parameterization", shape="scenario"), data=points, size=2, alpha=0.8
        )
        + p9.geom_point(shape="|", size=8, colour=INK, stroke=1.2)
        + p9.geom_text(
            p9.aes(label="text"),
            data=whole.assign(text=whole["value"].map(number)),
            nudge_y=0.34,
            size=8,
            colour=INK,
        )
        + p9.geom_text(label="failed", data=failed, size=8, colour=MUTED)
        + p9.facet_wrap("measure", scales="free_x", nrow=1)
        # leave room at both ends for the numbers above the bars
        + p9.scale_x_log10(
            expand=(0.1, 0), labels=lambda shown: [f"{each:,.10g}" for each in shown]
        )
        + p9.scale_colour_manual(values=colours(cells["parameterization"].unique()))
        + p9.labs(
            title="Funnel compared with other programs",
            subtitle="bar and number: all cells; point: one cell",
            x="",
            y="",
        )
        + theme(11.0, 1.6 + 0.55 * len(order))
    )
