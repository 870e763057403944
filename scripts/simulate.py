"""Simulates a block of data sets of one scenario."""

import argparse
import json

from funnel.model import data
from funnel.running.job_errors import run
from funnel.storage.formats import write_netcdf
from funnel.study.design import Block


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spec", type=json.loads, required=True, help="design.simulation's JSON")
    parser.add_argument("--block", type=Block.parse, required=True, help="replicates, as 0-24")
    parser.add_argument("--output", required=True, help="the netCDF file of the data")
    parser.add_argument(
        "--configurations", type=json.loads, required=True, help="what each file is for, JSON"
    )
    arguments = parser.parse_args()
    spec = arguments.spec
    data_sets = {
        replicate: data.replicate(spec, replicate) for replicate in arguments.block.replicates
    }
    configuration = arguments.configurations.get(arguments.output, "")
    write_netcdf(arguments.output, {"/": data.to_xarray(data_sets)}, configuration)


if __name__ == "__main__":
    run(main)
