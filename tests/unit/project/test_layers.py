"""The folders of the library are layers: none imports a later one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


def check(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the contract in pyproject.toml against the library in `folder`."""
    program = "from importlinter.cli import lint_imports_command as check; check()"
    return subprocess.run(
        [sys.executable, "-c", program, "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder / "src")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_no_folder_imports_a_later_one(repository: Path) -> None:
    done = check(repository)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("module", "statement"),
    [
        ("funnel/data.py", "from funnel_study.study.schema import Study"),
        ("funnel_study/figures/theme.py", "import funnel_study.report.parts"),
    ],
)
def test_an_import_of_a_later_folder_is_found(
    repository: Path, tmp_path: Path, module: str, statement: str
) -> None:
    shutil.copytree(repository / "src", tmp_path / "src")
    shutil.copy(repository / "pyproject.toml", tmp_path)
    with (tmp_path / "src" / module).open("a") as file:
        file.write(f"\n\n{statement}\n")
    done = check(tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{module.removesuffix('.py').replace('/', '.')} -> funnel_study." in done.stdout
