"""What Funnel uses of Snakemake beyond its documentation and that a release may change."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conftest import Workflow, finished

from funnel_study.run.runs import read_runs


@pytest.mark.slow
@pytest.mark.parametrize("call", ["--dry-run --cores 1", "--lint", "--summary", "--list-rules"])
def test_a_call_that_runs_no_job_takes_no_lock_and_writes_nothing(
    repository: Path, small: dict[str, Any], tmp_path: Path, call: str
) -> None:
    workflow = Workflow(repository, tmp_path, small)
    finished(workflow.command(*call.split()), workflow.environment())
    assert not workflow.root.exists()


def test_a_study_that_is_run_elsewhere_can_be_looked_at_but_not_run(copy: Workflow) -> None:
    program = (
        "import sys, subprocess, fcntl; file = open(sys.argv[1], 'a+');"
        "fcntl.flock(file, fcntl.LOCK_EX); sys.exit(subprocess.run(sys.argv[2:]).returncode)"
    )
    holding = ["python3", "-c", program, str(copy.root / ".lock")]

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        return finished([*holding, *copy.command(*arguments)], copy.environment())

    (copy.root / "summary/answers.csv").unlink()
    assert call("--dry-run", "--cores", "1").returncode == 0
    refused = call("--cores", "1")
    assert refused.returncode == 1
    assert "study 'small': is being run by process" in refused.stderr
    assert not (copy.root / "summary/answers.csv").exists()


def test_results_without_snakemakes_metadata_are_refused(copy: Workflow) -> None:
    shutil.rmtree(copy.directory / ".snakemake")
    for arguments in (("--cores", "1"), ("--dry-run",)):
        refused = finished(copy.command(*arguments), copy.environment())
        assert refused.returncode == 1
        line = refused.stderr.strip().splitlines()[-1]
        assert line.startswith("results/small/data/few/0.nc: Snakemake has no record of how this")


def test_a_run_records_its_cores(done: Workflow) -> None:
    assert read_runs(done.root / "logs/runs.csv")["cores"].tolist() == [2]
