"""One run of a study at a time."""

from __future__ import annotations

import fcntl
import os
import socket
from pathlib import Path
from typing import TextIO

# a file without any reference is closed, which releases its lock
_held: list[TextIO] = []


class LockedError(RuntimeError):
    """Another process holds the lock; `str()` says which."""


def hold(path: str | Path) -> TextIO:
    """Lock the file `path` until the returned file is closed or this process ends.

    Raises LockedError if another process holds the lock.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("a+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        holder = file.read().strip() or "another process"
        file.close()
        raise LockedError(f"is being run by {holder}; wait until it ends, or stop it") from None
    file.truncate(0)
    file.write(f"process {os.getpid()} on {socket.gethostname()}\n")
    file.flush()
    _held.append(file)
    return file
