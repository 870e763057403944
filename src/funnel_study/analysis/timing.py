"""The time that each stage of a study took, from Snakemake's benchmark files and the fits."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

COLUMNS = ("stage", "part", "jobs", "seconds", "cpu_seconds", "share", "largest_memory_mb")

# a stage that is not a rule: idle cores while Snakemake planned, started jobs or waited for them
BETWEEN_JOBS = "between jobs"


def timing(
    benchmarks: Mapping[str, pd.DataFrame],
    blocks: pd.DataFrame,
    fits: pd.DataFrame,
    runs: pd.DataFrame,
) -> pd.DataFrame:
    """Return the wall and CPU seconds of every stage, summed over jobs, and its largest memory.

    `benchmarks` are the rows of Snakemake's benchmark files by rule, with the columns s (seconds),
    cpu_time (seconds) and max_rss (MB), and `ended`, the end of the job (Unix time). `blocks` has
    the seconds that each fit job took to start, and to import and compile the sampler, and `fits`
    those of sampling, which failed fits have too. `runs` has one row per call of Snakemake, with
    `started` (Unix time) and `cores`, which is missing on a cluster.

    The seconds of fit jobs are split into parts, the last of which, writing, is what remains of
    their wall time. `share` is the fraction of the seconds of all stages.
    """
    rows = []
    for stage, jobs in benchmarks.items():
        seconds = float(jobs["s"].sum())
        common = {"stage": stage, "jobs": len(jobs)}
        whole = {
            "cpu_seconds": pd.to_numeric(jobs["cpu_time"], errors="coerce").sum(),
            "largest_memory_mb": pd.to_numeric(jobs["max_rss"], errors="coerce").max(),
        }
        rows.append({**common, "part": "all", "seconds": seconds, **whole})
        if stage == "fit":
            parts = {
                "starting Python, reading": float(blocks["starting_seconds"].sum()),
                "importing and compiling the sampler": float(blocks["preparing_seconds"].sum()),
                "sampling": float(fits["sampling_seconds"].sum()),
            }
            parts["writing"] = max(seconds - sum(parts.values()), 0.0)
            rows += [{**common, "part": part, "seconds": value} for part, value in parts.items()]
    if benchmarks:
        rest = between_jobs(pd.concat(benchmarks.values()), runs)
        rows.append({"stage": BETWEEN_JOBS, "part": "all", "seconds": rest})
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    total = table.loc[table["part"] == "all", "seconds"].sum()
    return table.assign(share=table["seconds"] / total if total else np.nan)


def between_jobs(jobs: pd.DataFrame, runs: pd.DataFrame) -> float:
    """Return the core seconds that no job used, from the start of each run to its last job's end.

    `jobs` and `runs` are as in `timing`. A job belongs to the last run that started before the job
    ended. The result is missing if the number of cores is, or if times are inconsistent, for
    example because the study was copied or a clock was set.
    """
    starts = np.sort(runs["started"].to_numpy(float))
    run = np.searchsorted(starts, jobs["ended"].to_numpy(float)) - 1
    if not len(starts) or np.any(run < 0):
        return np.nan
    cores = runs.sort_values("started")["cores"].to_numpy(float)
    by_run = jobs.groupby(run).agg(seconds=("s", "sum"), ended=("ended", "max"))
    ran = by_run.index.to_numpy()
    rest = cores[ran] * (by_run["ended"].to_numpy() - starts[ran]) - by_run["seconds"].to_numpy()
    return float(rest.sum()) if np.all(rest >= 0) else np.nan
