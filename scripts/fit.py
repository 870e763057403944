"""Fit a block of data sets by one parameterization and one sampler."""

import argparse
import os
import sys

from funnel_study.files.formats import read_netcdf, write_netcdf
from funnel_study.fitting.fit import FitSpec, fit_block
from funnel_study.run.job_errors import run
from funnel_study.run.json_option import add_json_option


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_json_option(parser, "--job", help="the settings of the fits, JSON (study.jobs)")
    parser.add_argument("--data", required=True, help="the data of the block, netCDF")
    parser.add_argument("--output", required=True, help="the draws to write, netCDF")
    parser.add_argument(
        "--unavailable",
        default="",
        help="why the sampler cannot run; the fits are then recorded as failed",
    )
    arguments = parser.parse_args()
    data = read_netcdf(arguments.data)
    groups = fit_block(FitSpec.from_json(arguments.job), data, arguments.unavailable)
    write_netcdf(arguments.output, groups)


if __name__ == "__main__":
    run(main)
    sys.stdout.flush()
    # the file is written; unloading numba and its compiled code would take another second
    os._exit(0)
