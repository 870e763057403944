"""Whether Slurm answers, and jobs that a killed run of a study left in its queue.

Slurm would run them, and the next run of the study would write the same files at the same time.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from pathlib import Path

# the cluster decides how long a cancelled job may take to end; 30 seconds are usual
SECONDS_TO_END = 300.0


class SlurmError(RuntimeError):
    """Slurm does not answer, or has jobs of another run; `str()` says which, and what to do."""


def reach() -> None:
    """Raise SlurmError unless Slurm answers on this machine."""
    try:
        done = subprocess.run(["sinfo", "--noheader"], check=False, capture_output=True, text=True)
    except FileNotFoundError:
        raise SlurmError(
            "Slurm's commands (sinfo, sbatch) are not on the PATH of this machine; start the study "
            "where jobs are submitted, or without --profile"
        ) from None
    if done.returncode != 0:
        raise SlurmError(
            f"Slurm does not answer ({' '.join(done.stderr.split())}); once sinfo lists nodes, try "
            "again"
        )


def record(path: str | Path, name: str) -> None:
    """Record in the file `path` that the jobs of this run are called `name`."""
    Path(path).write_text(f"{socket.gethostname()} {name}\n", encoding="utf-8")


def end_orphans(path: str | Path) -> list[str]:
    """Cancel the remaining jobs of the run that `path` records; return their ids once they ended.

    The caller must hold the lock of the study: a recorded run on this machine is then dead. A run
    on another machine may be alive, since not every shared file system locks across machines;
    SlurmError then says which command to type. SlurmError is also raised if Slurm does not answer,
    or if the jobs do not end.
    """
    path = Path(path)
    if not path.exists() or shutil.which("squeue") is None:
        return []
    host, name = path.read_text(encoding="utf-8").split()
    jobs = _jobs(name, path)
    if jobs and host != socket.gethostname():
        raise SlurmError(
            f"a run on {host} has Slurm jobs in the queue; if it was killed, cancel them: "
            f"scancel {' '.join(jobs)}"
        )
    if jobs:
        # a job that has just ended cannot be cancelled, which is not an error
        subprocess.run(["scancel", *jobs], check=False, capture_output=True)
    deadline = time.monotonic() + SECONDS_TO_END
    while left := jobs and _jobs(name, path):
        if time.monotonic() > deadline:
            raise SlurmError(
                f"Slurm jobs of a killed run were cancelled but do not end: {' '.join(left)}; "
                "wait until squeue no longer lists them"
            )
        time.sleep(0.5)
    path.unlink()
    return jobs


def failure_messages(folder: str | Path, since: str | Path) -> list[str]:
    """Slurm's messages, below `folder`, on jobs that failed after the file `since` was written.

    Logs of jobs that succeeded are removed; the output of a job itself is in the log of its rule.
    """
    start, said = Path(since).stat().st_mtime, []
    for log in sorted(Path(folder).rglob("*.log")):
        if log.stat().st_mtime >= start:
            lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
            words = [line for line in lines if line.startswith("slurmstepd")]
            said += [f"{log}: {line}" for line in dict.fromkeys(words)]
    return said


def _jobs(name: str, path: Path) -> list[str]:
    """The ids of the jobs called `name` that have not ended."""
    asked = ["squeue", "--noheader", "--format=%A", f"--name={name}"]
    done = subprocess.run(asked, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise SlurmError(
            f"Slurm does not tell whether jobs of a killed run are in the queue "
            f"({' '.join(done.stderr.split())}); try again, or remove {path} if there are none"
        )
    return done.stdout.split()
