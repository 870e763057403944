"""Run time and memory of studies by their number of fits, and extrapolations to larger ones."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from funnel_study.benchmark.command_cost import Run
from funnel_study.report.markdown import markdown_table
from funnel_study.report.numbers import number

CORES_OF_A_CLUSTER = 1_000
# stages with one job per block of replicates
BLOCK_STAGES = ("simulate", "fit", "diagnose")

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
    rows = [
        {
            "fits": fits,
            "planning_seconds": plan.seconds,
            **(
                {
                    "seconds": completed[fits].seconds,
                    "cpu_seconds": completed[fits].cpu_seconds,
                    "largest_memory_mb": completed[fits].largest_memory_mb,
                }
                if fits in completed
                else {}
            ),
        }
        for fits, plan in sorted(planned.items())
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
    seconds, jobs = parts["seconds"], parts["jobs"]
    once_per_block = [
        ("fit", "starting Python, reading"),
        ("fit", "importing and compiling the sampler"),
    ]
    once_per_fit = [
        *(("fit", "sampling"), ("fit", "writing"), ("diagnose", "all"), ("simulate", "all"))
    ]
    job_seconds = sum(seconds[part] / jobs[part] for part in once_per_block)
    job_seconds += fits_per_job * sum(seconds[part] / measured_fits for part in once_per_fit)
    blocks = int(np.ceil(fits / fits_per_job))
    return {
        "blocks": blocks,
        "job_seconds": job_seconds,
        "core_hours": blocks * job_seconds / 3600,
    }


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
    lines = [
        "# Run time and memory by number of fits",
        "",
        f"Studies with short chains were run on {cores} cores, one after the other. The largest "
        "study was only planned.",
        "",
        markdown_table(table[list(COLUMNS)].rename(columns=COLUMNS)),
    ]
    if len(further) > 1:
        change = 100 * (further.iloc[-1] / further.iloc[0] - 1)
        lines += [
            "",
            f"The time per further fit changed by {change:+.0f} % from the first to the last value "
            "in the table.",
        ]
    if cluster:
        lines += [
            "",
            "Extrapolated from the stages of a study with chains of full length, "
            f"{number(cluster['blocks'])} blocks of replicates would take "
            f"{number(round(cluster['core_hours']))} core hours, or "
            f"{number(cluster['job_seconds'] / 60, 2)} minutes per block from data to diagnostics.",
        ]
    if cluster and reporting:
        rounds = int(np.ceil(cluster["blocks"] / CORES_OF_A_CLUSTER))
        seconds, memory = reporting
        minutes = rounds * cluster["job_seconds"] / 60
        lines += [
            "",
            f"On a cluster with {number(CORES_OF_A_CLUSTER)} cores, these blocks would take "
            f"{number(round(minutes))} minutes. The tables, figures and report would take "
            f"{number(round(seconds / 60))} more minutes on one core, and up to "
            f"{number(round(memory))} MB, by linear extrapolation from the two largest studies "
            "above. The time that jobs wait in a queue or for files is not included.",
        ]
    return "\n".join(lines) + "\n"
