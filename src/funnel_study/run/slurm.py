"""Whether Slurm answers, and jobs that a killed run of a study left in its queue.

Slurm would run them, and the next run of the study would write the same files at the same time.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path


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
    Path(path).write_text(f"{name}\n", encoding="utf-8")


def refuse_orphans(path: str | Path) -> None:
    """Raise SlurmError if jobs of the run that `path` records are still in the queue.

    They would write the same files as the jobs of the next run.
    """
    path = Path(path)
    if not path.exists() or shutil.which("squeue") is None:
        return
    name = path.read_text(encoding="utf-8").strip()
    asked = ["squeue", "--noheader", "--format=%A", f"--name={name}"]
    done = subprocess.run(asked, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise SlurmError(
            f"Slurm does not tell whether jobs of a killed run are in the queue "
            f"({' '.join(done.stderr.split())}); try again, or remove {path} if there are none"
        )
    if done.stdout.split():
        raise SlurmError(
            "jobs of an earlier run are still in the queue of Slurm; if it was killed, cancel "
            f"them and run again: scancel --name={name}"
        )


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
