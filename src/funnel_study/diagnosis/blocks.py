"""The diagnosis of blocks of fits, of which a few are in memory at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import xarray as xr

from funnel_study.diagnosis.diagnostics import diagnose, versions
from funnel_study.diagnosis.exact_values import ExactValues
from funnel_study.files.formats import join_replicates, load, open_netcdf, read_netcdf
from funnel_study.files.tables import CELL_KEYS

BYTES_AT_ONCE = 2**24  # of one group of a file

Rows = dict[str, list[dict[str, Any]]]


def diagnose_blocks(blocks: Iterable[str | Path], exact: str | Path) -> tuple[Rows, xr.Dataset]:
    """Return the rows of all tables, by table, and the errors of the chains of all fits.

    `blocks` are files with the draws of blocks of one cell, and `exact` is that with the exact
    posteriors of their data.
    """
    exact_values = read_netcdf(exact)
    rows: Rows = {"versions": [], "blocks": []}
    chain_errors: dict[int, xr.Dataset] = {}
    for fits in blocks:
        info = read_netcdf(fits)
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
                of_data_set = ExactValues(exact_values.sel(replicate=replicate))
                found, chain_errors[replicate] = diagnose(
                    keys, fit, draws, sample_stats, of_data_set
                )
                for table, of_fit in found.items():
                    rows.setdefault(table, []).extend(of_fit)
    return rows, join_replicates(chain_errors)


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
