import json
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


def workflow(**executor: str) -> Any:
    """Snakemake's workflow with an executor; that of Slurm has logs."""
    return SimpleNamespace(
        resource_settings=SimpleNamespace(cores=2),
        scheduler=SimpleNamespace(_executor=SimpleNamespace(**executor)),
    )


LOCAL = workflow()
SLURM = workflow(run_uuid="funnel_1-2", slurm_logdir="logs")


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


def test_files_that_outlived_a_killed_run_go_but_not_those_of_a_run_that_is_alive(
    study: Callable[..., Study], here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit = FOLDER / "fits/0.nc"
    fit.parent.mkdir(parents=True)
    slurm.record(FOLDER / ".slurm", "funnel_1-2")
    fit.touch()
    monkeypatch.setattr(session, "without_metadata", lambda _, files: files)
    snakemake = SimpleNamespace(is_main_process=True, dryrun=False)
    other = hold(FOLDER / ".lock")
    monkeypatch.setattr(session, "_checked", [])
    with pytest.raises(SystemExit) as ended:
        session.refuse_foreign(snakemake, study())
    assert "is being run by process" in str(ended.value.code)
    assert fit.exists()
    other.close()
    monkeypatch.setattr(session, "_checked", [])
    assert session.refuse_foreign(snakemake, study()) == []
    assert not fit.exists()


def test_a_second_run_is_refused(study: Callable[..., Study], here: Path) -> None:
    session.start(LOCAL, study(), {})
    with pytest.raises(SystemExit) as ended:
        session.start(LOCAL, study(), {})
    assert str(ended.value.code).startswith("study 'small': is being run by process ")


def test_a_slurm_that_does_not_answer_ends_the_process_with_a_line(
    study: Callable[..., Study], here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise slurm.SlurmError("Slurm does not answer")

    monkeypatch.setattr(slurm, "reach", fail)
    with pytest.raises(SystemExit) as ended:
        session.start(SLURM, study(), {})
    assert ended.value.code == "study 'small': Slurm does not answer"


def test_a_start_is_recorded_and_says_which_samplers_are_missing(
    study: Callable[..., Study],
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(slurm, "reach", lambda: None)
    session.start(LOCAL, study(), {"pymc3": "the environment is missing"})
    session.start(SLURM, study(study="other"), {})
    assert read_runs(FOLDER / "logs/runs.csv")["cores"].tolist() == [2]
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith("Study 'small': 2 scenarios, 18 fits.")
    assert said[1] == "the environment is missing; its fits will be recorded as failed"
    assert said[3] == "Slurm jobs of this run: squeue --name=funnel_1-2"
    assert Path("results/other/.slurm").read_text() == "funnel_1-2\n"


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


def test_the_index_is_written_once_there_is_a_report(
    study: Callable[..., Study], here: Path
) -> None:
    (here / "scripts").mkdir()
    program = "import json, sys; json.dump(sys.argv[1:], open('asked.json', 'w'))"
    (here / "scripts/index.py").write_text(program)
    FOLDER.mkdir(parents=True)
    session.succeed(study(), here)
    assert not (here / "asked.json").exists(), "there is no report to list"
    (FOLDER / "report.html").touch()
    session.succeed(study(), here)
    assert json.loads((here / "asked.json").read_text()) == ["results"]


def test_slurms_messages_on_failed_jobs_are_shown(
    study: Callable[..., Study], here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    session.fail(LOCAL, study())
    assert capsys.readouterr().err == ""
    FOLDER.mkdir(parents=True)
    slurm.record(FOLDER / ".slurm", "name")
    log = here / "logs/rule_fit/1.log"
    log.parent.mkdir(parents=True)
    log.write_text("slurmstepd: error: exceeded memory limit\n")
    session.fail(SLURM, study())
    said = capsys.readouterr().err
    assert said.splitlines()[0] == "logs/rule_fit/1.log: slurmstepd: error: exceeded memory limit"
    assert "--set-resources fit:mem_mb=" in said
