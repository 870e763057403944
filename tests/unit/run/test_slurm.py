"""Without Slurm; tests/workflow/test_on_slurm.py has one."""

import os
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


def test_only_a_run_whose_jobs_are_in_the_queue_has_left_some(
    tmp_path: Path, programs: Path
) -> None:
    record = tmp_path / "record"
    program(programs, "squeue", "exit 1")
    slurm.refuse_orphans(record)  # Slurm never ran this study
    slurm.record(record, "study_1")
    program(programs, "squeue", "exit 0")
    slurm.refuse_orphans(record)
    program(programs, "squeue", 'test "$3" = --name=study_1 && echo 7')
    with pytest.raises(slurm.SlurmError, match=r"run again: scancel --name=study_1$"):
        slurm.refuse_orphans(record)
    (programs / "squeue").unlink()
    slurm.refuse_orphans(record)  # a machine without Slurm


def test_a_controller_that_does_not_answer_is_not_taken_for_an_empty_queue(
    tmp_path: Path, programs: Path
) -> None:
    program(programs, "squeue", "echo 'squeue: error: no contact' >&2; exit 1")
    slurm.record(tmp_path / "record", "study_1")
    with pytest.raises(slurm.SlurmError, match=r"no contact.*try again, or remove .*record"):
        slurm.refuse_orphans(tmp_path / "record")


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
