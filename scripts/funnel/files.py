"""Reading and writing: files appear whole or not at all."""

from __future__ import annotations

import csv
import glob
import itertools
import json
import os
import socket
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np
import xarray as xr

ENGINE: Literal["h5netcdf"] = "h5netcdf"
# the age of a temporary file at which its job is taken for dead
SECONDS_TO_WRITE = 3600.0


@contextmanager
def written_whole(path: str | Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place when the block ends without error."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # same suffix: some writers choose the format by it
    host = socket.gethostname().replace(".", "-")
    temporary = path.with_name(f".{path.stem}.{host}.{os.getpid()}{path.suffix}")
    for other in path.parent.glob(f".{glob.escape(path.stem)}.*{path.suffix}"):
        if _left_by_a_killed_job(other, host):
            other.unlink(missing_ok=True)
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_netcdf(path: str | Path, groups: Mapping[str, xr.Dataset]) -> None:
    """Writes each data set to its group of one netCDF4 file, compressed; "/" is the root."""
    with written_whole(path) as temporary:
        modes: Iterable[Literal["w", "a"]] = itertools.chain(["w"], itertools.repeat("a"))
        for mode, (group, dataset) in zip(modes, groups.items(), strict=False):
            dataset.to_netcdf(
                temporary, mode=mode, group=group, engine=ENGINE, encoding=_encoding(dataset)
            )


def open_netcdf(path: str | Path, group: str = "/") -> xr.Dataset:
    """One group of a netCDF4 file, of which nothing is read yet; to be closed."""
    return xr.open_dataset(path, group=group, engine=ENGINE)


def read_netcdf(path: str | Path, group: str = "/") -> xr.Dataset:
    """One group of a netCDF4 file, in memory."""
    with open_netcdf(path, group) as dataset:
        return dataset.load()


def write_json(path: str | Path, value: Any) -> None:
    """Writes `value` as JSON, with missing values (NaN) as null."""
    with written_whole(path) as temporary:
        temporary.write_text(json.dumps(_without_nan(value), allow_nan=False) + "\n")


def failed_fits(path: str | Path) -> str:
    """A line on the failed fits in a table of fits, empty if there are none (or no table)."""
    if not Path(path).exists():
        return ""
    with open(path, encoding="utf-8", newline="") as file:
        status = [row["status"] for row in csv.DictReader(file)]
    failed = len(status) - status.count("ok")
    return f"{failed} of {len(status)} fits failed" if failed else ""


def _left_by_a_killed_job(temporary: Path, host: str) -> bool:
    """Whether nobody writes to a temporary file any more: a job of a killed run may still do.

    On another machine that cannot be told but by the file's age; writing takes seconds.
    """
    *_, where, process = temporary.stem.split(".")
    try:
        if where == host:
            os.kill(int(process), 0)
        age = time.time() - temporary.stat().st_mtime
    except (ProcessLookupError, FileNotFoundError):
        return True
    except PermissionError:
        return False
    return age > SECONDS_TO_WRITE


def _encoding(dataset: xr.Dataset) -> dict[str, dict[str, Any]]:
    """Compression for every numeric variable, a chunk a replicate so that each reads alone."""
    encoding = {}
    for name, variable in dataset.variables.items():
        if variable.ndim and variable.dtype.kind in "fiub" and variable.size:
            sizes = zip(variable.dims, variable.shape, strict=True)
            chunks = tuple(1 if dim == "replicate" else size for dim, size in sizes)
            encoding[str(name)] = {
                "zlib": True,
                "complevel": 1,
                "shuffle": True,
                "chunksizes": chunks,
            }
    return encoding


def _without_nan(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else None
    if isinstance(value, np.integer):
        return int(value)
    return value
