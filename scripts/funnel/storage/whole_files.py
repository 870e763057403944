"""Writing files whole or not at all."""

from __future__ import annotations

import contextlib
import glob
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from funnel.storage.records import checksum_of, note_path, record_path

# the age of a temporary file at which its job is taken for dead
SECONDS_TO_WRITE = 3600.0


@contextlib.contextmanager
def written_whole(path: str | Path, configuration: str | None = None) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place when the block ends without error.

    With a `configuration`, what it was made for, `check` accepts the file from then on.
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
            # or the new name could outlive a loss of power, and what it names not
            os.fsync(file.fileno())
        if configuration is not None:
            with written_whole(record_path(path)) as record:
                record.write_text(f"{checksum_of(temporary)} {configuration}\n")
        temporary.replace(path)
        note_path(path).unlink(missing_ok=True)
    except OSError as error:
        error.filename = error.filename or str(path)
        raise
    finally:
        temporary.unlink(missing_ok=True)


def _left_by_a_killed_job(temporary: Path, host: str) -> bool:
    """Whether nobody writes to a temporary file any more: a job of a killed run may still do.

    On another machine that cannot be told but by the file's age; writing takes seconds.
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
