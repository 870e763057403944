"""Diagnose the fits of some blocks of one scenario, parameterization and sampler."""

import argparse
import json
from collections.abc import Iterator
from typing import Any

import xarray as xr

from funnel.priors import Priors
from funnel_study.diagnosis.chain_errors import join_fits
from funnel_study.diagnosis.diagnostics import diagnose, versions
from funnel_study.files.data_sets import from_xarray
from funnel_study.files.formats import load, open_netcdf, read_netcdf, write_json, write_netcdf
from funnel_study.files.tables import CELL_KEYS
from funnel_study.run.job_errors import run

BYTES_AT_ONCE = 2**24  # of one group of a file


def each_fit(group: xr.Dataset) -> Iterator[xr.Dataset]:
    """Yield the values of one fit after another.

    A few fits are read at a time: those of a block may exceed the memory of a job, but finding most
    variables of a single fit in the file takes longer than reading them.
    """
    fits = group.sizes["replicate"]
    at_once = max(1, fits * BYTES_AT_ONCE // group.nbytes)
    for first in range(0, fits, at_once):
        few = load(group.isel(replicate=slice(first, first + at_once)))
        for i in range(few.sizes["replicate"]):
            yield few.isel(replicate=i)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fits", nargs="+", required=True, help="draws by block, netCDF")
    parser.add_argument("--data", nargs="+", required=True, help="data of these blocks, netCDF")
    parser.add_argument(
        "--priors", type=json.loads, required=True, help="the priors of the model, JSON"
    )
    parser.add_argument("--tables", required=True, help="the rows of tables to write, JSON")
    parser.add_argument(
        "--chain-errors", required=True, help="what each chain found, to write, netCDF"
    )
    arguments = parser.parse_args()
    priors = Priors(**arguments.priors)
    rows: dict[str, list[dict[str, Any]]] = {}
    chain_errors: dict[int, xr.Dataset] = {}
    for fits, data in zip(arguments.fits, arguments.data, strict=True):
        info, block = read_netcdf(fits), read_netcdf(data)
        names = {name: info.attrs[name] for name in CELL_KEYS}
        rows.setdefault("versions", []).extend(versions(info.attrs))
        rows.setdefault("blocks", []).append(
            {
                **names,
                "first_replicate": info["replicate"].to_numpy()[0],
                "replicates": info.sizes["replicate"],
                "starting_seconds": info.attrs["starting_seconds"],
                "preparing_seconds": info.attrs["preparing_seconds"],
            }
        )
        with (
            open_netcdf(fits, "posterior") as posterior,
            open_netcdf(fits, "sample_stats") as stats,
        ):
            for of_info, of_posterior, of_stats in zip(
                *map(each_fit, (info, posterior, stats)), strict=True
            ):
                replicate = int(of_info["replicate"])
                found, chain_errors[replicate] = diagnose(
                    {**names, "replicate": replicate},
                    of_info,
                    of_posterior,
                    of_stats,
                    from_xarray(block, replicate),
                    priors,
                )
                for table, of_this_fit in found.items():
                    rows.setdefault(table, []).extend(of_this_fit)
    write_json(arguments.tables, rows)
    write_netcdf(arguments.chain_errors, {"/": join_fits(chain_errors)})


if __name__ == "__main__":
    run(main)
