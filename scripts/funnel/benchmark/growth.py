"""How the time of a study grows with its fits, and what a larger one would take on a cluster."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from funnel.benchmark.command_cost import Run

CORES_OF_A_CLUSTER = 1_000
# stages whose jobs are blocks
BY_BLOCK = ("simulate", "fit", "diagnose")

COLUMNS = (
    "fits",
    "planning_seconds",
    "seconds",
    "cpu_seconds",
    "largest_memory_mb",
    "seconds_a_further_fit",
)


def grown(planned: dict[int, Run], worked: dict[int, Run]) -> pd.DataFrame:
    """A row a study, by its number of fits: what planning it took, and what all of it did.

    `planned` are dry runs, `worked` the studies that were run too. `seconds_a_further_fit` is what
    each fit more than in the row above took: the same in every row if time is linear in fits.
    """
    rows = [
        {
            "fits": fits,
            "planning_seconds": plan.seconds,
            **(
                {
                    "seconds": worked[fits].seconds,
                    "cpu_seconds": worked[fits].cpu_seconds,
                    "largest_memory_mb": worked[fits].largest_memory_mb,
                }
                if fits in worked
                else {}
            ),
        }
        for fits, plan in sorted(planned.items())
    ]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.assign(seconds_a_further_fit=table["seconds"].diff() / table["fits"].diff())


def at_the_end(timings: Mapping[int, pd.DataFrame], fits: int) -> tuple[float, float]:
    """Seconds and MB of what follows the last diagnosis (tables, figures, page) for `fits` fits.

    On the line through the two largest studies of `timings`, timing tables by their fits. MB are
    those of the largest process.
    """
    less, more = sorted(timings)[-2:]
    values = []
    for n in (less, more):
        timing = timings[n]
        rest = timing[
            (timing["part"] == "all") & ~timing["stage"].isin([*BY_BLOCK, "between jobs"])
        ]
        values.append((rest["seconds"].sum(), rest["largest_memory_mb"].max()))
    steps = (fits - more) / (more - less)
    seconds, memory = (last + steps * (last - first) for first, last in zip(*values, strict=True))
    return seconds, memory


def on_a_cluster(timing: pd.DataFrame, fits: int, a_job: int, measured: int) -> dict[str, float]:
    """What `fits` would take in jobs of `a_job` fits, by the timing table of `measured` fits.

    `core_hours` are those of simulating, fitting and diagnosing; `job_seconds` what one block takes
    from its data to its diagnostics, on one core.
    """
    parts = timing.set_index(["stage", "part"])
    seconds, jobs = parts["seconds"], parts["jobs"]
    a_block = [
        ("fit", "starting Python, reading"),
        ("fit", "importing and compiling the sampler"),
    ]
    a_fit = [("fit", "sampling"), ("fit", "writing"), ("diagnose", "all"), ("simulate", "all")]
    job_seconds = sum(seconds[part] / jobs[part] for part in a_block)
    job_seconds += a_job * sum(seconds[part] / measured for part in a_fit)
    blocks = int(np.ceil(fits / a_job))
    return {
        "blocks": blocks,
        "job_seconds": job_seconds,
        "core_hours": blocks * job_seconds / 3600,
    }


def markdown(
    table: pd.DataFrame,
    cores: str,
    cluster: dict[str, float] | None,
    end: tuple[float, float] | None = None,
) -> str:
    """The outcome in words, for people to read; the last two as the functions above give them."""
    further = table["seconds_a_further_fit"].dropna()
    lines = [
        "# How time grows with fits",
        "",
        f"Studies of short chains, on {cores} cores, one after the other; the last was only "
        "planned.",
        "",
        "| fits | planning, s | whole study, s | CPU, s | largest process, MB | a further fit, s |",
        "| ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in table.to_dict("records"):
        values = [
            f"{row[column]:.3g}"
            if row[column] < 100
            else f"{row[column]:,.0f}"
            if np.isfinite(row[column])
            else ""
            for column in COLUMNS
        ]
        lines.append("| " + " | ".join(values) + " |")
    if len(further) > 1:
        change = further.iloc[-1] / further.iloc[0] - 1
        lines += ["", f"From first to last, a further fit changed by {change:+.0%}."]
    if cluster:
        lines += [
            "",
            f"By the parts of a study of full length, {cluster['blocks']:,.0f} blocks would take "
            f"{cluster['core_hours']:,.0f} core hours, {cluster['job_seconds'] / 60:.1f} minutes a "
            "block from data to diagnostics.",
        ]
    if cluster and end:
        rounds = int(np.ceil(cluster["blocks"] / CORES_OF_A_CLUSTER))
        seconds, memory = end
        minutes = rounds * cluster["job_seconds"] / 60
        lines += [
            "",
            f"On a cluster with {CORES_OF_A_CLUSTER:,} cores for them, that is {minutes:.0f} "
            f"minutes, and {seconds / 60:.0f} more on one core for tables, figures and page, in up "
            f"to {memory:,.0f} MB, on the line through the two largest studies above: without the "
            "time that jobs wait in a queue or for files.",
        ]
    return "\n".join(lines) + "\n"
