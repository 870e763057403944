import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from funnel_study.run import session, slurm
from funnel_study.run.lock import hold
from funnel_study.run.runs import read_runs
from funnel_study.study.schema import Study

FOLDER = Path("results/small")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    # locks of these studies end with the test, not with the process that runs it
    from funnel_study.run import lock

    while lock._held:
        lock._held.pop().close()


def workflow(arguments: str, monkeypatch: pytest.MonkeyPatch, main: bool = True) -> Any:
    monkeypatch.setattr(sys, "argv", ["snakemake", *arguments.split()])
    executor = SimpleNamespace(run_uuid="funnel_1-2", slurm_logdir="logs")
    return SimpleNamespace(
        is_main_process=main,
        resource_settings=SimpleNamespace(cores=2),
        scheduler=SimpleNamespace(_executor=executor),
    )


def test_every_error_of_a_configuration_is_one_line_and_the_process_ends(here: Path) -> None:
    (here / "twice.yaml").write_text("study: a\nstudy: b\n")
    with pytest.raises(SystemExit) as ended:
        session.study_of(SimpleNamespace(configfiles=["twice.yaml"]), {"study": "b"})
    assert str(ended.value.code).startswith("twice.yaml: line 2: ")
    with pytest.raises(SystemExit) as ended:
        session.study_of(SimpleNamespace(configfiles=[]), {"study": "..", "replicates": 0})
    lines = str(ended.value.code).splitlines()
    assert [line.split(":")[0].split(" ")[0] for line in lines] == [
        *("study", "scenarios", "replicates")
    ]


def test_a_study_is_read_from_snakemakes_configuration(study: Callable[..., Study]) -> None:
    one = study()
    snakemake = SimpleNamespace(configfiles=[])
    assert session.study_of(snakemake, one.model_dump(exclude_none=True)) == one


@pytest.mark.parametrize("call", ["--dry-run --cores 1", "--lint", "--unlock"])
def test_a_call_that_runs_no_job_begins_nothing(
    study: Callable[..., Study], here: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    assert session.claim(workflow(call, monkeypatch), study()) is None
    assert list(here.iterdir()) == []


def test_the_lock_is_held_from_the_beginning(
    study: Callable[..., Study], here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snakemake = workflow("--cores 1", monkeypatch)
    job = workflow("--cores 1", monkeypatch, main=False)
    assert session.claim(snakemake, study()) == "local"
    assert session.claim(job, study()) is None, "jobs of the run are not refused"
    with pytest.raises(SystemExit) as ended:
        session.claim(snakemake, study())
    assert str(ended.value.code).startswith("study 'small': is being run by process ")


def test_jobs_of_a_killed_run_are_cancelled_before_anything_else(
    study: Callable[..., Study],
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = []
    monkeypatch.setattr(slurm, "reach", lambda: asked.append("reach"))
    monkeypatch.setattr(slurm, "end_orphans", lambda path: asked.append(path) or ["7", "8"])
    assert session.claim(workflow("--executor slurm --jobs 1", monkeypatch), study()) == "slurm"
    assert asked == ["reach", "results/small/.slurm"]
    assert capsys.readouterr().err == "Cancelled Slurm jobs of a killed run: 7 8\n"


def test_a_slurm_that_does_not_answer_ends_the_process_with_a_line(
    study: Callable[..., Study], here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise slurm.SlurmError("Slurm does not answer")

    monkeypatch.setattr(slurm, "reach", fail)
    with pytest.raises(SystemExit) as ended:
        session.claim(workflow("--executor slurm --jobs 1", monkeypatch), study())
    assert ended.value.code == "study 'small': Slurm does not answer"
    assert not FOLDER.exists()
    assert hold(FOLDER / ".lock"), "nobody holds the lock"


def test_a_start_is_recorded_and_says_which_samplers_are_missing(
    study: Callable[..., Study],
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    snakemake = workflow("--cores 2", monkeypatch)
    session.start(snakemake, study(), "local", {"pymc3": "the environment is missing"})
    session.start(snakemake, study(), "slurm", {})
    runs = read_runs(FOLDER / "logs/runs.csv")
    assert runs["cores"].tolist() == [2, 2]
    assert runs["started"].is_monotonic_increasing
    cost = "Study 'small': 2 scenarios, 18 fits. From the beginning, it takes about"
    assert capsys.readouterr().err.splitlines() == [
        f"{cost} 1 min (at most 2 min) on 2 cores; 36 MB of draws",
        "the environment is missing; its fits will be recorded as failed",
        f"{cost} 3 min (at most 4 min) of one core; 36 MB of draws",
        "Slurm jobs of this run: squeue --name=funnel_1-2",
    ]
    assert (FOLDER / ".slurm").read_text().endswith(" funnel_1-2\n")


@pytest.mark.parametrize(
    ("status", "line"),
    [
        (["ok", "ok"], ""),
        (["ok", "failed"], "1 of 2 fits failed (see status and message in {table})\n"),
        (None, ""),
    ],
)
def test_failed_fits_are_told_when_a_run_succeeds(
    study: Callable[..., Study],
    here: Path,
    capsys: pytest.CaptureFixture[str],
    status: list[str] | None,
    line: str,
) -> None:
    table = FOLDER / "summary/fits.csv"
    table.parent.mkdir(parents=True)
    if status:
        pd.DataFrame({"scenario": "a\nb", "status": status}).to_csv(table, index=False)
    session.succeed(study(), here)
    assert capsys.readouterr().err == line.format(table=table)


def test_records_of_draws_that_are_not_kept_go_and_the_index_is_written(
    study: Callable[..., Study], here: Path
) -> None:
    (here / "scripts").mkdir()
    program = "import json, sys; json.dump(sys.argv[1:], open('asked.json', 'w'))"
    (here / "scripts/index.py").write_text(program)
    record = FOLDER / "fits/.0.nc.check"
    record.parent.mkdir(parents=True)
    record.touch()
    session.succeed(study(), here)
    assert record.exists()
    assert not (here / "asked.json").exists(), "there is no report to list"
    (FOLDER / "report.html").touch()
    session.succeed(study(keep_draws=False), here)
    assert not record.exists()
    assert json.loads((here / "asked.json").read_text()) == ["results"]


def test_slurms_messages_on_failed_jobs_are_shown(
    study: Callable[..., Study],
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    snakemake = workflow("--jobs 2", monkeypatch)
    session.fail(snakemake, study(), "local")
    assert capsys.readouterr().err == ""
    FOLDER.mkdir(parents=True)
    slurm.record(FOLDER / ".slurm", "name")
    log = here / "logs/rule_fit/1.log"
    log.parent.mkdir(parents=True)
    log.write_text("slurmstepd: error: exceeded memory limit\n")
    session.fail(snakemake, study(), "slurm")
    said = capsys.readouterr().err
    assert said.splitlines()[0] == "logs/rule_fit/1.log: slurmstepd: error: exceeded memory limit"
    assert "--set-resources fit:mem_mb=" in said
