"""A study that is interrupted and run again has the numbers of one that was not."""

import os
import signal
import time
from pathlib import Path

import pandas as pd
import pytest
from conftest import Workflow

# on one worker, which runs the small study once
pytestmark = pytest.mark.xdist_group("workflow")


@pytest.fixture
def part(done: Workflow, tmp_path: Path) -> Workflow:
    """A part of the small study, with more replicates, not yet run."""
    scenarios = [each for each in done.config["scenarios"] if each["name"] == "lone"]
    config = {**done.config, "scenarios": scenarios, "replicates": 4}
    return Workflow(done.checkout, tmp_path, config)


def assert_numbers_of(whole: Workflow, part: Workflow) -> None:
    for table in ("fits", "estimates"):
        ours, theirs = (
            pd.read_csv(each.root / f"summary/{table}.csv")
            .drop(columns="sampling_seconds", errors="ignore")
            .query("scenario == 'lone' and replicate < 2")
            .reset_index(drop=True)
            for each in (part, whole)
        )
        pd.testing.assert_frame_equal(ours, theirs, check_exact=True)


@pytest.mark.parametrize(
    ("signal_number", "whole_group"),
    [(signal.SIGINT, True), (signal.SIGKILL, True), (signal.SIGKILL, False)],
    ids=["ctrl-c", "kill -9 of everything", "kill -9 of snakemake alone"],
)
def test_an_interrupted_study_is_completed_by_another_run(
    done: Workflow,
    part: Workflow,
    signal_number: signal.Signals,
    whole_group: bool,
) -> None:
    process = part.start("summarise")
    # interrupt while fits are under way: some done, some half done, some not begun
    while not list(part.root.glob("fits/*/*/*/*.nc")):
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.1)
    if whole_group:
        os.killpg(process.pid, signal_number)
    else:
        os.kill(process.pid, signal_number)
    process.communicate()
    assert not (part.root / "summary/fits.csv").exists()
    part.succeed("summarise")
    assert_numbers_of(done, part)
    assert not list(part.root.rglob(".*.nc")), "half-written files are left behind"


def test_a_study_under_way_is_not_started_twice(part: Workflow) -> None:
    process = part.start()
    try:
        while not (part.root / ".lock").exists():
            assert process.poll() is None, process.communicate()[0]
            time.sleep(0.1)
        second = part.run()
        assert second.returncode == 1
        assert "study 'small': is being run by process" in second.stdout + second.stderr
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
