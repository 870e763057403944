"""Simulate a block of data sets of one scenario."""

import argparse

from funnel_study.files import data_sets
from funnel_study.files.formats import write_netcdf
from funnel_study.run.job_errors import run
from funnel_study.run.json_option import add_json_option
from funnel_study.study.blocks import Block
from funnel_study.study.replicates import replicate


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_json_option(parser, "--job", help="what to simulate, JSON (study.jobs)")
    parser.add_argument(
        "--block", type=Block.parse, required=True, help="replicates, for example 0-24"
    )
    parser.add_argument("--output", required=True, help="the data to write, netCDF")
    arguments = parser.parse_args()
    simulated = {number: replicate(arguments.job, number) for number in arguments.block.replicates}
    write_netcdf(arguments.output, {"/": data_sets.to_xarray(simulated)})


if __name__ == "__main__":
    run(main)
