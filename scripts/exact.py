"""Compute the exact posteriors of the data sets in some blocks of one scenario."""

import argparse

from funnel.priors import Priors
from funnel_study.diagnosis.exact_values import exact_values
from funnel_study.files.data_sets import from_xarray
from funnel_study.files.formats import join_replicates, read_netcdf, write_netcdf
from funnel_study.run.job_errors import run
from funnel_study.run.json_option import add_json_option


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="+", required=True, help="the data by block, netCDF")
    add_json_option(parser, "--priors", help="the priors of the model, JSON")
    parser.add_argument("--output", required=True, help="the exact posteriors to write, netCDF")
    arguments = parser.parse_args()
    priors = Priors(**arguments.priors)
    exact = {
        replicate: exact_values(from_xarray(block, replicate), priors)
        for block in map(read_netcdf, arguments.data)
        for replicate in block["replicate"].to_numpy().tolist()
    }
    write_netcdf(arguments.output, {"/": join_replicates(exact)})


if __name__ == "__main__":
    run(main)
