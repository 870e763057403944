"""The parts of Snakemake that its documentation does not promise, one function for each.

A new version of Snakemake may move them. tests/workflow/test_snakemake_internals.py runs Snakemake
and fails if one of them no longer does what it says.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any


def configuration_files(workflow: Any) -> list[Path]:
    """The files from which Snakemake read the configuration."""
    return [Path(file) for file in workflow.configfiles]


def deploys_software(workflow: Any) -> bool:
    """Whether Snakemake itself provides the software of jobs, as by conda."""
    return bool(workflow.deployment_settings.deployment_method)


def cores_of_this_run(workflow: Any) -> int | None:
    """The number of cores for the jobs; None on a cluster."""
    cores: int | None = workflow.resource_settings.cores
    return cores


def without_metadata(workflow: Any, files: Iterable[str]) -> list[str]:
    """The files of which Snakemake does not know how they were made.

    Not among them are files of jobs that were interrupted, which Snakemake makes again. To be
    called in an input function, when Snakemake has opened its metadata and plans its jobs.
    """
    from snakemake.io import IOFile

    known = workflow.persistence
    unknown = {
        known._get_key(file): str(file) for file in map(IOFile, files) if not known.metadata(file)
    }
    incomplete = known._filter_incomplete_keys(unknown) if unknown else set()
    return [file for key, file in unknown.items() if key not in incomplete]


def slurm_executor(workflow: Any) -> Any | None:
    """The executor that submits jobs to Slurm; None if another one runs the jobs.

    Its `run_uuid` is the name of all jobs of this run, its `slurm_logdir` the folder of their logs.
    To be called when Snakemake has made it, as in `onstart`.
    """
    executor = workflow.scheduler._executor
    return executor if hasattr(executor, "slurm_logdir") else None
