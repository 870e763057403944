"""The Python environments of samplers: that of the study, or one of the sampler's own.

A sampler whose packages do not fit into the environment of the study has a file with its name in
workflow/envs/ (for conda) and in requirements/ (for `make`, which installs it in .venvs/).
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

MAIN = "main"
NOT_INSTALLED = "it has not been installed"
# packages of the study's environment that only some samplers need; not all platforms have them
_PACKAGES = {
    **dict.fromkeys(("stan", "stan_careful", "stan_dense"), "stanli"),
    **dict.fromkeys(("walnuts", "walnuts_careful"), "walnutpie"),
}


def environment(checkout: str | Path, sampler: str) -> str:
    """The name of the environment in which `sampler` runs."""
    own = Path(checkout, "workflow", "envs", f"{sampler}.yaml")
    return sampler if own.exists() else MAIN


def python(checkout: str | Path, environment: str) -> Path:
    """The interpreter of an environment that `make` installed."""
    return Path(checkout, ".venvs", environment, "bin", "python")


def missing(checkout: str | Path, environment: str) -> str:
    """The reason in one line why an environment is not installed; empty if it is."""
    if Path(checkout, ".venvs", environment, ".installed").exists():
        return ""
    problem = Path(checkout, ".venvs", f"{environment}.problem")
    return problem.read_text(encoding="utf-8").strip() if problem.exists() else NOT_INSTALLED


def unavailable(checkout: str | Path, sampler: str) -> str:
    """The reason in one line why `sampler` cannot run; empty if its packages are installed."""
    name = environment(checkout, sampler)
    package = _PACKAGES.get(sampler, "")
    if package and importlib.util.find_spec(package) is None:
        return f"the sampler {sampler} needs the package {package}, which is not installed"
    why = "" if name == MAIN else missing(checkout, name)
    return f"the environment of {sampler} is missing: {why}; run make {name}" if why else ""
