"""Compare the work of every parameterization with that of the best constant centeredness."""

import argparse

from funnel_study.analysis.contest import contest, with_centeredness, with_points
from funnel_study.files.formats import read_netcdf
from funnel_study.files.tables import read_table, write_table
from funnel_study.run.job_errors import run
from funnel_study.run.json_option import add_json_option

TABLES = ("regrets", "best", "summary")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_json_option(parser, "--job", required=True, help="the scenarios, JSON (study.jobs)")
    parser.add_argument("--fits", required=True, help="the table of fits, CSV")
    parser.add_argument("--chain-errors", required=True, help="what each chain found, netCDF")
    for name in TABLES:
        parser.add_argument(f"--{name}", required=True, help=f"the table {name} to write, CSV")
    arguments = parser.parse_args()
    job = arguments.job
    found = contest(
        {name: read_netcdf(arguments.chain_errors, name) for name in job["scenarios"]},
        job["constants"],
        job["kinds"],
        job["chosen"],
        job["seed"],
    )
    fits = read_table(arguments.fits)
    tables = {
        "regrets": with_points(with_centeredness(found.regrets, fits), job["swept"]),
        "best": with_points(found.best, job["swept"]),
        "summary": found.summary,
    }
    for name, table in tables.items():
        write_table(table, getattr(arguments, name))


if __name__ == "__main__":
    run(main)
