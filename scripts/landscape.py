"""Compute the tables of a study whose replicates are points of a space-filling design."""

import argparse
from collections.abc import Iterable, Iterator, Sequence

import pandas as pd
import xarray as xr

from funnel_study.analysis.landscape import TABLES, tables
from funnel_study.files.formats import read_netcdf
from funnel_study.files.tables import read_table, write_table
from funnel_study.run.job_errors import run
from funnel_study.run.json_option import add_json_option
from funnel_study.study.design import Cell
from funnel_study.study.paths import diagnoses
from funnel_study.study.points import point


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_json_option(parser, "--job", required=True, help="the points, JSON (study.jobs)")
    parser.add_argument("--fits", required=True, help="the table of fits, CSV")
    parser.add_argument("--chain-errors", required=True, help="what each chain found, netCDF")
    parser.add_argument("--again", required=True, help="the folder of second runs")
    for name in TABLES:
        option = f"--{name.replace('_', '-')}"
        parser.add_argument(option, required=True, help=f"the table {name} to write, CSV")
    arguments = parser.parse_args()
    job = arguments.job
    points = pd.DataFrame(
        {"scenario": name, "replicate": number, **point(design, number).features}
        for name, design in job["designs"].items()
        for number in range(job["replicates"])
    )
    found = tables(
        {name: read_netcdf(arguments.chain_errors, name) for name in job["designs"]},
        second_runs(arguments.again, [Cell(*names) for names in job["cells"]], job["blocks"]),
        read_table(arguments.fits),
        points,
        job["seed"],
    )
    for name in TABLES:
        write_table(found[name], getattr(arguments, name))


def second_runs(
    folder: str, cells: Iterable[Cell], blocks: Sequence[str]
) -> Iterator[tuple[str, xr.Dataset]]:
    """Yield the scenario and the second runs of each block of a cell that has any."""
    for cell in cells:
        for _, path in diagnoses(folder, [cell], blocks):
            found = read_netcdf(path)
            if found.sizes:
                names = {"parameterization": [cell.parameterization], "sampler": [cell.sampler]}
                yield cell.scenario, found.expand_dims(names)


if __name__ == "__main__":
    run(main)
