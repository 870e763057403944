"""Writing files whole or not at all."""

from __future__ import annotations

import contextlib
import glob
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from funnel_study.files.records import note_path, record_of, record_path

# a temporary file of another machine that is older is taken for that of a killed job
SECONDS_TO_WRITE = 3600.0


@contextlib.contextmanager
def written_whole(path: str | Path, recorded: bool = False) -> Iterator[Path]:
    """Yield a temporary path that replaces `path` when the block ends without an error.

    A file that is `recorded` gets a record beside it, by which `records.check` accepts it.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # same suffix: some writers choose the format by it
    host = socket.gethostname().replace(".", "-")
    temporary = path.with_name(f".{path.stem}.{host}.{os.getpid()}{path.suffix}")
    for other in path.parent.glob(f".{glob.escape(path.stem)}.*{path.suffix}"):
        if _left_by_a_killed_job(other, host):
            other.unlink(missing_ok=True)
    try:
        yield temporary
        with temporary.open("rb+") as file:
            # or, after a loss of power, the new name could exist without its content
            os.fsync(file.fileno())
        if recorded:
            with written_whole(record_path(path)) as record:
                record.write_text(record_of(path, temporary), encoding="utf-8")
        temporary.replace(path)
        note_path(path).unlink(missing_ok=True)
    except OSError as error:
        error.filename = error.filename or str(path)
        raise
    finally:
        temporary.unlink(missing_ok=True)


def _left_by_a_killed_job(temporary: Path, host: str) -> bool:
    """Whether the process that wrote a temporary file has ended.

    For a file of another machine, which may belong to a running job, only its age can tell.
    """
    *_, where, process = temporary.stem.split(".")
    try:
        if where == host:
            os.kill(int(process), 0)
        age = time.time() - temporary.stat().st_mtime
    except (ProcessLookupError, FileNotFoundError):
        return True
    except PermissionError:
        return False
    return age > SECONDS_TO_WRITE
