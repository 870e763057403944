"""Compute the tables of a study whose replicates are points of a space-filling design."""

import argparse

import pandas as pd

from funnel_study.analysis.landscape import TABLES, tables
from funnel_study.files.formats import read_netcdf
from funnel_study.files.tables import read_table, write_table
from funnel_study.run.job_errors import run
from funnel_study.run.json_option import add_json_option
from funnel_study.study.points import point


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_json_option(parser, "--job", required=True, help="the points, JSON (study.jobs)")
    parser.add_argument("--fits", required=True, help="the table of fits, CSV")
    parser.add_argument("--chain-errors", required=True, help="what each chain found, netCDF")
    for name in TABLES:
        option = f"--{name.replace('_', '-')}"
        parser.add_argument(option, required=True, help=f"the table {name} to write, CSV")
    arguments = parser.parse_args()
    job = arguments.job
    points = pd.DataFrame(
        {"scenario": name, "replicate": number, **point(design, number).features}
        for name, design in job["designs"].items()
        for number in range(job["replicates"])
    )
    found = tables(
        {name: read_netcdf(arguments.chain_errors, name) for name in job["designs"]},
        read_table(arguments.fits),
        points,
        job["seed"],
    )
    for name in TABLES:
        write_table(found[name], getattr(arguments, name))


if __name__ == "__main__":
    run(main)
