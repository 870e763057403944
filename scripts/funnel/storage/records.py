"""Records: what each file is made for, and whether it is still as it was written.

Beside each file that a later stage reads lies a hidden record: its size, its CRC-32, and a hash of
the configuration that the file was made for. A file that does not match its record is never used:
the reader refuses it and leaves a note, and the next run makes the file again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# the variable of a job's environment that holds the hash of its study's configuration
CONFIGURATION = "FUNNEL_CONFIGURATION"
RECORD = ".check"
FOREIGN = "was made for another configuration"
ANEW = "run the study again, which makes it anew"


class UnusableFileError(ValueError):
    """A file that cannot be used; `str()` is a line that names it, says why and what to do."""


def record_path(path: str | Path) -> Path:
    """Where the record of a file lies: its checksum and what it was made for."""
    return Path(path).with_name(f".{Path(path).name}{RECORD}")


def configuration_of(*parts: Any) -> str:
    """A hash of what a file is made for: anything that JSON holds."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def problem(path: str | Path, configuration: str | None = None) -> str:
    """Why a file is not the one that was written, for `configuration` if given; else empty."""
    try:
        found = checksum_of(Path(path))
        size, checksum, made_for = _record(path)
    except FileNotFoundError as error:
        return "is missing" if Path(error.filename) == Path(path) else "has no record beside it"
    except ValueError:
        return "has a damaged record beside it"
    if f"{size} {checksum}" != found:
        return "is cut short, damaged or changed"
    if configuration not in (None, made_for):
        return FOREIGN
    return ""


def made_for(path: str | Path) -> str:
    """The configuration that a file was made for, by its record; empty if there is none."""
    try:
        return _record(path)[2]
    except (OSError, ValueError, IndexError):
        return ""


def check(configurations: Mapping[str | Path, str | None]) -> None:
    """Raises UnfitError, with a line a file, unless all are whole, unchanged and for their purpose.

    `configurations` are what the files are to be made for, None where anything will do. A job of
    the workflow also leaves a note for `refusal`.
    """
    found = {path: problem(path, made_for) for path, made_for in configurations.items()}
    found = {path: why for path, why in found.items() if why}
    if CONFIGURATION in os.environ:
        with contextlib.suppress(OSError):
            for path, why in found.items():
                note_path(Path(path)).write_text(why, encoding="utf-8")
    if found:
        raise UnusableFileError("\n".join(f"{path}: {why}; {ANEW}" for path, why in found.items()))


def refusal(path: str | Path) -> str:
    """Why a job refused a file that was not written since; empty if none did."""
    note = note_path(Path(path))
    return note.read_text(encoding="utf-8") if note.exists() else ""


def _record(path: str | Path) -> list[str]:
    """Size and CRC-32 of a file and what it was made for, as they were when it was written."""
    return record_path(path).read_text(encoding="utf-8").rstrip("\n").split(" ")


def checksum_of(path: Path) -> str:
    """Size and CRC-32 of a file: against accidents, at a gigabyte and more a second."""
    size = checksum = 0
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            size, checksum = size + len(part), zlib.crc32(part, checksum)
    return f"{size} {checksum:08x}"


def note_path(path: Path) -> Path:
    return path.with_name(f".{path.name}.refused")
