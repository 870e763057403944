"""Compute the answers, the performance measures and the value of diagnostics of a study."""

import argparse

from funnel_study.analysis.tables import TABLES, analyse
from funnel_study.files.formats import read_netcdf
from funnel_study.files.tables import read_table, write_table
from funnel_study.run.job_errors import run
from funnel_study.run.json_option import add_json_option


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_json_option(parser, "--job", help="the scenarios, JSON (study.jobs)")
    parser.add_argument("--fits", required=True, help="the table of fits, CSV")
    parser.add_argument("--estimates", required=True, help="the table of estimates, CSV")
    parser.add_argument("--chain-errors", required=True, help="what each chain found, netCDF")
    for name in TABLES:
        option = f"--{name.replace('_', '-')}"
        parser.add_argument(option, required=True, help=f"the table {name} to write, CSV")
    arguments = parser.parse_args()
    job = arguments.job
    found = analyse(
        read_table(arguments.fits),
        read_table(arguments.estimates),
        {name: read_netcdf(arguments.chain_errors, name) for name in job["scenarios"]},
        chosen=job["chosen"],
        many_scenarios=bool(job.get("sweep")),
    )
    for name in TABLES:
        write_table(found[name], getattr(arguments, name))


if __name__ == "__main__":
    run(main)
