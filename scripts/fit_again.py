"""Fit once more what did not converge in some blocks of one cell, and diagnose these fits."""

import argparse

from funnel_study.analysis.criteria import RHAT_THRESHOLD
from funnel_study.diagnosis.again import second_runs, unconverged
from funnel_study.files.formats import write_netcdf
from funnel_study.run.job_errors import run
from funnel_study.run.json_option import add_json_option


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_json_option(parser, "--job", required=True, help="the settings of the fits, JSON")
    parser.add_argument("--data", nargs="+", required=True, help="the data by block, netCDF")
    parser.add_argument("--exact", required=True, help="their exact posteriors, netCDF")
    parser.add_argument("--tables", required=True, help="the rows of the first fits, JSON")
    parser.add_argument(
        "--output", required=True, help="what each chain found, to write, netCDF; may be empty"
    )
    arguments = parser.parse_args()
    replicates = unconverged(arguments.tables, RHAT_THRESHOLD)
    found = second_runs(arguments.job, arguments.data, arguments.exact, replicates)
    write_netcdf(arguments.output, {"/": found})


if __name__ == "__main__":
    run(main)
