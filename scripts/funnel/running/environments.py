"""The Python environments of samplers: one of a sampler's own, or that of the study.

A sampler that the study's environment cannot hold has a file of its name in workflow/envs/ (for
conda) and in requirements/ (for `make`, which puts it into .venvs/).
"""

from __future__ import annotations

from pathlib import Path

MAIN = "main"


def environment(checkout: str | Path, sampler: str) -> str:
    """The name of the environment that `sampler` runs in."""
    own = Path(checkout, "workflow", "envs", f"{sampler}.yaml")
    return sampler if own.exists() else MAIN


def python(checkout: str | Path, environment: str) -> Path:
    """The interpreter of an environment that `make` made."""
    return Path(checkout, ".venvs", environment, "bin", "python")


def missing(checkout: str | Path, environment: str) -> str:
    """Why an environment that `make` makes is not there: a line, empty if it is."""
    if Path(checkout, ".venvs", environment, ".installed").exists():
        return ""
    problem = Path(checkout, ".venvs", f"{environment}.problem")
    return problem.read_text(encoding="utf-8").strip() if problem.exists() else "it was never made"


def unavailable(checkout: str | Path, sampler: str) -> str:
    """Why `sampler` cannot run here: a line, empty if its environment is there."""
    name = environment(checkout, sampler)
    why = "" if name == MAIN else missing(checkout, name)
    return f"the environment of {sampler} is missing: {why} (make {name})" if why else ""
