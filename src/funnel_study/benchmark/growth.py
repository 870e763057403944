"""Run time and memory of studies by their number of fits, and extrapolations to larger ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import numpy as np
import pandas as pd

from funnel_study.benchmark.command_cost import Run
from funnel_study.report.parts import filled

CORES_OF_A_CLUSTER = 1_000
# stages with one job per block of replicates
BLOCK_STAGES = ("simulate", "fit", "diagnose")

# what a job of a block takes once, and what each of its fits takes
_ONCE_PER_BLOCK = ("starting Python, reading", "importing and compiling the sampler")
_ONCE_PER_FIT = [("fit", "sampling"), ("fit", "writing"), ("diagnose", "all"), ("simulate", "all")]

# the columns of the table, with their labels on the page
COLUMNS = {
    "fits": "fits",
    "planning_seconds": "planning, s",
    "seconds": "whole study, s",
    "cpu_seconds": "CPU time, s",
    "largest_memory_mb": "largest process, MB",
    "seconds_per_further_fit": "time per further fit, s",
}


def growth_table(planned: Mapping[int, Run], completed: Mapping[int, Run]) -> pd.DataFrame:
    """Return one row per study with its number of fits, run times and memory.

    `planned` has the dry run and `completed` the run of each study, by its number of fits; some
    studies may have been planned only. `seconds_per_further_fit` is the difference in seconds from
    the row above, divided by the difference in fits. It is constant if the run time is linear.
    """
    runs = {fits: asdict(run) for fits, run in completed.items()}
    rows = [
        {"fits": fits, "planning_seconds": planned[fits].seconds, **runs.get(fits, {})}
        for fits in sorted(planned)
    ]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.assign(seconds_per_further_fit=table["seconds"].diff() / table["fits"].diff())


def reporting_cost(timings: Mapping[int, pd.DataFrame], fits: int) -> tuple[float, float]:
    """Extrapolate the cost of tables, figures and report to a study of `fits` fits.

    `timings` are the timing tables of studies by their number of fits. The extrapolation is linear
    from the two largest of them. Returns the seconds of all stages after the last diagnosis, and
    the memory of the largest process in MB.
    """
    less, more = sorted(timings)[-2:]
    values = []
    for n in (less, more):
        timing = timings[n]
        rest = timing[
            (timing["part"] == "all") & ~timing["stage"].isin([*BLOCK_STAGES, "between jobs"])
        ]
        values.append((rest["seconds"].sum(), rest["largest_memory_mb"].max()))
    steps = (fits - more) / (more - less)
    seconds, memory = (last + steps * (last - first) for first, last in zip(*values, strict=True))
    return seconds, memory


def cluster_cost(
    timing: pd.DataFrame, measured_fits: int, fits: int, fits_per_job: int
) -> dict[str, float]:
    """Extrapolate the cost of simulating, fitting and diagnosing to a study of `fits` fits.

    `timing` is the timing table of a study of `measured_fits` fits. `job_seconds` is the time that
    one block of `fits_per_job` fits takes from its data to its diagnostics, on one core, and
    `core_hours` is the time of all `blocks` together.
    """
    parts = timing.set_index(["stage", "part"])
    per_job = parts["seconds"] / parts["jobs"]
    per_fit = parts["seconds"] / measured_fits
    seconds = per_job[[("fit", part) for part in _ONCE_PER_BLOCK]].sum()
    seconds += fits_per_job * per_fit[_ONCE_PER_FIT].sum()
    blocks = int(np.ceil(fits / fits_per_job))
    return {"blocks": blocks, "job_seconds": seconds, "core_hours": blocks * seconds / 3600}


def markdown(
    table: pd.DataFrame,
    cores: str,
    cluster: Mapping[str, float] | None,
    reporting: tuple[float, float] | None = None,
) -> str:
    """Return the results as a page in Markdown.

    `cluster` and `reporting` are the results of `cluster_cost` and `reporting_cost`.
    """
    further = table["seconds_per_further_fit"].dropna()
    return filled(
        "growth.md.jinja",
        table=table[list(COLUMNS)].rename(columns=COLUMNS),
        cores=cores,
        further_changed_by=further.iloc[-1] / further.iloc[0] - 1 if len(further) > 1 else None,
        cluster=cluster,
        reporting=reporting,
        cluster_cores=CORES_OF_A_CLUSTER,
    )
