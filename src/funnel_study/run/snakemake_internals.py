"""The parts of Snakemake that its documentation does not promise, one function for each.

A new version of Snakemake may move them. tests/workflow/test_snakemake_internals.py runs Snakemake
and fails if one of them no longer does what it says.
"""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

# options by which Snakemake does something else than run jobs (`snakemake.cli.args_to_api`)
_OTHER_COMMANDS = (
    *("lint", "list_rules", "list_target_rules", "print_compilation", "containerize", "report"),
    *("generate_unit_tests", "dag", "rulegraph", "filegraph", "d3dag", "unlock"),
    *("cleanup_metadata", "conda_cleanup_envs", "conda_create_envs_only", "list_conda_envs"),
    *("cleanup_shadow", "container_cleanup_images", "list_changes", "list_input_changes"),
    *("list_params_changes", "list_untracked", "summary", "detailed_summary", "archive"),
    *("delete_all_output", "delete_temp_output", "dryrun"),
)
LOCAL, SLURM = "local", "slurm"


def executor_of_this_run(workflow: Any, arguments: Sequence[str] | None = None) -> str | None:
    """The executor that will run the jobs, "local" or that of a cluster; None in other calls.

    None for a dry run, for `--lint`, `--report`, `--unlock` and the like, and in the processes that
    Snakemake starts for its jobs. `workflow` is Snakemake's, `arguments` are those of the command
    line (this process's, if not given). While the Snakefile is read, Snakemake has not yet told
    its workflow which of these it is.
    """
    from snakemake import cli

    if not workflow.is_main_process:
        return None
    try:
        # it would announce the profile for the second time
        with contextlib.redirect_stderr(io.StringIO()):
            _, options = cli.parse_args(list(sys.argv[1:] if arguments is None else arguments))
    except SystemExit:
        return None  # not Snakemake's command line
    if any(getattr(options, name, None) not in (None, False) for name in _OTHER_COMMANDS):
        return None
    return options.executor or LOCAL


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


def force(workflow: Any, paths: Iterable[str]) -> None:
    """Have Snakemake regenerate these files if it needs them, while it plans its jobs."""
    workflow.dag.forcefiles.update(paths)


def slurm_executor(workflow: Any) -> Any:
    """The executor that submits jobs to Slurm, once Snakemake has made it.

    Its `run_uuid` is the name of all jobs of this run, its `slurm_logdir` the folder of their logs.
    """
    return workflow.scheduler._executor
