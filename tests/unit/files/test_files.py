import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from funnel_study.files.formats import (
    load,
    open_netcdf,
    read_json,
    read_netcdf,
    write_json,
    write_netcdf,
)
from funnel_study.files.tables import write_table
from funnel_study.files.whole_files import (
    UNFINISHED,
    UnusableFileError,
    remove_unfinished,
    written_whole,
)


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


def test_what_killed_processes_left_half_written_is_removed(tmp_path: Path) -> None:
    (tmp_path / "fits").mkdir()
    (tmp_path / "fits/0.nc").touch()
    (tmp_path / f"fits/{UNFINISHED}7-1.nc").touch()
    remove_unfinished(tmp_path)
    assert [path.name for path in tmp_path.rglob("*.nc")] == ["0.nc"]


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


@pytest.mark.parametrize("rounded", [False, True])
def test_values_are_found_in_double_precision_as_they_were_written(
    tmp_path: Path, rounded: bool
) -> None:
    x = np.random.default_rng(1).normal(size=(2, 500)) * [[1e-30], [1e30]]
    x[0, :3] = np.nan, np.inf, -np.inf
    x = x.astype(np.float32).astype(float) if rounded else x
    path = tmp_path / "file.nc"
    written = xr.Dataset({"x": (("replicate", "draw"), x)}, attrs={"sampler": "a"})
    write_netcdf(path, {"/": written})
    found = read_netcdf(path)
    assert found["x"].dtype == np.float64
    assert found.identical(written)
    with open_netcdf(path) as lazy:
        assert load(lazy.isel(replicate=1))["x"].identical(written["x"][1])
        assert lazy["x"].dtype == (np.float32 if rounded else np.float64)


def write_draws(path: Path) -> None:
    draws = np.random.default_rng(1).normal(size=(1, 2, 500))
    posterior = xr.Dataset({"mu": (("replicate", "chain", "draw"), draws)})
    root = xr.Dataset(
        {"status": ("replicate", np.array(["ok"], dtype=object))},
        attrs={"sampler": "stan", "starting_seconds": 0.1},
    )
    write_netcdf(path, {"/": root, "posterior": posterior})


def write_fits(path: Path) -> None:
    write_table(pd.DataFrame({"scenario": ["weak"] * 50, "mean": np.arange(50) / 7}), path)


def write_diagnostics(path: Path) -> None:
    write_json(path, {"fits": [{"replicate": i, "rhat": 1 + i / 7} for i in range(50)]})


def damaged(content: bytes, data: st.DataObject) -> bytes:
    """The content of a file, cut short or with another byte."""
    if data.draw(st.booleans(), "cut short"):
        return content[: data.draw(st.integers(0, len(content) - 1))]
    at = data.draw(st.integers(0, len(content) - 1))
    other = content[at] ^ data.draw(st.integers(1, 255))
    return content[:at] + bytes([other]) + content[at + 1 :]


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_damaged_draws_are_never_read_as_other_numbers(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("damaged") / "0.nc"
    write_draws(path)
    whole = [read_netcdf(path, group) for group in ("/", "posterior")]
    path.write_bytes(damaged(path.read_bytes(), data))
    try:
        found = [read_netcdf(path, group) for group in ("/", "posterior")]
    except UnusableFileError as error:
        assert str(error) == f"{path}: is cut short or damaged; delete it and run again"
    else:
        # a byte that nothing reads
        assert all(map(xr.Dataset.identical, found, whole))


def test_a_file_of_diagnostics_that_was_cut_short_is_named(tmp_path: Path) -> None:
    path = tmp_path / "0.json"
    write_diagnostics(path)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(UnusableFileError, match=r"0\.json: is cut short or damaged; delete it"):
        read_json(path)


def test_a_file_that_is_not_there_is_not_called_damaged(tmp_path: Path) -> None:
    for read in (read_netcdf, read_json):
        with pytest.raises(FileNotFoundError):
            read(tmp_path / "0")


WRITERS: dict[str, Callable[[Path], None]] = {
    "x.nc": write_draws,
    "x.csv": write_fits,
    "x.json": write_diagnostics,
}
# a process of its own, as the limit cannot be raised again
LIMITED = """
import resource, sys
sys.path[:0] = sys.argv[3:]
import test_files
from funnel_study.run.job_errors import run
path, limit = test_files.Path(sys.argv[1]), int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
run(lambda: test_files.WRITERS[path.name](path))
"""


@pytest.mark.parametrize("name", WRITERS)
def test_a_file_that_the_disk_does_not_hold_is_not_there(
    repository: Path, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    WRITERS[name](path)
    before = path.read_bytes()
    done = subprocess.run(
        [
            *(sys.executable, "-c", LIMITED, str(path), str(len(before) // 2)),
            *(str(repository / folder) for folder in ("src", "tests", "tests/unit/files")),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 28
    (line,) = done.stderr.splitlines()
    assert (
        line
        == f"{path} was not written (File too large): free some space on its disk and run again"
    )
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
