"""Fits a block of data sets by one parameterization and one sampler."""

import argparse
import json
import os
import sys

from funnel.fitting.fit import FitSpec, fit_block
from funnel.running.job_errors import run
from funnel.storage.formats import read_netcdf, write_netcdf
from funnel.storage.records import check


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spec", type=json.loads, required=True, help="design.fit's JSON")
    parser.add_argument("--data", required=True, help="the netCDF file of the data")
    parser.add_argument("--output", required=True, help="the netCDF file of the draws")
    parser.add_argument("--unavailable", default="", help="why the sampler cannot run")
    parser.add_argument(
        "--configurations", type=json.loads, required=True, help="what each file is for, JSON"
    )
    arguments = parser.parse_args()
    configurations = arguments.configurations
    spec = FitSpec.from_json(arguments.spec)
    check({arguments.data: configurations.get(arguments.data)})
    data = read_netcdf(arguments.data)
    groups = fit_block(spec, data, arguments.unavailable)
    write_netcdf(arguments.output, groups, configurations.get(arguments.output, ""))


if __name__ == "__main__":
    run(main)
    sys.stdout.flush()
    # the file is written; taking numba and its compiled code down would last another second
    os._exit(0)
