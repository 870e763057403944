"""The cost of a command: its wall time, and the CPU time and memory of all of its processes."""

from __future__ import annotations

import json
import os
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

    `environment` is added to the environment of this process. A command that cannot be started has
    a `problem` too.
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
        done = Run(*json.load(cost))
    if not done.problem.startswith("exit code"):
        return done
    last = log.read_text(encoding="utf-8", errors="replace").strip().rpartition("\n")[2]
    return done._replace(problem=f"{done.problem}: {last.strip() or 'no message'}")


def _run(command: Sequence[str]) -> Run:
    """Run `command` in this process; `problem` does not include its output."""
    start = time.perf_counter()
    try:
        process = subprocess.Popen(command)
    except OSError as error:
        return Run(0.0, 0.0, 0.0, f"{command[0]}: {error.strerror}")
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    code = process.returncode = os.waitstatus_to_exitcode(status)  # or Popen would wait again
    memory = usage.ru_maxrss * _MEMORY_UNIT / 2**20
    problem = f"exit code {code}" if code else ""
    return Run(seconds, usage.ru_utime + usage.ru_stime, memory, problem)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(_run(sys.argv[2:])), encoding="utf-8")
