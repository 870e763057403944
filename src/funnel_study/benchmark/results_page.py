"""The results of the benchmark as a page in Markdown and a figure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotnine as p9

from funnel_study.benchmark.tables import CELL, DIAGNOSED, LABELS, TO_ERROR
from funnel_study.figures.theme import theme
from funnel_study.report.numbers import with_errors
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
    labelled = peers.assign(peer=peers["peer"].map(LABELS))
    rows = _by_form(cells)
    costs = {
        label: rows.assign(cost=with_errors(rows, name, f"{name}_se"))
        .pivot_table("cost", "form", "scenario", aggfunc="first")
        .loc[rows["form"].unique(), rows["scenario"].unique()]
        .reset_index(names="program: parameterization")
        for name, label in TO_ERROR.items()
    }
    explored = cells.loc[cells["explored"], CELL].drop_duplicates()
    messages = labelled.loc[labelled["message"] != "", ["peer", "message"]]
    return filled(
        "benchmark.md.jinja",
        peers=labelled[list(_COLUMNS)].rename(columns=_COLUMNS),
        messages=messages.to_numpy().tolist(),
        facts=facts,
        explored="; ".join(map(", ".join, explored.to_numpy().tolist())),
        costs=costs,
    )


def figure(cells: pd.DataFrame) -> p9.ggplot:
    """Plot what an error costs with every program and parameterization, on all data."""
    rows = _by_form(cells)
    long = pd.concat(
        rows.assign(measure=label, value=rows[name], se=rows[f"{name}_se"].fillna(0.0))
        for name, label in TO_ERROR.items()
    )
    kept = {
        "form": pd.Categorical(long["form"], rows["form"].unique()[::-1]),
        "measure": pd.Categorical(long["measure"], list(TO_ERROR.values())),
        "scenario": pd.Categorical(long["scenario"], rows["scenario"].unique()),
        # an interval that reaches 0 would have no end on this scale
        "low": np.maximum(long["value"] - long["se"], long["value"] / 10),
        "high": long["value"] + long["se"],
    }
    return (
        p9.ggplot(long.assign(**kept), p9.aes("value", "form", colour="scenario"))
        + p9.geom_segment(p9.aes(x="low", xend="high", yend="form"), alpha=0.6)
        + p9.geom_point(size=2, alpha=0.8)
        + p9.facet_wrap("measure", scales="free_x", nrow=1)
        + p9.scale_x_log10(labels=lambda shown: [f"{each:,.10g}" for each in shown])
        + p9.scale_colour_brewer(type="qual", palette="Paired")
        + p9.labs(
            title="Funnel compared with what people get by default",
            subtitle="each point is the mean over data sets of a scenario, with its standard error",
            x="",
            y="",
        )
        + theme(11.0, 1.6 + 0.32 * rows["form"].nunique())
    )


def _by_form(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the completed cells, with the program and parameterization of each as its `form`."""
    kept = cells[(cells["fits"] > 0) & (cells["peer"] != DIAGNOSED)]
    return kept.assign(form=kept["peer"].map(LABELS) + ": " + kept["parameterization"])
