"""The benchmark as a page of Markdown and a figure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotnine as p9

from funnel.benchmark.tables import LABELS, OURS, PLACE
from funnel.figures.theme import INK, MUTED, colours, theme

_SHOWN = {
    "peer": "",
    "status": "status",
    "fits": "fits",
    "cells": "cells",
    "fits_per_minute": "fits a minute",
    "funnel_times_as_fast": "how many times as fast Funnel is",
    "times_as_fast_as_pymc3": "times as fast as PyMC3",
    "cpu_seconds": "CPU s a fit",
    "ess_per_cpu_second": "ESS of tau a CPU s",
    "leapfrog_steps_per_core_second": "leapfrog steps a core s",
    "build_seconds": "build s",
    "largest_memory_mb": "memory, MB",
    "z_tau": "z of tau",
    "versions": "versions",
}


_NOTES = (
    "Fits a minute have everything from the start of a process to its end: importing, compiling, "
    "sampling, writing; Funnel's have its data and Snakemake too. Of all cells: 60 over the mean "
    "seconds of a fit. Ratios are of the cells that both have. One run, so no interval.",
    "Each ran by itself, with caches of its own that a first run of every parameterization had "
    "filled: build s is what that took.",
    "A peer has the likelihood of all observations, Funnel that of the group means: the same where "
    "each individual has one observation.",
    "What a run takes once (starting, importing, compiling) is shared out among its fits, of which "
    "Funnel's has more, as its studies do: part of its lead on nutpie, the same sampler, is that; "
    "the rest is one core a fit, group means, and lean imports.",
    "CPU seconds have all processes. Leapfrog steps are those of the draws, over the seconds of "
    "sampling, tuning included, times the cores that a fit had: one of Funnel's, all of a peer's.",
    "z of tau is the error of its posterior mean in Monte Carlo standard errors, root mean square "
    "over cells: near 1 where a program is right.",
)


def markdown(peers: pd.DataFrame, cells: pd.DataFrame, facts: Sequence[str]) -> str:
    """The tables as a page: peers, how they were measured (`facts`), and ratios by cell."""
    shown = peers.assign(peer=peers["peer"].map(LABELS))[list(_SHOWN)].rename(columns=_SHOWN)
    ratios = cells[cells["peer"] != OURS].pivot_table(
        index=["scenario", "parameterization"],
        columns="peer",
        values="funnel_times_as_fast",
        sort=False,
    )
    by_cell = ratios.rename(columns=LABELS).reset_index()
    explored = cells[cells["explored"]].drop_duplicates(PLACE[1:])[PLACE[1:]].agg(", ".join, axis=1)
    messages = peers.loc[peers["message"] != "", ["peer", "message"]].itertuples(index=False)
    return "\n".join(
        [
            "# Funnel and what would be run instead",
            "",
            *_table(shown),
            "",
            *(f"- {LABELS[str(peer)]}: {message}" for peer, message in messages),
            *(f"- {fact}" for fact in (*facts, *_NOTES)),
            f"- ESS and z are of the cells that Funnel's own fits explore (elsewhere ESS means "
            f"nothing): {'; '.join(explored) or 'none'}.",
            "",
            "## How many times as fast Funnel is, by cell",
            "",
            *_table(by_cell),
            "",
        ]
    )


def _table(table: pd.DataFrame) -> list[str]:
    rows = [[_text(value) for value in row] for row in table.itertuples(index=False)]
    lines = [list(table.columns), ["---"] * len(table.columns), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]


def _text(value: object) -> str:
    if isinstance(value, float):
        if not np.isfinite(value):
            return ""
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return str(value)


def figure(peers: pd.DataFrame, cells: pd.DataFrame) -> p9.ggplot:
    """What every peer does in a minute or second: all its cells (bar) and each (point)."""
    measures = {
        "fits_per_minute": "fits a minute",
        "ess_per_cpu_second": "ESS of tau a CPU second",
        "leapfrog_steps_per_core_second": "leapfrog steps a core second",
    }
    order = [LABELS[name] for name in peers["peer"]][::-1]
    names = list(cells["parameterization"].unique())

    def long(table: pd.DataFrame, *keys: str) -> pd.DataFrame:
        melted = table.melt(["peer", *keys], list(measures), "measure").dropna(subset=["value"])
        return melted.assign(
            peer=pd.Categorical(melted["peer"].map(LABELS), order),
            measure=pd.Categorical(melted["measure"].map(measures), list(measures.values())),
        )

    meaningful = cells.assign(
        ess_per_cpu_second=cells["ess_per_cpu_second"].where(cells["explored"])
    )
    points = long(meaningful, "scenario", "parameterization")
    points["parameterization"] = pd.Categorical(points["parameterization"], names)
    points["scenario"] = pd.Categorical(points["scenario"], cells["scenario"].unique())
    whole = long(peers)
    whole["text"] = [_text(float(value)) for value in whole["value"]]
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
        # room at both ends for the text of a bar
        + p9.scale_x_log10(
            expand=(0.1, 0), labels=lambda shown: [f"{each:,.10g}" for each in shown]
        )
        + p9.scale_colour_manual(values=colours(names))
        + p9.labs(
            title="Funnel and what would be run instead",
            subtitle="a bar is all cells, a point one of them",
            x="",
            y="",
        )
        + theme(11.0, 1.6 + 0.55 * len(order))
    )
