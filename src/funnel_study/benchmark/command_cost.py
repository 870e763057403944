"""The cost of a command: its wall time, and the CPU time and memory of all of its processes."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import NamedTuple

# the unit of ru_maxrss, in bytes
_MEMORY_UNIT = 1 if sys.platform == "darwin" else 1024


class Run(NamedTuple):
    """The cost of a command: wall and CPU seconds, and the largest memory of one process.

    CPU seconds include those of every descendant process that ended before the command did. The
    memory is at least that of the process that starts the command, about 15 MB. `problem` is empty
    if the command succeeded, else its exit code and the last line of its output.
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
    """Run `command` in `folder`, write its output to the file `log`, and return its cost.

    `environment` is added to the environment of this process.
    """
    log = Path(log)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output, NamedTemporaryFile() as cost:
        # Linux attributes the memory of the parent to a new process, so a small process starts it
        starter = [sys.executable, "-I", "-S", __file__, cost.name]
        subprocess.run(
            [*starter, *map(str, command)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            cwd=folder,
            check=True,
        )
        code, seconds, cpu_seconds, memory = json.load(cost)
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    last = lines[-1].strip() if lines else "no message"
    return Run(seconds, cpu_seconds, memory, f"exit code {code}: {last}" if code else "")


def _main(cost: str, *command: str) -> None:
    """Run `command` as the only child of this process, and write its cost to a file."""
    start = time.perf_counter()
    code = subprocess.run(command, check=False).returncode
    seconds = time.perf_counter() - start
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    memory = usage.ru_maxrss * _MEMORY_UNIT / 2**20
    found = [code, seconds, usage.ru_utime + usage.ru_stime, memory]
    Path(cost).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    _main(*sys.argv[1:])
