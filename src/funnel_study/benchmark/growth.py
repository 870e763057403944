"""Run time and memory of studies by their number of fits, and extrapolations to larger ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

import numpy as np
import pandas as pd

from funnel.group_means import Array
from funnel_study.report.parts import filled

# stages with one job per block of replicates
_BLOCK_STAGES = ["simulate", "exact", "fit", "diagnose"]
# what a job of a block takes once, and what each of its fits takes
_STARTING, _COMPILING = "starting Python, reading", "importing and compiling the sampler"
_ONCE_PER_BLOCK = [("fit", _STARTING), ("fit", _COMPILING)]
_ONCE_PER_FIT = [
    *(("fit", "sampling"), ("fit", "writing")),
    *((stage, "all") for stage in ("diagnose", "exact", "simulate")),
]
# the columns of the table, with their labels on the page
_COLUMNS = {
    "fits": "fits",
    "planning_seconds": "planning, s",
    "seconds": "whole study, s",
    "cpu_seconds": "CPU time, s",
    "largest_memory_mb": "largest process, MB",
    "seconds_per_further_fit": "time per further fit, s",
}


def growth_table(studies: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return one row per study, with the columns of results/growth/growth.csv.

    `seconds_per_further_fit` is the difference in seconds from the row above, divided by the
    difference in fits. It is constant if the run time is linear.
    """
    table = pd.DataFrame(studies, columns=list(_COLUMNS))
    return table.assign(seconds_per_further_fit=table["seconds"].diff() / table["fits"].diff())


def reporting_cost(timings: Mapping[int, pd.DataFrame], fits: int) -> dict[str, float]:
    """Extrapolate the cost of tables, figures and report to a study of `fits` fits.

    `timings` are the timing tables of studies by their number of fits. The extrapolation is linear
    from the two largest of them. The cost is the seconds of all stages after the last diagnosis,
    and the memory of the largest process in MB.
    """

    def cost(timing: pd.DataFrame) -> Array:
        is_later = ~timing["stage"].isin([*_BLOCK_STAGES, "between jobs"])
        later = timing[is_later & (timing["part"] == "all")]
        return np.array([later["seconds"].sum(), later["largest_memory_mb"].max()])

    less, more = sorted(timings)[-2:]
    slope = (cost(timings[more]) - cost(timings[less])) / (more - less)
    seconds, memory = cost(timings[more]) + slope * (fits - more)
    return {"reporting_seconds": float(seconds), "memory_mb": float(memory)}


def cluster_cost(
    timing: pd.DataFrame, measured_fits: int, fits: int, fits_per_job: int
) -> dict[str, float]:
    """Extrapolate the cost of simulating, fitting and diagnosing to a study of `fits` fits.

    `timing` is the timing table of a study of `measured_fits` fits. `job_seconds` is the time that
    one block of `fits_per_job` fits takes from its data to its diagnostics, on one core, and
    `core_hours` is the time of all `blocks` together.
    """
    parts = timing.set_index(["stage", "part"])
    seconds = (parts["seconds"] / parts["jobs"])[_ONCE_PER_BLOCK].sum()
    seconds += fits_per_job * (parts["seconds"] / measured_fits)[_ONCE_PER_FIT].sum()
    blocks = ceil(fits / fits_per_job)
    return {"blocks": blocks, "job_seconds": seconds, "core_hours": blocks * seconds / 3600}


def markdown(table: pd.DataFrame, cores: str, cluster: Mapping[str, float] | None) -> str:
    """Return the results as a page in Markdown.

    `cluster` has the results of `cluster_cost` and `reporting_cost`, if they are known.
    """
    further = table["seconds_per_further_fit"].dropna()
    return filled(
        "growth.md.jinja",
        table=table.rename(columns=_COLUMNS),
        cores=cores,
        further_changed_by=further.iloc[-1] / further.iloc[0] - 1,
        cluster=cluster,
    )
