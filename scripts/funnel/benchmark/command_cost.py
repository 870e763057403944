"""What a command takes: its seconds, and those that it and its children kept the cores busy."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

# the unit of ru_maxrss, in bytes
_MEMORY_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class Run:
    """What a command took: wall and CPU seconds, and the largest memory of one process.

    CPU seconds are those of the command and of every process behind it that ended before it did.
    A process that takes less memory than the one that starts it, some 15 MB, counts as that.
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
    answer, to_answer = os.pipe()
    # Linux counts the memory of who starts a process as the process's: a small one must
    starter = [sys.executable, "-I", "-S", __file__, str(to_answer)]
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*starter, *map(str, command)],
            stdout=file,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **(environment or {})},
            cwd=folder,
            pass_fds=[to_answer],
        )
    os.close(to_answer)
    with os.fdopen(answer, "rb") as file:
        found = Run(**json.loads(file.read()))
    process.wait()
    if not found.problem.startswith("exit code"):
        return found
    said = log.read_text(encoding="utf-8", errors="replace").split("\n")
    last = next((line.strip() for line in reversed(said) if line.strip()), "no message")
    return replace(found, problem=f"{found.problem}: {last}")


def _run(command: Sequence[str]) -> Run:
    """Runs `command` as this process would; `problem` is without what it said."""
    start = time.perf_counter()
    try:
        process = subprocess.Popen(command)
    except OSError as error:
        return Run(0.0, 0.0, 0.0, f"{command[0]}: {error.strerror}")
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)  # or it would be waited for again
    return Run(
        seconds=seconds,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        largest_memory_mb=usage.ru_maxrss * _MEMORY_UNIT / 2**20,
        problem=f"exit code {process.returncode}" if process.returncode else "",
    )


if __name__ == "__main__":
    with os.fdopen(int(sys.argv[1]), "w") as to_answer:
        json.dump(asdict(_run(sys.argv[2:])), to_answer)
