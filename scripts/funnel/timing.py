"""Where a study's time went: by stage, from Snakemake's benchmark files and the fits themselves."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

COLUMNS = (*("stage", "part", "jobs", "seconds", "cpu_seconds", "share", "largest_memory_mb"),)


def timing(
    benchmarks: Mapping[str, pd.DataFrame], blocks: pd.DataFrame, fits: pd.DataFrame
) -> pd.DataFrame:
    """Wall and CPU seconds of every stage, all jobs together, and the largest memory of a job.

    `benchmarks` are the rows of Snakemake's files by rule, with its columns s, cpu_time and
    max_rss (MB). Fit jobs are split: `blocks` has what each took to import and compile its
    sampler, `fits` what sampling took, and the rest is starting Python, reading and writing.
    `share` is a stage's part of all seconds. What a fit that failed took counts as sampling.
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
            compiling = float(blocks["preparing_seconds"].sum())
            sampling = float(fits["sampling_seconds"].sum())
            parts = {
                "sampling": sampling,
                "importing and compiling the sampler": compiling,
                "starting, reading, writing": max(seconds - sampling - compiling, 0.0),
            }
            rows += [{**common, "part": part, "seconds": value} for part, value in parts.items()]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    total = table.loc[table["part"] == "all", "seconds"].sum()
    return table.assign(share=table["seconds"] / total if total else np.nan)
