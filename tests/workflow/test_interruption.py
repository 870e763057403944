"""A study that is interrupted and run again has the same numbers as an undisturbed one."""

import contextlib
import io
import os
import signal
import time
from pathlib import Path

import pandas as pd
import psutil
import pytest
from conftest import Workflow, numbers

from funnel_study.run import session


@pytest.fixture
def part(done: Workflow, tmp_path: Path) -> Workflow:
    """A part of the small study with more replicates, which has not been run."""
    scenarios = [each for each in done.config["scenarios"] if each["name"] == "lone"]
    config = {**done.config, "scenarios": scenarios, "replicates": 4}
    return Workflow(done.checkout, tmp_path, config)


def assert_numbers_of(whole: Workflow, part: Workflow) -> None:
    names = part.config["parameterizations"]
    for table in ("fits", "chains", "estimates", "densities"):
        ours, theirs = (
            rows[
                (rows["scenario"] == "lone")
                & (rows["replicate"] < 2)
                & rows["parameterization"].isin(names)
            ].reset_index(drop=True)
            for rows in (pd.read_csv(io.StringIO(numbers(each)[table])) for each in (part, whole))
        )
        pd.testing.assert_frame_equal(ours, theirs, check_exact=True)


@pytest.mark.parametrize(
    ("signal_number", "whole_group"),
    [
        pytest.param(signal.SIGKILL, True, id="kill -9 of everything"),
        pytest.param(signal.SIGKILL, False, id="kill -9 of Snakemake", marks=pytest.mark.slow),
        pytest.param(signal.SIGINT, True, id="Ctrl-C", marks=pytest.mark.slow),
        pytest.param(signal.SIGTERM, False, id="SIGTERM", marks=pytest.mark.slow),
    ],
)
def test_an_interrupted_study_is_completed_by_another_run(
    done: Workflow,
    part: Workflow,
    signal_number: signal.Signals,
    whole_group: bool,
) -> None:
    process = part.start("summarise")
    # interrupt while fits run: some are done, some half done, some not started
    while not list(part.root.glob("fits/*/*/*/*.nc")):
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.1)
    if whole_group:
        os.killpg(process.pid, signal_number)
    else:
        os.kill(process.pid, signal_number)
    output, _ = process.communicate()
    if signal_number == signal.SIGINT:
        last = output.splitlines()[-1]
        assert (last, "Error" in output) == (session.INTERRUPTED, False), output
    assert not (part.root / "summary/fits.csv").exists()
    part.succeed("summarise")
    assert_numbers_of(done, part)
    assert not list(part.root.rglob(".unfinished*")), "half-written files are left behind"


@pytest.mark.slow
def test_a_killed_fit_is_tried_again(done: Workflow, part: Workflow) -> None:
    part.config |= {"parameterizations": ["noncentered"], "replicates": 2}
    process = part.start("summarise")
    while not (fits := fitting(process.pid)):
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.05)
    fits[0].kill()
    output = process.communicate()[0]
    assert process.returncode == 0, output
    assert (
        "A job was killed, possibly because memory ran out. If it happens again, run fewer"
        in output
    )
    assert_numbers_of(done, part)


def fitting(pid: int) -> list[psutil.Process]:
    """The processes of fits that run below a process."""
    found = []
    for process in psutil.Process(pid).children(recursive=True):
        with contextlib.suppress(psutil.Error):
            command = process.cmdline()
            if len(command) > 1 and command[1].endswith("/fit.py"):
                found.append(process)
    return found


def test_a_running_study_is_not_started_twice(part: Workflow) -> None:
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
