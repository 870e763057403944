"""The diagnosis of blocks of fits, of which a few are in memory at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import xarray as xr

from funnel.priors import Priors
from funnel_study.diagnosis.chain_errors import join_fits
from funnel_study.diagnosis.diagnostics import diagnose, versions
from funnel_study.files.data_sets import from_xarray
from funnel_study.files.formats import load, open_netcdf, read_netcdf
from funnel_study.files.tables import CELL_KEYS

BYTES_AT_ONCE = 2**24  # of one group of a file

Rows = dict[str, list[dict[str, Any]]]


def diagnose_blocks(
    blocks: Iterable[tuple[str | Path, str | Path]], priors: Priors
) -> tuple[Rows, xr.Dataset]:
    """Return the rows of all tables, by table, and the errors of the chains of all fits.

    `blocks` are files of one cell: the draws of each block, and its data.
    """
    rows: Rows = {"versions": [], "blocks": []}
    chain_errors: dict[int, xr.Dataset] = {}
    for fits, data in blocks:
        info, data_sets = read_netcdf(fits), read_netcdf(data)
        names = {name: info.attrs[name] for name in CELL_KEYS}
        rows["versions"] += versions(info.attrs)
        rows["blocks"].append(
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
            groups = map(each_fit, (info, posterior, stats))
            for fit, draws, sample_stats in zip(*groups, strict=True):
                replicate = int(fit["replicate"])
                keys = {**names, "replicate": replicate}
                data_set = from_xarray(data_sets, replicate)
                found, chain_errors[replicate] = diagnose(
                    keys, fit, draws, sample_stats, data_set, priors
                )
                for table, of_fit in found.items():
                    rows.setdefault(table, []).extend(of_fit)
    return rows, join_fits(chain_errors)


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
