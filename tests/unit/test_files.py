import json
import os
import socket
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from funnel.files import (
    SECONDS_TO_WRITE,
    read_netcdf,
    write_json,
    write_netcdf,
    written_whole,
)

# a process of no number that Linux gives
DEAD = 2**22 + 1


def test_a_file_that_is_not_finished_never_appears(tmp_path: Path) -> None:
    path = tmp_path / "sub" / "file.txt"
    with pytest.raises(RuntimeError), written_whole(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert list(path.parent.iterdir()) == []


def test_the_old_file_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError), written_whole(path) as temporary:
        temporary.write_text("new")
        raise RuntimeError
    assert path.read_text() == "old"
    with written_whole(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("host", "process", "age", "stays"),
    [
        ("here", os.getppid(), 0, True),  # it is alive
        ("here", DEAD, 0, False),
        ("there", DEAD, 0, True),  # which cannot be known here
        ("there", DEAD, 2 * SECONDS_TO_WRITE, False),
    ],
)
def test_only_what_a_dead_job_left_half_written_is_removed(
    tmp_path: Path, host: str, process: int, age: float, stays: bool
) -> None:
    """A job of a killed run may go on, here or elsewhere, beside the one that replaces it."""
    name = socket.gethostname().replace(".", "-") if host == "here" else host
    other = tmp_path / f".file.{name}.{process}.txt"
    other.write_text("half")
    then = other.stat().st_mtime - age
    os.utime(other, (then, then))
    with written_whole(tmp_path / "file.txt") as temporary:
        temporary.write_text("new")
    assert other.exists() == stays
    assert (tmp_path / "file.txt").read_text() == "new"


def test_missing_values_are_null_in_json(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    write_json(path, {"a": [np.nan, np.float64(1.5), np.inf], "b": np.int64(3), "c": None})
    assert json.loads(path.read_text()) == {"a": [None, 1.5, None], "b": 3, "c": None}


def test_groups_are_found_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "file.nc"
    root = xr.Dataset({"word": ("replicate", np.array(["", "äß"], dtype=object))})
    draws = xr.Dataset({"x": (("replicate", "draw"), np.random.default_rng(1).normal(size=(2, 9)))})
    write_netcdf(path, {"/": root, "posterior": draws})
    assert read_netcdf(path)["word"].to_numpy().tolist() == ["", "äß"]
    assert read_netcdf(path, "posterior")["x"].equals(draws["x"])
