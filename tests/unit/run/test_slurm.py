"""Without Slurm; tests/workflow/test_on_slurm.py has one."""

import os
import socket
from pathlib import Path

import pytest

from funnel_study.run import slurm


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of the PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def program(folder: Path, name: str, script: str) -> None:
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


def test_slurm_answers_or_a_line_says_that_it_does_not(programs: Path) -> None:
    with pytest.raises(slurm.SlurmError, match=r"sinfo, sbatch.* not on the PATH"):
        slurm.reach()
    program(programs, "sinfo", "echo 'sinfo: error: no contact' >&2; exit 1")
    with pytest.raises(slurm.SlurmError, match=r"does not answer \(sinfo: error: no contact\)"):
        slurm.reach()
    program(programs, "sinfo", "exit 0")
    slurm.reach()


def test_a_study_that_slurm_never_ran_has_no_orphans(tmp_path: Path, programs: Path) -> None:
    program(programs, "squeue", "exit 1")
    assert slurm.end_orphans(tmp_path / "record") == []


def test_a_machine_without_slurm_has_no_orphans(tmp_path: Path, programs: Path) -> None:
    slurm.record(tmp_path / "record", "study_1")
    assert slurm.end_orphans(tmp_path / "record") == []


def test_a_run_whose_jobs_have_all_ended_is_forgotten(tmp_path: Path, programs: Path) -> None:
    program(programs, "squeue", "exit 0")
    slurm.record(tmp_path / "record", "study_1")
    assert slurm.end_orphans(tmp_path / "record") == []
    assert not (tmp_path / "record").exists()


def test_a_controller_that_does_not_answer_is_not_taken_for_an_empty_queue(
    tmp_path: Path, programs: Path
) -> None:
    program(programs, "squeue", "echo 'squeue: error: no contact' >&2; exit 1")
    slurm.record(tmp_path / "record", "study_1")
    with pytest.raises(slurm.SlurmError, match=r"no contact.*try again, or remove .*record"):
        slurm.end_orphans(tmp_path / "record")
    assert (tmp_path / "record").exists()


def test_jobs_that_do_not_end_are_told(
    tmp_path: Path, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(programs, "squeue", "echo 7; echo 8")
    program(programs, "scancel", f'echo "$*" > {tmp_path}/cancelled')
    monkeypatch.setattr(slurm, "SECONDS_TO_END", 0.0)
    slurm.record(tmp_path / "record", "study_1")
    with pytest.raises(slurm.SlurmError, match="do not end: 7 8"):
        slurm.end_orphans(tmp_path / "record")
    assert (tmp_path / "cancelled").read_text() == "7 8\n"


def test_jobs_of_another_machine_are_not_cancelled(
    tmp_path: Path, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(programs, "squeue", "echo 7")
    slurm.record(tmp_path / "record", "study_1")
    monkeypatch.setattr(socket, "gethostname", lambda: "elsewhere")
    with pytest.raises(slurm.SlurmError, match="if it was killed, cancel them: scancel 7"):
        slurm.end_orphans(tmp_path / "record")


def test_the_failure_messages_are_those_of_slurm_on_jobs_of_this_run(tmp_path: Path) -> None:
    logs = tmp_path / "logs/rule_fit"
    logs.mkdir(parents=True)
    (logs / "1.log").write_text("slurmstepd-a: error: of an earlier run\n")
    record = tmp_path / "record"
    slurm.record(record, "study_1")
    (logs / "2.log").write_text("Error in rule\nslurmstepd-a: error: over\n" * 2)
    (logs / "3.log").write_text("Error in rule\n")
    os.utime(logs / "1.log", (0, 0))
    said = slurm.failure_messages(tmp_path / "logs", since=record)
    assert said == [f"{logs}/2.log: slurmstepd-a: error: over"]
