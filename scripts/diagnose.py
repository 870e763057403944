"""Diagnose the fits of some blocks of one scenario, parameterization and sampler."""

import argparse

from funnel_study.diagnosis.blocks import diagnose_blocks
from funnel_study.files.formats import write_json, write_netcdf
from funnel_study.run.job_errors import run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fits", nargs="+", required=True, help="draws by block, netCDF")
    parser.add_argument("--exact", required=True, help="their exact posteriors, netCDF")
    parser.add_argument("--tables", required=True, help="the rows of tables to write, JSON")
    parser.add_argument(
        "--chain-errors", required=True, help="what each chain found, to write, netCDF"
    )
    arguments = parser.parse_args()
    rows, chain_errors = diagnose_blocks(arguments.fits, arguments.exact)
    write_json(arguments.tables, rows)
    write_netcdf(arguments.chain_errors, {"/": chain_errors})


if __name__ == "__main__":
    run(main)
