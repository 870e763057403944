"""Reading and writing netCDF and JSON files."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import h5netcdf
import numpy as np
import xarray as xr
from numpy.typing import NDArray
from xarray.backends import H5NetCDFStore

from funnel_study.files.records import check
from funnel_study.files.whole_files import written_whole

ENGINE: Literal["h5netcdf"] = "h5netcdf"


def write_netcdf(path: str | Path, groups: Mapping[str, xr.Dataset]) -> None:
    """Write one netCDF4 file, and its record, from data sets by group ("/" is the root).

    Numbers in double precision that single precision represents exactly are stored in it, which
    makes the file about as small as compression does, in a third of the time. All others are
    compressed.

    Raises OSError if the file cannot be written.
    """
    # in memory first: on a full disk, HDF5's message is unclear, and it may crash the process
    content = io.BytesIO()
    with h5netcdf.File(content, "w") as file:
        for group, dataset in groups.items():
            place = file if group == "/" else file.create_group(group)
            dataset.dump_to_store(H5NetCDFStore(place), encoding=_encoding(dataset))
    with written_whole(path, recorded=True) as temporary:
        temporary.write_bytes(content.getbuffer())


def open_netcdf(path: str | Path, group: str = "/") -> xr.Dataset:
    """Open one group of a netCDF4 file without reading its values; the caller closes it.

    `load` reads the values, or a part of them.
    """
    return xr.open_dataset(path, group=group, engine=ENGINE)


def load(dataset: xr.Dataset) -> xr.Dataset:
    """Read the values of an open data set, in double precision."""
    return dataset.load().map(
        lambda values: values.astype(np.float64) if values.dtype == np.float32 else values,
        keep_attrs=True,
    )


def read_netcdf(path: str | Path, group: str = "/") -> xr.Dataset:
    """Read one group of a netCDF4 file into memory; call `records.check` on the file first."""
    with open_netcdf(path, group) as dataset:
        return load(dataset)


def read_json(path: str | Path) -> Any:
    """Read a file that `write_json` wrote; raises UnusableFileError as `records.check` does."""
    check(path)
    return json.loads(Path(path).read_text(encoding="utf-8"))


def write_json(path: str | Path, value: Any) -> None:
    """Write `value` as JSON, and its record; values that are not finite become null."""
    with written_whole(path, recorded=True) as temporary:
        temporary.write_text(json.dumps(_without_nan(value), allow_nan=False) + "\n")


def _encoding(dataset: xr.Dataset) -> dict[str, dict[str, Any]]:
    """The storage of every numeric variable, one chunk per replicate, which can be read alone."""
    encoding = {}
    for name, variable in dataset.variables.items():
        if variable.ndim and variable.dtype.kind in "fiub" and variable.size:
            sizes = zip(variable.dims, variable.shape, strict=True)
            chunks = tuple(1 if dim == "replicate" else size for dim, size in sizes)
            storage: dict[str, Any] = {"zlib": True, "complevel": 1, "shuffle": True}
            if variable.dtype == np.float64 and _is_single(variable.to_numpy()):
                storage = {"dtype": "float32"}
            encoding[str(name)] = {**storage, "chunksizes": chunks}
    return encoding


def _is_single(values: NDArray[np.float64]) -> bool:
    """Return whether single precision represents all values exactly."""
    with np.errstate(over="ignore"):
        return np.array_equal(values, values.astype(np.float32), equal_nan=True)


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
