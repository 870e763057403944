"""Collates what the jobs of a study took."""

import argparse
from pathlib import Path

import pandas as pd

from funnel.summary import read_table, write_table
from funnel.timing import read_runs, timing


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
            tables = (
                pd.read_csv(file, sep="\t", na_values=["-"]).assign(ended=file.stat().st_mtime)
                for file in files
            )
            benchmarks[folder.name] = pd.concat(tables, ignore_index=True)
    write_table(timing(benchmarks, blocks, fits, read_runs(arguments.runs)), arguments.timing)


if __name__ == "__main__":
    main()
