"""Reading and writing: files appear whole or not at all, and are read as they were written.

Beside each file that a later stage reads lies a hidden one, of its size and CRC-32 and of the
configuration that it was made for. A file that is not as that one says is never used: a reader
refuses it, and leaves a note beside it, by which the next run makes it anew.
"""

from __future__ import annotations

import contextlib
import csv
import glob
import hashlib
import io
import json
import os
import socket
import time
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import h5netcdf
import numpy as np
import xarray as xr
from xarray.backends import H5NetCDFStore

ENGINE: Literal["h5netcdf"] = "h5netcdf"
# the variable of a job's environment that holds the hash of its study's configuration
CONFIGURATION = "FUNNEL_CONFIGURATION"
RECORD = ".check"
FOREIGN = "was made for another configuration"
ANEW = "run the study again, which makes it anew"
# the age of a temporary file at which its job is taken for dead
SECONDS_TO_WRITE = 3600.0


class UnfitError(ValueError):
    """A file that cannot be used; `str()` is a line that names it, says why and what to do."""


@contextlib.contextmanager
def written_whole(path: str | Path, configuration: str | None = None) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place when the block ends without error.

    With a `configuration`, what it was made for, `check` accepts the file from then on.
    """
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
        with temporary.open("rb+") as file:
            # or the new name could outlive a loss of power, and what it names not
            os.fsync(file.fileno())
        if configuration is not None:
            with written_whole(record_path(path)) as record:
                record.write_text(f"{_checksum(temporary)} {configuration}\n")
        temporary.replace(path)
        _note_path(path).unlink(missing_ok=True)
    except OSError as error:
        error.filename = error.filename or str(path)
        raise
    finally:
        temporary.unlink(missing_ok=True)


def record_path(path: str | Path) -> Path:
    """Where the record of a file lies: its checksum and what it was made for."""
    return Path(path).with_name(f".{Path(path).name}{RECORD}")


def configuration_of(*parts: Any) -> str:
    """A hash of what a file is made for: anything that JSON holds."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def problem(path: str | Path, configuration: str | None = None) -> str:
    """Why a file is not the one that was written, for `configuration` if given; else empty."""
    try:
        found = _checksum(Path(path))
        size, checksum, made_for = _record(path)
    except FileNotFoundError as error:
        return "is missing" if Path(error.filename) == Path(path) else "has no record beside it"
    except ValueError:
        return "has a damaged record beside it"
    if f"{size} {checksum}" != found:
        return "is cut short, damaged or changed"
    if configuration not in (None, made_for):
        return FOREIGN
    return ""


def made_for(path: str | Path) -> str:
    """The configuration that a file was made for, by its record; empty if there is none."""
    try:
        return _record(path)[2]
    except (OSError, ValueError, IndexError):
        return ""


def check(configurations: Mapping[str | Path, str | None]) -> None:
    """Raises UnfitError, with a line a file, unless all are whole, unchanged and for their purpose.

    `configurations` are what the files are to be made for, None where anything will do. A job of
    the workflow also leaves a note for `refusal`.
    """
    found = {path: problem(path, made_for) for path, made_for in configurations.items()}
    found = {path: why for path, why in found.items() if why}
    if CONFIGURATION in os.environ:
        with contextlib.suppress(OSError):
            for path, why in found.items():
                _note_path(Path(path)).write_text(why, encoding="utf-8")
    if found:
        raise UnfitError("\n".join(f"{path}: {why}; {ANEW}" for path, why in found.items()))


def refusal(path: str | Path) -> str:
    """Why a job refused a file that was not written since; empty if none did."""
    note = _note_path(Path(path))
    return note.read_text(encoding="utf-8") if note.exists() else ""


def write_netcdf(
    path: str | Path, groups: Mapping[str, xr.Dataset], configuration: str = ""
) -> None:
    """Writes each data set to its group of one netCDF4 file, compressed; "/" is the root."""
    # in memory first: of a disk that is full, HDF5 says nothing that can be understood, and it may
    # take the process down
    content = io.BytesIO()
    with h5netcdf.File(content, "w") as file:
        for group, dataset in groups.items():
            place = file if group == "/" else file.create_group(group)
            dataset.dump_to_store(H5NetCDFStore(place), encoding=_encoding(dataset))
    with written_whole(path, configuration) as temporary:
        temporary.write_bytes(content.getbuffer())


def open_netcdf(path: str | Path, group: str = "/") -> xr.Dataset:
    """One group of a netCDF4 file, of which nothing is read yet; to be closed."""
    return xr.open_dataset(path, group=group, engine=ENGINE)


def read_netcdf(path: str | Path, group: str = "/") -> xr.Dataset:
    """One group of a netCDF4 file, in memory; `check` says beforehand whether it is whole."""
    with open_netcdf(path, group) as dataset:
        return dataset.load()


def read_json(path: str | Path, configuration: str | None = None) -> Any:
    """What `write_json` wrote; UnfitError if the file is not that, or not for `configuration`."""
    check({path: configuration})
    return json.loads(Path(path).read_text(encoding="utf-8"))


def write_json(path: str | Path, value: Any, configuration: str = "") -> None:
    """Writes `value` as JSON, with missing values (NaN) as null."""
    with written_whole(path, configuration) as temporary:
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


def _record(path: str | Path) -> list[str]:
    """Size and CRC-32 of a file and what it was made for, as they were when it was written."""
    return record_path(path).read_text(encoding="utf-8").rstrip("\n").split(" ")


def _checksum(path: Path) -> str:
    """Size and CRC-32 of a file: against accidents, at a gigabyte and more a second."""
    size = checksum = 0
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            size, checksum = size + len(part), zlib.crc32(part, checksum)
    return f"{size} {checksum:08x}"


def _note_path(path: Path) -> Path:
    return path.with_name(f".{path.name}.refused")


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
