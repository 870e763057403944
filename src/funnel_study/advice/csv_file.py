"""Reading of CSV files of users, whose separators and decimal signs differ by program and country.

The module csv of Python reads them and not pandas, which does not tell the line of a value, takes
the first column for an index if a line is too long, and fills a line that is too short.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

MAX_BYTES = 100_000_000
# the squares of these numbers neither overflow nor underflow
LARGEST, SMALLEST = 1e100, 1e-100
_SEPARATORS = (",", ";", "\t")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_DECIMAL_COMMA = re.compile(r"[+-]?(\d+,\d*|,\d+)([eE][+-]?\d+)?", re.ASCII)
_NOT_FINITE = re.compile(r"[+-]?(nan|na|n/a|null|none|inf|infinity)", re.IGNORECASE)
# the first bytes of a zip archive, as of an .xlsx or .ods file, and of an .xls file
_OF_A_SPREADSHEET = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
# longer parts of a file are cut in messages
_SHOWN = 40


class DataError(ValueError):
    """The data or an option of a user cannot be used; `str()` is one line that says why."""


@dataclass(frozen=True)
class CsvFile:
    """The columns of a CSV file as text.

    `columns` has the values of each column by its name in lower case, without those of empty lines.
    `lines` has the number of the line of each value in the file, counted from 1.
    """

    name: str
    separator: str
    columns: Mapping[str, list[str]]
    lines: list[int]

    def numbers(self, column: str, *, positive: bool = False) -> list[float]:
        """Return the values of a column as numbers.

        Raises DataError, with line and column, for the first value that is empty, not a finite
        number or too large, or, if `positive`, not above 0.
        """
        texts = self.columns[column]
        commas = self.separator != "," and any(map(_DECIMAL_COMMA.fullmatch, texts))
        return [
            number(text, self.place(row, column), decimal_comma=commas, positive=positive)
            for row, text in enumerate(texts)
        ]

    def place(self, row: int, column: str) -> str:
        """Return where a value is, for the start of a message."""
        return f"{self.name}, line {self.lines[row]}, column {column}"


def read_csv_file(path: Path) -> CsvFile:
    """Read a CSV file whose first line has the names of the columns.

    Columns are separated by commas, semicolons or tabs. With semicolons or tabs, numbers may have a
    decimal comma. The file is UTF-8 text, with or without a byte order mark, or UTF-16 with one.

    Raises DataError, with one line that names the file, if it cannot be read or is something else.
    """
    text = _text(path)
    first_line = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(_SEPARATORS, key=first_line.count)
    rows = _rows(path, text, separator)
    if not rows:
        raise DataError(f"{path}: the file is empty; its first line must name the columns")
    (first, header), *rest = rows
    names = [name.strip().lower() for name in header]
    twice = next((name for name in names if name and names.count(name) > 1), None)
    if twice is not None:
        raise DataError(f"{path}, line {first}: the column {shown(twice)} is given twice")
    if not rest:
        raise DataError(f"{path}: the file has no line after the names of the columns")
    for line, cells in rest:
        if len(cells) != len(names):
            raise DataError(
                f"{path}, line {line}: the number of values is {len(cells)}, but must be that of "
                f"the columns in line {first}, {len(names)}"
            )
    columns = {
        name: [cells[i].strip() for _, cells in rest] for i, name in enumerate(names) if name
    }
    return CsvFile(str(path), separator, columns, [line for line, _ in rest])


def number(text: str, place: str, *, decimal_comma: bool = False, positive: bool = False) -> float:
    """Return the number that `text` represents.

    Raises DataError, which starts with `place`, if it is not a finite number or is too large, or,
    if `positive`, if it is not above 0.
    """
    if not text:
        raise DataError(f"{place}: the value is missing; must be a number")
    if _NOT_FINITE.fullmatch(text):
        raise DataError(f"{place}: {shown(text)} must be a finite number")
    if not (_DECIMAL_COMMA if decimal_comma and "," in text else _NUMBER).fullmatch(text):
        hint = ""
        if _DECIMAL_COMMA.fullmatch(text):
            hint = "; a decimal comma needs semicolons or tabs between the columns"
        raise DataError(f"{place}: {shown(text)} is not a number{hint}")
    if decimal_comma and "." in text:
        raise DataError(f"{place}: {shown(text)} has a point, but other values a decimal comma")
    value = float(text.replace(",", "."))
    if positive and not value > 0:
        raise DataError(f"{place}: {shown(text)} must be above 0")
    if not isfinite(value) or abs(value) > LARGEST or (positive and value < SMALLEST):
        low = f"{SMALLEST:g}" if positive else f"-{LARGEST:g}"
        raise DataError(f"{place}: {shown(text)} must be between {low} and {LARGEST:g}")
    return value


def shown(text: str) -> str:
    """Return a part of a file in quotation marks, on one line and not too long."""
    return repr(text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}...")


def _text(path: Path) -> str:
    """Return the text of a file without its byte order mark."""
    if path.is_dir():
        raise DataError(f"{path}: is a folder; give the path of a CSV file")
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        problem = getattr(error, "strerror", None) or error
        raise DataError(f"{path}: {problem}; give the path of a CSV file") from None
    if len(raw) > MAX_BYTES:
        raise DataError(f"{path}: the file is larger than {MAX_BYTES:,} bytes")
    if raw.startswith(_OF_A_SPREADSHEET):
        raise DataError(f"{path}: is a spreadsheet; save it as CSV")
    wide = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = raw.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        byte = raw[error.start]
        raise DataError(
            f"{path}, line {line}: the byte 0x{byte:02x} is not valid; save the file as UTF-8 text"
        ) from None
    if "\0" in text:
        raise DataError(f"{path}: is not a text file; give the path of a CSV file")
    return text


def _rows(path: Path, text: str, separator: str) -> list[tuple[int, list[str]]]:
    """Return the number and the cells of each line that is not empty."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows, end = [], 0
    try:
        for cells in reader:
            # a cell in quotation marks may extend over several lines
            start, end = end + 1, reader.line_num
            if any(cell.strip() for cell in cells):
                rows.append((start, cells))
    except csv.Error as error:
        raise DataError(f"{path}, line {end + 1}: cannot be read as CSV ({error})") from None
    return rows
