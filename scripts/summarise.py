"""Collate the diagnostics of a study into tables."""

import argparse
from itertools import islice

import xarray as xr

from funnel_study.diagnosis.chain_errors import join_cells
from funnel_study.diagnosis.collate import ExpectedCell, collate
from funnel_study.files.formats import read_json, read_netcdf, write_netcdf
from funnel_study.files.tables import write_table
from funnel_study.run.job_errors import run
from funnel_study.run.json_option import add_json_option
from funnel_study.study.design import Cell
from funnel_study.study.paths import diagnoses


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_json_option(parser, "--job", help="the rows to expect, JSON (study.jobs)")
    parser.add_argument("--folder", required=True, help="the folder of the study")
    tables = ("fits", "chains", "estimates", "densities", "blocks", "versions")
    for name in tables:
        parser.add_argument(f"--{name}", required=True, help=f"the table of {name} to write, CSV")
    parser.add_argument("--chain-errors", required=True, help="all errors of chains, netCDF")
    arguments = parser.parse_args()
    job = arguments.job
    cells = [ExpectedCell(*cell) for cell in job["cells"]]
    files = diagnoses(arguments.folder, [Cell(*cell[:3]) for cell in cells], job["blocks"])
    found = collate(cells, job["replicates"], job["chains"], (read_json(path) for path, _ in files))
    for name in tables:
        write_table(found[name], getattr(arguments, name))
    blocks = iter(files)
    by_scenario: dict[str, list[tuple[str, str, list[xr.Dataset]]]] = {}
    for cell in cells:
        of_cell = [read_netcdf(path) for _, path in islice(blocks, len(job["blocks"]))]
        of_scenario = by_scenario.setdefault(cell.scenario, [])
        of_scenario.append((cell.parameterization, cell.sampler, of_cell))
    joined = {name: join_cells(of_it, job["replicates"]) for name, of_it in by_scenario.items()}
    write_netcdf(arguments.chain_errors, joined)


if __name__ == "__main__":
    run(main)
