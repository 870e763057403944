"""The modules that run on the Python of PyMC3 need neither pydantic, plotnine nor Snakemake."""

import json
import os
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

FOLDERS = ["funnel", "funnel_study.files", "funnel_study.fitting", "funnel_study.diagnosis"]
REFUSED = ["pydantic", "pydantic_core", "plotnine", "snakemake"]
# what the job of a fit imports, and its entry script itself
OF_A_FIT = ["funnel", "funnel_study.files", "funnel_study.fitting.fit", "fit"]

# imports the modules in its second argument, and refuses those in its first
PROGRAM = """
import importlib
import importlib.abc
import json
import sys

refused, modules = map(json.loads, sys.argv[1:])


class Refuse(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] in refused:
            raise ImportError(f"{name} must not be imported here")


sys.meta_path.insert(0, Refuse())
for module in modules:
    importlib.import_module(module)
    print(module)
"""


def modules_in(repository: Path, *names: str) -> list[str]:
    """Return the names of all modules in some packages, or of single modules."""
    found = []
    for name in names:
        scripts = repository / ("scripts" if name == "fit" else "src")
        path = scripts.joinpath(*name.split("."))
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")]:
            parts = file.relative_to(scripts).with_suffix("").parts
            found.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return found


def import_in_subprocess(
    python: str | Path, repository: Path, refused: list[str], modules: list[str]
) -> subprocess.CompletedProcess[str]:
    """Import modules in a new process with the interpreter `python`."""
    return subprocess.run(
        [python, "-c", PROGRAM, json.dumps(refused), json.dumps(modules)],
        env={**os.environ, "PYTHONPATH": f"{repository}/src:{repository}/scripts"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_folders_of_a_fit_are_imported_without_pydantic_plotnine_and_snakemake(
    repository: Path,
) -> None:
    modules = [
        module
        for module in modules_in(repository, *FOLDERS, "fit")
        # which needs a library of its own, on the Python of the test below
        if module != "funnel_study.fitting.samplers.pymc3"
    ]
    assert {"funnel_study.fitting.samplers.nutpie", "funnel_study.diagnosis.collate"} <= set(
        modules
    )
    done = import_in_subprocess(sys.executable, repository, REFUSED, modules)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == modules


def test_the_library_for_meta_analysis_needs_numpy_and_scipy_only(repository: Path) -> None:
    others = sorted(set(packages_distributions()) - {"numpy", "scipy"})
    others.remove("funnel") if "funnel" in others else None
    done = import_in_subprocess(sys.executable, repository, others, ["funnel"])
    assert done.returncode == 0, done.stderr


def test_a_job_of_second_runs_starts_without_the_packages_of_fits(repository: Path) -> None:
    packages = ["arviz_stats", "nutpie", "pymc", "scipy", "stanli"]
    done = import_in_subprocess(sys.executable, repository, packages, ["fit_again"])
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_a_fit_is_imported_with_the_python_of_pymc3(repository: Path) -> None:
    environment = repository / ".venvs/pymc3"
    if not (environment / ".installed").exists():
        pytest.skip("the environment pymc3 is not installed (make pymc3)")
    modules = modules_in(repository, *OF_A_FIT)
    done = import_in_subprocess(environment / "bin/python", repository, [], modules)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == modules
