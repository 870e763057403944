"""The parts of Snakemake that are used beyond its documentation and that a release may change."""

import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from conftest import Workflow, finished
from snakemake.cli import get_argument_parser

from funnel_study.run.runs import read_runs
from funnel_study.run.snakemake_internals import _OTHER_COMMANDS, executor_of_this_run

pytestmark = pytest.mark.slow

CALLS = {
    "--cores 2": "local",
    "--cores 2 --forcerun figures -- figures": "local",
    "--cores 2 --touch": "local",
    "--executor slurm --jobs 5": "slurm",
    "--cores 2 --dry-run": None,
    "-n": None,
    "--lint": None,
    "--report report.html": None,
    "--unlock": None,
    "--summary": None,
    "--dag": None,
    "--rulegraph": None,
    "--list-rules": None,
    "--cleanup-metadata some/file": None,
    "--delete-temp-output": None,
    "--list-untracked": None,
    "--conda-create-envs-only": None,
    "--containerize": None,
}


@pytest.mark.parametrize(("call", "executor"), CALLS.items())
def test_only_a_call_that_runs_jobs_has_an_executor(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    call: str,
    executor: str | None,
) -> None:
    monkeypatch.chdir(tmp_path)
    workflow = SimpleNamespace(is_main_process=True)
    assert executor_of_this_run(workflow, call.split()) == executor
    assert capfd.readouterr() == ("", "")
    assert executor_of_this_run(SimpleNamespace(is_main_process=False), call.split()) is None


def test_a_program_that_is_not_snakemakes_command_line_runs_no_jobs() -> None:
    workflow = SimpleNamespace(is_main_process=True)
    assert executor_of_this_run(workflow, ["--no-such-option"]) is None


def test_snakemake_has_every_option_that_is_looked_at() -> None:
    known = {action.dest for action in get_argument_parser(profiles=[])._actions}
    assert set(_OTHER_COMMANDS) <= known


@pytest.mark.parametrize(
    "arguments",
    [
        ("--dry-run", "--cores", "1"),
        ("--lint",),
        ("--unlock",),
        ("--summary",),
        ("--list-rules",),
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_call_that_runs_no_job_takes_no_lock_and_writes_nothing(
    repository: Path, small: dict[str, Any], tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    workflow = Workflow(repository, tmp_path, small)
    finished(workflow.command(*arguments), workflow.environment())
    assert not workflow.root.exists()


def test_a_study_that_is_run_elsewhere_can_be_looked_at_but_not_run(copy: Workflow) -> None:
    lock = copy.root / ".lock"
    program = (
        "import sys, subprocess, fcntl; file = open(sys.argv[1], 'a+');"
        "fcntl.flock(file, fcntl.LOCK_EX); sys.exit(subprocess.run(sys.argv[2:]).returncode)"
    )
    holding = ["python3", "-c", program, str(lock)]
    environment = copy.environment()

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        return finished([*holding, *copy.command(*arguments)], environment)

    assert call("--dry-run", "--cores", "1").returncode == 0
    report = copy.root / "provenance.html"
    assert call("--report", str(report)).returncode == 0
    assert report.exists()
    refused = call("--cores", "1")
    assert refused.returncode == 1
    assert refused.stderr.splitlines()[-1].startswith("study 'small': is being run by process")
    assert "Building DAG" not in refused.stdout + refused.stderr


def test_a_run_records_its_cores(done: Workflow) -> None:
    assert read_runs(done.root / "logs/runs.csv")["cores"].tolist() == [2]


def test_a_forced_file_is_regenerated_although_nothing_else_says_so(copy: Workflow) -> None:
    """Only a note says that a job refused the draws; times, params and code are unchanged."""
    fit = copy.root / "fits/few/mixed/stan/1.nc"
    fit.with_name(f".{fit.name}.refused").write_text("is cut short, damaged or changed")
    assert copy.planned()["fit"] == 1
