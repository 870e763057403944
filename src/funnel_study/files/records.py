"""Records: what each file was made from, and whether it is still as it was written.

Beside each file that a later stage reads is a hidden record: the file's size and CRC-32, a hash of
the configuration that the file depends on, and a fingerprint of the code that made it. A file that
does not match its record is never used: the reader refuses it and leaves a note, and the next run
of the study makes the file again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# the environment variable that tells a job the origins of its files, as `as_environment` writes it
ORIGINS = "FUNNEL_ORIGINS"
RECORD = ".check"
OTHER_CONFIGURATION = "was made for another configuration"
OTHER_CODE = "was made by another version of the code"
REGENERATED = "run the study again to regenerate it"


@dataclass(frozen=True)
class Origin:
    """What a file is made from: a hash of its configuration and a fingerprint of its code.

    An expected origin with an empty `code` accepts any code.
    """

    configuration: str = ""
    code: str = ""


class UnusableFileError(ValueError):
    """A file that cannot be used; `str()` is a line that names it, the reason and the remedy."""


def record_path(path: str | Path) -> Path:
    """The path of the record of a file."""
    return Path(path).with_name(f".{Path(path).name}{RECORD}")


def hash_of(*parts: Any) -> str:
    """A hash, 16 hexadecimal digits, of anything that JSON can hold."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def as_environment(origins: Mapping[str, Origin]) -> str:
    """The value of the environment variable `ORIGINS` for a job with these files, by path."""
    return json.dumps({path: [each.configuration, each.code] for path, each in origins.items()})


def expected_origin(path: str | Path) -> Origin | None:
    """The origin that a file must have; None if any is accepted, as outside of a job."""
    known = json.loads(os.environ.get(ORIGINS, "{}"))
    return Origin(*known[str(path)]) if str(path) in known else None


def record_of(path: str | Path, content: Path) -> str:
    """The text of the record of `path`, whose content is that of the file `content`."""
    origin = expected_origin(path) or Origin()
    return f"{checksum_of(content)} {origin.configuration} {origin.code}\n"


def problem(path: str | Path, origin: Origin | None = None) -> str:
    """Why a file is not as it was written, or not of this `origin`; empty if nothing is wrong."""
    try:
        found = checksum_of(Path(path))
        size, checksum, configuration, code = _record(path)
    except FileNotFoundError as error:
        return "is missing" if Path(error.filename) == Path(path) else "has no record beside it"
    except ValueError:
        return "has a damaged record beside it"
    if f"{size} {checksum}" != found:
        return "is cut short, damaged or changed"
    return _other_origin(Origin(configuration, code), origin)


def recorded_problem(path: str | Path, origin: Origin) -> str:
    """Why a file is not of this `origin`, from its record alone: the file itself is not read."""
    try:
        _, _, configuration, code = _record(path)
    except (OSError, ValueError):
        return OTHER_CONFIGURATION
    return _other_origin(Origin(configuration, code), origin)


def check(*paths: str | Path) -> None:
    """Raise UnusableFileError, with one line per file, unless all files are as they were written.

    In a job of the workflow the files must also have the origin that the workflow expects, and a
    refused file gets a note for `refusal`.
    """
    found = {path: problem(path, expected_origin(path)) for path in paths}
    found = {path: why for path, why in found.items() if why}
    if ORIGINS in os.environ:
        with contextlib.suppress(OSError):
            for path, why in found.items():
                note_path(Path(path)).write_text(why, encoding="utf-8")
    if found:
        raise UnusableFileError(
            "\n".join(f"{path}: {why}; {REGENERATED}" for path, why in found.items())
        )


def refusal(path: str | Path) -> str:
    """Why a job refused a file that has not been rewritten since; empty if none did."""
    note = note_path(Path(path))
    return note.read_text(encoding="utf-8") if note.exists() else ""


def checksum_of(path: Path) -> str:
    """Size and CRC-32 of a file: against accidents, at a gigabyte per second or more."""
    size = checksum = 0
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            size, checksum = size + len(part), zlib.crc32(part, checksum)
    return f"{size} {checksum:08x}"


def note_path(path: Path) -> Path:
    """The path of the note that a job leaves beside a file that it refused."""
    return path.with_name(f".{path.name}.refused")


def _record(path: str | Path) -> list[str]:
    """Size, CRC-32, configuration and code of a file when it was written."""
    return record_path(path).read_text(encoding="utf-8").rstrip("\n").split(" ")


def _other_origin(found: Origin, expected: Origin | None) -> str:
    if expected is None:
        return ""
    if found.configuration != expected.configuration:
        return OTHER_CONFIGURATION
    return OTHER_CODE if expected.code not in ("", found.code) else ""
