"""Reading and writing netCDF and JSON files."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import h5netcdf
import h5py
import numpy as np
import xarray as xr
from numpy.typing import NDArray
from xarray.backends import H5NetCDFStore

from funnel_study.files.whole_files import UnusableFileError, written_whole

ENGINE: Literal["h5netcdf"] = "h5netcdf"
DAMAGED = "is cut short or damaged; delete it and run again"


def write_netcdf(path: str | Path, groups: Mapping[str, xr.Dataset]) -> None:
    """Write one netCDF4 file from data sets by group ("/" is the root).

    Numbers in double precision that single precision represents exactly are stored in it, which
    makes the file about as small as compression does, in a third of the time. All others are
    compressed. Every value has a checksum, so that readers notice damage.

    Raises OSError if the file cannot be written.
    """
    # in memory first: on a full disk, HDF5's message is unclear, and it may crash the process
    content = io.BytesIO()
    # only the latest format has checksums of everything that is not a value
    with h5netcdf.File(content, "w", libver="latest") as file:
        for group, dataset in groups.items():
            place = file if group == "/" else file.create_group(group)
            dataset.dump_to_store(H5NetCDFStore(place), encoding=_encoding(dataset))
    with written_whole(path) as temporary:
        temporary.write_bytes(content.getbuffer())


@contextlib.contextmanager
def open_netcdf(path: str | Path, group: str = "/") -> Iterator[xr.Dataset]:
    """Open one group of a netCDF4 file without reading its values: `load` does, or a part of them.

    Raises UnusableFileError if the file is damaged, also within the block that reads from it.
    """
    try:
        with h5py.File(path) as file:
            # damage among what is no value; h5netcdf would print a traceback
            file.visititems(lambda _, item: dict(item.attrs))
            dict(file.attrs)
        dataset = xr.open_dataset(path, group=group, engine=ENGINE)
    except (FileNotFoundError, PermissionError, MemoryError):
        raise
    except Exception as error:  # HDF5 and its readers fail in many ways
        raise UnusableFileError(f"{path}: {DAMAGED}") from error
    with dataset:
        try:
            yield dataset
        except OSError as error:
            # an error of HDF5 itself has no number
            if error.errno is not None:
                raise
            raise UnusableFileError(f"{path}: {DAMAGED}") from error


def load(dataset: xr.Dataset) -> xr.Dataset:
    """Read the values of an open data set, in double precision."""
    return dataset.load().map(
        lambda values: values.astype(np.float64) if values.dtype == np.float32 else values,
        keep_attrs=True,
    )


def read_netcdf(path: str | Path, group: str = "/") -> xr.Dataset:
    """Read one group of a netCDF4 file into memory; raises as `open_netcdf` does."""
    with open_netcdf(path, group) as dataset:
        return load(dataset)


def join_replicates(datasets: Mapping[int, xr.Dataset]) -> xr.Dataset:
    """Return the datasets, given by replicate, as one with the further dimension `replicate`."""
    replicates = xr.DataArray(np.array(list(datasets), dtype=np.int64), dims="replicate")
    joined = xr.concat(
        list(datasets.values()), dim="replicate", coords="minimal", compat="override", join="outer"
    )
    return joined.assign_coords(replicate=replicates)


def read_json(path: str | Path) -> Any:
    """Read a file that `write_json` wrote; raises UnusableFileError if it is no JSON."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:
        raise UnusableFileError(f"{path}: {DAMAGED}") from error


def write_json(path: str | Path, value: Any) -> None:
    """Write `value` as JSON; values that are not finite become null."""
    with written_whole(path) as temporary:
        temporary.write_text(json.dumps(_without_nan(value), allow_nan=False) + "\n")


def _encoding(dataset: xr.Dataset) -> dict[str, dict[str, Any]]:
    """The storage of every variable, one chunk per replicate, which can be read alone."""
    encoding: dict[str, dict[str, Any]] = {}
    for name, variable in dataset.variables.items():
        storage: dict[str, Any] = {"fletcher32": True}
        if variable.dtype.kind in "OU":
            # strings of any length would be stored where HDF5 has no checksums
            storage["dtype"] = "S1"
        elif variable.ndim and variable.size:
            sizes = zip(variable.dims, variable.shape, strict=True)
            storage["chunksizes"] = tuple(1 if dim == "replicate" else size for dim, size in sizes)
            if variable.dtype == np.float64 and _is_single(variable.to_numpy()):
                storage["dtype"] = "float32"
            else:
                storage |= {"zlib": True, "complevel": 1, "shuffle": True}
        else:
            continue  # HDF5 has checksums of arrays only
        encoding[str(name)] = storage
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
