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
from pathlib import Path

# the squares of these numbers neither overflow nor underflow
LARGEST, SMALLEST = 1e100, 1e-100
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_DECIMAL_COMMA = re.compile(r"[+-]?(\d+,\d*|,\d+)([eE][+-]?\d+)?", re.ASCII)
# the first bytes of a zip archive, as of an .xlsx or .ods file, and of an .xls file
_OF_A_SPREADSHEET = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
# longer parts of a file are cut in messages
_SHOWN = 40


class DataError(ValueError):
    """The data or an option of a user cannot be used; `str()` is one line that says why."""


@dataclass(frozen=True)
class CsvFile:
    """The columns of a CSV file as text, by their names in lower case.

    `lines` has the number of the line of each value in the file, counted from 1.
    """

    name: str
    separator: str
    columns: Mapping[str, list[str]]
    lines: list[int]

    def numbers(self, column: str, *, positive: bool = False) -> list[float]:
        """Return the values of a column; raises DataError as `number` does."""
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
    separator = max(",;\t", key=text.strip().partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        rows = [(reader.line_num, cells) for cells in reader if any(map(str.strip, cells))]
    except csv.Error as error:
        where = f"{path}, line {reader.line_num}"
        raise DataError(f"{where}: cannot be read as CSV ({error})") from None
    if len(rows) < 2:
        raise DataError(f"{path}: must have a line with the names of the columns, and data")
    (_, header), *rest = rows
    names = [name.strip().lower() for name in header]
    for name in filter(None, names):
        if names.count(name) > 1:
            raise DataError(f"{path}: the column {shown(name)} is given twice")
    for line, cells in rest:
        if len(cells) != len(names):
            raise DataError(
                f"{path}, line {line}: has {len(cells)} values for {len(names)} columns"
            )
    columns = {name: [cells[i].strip() for _, cells in rest] for i, name in enumerate(names)}
    return CsvFile(str(path), separator, columns, [line for line, _ in rest])


def number(text: str, place: str, *, decimal_comma: bool = False, positive: bool = False) -> float:
    """Return the number that `text` represents.

    Raises DataError, which starts with `place`, if it is not a finite number or is too large, or,
    if `positive`, if it is not above 0.
    """
    if not (_DECIMAL_COMMA if decimal_comma and "," in text else _NUMBER).fullmatch(text):
        comma = "; a decimal comma needs semicolons or tabs between the columns"
        hint = comma if _DECIMAL_COMMA.fullmatch(text) else ""
        raise DataError(f"{place}: {shown(text)} must be a finite number{hint}")
    if decimal_comma and "." in text:
        raise DataError(f"{place}: {shown(text)} has a point, but other values a decimal comma")
    value, low = float(text.replace(",", ".")), SMALLEST if positive else -LARGEST
    if not low <= value <= LARGEST:
        raise DataError(f"{place}: {shown(text)} must be between {low:g} and {LARGEST:g}")
    return value


def shown(text: str) -> str:
    """Return a part of a file in quotation marks, on one line and not too long."""
    return repr(text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}...")


def _text(path: Path) -> str:
    """Return the text of a file without its byte order mark."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}; give the path of a CSV file") from None
    if raw.startswith(_OF_A_SPREADSHEET):
        raise DataError(f"{path}: is a spreadsheet; save it as CSV")
    wide = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return raw.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        line, byte = raw[: error.start].count(b"\n") + 1, raw[error.start]
        where = f"{path}, line {line}"
        raise DataError(f"{where}: the byte 0x{byte:02x} is not valid; use UTF-8 text") from None
