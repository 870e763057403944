"""The folders of the library are layers: none imports a later one."""

import os
import subprocess
import sys
from pathlib import Path


def test_no_folder_imports_a_later_one(repository: Path) -> None:
    """By the contract in pyproject.toml."""
    program = "from importlinter.cli import lint_imports_command as check; check()"
    done = subprocess.run(
        [sys.executable, "-c", program, "--no-cache"],
        cwd=repository,
        env={**os.environ, "PYTHONPATH": str(repository / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
