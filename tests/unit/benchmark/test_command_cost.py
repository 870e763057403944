import sys
from pathlib import Path

import numpy as np
import pytest

from funnel_study.benchmark.command_cost import run

BUSY = "import time; end = time.process_time() + {}\nwhile time.process_time() < end: pass"


def test_cpu_seconds_and_memory_of_children_count(tmp_path: Path) -> None:
    # a grandchild that works and takes 100 MB while its parents wait
    child = f"{BUSY.format(0.5)}\nkept = bytearray(100 * 2**20)"
    parent = (
        f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}], check=True)"
    )
    done = run([sys.executable, "-c", parent], tmp_path / "log")
    assert done.problem == ""
    assert done.cpu_seconds >= 0.5
    assert done.seconds >= 0.5
    assert 100 < done.largest_memory_mb < 1000


def test_memory_of_this_process_does_not_count(tmp_path: Path) -> None:
    kept = np.ones(50 * 2**20)  # 400 MB
    done = run([sys.executable, "-S", "-c", "pass"], tmp_path / "log")
    assert done.largest_memory_mb < 100 < kept.nbytes / 2**20


def test_waiting_takes_seconds_but_no_cpu_seconds(tmp_path: Path) -> None:
    done = run([sys.executable, "-S", "-c", "import time; time.sleep(1)"], tmp_path / "log")
    assert done.seconds >= 1 > done.cpu_seconds


@pytest.mark.parametrize(
    ("program", "problem"),
    [
        ("print('no'); exit('luck')", "exit code 1: luck"),
        ("import os; os.kill(os.getpid(), 9)", "exit code -9: no message"),
    ],
)
def test_a_command_that_fails_says_why(tmp_path: Path, program: str, problem: str) -> None:
    assert run([sys.executable, "-c", program], tmp_path / "log").problem == problem


def test_output_folder_and_environment_of_a_command(tmp_path: Path) -> None:
    program = "import os, sys; print(os.environ['GIVEN'], os.getcwd()); sys.stderr.write('loud')"
    run([sys.executable, "-c", program], tmp_path / "new/log", {"GIVEN": "quiet"}, tmp_path)
    assert set((tmp_path / "new/log").read_text().split()) == {"quiet", str(tmp_path), "loud"}
