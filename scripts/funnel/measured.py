"""What a command takes: its seconds, and those that it and its children kept the cores busy."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# the unit of ru_maxrss, in bytes
_MEMORY_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class Run:
    """What a command took: wall and CPU seconds, and the largest memory of one process.

    CPU seconds are those of the command and of every process behind it that ended before it did.
    `problem` is empty, or why it failed: its exit code and the last line that it said.
    """

    seconds: float
    cpu_seconds: float
    largest_memory_mb: float
    problem: str


def run(
    command: Sequence[str | Path],
    log: str | Path,
    environment: Mapping[str, str] | None = None,
    folder: str | Path | None = None,
) -> Run:
    """Runs `command`, with what it says in the file `log`, and waits until it ends.

    `environment` is added to this process's; `folder` is where it runs, if not here. A command that
    cannot be started has a `problem` too.
    """
    log = Path(log)
    log.parent.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    try:
        with log.open("wb") as file:
            process = subprocess.Popen(
                [str(part) for part in command],
                stdout=file,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **(environment or {})},
                cwd=folder,
            )
    except OSError as error:
        return Run(0.0, 0.0, 0.0, f"{command[0]}: {error.strerror}")
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)  # or it would be waited for again
    said = log.read_text(encoding="utf-8", errors="replace").split("\n")
    last = next((line.strip() for line in reversed(said) if line.strip()), "no message")
    return Run(
        seconds=seconds,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        largest_memory_mb=usage.ru_maxrss * _MEMORY_UNIT / 2**20,
        problem=f"exit code {process.returncode}: {last}" if process.returncode else "",
    )
