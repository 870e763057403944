"""Where a study's time went: by stage, from Snakemake's benchmark files and the fits themselves."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

COLUMNS = ("stage", "part", "jobs", "seconds", "cpu_seconds", "share", "largest_memory_mb")

# a stage that is no rule: cores that no job used, while Snakemake planned, started jobs or waited
BETWEEN_JOBS = "between jobs"


def timing(
    benchmarks: Mapping[str, pd.DataFrame],
    blocks: pd.DataFrame,
    fits: pd.DataFrame,
    runs: pd.DataFrame,
) -> pd.DataFrame:
    """Wall and CPU seconds of every stage, all jobs together, and the largest memory of a job.

    `benchmarks` are the rows of Snakemake's files by rule, with its columns s, cpu_time and
    max_rss (MB), and `ended`, when (Unix time). Fit jobs are split: `blocks` has what each took to
    start, and to import and compile its sampler, `fits` what sampling took, and the rest is
    writing. What a fit that failed took counts as sampling. `runs` has a row for every call of
    Snakemake: `started` (Unix time) and `cores`, missing on a cluster. `share` is a stage's part
    of all seconds.
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
    """Core seconds that no job used, from the start of each run to the end of its last job.

    `jobs` and `runs` are as in `timing`; a job belongs to the last run that began before its end.
    Missing where the number of cores is, or where times do not fit together, as after a study was
    copied or a clock set.
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
