"""Whether Slurm answers, and jobs that a run of a study left in its queue when it was killed.

Slurm goes on with them, and the next run would make the same files at the same time.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from pathlib import Path

# a job that is cancelled has a while to end, of the cluster's choice; 30 seconds are usual
SECONDS_TO_END = 300.0


class SlurmError(RuntimeError):
    """Slurm does not answer, or jobs stand in the way; `str()` says so, and what to do."""


def reach() -> None:
    """Raises SlurmError unless Slurm answers on this machine."""
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
    """Notes in the file `path` that the jobs of the run that begins are called `name`."""
    Path(path).write_text(f"{socket.gethostname()} {name}\n", encoding="utf-8")


def end_orphans(path: str | Path) -> list[str]:
    """Cancels the jobs left of the run that `path` records, and gives their ids once they are gone.

    To be called by who holds the study's lock: then that run is dead, if it ran on this machine.
    One of another machine is not taken for dead, as not every shared file system locks across
    machines: SlurmError then says what to type. It is raised, too, if Slurm does not answer or
    the jobs do not end.
    """
    path = Path(path)
    if not path.exists() or shutil.which("squeue") is None:
        return []
    host, name = path.read_text(encoding="utf-8").split()
    jobs = _jobs(name, path)
    if jobs and host != socket.gethostname():
        raise SlurmError(
            f"a run on {host} has Slurm jobs under way; if it was killed, cancel them: "
            f"scancel {' '.join(jobs)}"
        )
    if jobs:
        # what has just ended cannot be cancelled, which is no error
        subprocess.run(["scancel", *jobs], check=False, capture_output=True)
    deadline = time.monotonic() + SECONDS_TO_END
    while left := jobs and _jobs(name, path):
        if time.monotonic() > deadline:
            raise SlurmError(
                f"Slurm jobs of a killed run were cancelled and do not end: {' '.join(left)}; "
                "wait until squeue no longer lists them"
            )
        time.sleep(0.5)
    path.unlink()
    return jobs


def last_words(folder: str | Path, since: str | Path) -> list[str]:
    """What Slurm wrote, below `folder`, on jobs that failed after the file `since` was written.

    The log of a job that succeeds is removed, and a job's own words are in the log of its rule.
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
            f"Slurm does not say whether jobs of a killed run are under way "
            f"({' '.join(done.stderr.split())}); try again, or remove {path} if there are none"
        )
    return done.stdout.split()
