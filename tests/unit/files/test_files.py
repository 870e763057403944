import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from faults import Tried
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
from funnel_study.files.records import (
    ORIGINS,
    Origin,
    UnusableFileError,
    as_environment,
    check,
    problem,
    record_path,
    recorded_problem,
    refusal,
)
from funnel_study.files.tables import read_table, write_table
from funnel_study.files.whole_files import SECONDS_TO_WRITE, written_whole

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
    root = xr.Dataset({"status": ("replicate", np.array(["ok"], dtype=object))})
    write_netcdf(path, {"/": root, "posterior": posterior})


def write_fits(path: Path) -> None:
    write_table(pd.DataFrame({"scenario": ["weak"] * 50, "mean": np.arange(50) / 7}), path)


def write_diagnostics(path: Path) -> None:
    write_json(path, {"fits": [{"replicate": i, "rhat": 1 + i / 7} for i in range(50)]})


def read_draws(path: Path) -> xr.Dataset:
    check(path)
    return read_netcdf(path, "posterior")


KINDS: dict[str, tuple[Callable[[Path], None], Callable[[Path], object]]] = {
    "x.nc": (write_draws, read_draws),
    "x.csv": (write_fits, read_table),
    "x.json": (write_diagnostics, read_json),
}


@pytest.mark.parametrize("name", KINDS)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_damage_is_found_by_who_reads(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    data: st.DataObject,
) -> None:
    monkeypatch.setenv(ORIGINS, "{}")
    write, read = KINDS[name]
    path = tmp_path_factory.mktemp("damaged") / name
    write(path)
    read(path)
    content = bytearray(path.read_bytes())
    if data.draw(st.booleans(), "cut short"):
        del content[data.draw(st.integers(0, len(content) - 1)) :]
    else:
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    for _ in range(2):
        with pytest.raises(
            UnusableFileError, match=r"x\.\w+: is cut short, damaged or changed; run"
        ):
            read(path)
    assert refusal(path) == "is cut short, damaged or changed"
    write(path)
    read(path)
    assert {file.name for file in path.parent.iterdir()} == {name, record_path(path).name}


@pytest.mark.parametrize("name", KINDS)
def test_a_file_without_its_record_is_not_read(tmp_path: Path, name: str) -> None:
    write, read = KINDS[name]
    write(tmp_path / name)
    record_path(tmp_path / name).unlink()
    with pytest.raises(UnusableFileError, match="has no record beside it"):
        read(tmp_path / name)
    assert not refusal(tmp_path / name), "only jobs of the workflow leave notes"


OTHERS = {
    Origin("those", "code"): "was made for another configuration",
    Origin("these", "other code"): "was made by another version of the code",
    Origin("those", "other code"): "was made for another configuration",
}


@pytest.mark.parametrize(("other", "reason"), OTHERS.items())
def test_a_job_refuses_a_file_of_another_origin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other: Origin, reason: str
) -> None:
    path = tmp_path / "x.json"
    own = Origin("these", "code")
    monkeypatch.setenv(ORIGINS, as_environment({str(path): own}))
    write_json(path, [1])
    assert read_json(path) == [1]
    assert problem(path, own) == recorded_problem(path, own) == problem(path) == ""
    assert problem(path, other) == recorded_problem(path, other) == reason
    monkeypatch.setenv(ORIGINS, as_environment({str(path): other}))
    with pytest.raises(UnusableFileError, match=f"{reason}; run the study again to regenerate it"):
        read_json(path)
    assert refusal(path) == reason


def test_any_code_will_do_where_none_is_expected(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    write_json(path, [1])
    record = record_path(path)
    record.write_text(record.read_text().rstrip("\n ") + " these code\n")
    assert problem(path, Origin("these")) == ""
    assert problem(path, Origin("those")) == "was made for another configuration"


def test_a_record_of_an_earlier_version_without_code_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    write_json(path, [1])
    record = record_path(path)
    record.write_text(" ".join(record.read_text().split()[:2]) + " these\n")
    assert problem(path) == "has a damaged record beside it"
    assert recorded_problem(path, Origin("these")) == "was made for another configuration"


# a process of its own, as the limit cannot be raised again
LIMITED = """
import resource, sys
sys.path[:0] = sys.argv[3:]
import test_files
from funnel_study.run.job_errors import run
path, limit = test_files.Path(sys.argv[1]), int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
run(lambda: test_files.KINDS[path.name][0](path))
"""


@pytest.mark.parametrize("name", KINDS)
def test_a_file_that_the_disk_does_not_hold_is_not_there(
    repository: Path, tmp_path: Path, tried: Tried, name: str
) -> None:
    tried(
        "Local run",
        f"a limit to the size of files (ulimit -f) that is reached in a {Path(name).suffix} file",
        "one line names the file; the old one stays as it was",
    )
    path = tmp_path / name
    KINDS[name][0](path)
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
    assert {file.name for file in tmp_path.iterdir()} == {name, record_path(path).name}
    KINDS[name][1](path)
