"""Run time and memory of studies by their number of fits, and extrapolations to larger ones."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

import pandas as pd

from funnel_study.benchmark.command_cost import Run
from funnel_study.report.parts import filled

CORES_OF_A_CLUSTER = 1_000
# stages with one job per block of replicates
_BLOCK_STAGES = ["simulate", "fit", "diagnose"]
# what a job of a block takes once, and what each of its fits takes
_STARTING, _COMPILING = "starting Python, reading", "importing and compiling the sampler"
_ONCE_PER_BLOCK = [("fit", _STARTING), ("fit", _COMPILING)]
_ONCE_PER_FIT = [("fit", "sampling"), ("fit", "writing"), ("diagnose", "all"), ("simulate", "all")]
# the columns of the table, with their labels on the page
_COLUMNS = {
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
    rows = [
        {"fits": fits, "planning_seconds": run.seconds}
        | (completed[fits]._asdict() if fits in completed else {})
        for fits, run in sorted(planned.items())
    ]
    table = pd.DataFrame(rows, columns=list(_COLUMNS))
    return table.assign(seconds_per_further_fit=table["seconds"].diff() / table["fits"].diff())


def reporting_cost(timings: Mapping[int, pd.DataFrame], fits: int) -> tuple[float, float]:
    """Extrapolate the cost of tables, figures and report to a study of `fits` fits.

    `timings` are the timing tables of studies by their number of fits. The extrapolation is linear
    from the two largest of them. Returns the seconds of all stages after the last diagnosis, and
    the memory of the largest process in MB.
    """
    less, more = sorted(timings)[-2:]
    costs = []
    for timing in (timings[less], timings[more]):
        later = (timing["part"] == "all") & ~timing["stage"].isin([*_BLOCK_STAGES, "between jobs"])
        costs.append((timing["seconds"][later].sum(), timing["largest_memory_mb"][later].max()))
    steps = (fits - more) / (more - less)
    seconds, memory = (last + steps * (last - first) for first, last in zip(*costs, strict=True))
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
    seconds = (parts["seconds"] / parts["jobs"])[_ONCE_PER_BLOCK].sum()
    seconds += fits_per_job * (parts["seconds"] / measured_fits)[_ONCE_PER_FIT].sum()
    blocks = ceil(fits / fits_per_job)
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
        table=table.rename(columns=_COLUMNS),
        cores=cores,
        further_changed_by=further.iloc[-1] / further.iloc[0] - 1 if len(further) > 1 else None,
        cluster=cluster,
        reporting=reporting,
        cluster_cores=CORES_OF_A_CLUSTER,
    )
