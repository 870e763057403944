"""Collate the time and memory of the jobs of a study."""

import argparse
from pathlib import Path

import pandas as pd

from funnel_study.analysis.timing import timing
from funnel_study.files.tables import read_table, write_table
from funnel_study.files.whole_files import UnusableFileError
from funnel_study.run.job_errors import run
from funnel_study.run.runs import read_runs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--benchmarks", required=True, help="the folder of Snakemake's benchmarks")
    parser.add_argument("--blocks", required=True, help="the table of blocks, CSV")
    parser.add_argument("--fits", required=True, help="the table of fits, CSV")
    parser.add_argument("--runs", required=True, help="the table of runs, CSV")
    parser.add_argument("--timing", required=True, help="the table to write, CSV")
    arguments = parser.parse_args()
    fits, blocks = read_table(arguments.fits), read_table(arguments.blocks)
    benchmarks = {}
    for folder in sorted(Path(arguments.benchmarks).iterdir()):
        if files := sorted(folder.rglob("*.tsv")):
            benchmarks[folder.name] = pd.concat(map(benchmark, files), ignore_index=True)
    write_table(timing(benchmarks, blocks, fits, read_runs(arguments.runs)), arguments.timing)


def benchmark(file: Path) -> pd.DataFrame:
    """Read what Snakemake measured of a job, and when it ended; UnusableFileError if damaged."""
    try:
        table = pd.read_csv(file, sep="\t", na_values=["-"])
    except ValueError:
        table = pd.DataFrame()
    if table.empty or not {"s", "cpu_time", "max_rss"} <= set(table):
        raise UnusableFileError(f"{file}: is cut short or damaged; delete it and run again")
    return table.assign(ended=file.stat().st_mtime)


if __name__ == "__main__":
    run(main)
