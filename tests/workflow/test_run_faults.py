"""Faults of the machine and of files: each is reported in one line, and no number is lost."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import Workflow, finished, numbers

from funnel_study.study import design
from funnel_study.study.jobs import fit_job
from funnel_study.study.read import read_study

pytestmark = pytest.mark.slow


def test_damaged_draws_and_data_are_named_and_made_again_once_they_are_deleted(
    done: Workflow, copy: Workflow
) -> None:
    cut, flipped = copy.root / "fits/few/mixed/stan/0.nc", copy.root / "data/lone/1.nc"
    cut.write_bytes(cut.read_bytes()[:5_000])
    content = bytearray(flipped.read_bytes())
    content[content.index(b"OHDR") + 20] ^= 0xFF
    flipped.write_bytes(content)
    for folder in ("exact", "diagnostics"):
        shutil.rmtree(copy.root / folder)
    failed = copy.run("analyse", "--retries", "0")
    assert failed.returncode == 1
    output = failed.stdout + failed.stderr
    assert "Traceback" not in output
    for path in (cut, flipped):
        name = path.relative_to(copy.directory)
        line = f"{name}: is cut short or damaged; delete it and run again"
        assert line in (each.strip() for each in output.splitlines()), output
        path.unlink()
    copy.succeed("analyse")
    assert numbers(copy) == numbers(done)


def test_a_full_disk_stops_a_job_with_a_line(done: Workflow, copy: Workflow) -> None:
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
    repository: Path, small: dict[str, Any], tmp_path: Path
) -> None:
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
    repository: Path, done: Workflow, tmp_path: Path
) -> None:
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
