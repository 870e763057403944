"""Faults of the machine and of files: each is reported in one line, and no number is lost.

A study that went through them has the same numbers, to the last digit, as one that did not.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Workflow, finished, numbers
from faults import Tried
from funnel_study.files.records import record_path

from funnel_study.study import design
from funnel_study.study.jobs import fit_job
from funnel_study.study.read import read_study

pytestmark = pytest.mark.slow

DAMAGED = "is cut short, damaged or changed"
REGENERATED = "run the study again to regenerate it"


def cut(path: Path) -> None:
    """Cut a file in half, at the end of a line if it has lines."""
    content = path.read_bytes()
    half = content[: len(content) // 2]
    path.write_bytes(half[: half.rfind(b"\n") + 1] or half)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def edit(path: Path) -> None:
    """Change a digit."""
    content = bytearray(path.read_bytes())
    at = next(i for i in range(len(content) // 2, len(content)) if chr(content[i]).isdigit())
    content[at] = ord("1") if content[at] != ord("1") else ord("2")
    path.write_bytes(content)


def flip(path: Path) -> None:
    """Change a byte."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def set_times(root: Path, time_of: Callable[[int], float]) -> None:
    files = sorted(path for path in root.rglob("*") if path.is_file())
    for i, path in enumerate(files):
        os.utime(path, (time_of(i), time_of(i)))


def newer(workflow: Workflow, *paths: str) -> None:
    """Give files the present time, so that they are the newest."""
    for path in paths:
        (workflow.root / path).touch()


def test_damaged_tables_and_diagnostics_are_regenerated(
    done: Workflow, copy: Workflow, tried: Tried
) -> None:
    damage: dict[str, tuple[str, Callable[[Path], None]]] = {
        "summary/fits.csv": ("a CSV table cut short at the end of a line", cut),
        "summary/estimates.csv": ("a digit of a CSV table changed", edit),
        "summary/answers.csv": ("an empty CSV table", empty),
        "diagnostics/few/mixed/stan/0-1.json": ("a JSON file cut short", cut),
        "diagnostics/few/noncentered/stan/0-1.json": (
            "a digit of a JSON file changed",
            edit,
        ),
        "diagnostics/lone/mixed/stan/0-1.json": ("an empty JSON file", empty),
    }
    for what, _ in damage.values():
        tried(
            "Local run",
            f"{what}, with all file times in order",
            "when the next run starts, a line names the file; it and everything that depends on it "
            "are regenerated, with the same numbers",
        )
    for path, (_, harm) in damage.items():
        harm(copy.root / path)
    set_times(copy.root, lambda _: 1_600_000_000)
    output = copy.succeed("analyse")
    for path in damage:
        assert f"results/small/{path}: {DAMAGED}; it will be regenerated" in output.splitlines()
    assert numbers(copy) == numbers(done)


def test_damaged_draws_and_data_are_refused_and_regenerated(
    done: Workflow, copy: Workflow, tried: Tried
) -> None:
    damage: dict[str, tuple[str, Callable[[Path], None]]] = {
        "fits/few/mixed/stan/0.nc": ("a netCDF file of draws cut short", cut),
        "fits/few/noncentered/stan/1.nc": (
            "a byte of a netCDF file of draws changed",
            flip,
        ),
        "fits/lone/mixed/stan/0.nc": ("an empty netCDF file of draws", empty),
        "data/few/1.nc": ("a byte of a netCDF file of data changed", flip),
    }
    for what, _ in damage.values():
        tried(
            "Local run",
            what,
            "the job that reads it ends with a line that names it and says to run again; the next "
            "run regenerates it, with the same numbers",
        )
    tried(
        "Local run",
        "a netCDF file of draws in the place of that of another replicate",
        "the next run regenerates it, with the same numbers",
    )
    for path, (_, harm) in damage.items():
        harm(copy.root / path)
    fits = copy.root / "fits/lone/noncentered/stan"
    for name in ("0.nc", record_path("0.nc").name):
        shutil.copy2(fits / name, fits / name.replace("0", "1"))
    shutil.rmtree(copy.root / "diagnostics")
    shutil.rmtree(copy.root / "summary")
    set_times(copy.root, lambda _: 1_600_000_000)
    first = copy.run("analyse", "--retries", "0")
    assert first.returncode == 1
    output = first.stdout + first.stderr
    assert "Traceback" not in output
    for path in damage:
        line = f"results/small/{path}: {DAMAGED}; {REGENERATED}"
        assert line in (each.strip() for each in output.splitlines()), output
    assert not (copy.root / "summary/fits.csv").exists()
    copy.succeed("analyse")
    assert numbers(copy) == numbers(done)
    assert not list(copy.root.rglob(".*.refused"))


def test_files_of_another_configuration_or_of_other_code_are_regenerated(
    copy: Workflow, tried: Tried
) -> None:
    tried(
        "Local run",
        "a finished study copied to the folder of another study with another seed",
        "the next run says so and regenerates everything",
    )
    tried(
        "Local run",
        "results without Snakemake's records (cloned or copied), and another configuration",
        "the next run says so and regenerates the affected files, and no others",
    )
    tried(
        "Local run",
        "results without Snakemake's records (cloned or copied), and the same configuration",
        "nothing is run again",
    )
    tried(
        "Local run",
        "results without Snakemake's records (cloned or copied), and other code",
        "the next run says so and regenerates the affected files",
    )
    shutil.rmtree(copy.directory / ".snakemake")
    assert not copy.planned()
    records = sorted(copy.root.glob("diagnostics/few/*/*/.*.check"))
    for record in records:
        kept = record.read_text()
        record.write_text(f"{kept.rsplit(' ', 1)[0]} 0123456789abcdef\n")
    output = copy.succeed("--dry-run")
    line = "The code has changed; affected files will be regenerated: results/small/diagnostics/"
    # each diagnosis has two files
    assert f"{line}few/noncentered/stan/0-1.json and 3 more" in output
    assert (copy.planned()["diagnose"], len(records)) == (2, 4)
    for record in records:
        record.write_text(record.read_text().replace("0123456789abcdef", kept.split()[-1]))
    everything = {"simulate": 4, "fit": 8, "diagnose": 4, "summarise": 1}
    original = copy.config
    copy.config = {**original, "sampling": {**original["sampling"], "draws": 150}}
    planned = copy.planned()
    assert {rule: planned[rule] for rule in everything} == {**everything, "simulate": 0}
    copy.config = {**original, "study": "other", "seed": 2}
    shutil.copytree(copy.directory / "results/small", copy.root)
    planned = copy.planned()
    assert {rule: planned[rule] for rule in everything} == everything
    line = "The configuration has changed; affected files will be regenerated: results/other/"
    assert f"{line}summary/fits.csv and 37 more" in copy.succeed("--dry-run")


def test_times_of_files_change_no_number(done: Workflow, copy: Workflow, tried: Tried) -> None:
    tried(
        "Local run",
        "all files with the same time (a clone, or rsync without times)",
        "nothing is run again",
    )
    tried(
        "Local run",
        "all files with times years ago, or years ahead",
        "nothing is run again",
    )
    tried(
        "Local run",
        "files with random times, inputs newer than the files made from them",
        "files are regenerated where necessary, with the same numbers",
    )
    for time in (1_600_000_000, 1, 2**32):
        set_times(copy.root, lambda _, time=time: time)  # type: ignore[misc]
        assert not copy.planned(), time
    set_times(copy.root, lambda i: 1_600_000_000 + (i * 7919) % 104_729)
    newer(copy, "data/few/0.nc", "summary/fits.csv")
    os.utime(copy.root / "diagnostics/lone/mixed/stan/0-1.json", (2**32, 2**32))
    copy.succeed("analyse")
    assert numbers(copy) == numbers(done)


def test_a_full_disk_stops_a_job_with_a_line(done: Workflow, copy: Workflow, tried: Tried) -> None:
    tried(
        "Local run",
        "a disk that is full when a job writes (a small file system)",
        "one line says so, and no file is half written; once there is space, the next run "
        "completes the study with the same numbers",
    )
    alone = ["unshare", "--user", "--map-root-user", "--mount"]
    if shutil.which(alone[0]) is None or subprocess.run([*alone, "true"], check=False).returncode:
        pytest.skip("a file system cannot be mounted here")
    shutil.rmtree(copy.root / "summary")
    folder = copy.root / "diagnostics"
    shutil.rmtree(folder)
    folder.mkdir()
    command = copy.command("--cores", "2", "--retries", "0", "analyse")
    mount = 'mount -t tmpfs -o size=16k none "$0" && "$@"; code=$?; find "$0" -type f; exit $code'
    full = finished(
        [*alone, "sh", "-c", mount, str(folder), *command],
        copy.environment(),
    )
    output = full.stdout + full.stderr
    assert full.returncode == 1, output
    path = "results/small/diagnostics/few/mixed/stan/0-1.json"
    line = f"{path} was not written (No space left on device): free some space on its disk"
    assert f"{line} and run again" in (each.strip() for each in output.splitlines()), output
    assert "The disk was full when a job wrote a file: free some space and run again" in output
    assert "Traceback" not in output
    assert not [line for line in output.splitlines() if line == str(copy.directory / path)]
    copy.succeed("analyse")
    assert numbers(copy) == numbers(done)


def test_a_cluster_that_does_not_answer_is_told_before_any_job(
    repository: Path, small: dict[str, Any], tmp_path: Path, tried: Tried
) -> None:
    tried(
        "Slurm",
        "a cluster whose controller does not answer",
        "one line says so, and no job is submitted",
    )
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("sinfo", "squeue", "sbatch", "sacct"):
        (programs / name).write_text("#!/bin/sh\necho 'no contact' >&2\nexit 1\n")
        (programs / name).chmod(0o755)
    workflow = Workflow(repository, tmp_path, small)
    profile = str(repository / "workflow/profiles/slurm")
    done = finished(
        workflow.command("--profile", profile, "--jobs", "2"),
        {**os.environ, "PATH": f"{programs}:/usr/bin:/bin"},
    )
    output = done.stdout + done.stderr
    assert done.returncode == 1, output
    line = "study 'small': Slurm does not answer (no contact); once sinfo lists nodes, try again"
    assert line in output
    assert "Traceback" not in output
    assert not list(workflow.root.rglob("*.nc"))


def test_a_fit_beyond_its_memory_leaves_nothing(
    repository: Path, done: Workflow, tmp_path: Path, tried: Tried
) -> None:
    tried(
        "Local run",
        "a fit with too little memory (ulimit -v)",
        "one line says so and how to run with less memory; no file is written",
    )
    if shutil.which("prlimit") is None:
        pytest.skip("no prlimit")
    study = read_study(done.config)
    job = fit_job(study, design.Cell("lone", "noncentered", "nutpie"))
    output = tmp_path / "0.nc"
    little = finished(
        [
            *("prlimit", f"--as={550 * 2**20}", sys.executable, str(repository / "scripts/fit.py")),
            *("--job", json.dumps(job), "--data", str(done.root / "data/lone/0.nc")),
            *("--output", str(output)),
        ],
        {**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    assert little.returncode == 1
    (line,) = little.stderr.splitlines()
    assert line.startswith("out of memory: run again with fewer jobs at a time (make study CORES=1")
    assert not list(tmp_path.iterdir())
