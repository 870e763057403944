"""What happens when a run of the workflow begins, starts its jobs, succeeds or fails."""

from __future__ import annotations

import csv
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from funnel_study.run import slurm
from funnel_study.run.estimate import cost_line
from funnel_study.run.lock import LockedError, hold
from funnel_study.run.runs import add_run
from funnel_study.run.snakemake_internals import (
    LOCAL,
    SLURM,
    configuration_files,
    cores_of_this_run,
    executor_of_this_run,
    slurm_executor,
)
from funnel_study.run.stale import remove_orphaned_records
from funnel_study.study.paths import study_folder
from funnel_study.study.read import read_study
from funnel_study.study.schema import Study
from funnel_study.study.yaml_file import ConfigError, read_yaml_file

AFTER_A_FAILURE_ON_SLURM = (
    "Finished files are kept, and the same command continues from there. If Slurm ended a job "
    "twice for exceeding its memory or time, ask for more:\n"
    "--set-resources fit:mem_mb=8000 fit:runtime=240"
)


def study_of(workflow: Any, config: Mapping[str, Any]) -> Study:
    """The study that Snakemake's `config` describes.

    Ends the process with one line per error. The files of the configuration are read once more,
    strictly: of two equal keys, Snakemake silently takes the last.
    """
    try:
        for file in configuration_files(workflow):
            read_yaml_file(file)
        return read_study(config)
    except ConfigError as error:
        # a WorkflowError would put lines of the Snakefile around those of the configuration
        sys.exit(str(error))


def claim(workflow: Any, study: Study) -> str | None:
    """Take the lock of the study and cancel Slurm jobs that a killed run left behind.

    To be called while the Snakefile is read, before Snakemake looks at any file. Does nothing, and
    returns None, unless this process will run jobs; otherwise returns the executor's name. Ends the
    process with one line if the study is being run elsewhere, or if Slurm does not answer.
    """
    executor = executor_of_this_run(workflow)
    if executor is None:
        return None
    folder = study_folder(study)
    try:
        if executor == SLURM:
            slurm.reach()
        # The kernel holds the lock until this process ends, however it ends. Snakemake's own lock
        # would survive a kill -9 (`nolock` in the profile).
        hold(f"{folder}/.lock")
        if orphans := slurm.end_orphans(f"{folder}/.slurm"):
            _tell(f"Cancelled Slurm jobs of a killed run: {' '.join(orphans)}")
    except (LockedError, slurm.SlurmError) as error:
        sys.exit(f"study '{study.study}': {error}")
    return executor


def start(
    workflow: Any, study: Study, executor: str | None, unavailable: Mapping[str, str]
) -> None:
    """Record the start of a run, and tell what the study costs.

    `unavailable` are reasons by the samplers that cannot run.
    """
    folder = study_folder(study)
    _tell(cost_line(study, cores_of_this_run(workflow) if executor == LOCAL else None))
    for why in unavailable.values():
        _tell(f"{why}; its fits will be recorded as failed")
    add_run(f"{folder}/logs/runs.csv", time.time(), cores_of_this_run(workflow))
    if executor == SLURM:
        name = slurm_executor(workflow).run_uuid
        slurm.record(f"{folder}/.slurm", name)
        _tell(f"Slurm jobs of this run: squeue --name={name}")


def succeed(study: Study, checkout: str | Path) -> None:
    """Update the index of all studies, and tell how many fits of this one failed."""
    folder = study_folder(study)
    if Path(folder, "report.html").exists():
        # of all studies, so it is no output of this one
        subprocess.run([sys.executable, f"{checkout}/scripts/index.py", "results"], check=False)
    if not study.keep_draws:
        remove_orphaned_records(f"{folder}/fits")
    if failed := failed_fits(f"{folder}/summary/fits.csv"):
        _tell(f"{failed} (see status and message in {folder}/summary/fits.csv)")


def fail(workflow: Any, study: Study, executor: str | None) -> None:
    """Tell what Slurm says of failed jobs; elsewhere Snakemake shows their logs."""
    if executor == SLURM:
        logs = slurm_executor(workflow).slurm_logdir
        _tell(*slurm.failure_messages(logs, since=f"{study_folder(study)}/.slurm"))
        _tell(AFTER_A_FAILURE_ON_SLURM)


def failed_fits(path: str | Path) -> str:
    """A phrase on the failed fits in a table of fits; empty if there are none, or no table."""
    if not Path(path).exists():
        return ""
    with open(path, encoding="utf-8", newline="") as file:
        status = [row["status"] for row in csv.DictReader(file)]
    failed = len(status) - status.count("ok")
    return f"{failed} of {len(status)} fits failed" if failed else ""


def _tell(*lines: str) -> None:
    for line in lines:
        print(line, file=sys.stderr)
