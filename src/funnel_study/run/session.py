"""What happens when a run of the workflow begins, starts its jobs, succeeds or fails."""

from __future__ import annotations

import csv
import logging
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from funnel_study.files.whole_files import remove_unfinished
from funnel_study.run import slurm
from funnel_study.run.estimate import cost_line
from funnel_study.run.lock import LockedError, hold
from funnel_study.run.runs import add_run
from funnel_study.run.snakemake_internals import (
    configuration_files,
    cores_of_this_run,
    slurm_executor,
    without_metadata,
)
from funnel_study.study.paths import study_folder
from funnel_study.study.read import read_study
from funnel_study.study.schema import Study
from funnel_study.study.yaml_file import ConfigError, read_yaml_file

# the studies whose files this process has looked at
_checked: list[str] = []

AFTER_A_FAILURE_ON_SLURM = (
    "Finished files are kept, and the same command continues from there. If Slurm ended a job "
    "twice for exceeding its memory or time, ask for more:\n"
    "--set-resources fit:mem_mb=8000 fit:runtime=240"
)

INTERRUPTED = "Interrupted. Finished files are kept, and the same command continues from there."


def end_briefly(workflow: Any) -> None:
    """End at Ctrl-C with one line, and not with the tracebacks of all jobs that it ends, too."""

    def interrupt(*_: object) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _tell(INTERRUPTED)
        logging.disable(logging.CRITICAL)
        sys.exit(130)

    if workflow.is_main_process:
        signal.signal(signal.SIGINT, interrupt)


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


def refuse_foreign(workflow: Any, study: Study) -> list[str]:
    """Return no files, or end the process with one line if the study has files of unknown origin.

    Without Snakemake's metadata, as in results that were copied from elsewhere, nobody knows which
    configuration and code made a file. This is an input function of the first rule, on which every
    job depends, since Snakemake calls those while it plans.
    """
    if workflow.is_main_process and not _checked:
        _checked.append(study.study)
        folder = study_folder(study)
        made = [
            str(path)
            for stage in ("data", "fits", "diagnostics", "summary")
            for path in sorted(Path(folder, stage).rglob("[!.]*"))
            if path.is_file()
        ]
        unknown = without_metadata(workflow, made)
        if (record := _slurm_record(study)).exists():
            # of jobs that outlived a killed run, and with it the memory of how they were made
            killed = record.stat().st_mtime
            outlived = {path for path in unknown if Path(path).stat().st_mtime >= killed}
            unknown = [path for path in unknown if path not in outlived]
            if outlived and not workflow.dryrun:
                _remove_outlived(study, outlived)
        if unknown:
            sys.exit(
                f"{unknown[0]}: Snakemake has no record of how this file was made ({len(unknown)} "
                f"such files); copy the folder .snakemake along with results, or remove {folder}"
            )
    return []


def _remove_outlived(study: Study, files: Iterable[str]) -> None:
    """Remove files, unless the run that makes them is alive and has yet to record them."""
    try:
        hold(f"{study_folder(study)}/.lock").close()
    except LockedError as error:
        sys.exit(f"study '{study.study}': {error}")
    for path in files:
        Path(path).unlink()


def start(workflow: Any, study: Study, unavailable: Mapping[str, str]) -> None:
    """Take the lock of the study, record the start of a run, and tell what the study costs.

    `unavailable` are reasons by the samplers that cannot run. Ends the process with one line if the
    study is being run elsewhere, if Slurm does not answer, or if it still has jobs of a killed run.
    """
    folder, executor = study_folder(study), slurm_executor(workflow)
    try:
        # The kernel holds the lock until this process ends, however it ends. Snakemake's own lock
        # would survive a kill -9 (`nolock` in the profile).
        hold(f"{folder}/.lock")
        if executor is not None:
            slurm.reach()
        slurm.refuse_orphans(_slurm_record(study))
    except (LockedError, slurm.SlurmError) as error:
        sys.exit(f"study '{study.study}': {error}")
    cores = cores_of_this_run(workflow)
    _tell(cost_line(study, cores if executor is None else None))
    for why in unavailable.values():
        _tell(f"{why}; its fits will be recorded as failed")
    add_run(f"{folder}/logs/runs.csv", time.time(), cores)
    if executor is not None:
        slurm.record(_slurm_record(study), executor.run_uuid)
        _tell(f"Slurm jobs of this run: squeue --name={executor.run_uuid}")


def succeed(study: Study, checkout: str | Path) -> None:
    """Update the index of all studies, and tell how many fits of this one failed."""
    folder = study_folder(study)
    _slurm_record(study).unlink(missing_ok=True)
    if Path(folder, "report.html").exists():
        # of all studies, so it is no output of this one
        subprocess.run([sys.executable, f"{checkout}/scripts/index.py", "results"], check=False)
    remove_unfinished(folder)
    if failed := failed_fits(f"{folder}/summary/fits.csv"):
        _tell(f"{failed} (see status and message in {folder}/summary/fits.csv)")


def fail(workflow: Any, study: Study) -> None:
    """Tell what Slurm says of failed jobs; elsewhere Snakemake shows their logs."""
    if (executor := slurm_executor(workflow)) is not None:
        record = _slurm_record(study)
        _tell(*slurm.failure_messages(executor.slurm_logdir, record), AFTER_A_FAILURE_ON_SLURM)
        record.unlink()


def failed_fits(path: str | Path) -> str:
    """A phrase on the failed fits in a table of fits; empty if there are none, or no table."""
    if not Path(path).exists():
        return ""
    with open(path, encoding="utf-8", newline="") as file:
        status = [row["status"] for row in csv.DictReader(file)]
    failed = len(status) - status.count("ok")
    return f"{failed} of {len(status)} fits failed" if failed else ""


def _slurm_record(study: Study) -> Path:
    """The file that has the name of the Slurm jobs while a run of the study lasts."""
    return Path(study_folder(study), ".slurm")


def _tell(*lines: str) -> None:
    for line in lines:
        print(line, file=sys.stderr)
