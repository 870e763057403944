"""Reading of CSV files of users, whose separators and decimal signs differ by program and country.

The module csv of Python reads them and not pandas, which does not tell the line of a value, takes
the first column for an index if a line is too long, and fills a line that is too short.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import numpy as np

from funnel.group_means import Array

# the squares of these numbers neither overflow nor underflow
LARGEST, SMALLEST = 1e100, 1e-100
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_PLAIN = re.compile(r"[+-]?\d+", re.ASCII)
_MARKED = re.compile(r"[+-]?(\d+[.,]\d*|[.,]\d+)([eE][+-]?\d+)?", re.ASCII)
# the mark of these may stand between thousands
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}([.,])\d{3}(\1\d{3})*", re.ASCII)
# other signs that are written for minus
_MINUS = str.maketrans(dict.fromkeys("\u2212\u2010\u2011\u2012\u2013\ufe63\uff0d", "-"))
_MISSING = {"", "na", "n/a", "n.a.", "#n/a", "nan", "null", "none", "missing", ".", "-", "--", "?"}
# the first bytes of a zip archive, as of an .xlsx or .ods file, and of an .xls file
_OF_A_SPREADSHEET = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
# what a first column without a name is called, such as the names of rows in files of R and pandas
INDEX = "index"
# the start of lines that may stand above the names of the columns
_ABOVE = ("#", "sep=")
# longer parts of a file are cut in messages
_SHOWN = 40


class DataError(ValueError):
    """The data or an option of a user cannot be used; `str()` is one line that says why."""


@dataclass(frozen=True)
class CsvFile:
    """The columns of a CSV file as text, by their names, whose case makes no difference.

    `lines` has the number of the line of each value in the file, counted from 1. `decimal` is the
    decimal mark, or "" if it was not given.
    """

    name: str
    separator: str
    columns: Mapping[str, list[str]]
    lines: list[int]
    decimal: str = ""

    def numbers(self, columns: Iterable[str], positive: Collection[str] = ()) -> dict[str, Array]:
        """Return the values of columns; raises DataError as `number` does.

        It also raises DataError if a decimal mark was not given and may be one between thousands.
        """
        texts = {name: [each.translate(_MINUS) for each in self.columns[name]] for name in columns}
        mark, thousands = self.decimal or self._mark(texts), bool(self.decimal)
        return {
            name: np.array(
                [
                    number(text, self.place(row, name), mark, thousands, name in positive)
                    for row, text in enumerate(values)
                ]
            )
            for name, values in texts.items()
        }

    def _mark(self, texts: Mapping[str, list[str]]) -> str:
        """Return the decimal mark of columns of numbers, if it can be told."""
        every = [*chain(*texts.values())]
        marked = [text for text in every if _MARKED.fullmatch(text)]
        sure = {
            mark for text in marked if not _GROUPED.fullmatch(text) for mark in ".," if mark in text
        }
        comma = self.separator != "," and any("," in text for text in sure or marked)
        mark = "," if comma else "."
        for name, values in texts.items():
            # with commas between columns, points are most likely decimal
            plain = any(map(_PLAIN.fullmatch, values if self.separator == "," else every))
            for row, text in enumerate(values):
                grouped = _GROUPED.fullmatch(text)
                if grouped and (grouped[1] != mark or (plain and not sure)):
                    raise DataError(f"{self.place(row, name)}: {_meanings(text, grouped[1])}")
        return mark

    def missing(self, column: str) -> set[int]:
        """Return the rows that have no value in a column of numbers, in any usual spelling."""
        texts = enumerate(self.columns[column])
        return {row for row, text in texts if text.translate(_MINUS).casefold() in _MISSING}

    def without(self, rows: Collection[int]) -> CsvFile:
        """Return the file without some of its rows."""
        kept = [row for row in range(len(self.lines)) if row not in rows]
        columns = {name: [values[row] for row in kept] for name, values in self.columns.items()}
        return replace(self, columns=columns, lines=[self.lines[row] for row in kept])

    def place(self, row: int, column: str) -> str:
        """Return where a value is, for the start of a message."""
        return f"{self.name}, line {self.lines[row]}, column {column}"


def read_csv_file(path: Path, decimal: str = "") -> CsvFile:
    """Read a CSV file whose first line has the names of the columns.

    Columns are separated by commas, semicolons or tabs, or by blanks if the first line has none of
    these. Unless by commas, numbers may have a decimal comma, and in any file the mark that is
    given as `decimal`. Comments that start with # and the separator for Excel may stand above the
    names. The file is UTF-8 text, with or without a byte order mark, UTF-16 text with one, or
    Windows text (cp1252).

    Raises DataError, with one line that names the file, if it cannot be read or is something else.
    """
    text = _text(path)
    lines = filter(str.strip, text.splitlines())
    first = next((line for line in lines if not line.startswith(_ABOVE)), "")
    separator = max(",;\t", key=first.count)
    separator = separator if separator in first else " "
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=separator,
        skipinitialspace=separator == " ",
        strict=True,
    )
    try:
        rows = [(reader.line_num, cells) for cells in reader if any(map(str.strip, cells))]
    except csv.Error as error:
        where = f"{path}, line {reader.line_num}"
        raise DataError(f"{where}: cannot be read as CSV ({error})") from None
    # the names may start with #, too
    while rows and rows[0][1][0].startswith(_ABOVE) and len(rows[0][1]) != len(rows[-1][1]):
        rows.pop(0)
    if len(rows) < 2:
        raise DataError(f"{path}: must have a line with the names of the columns, and data")
    (_, header), *rest = rows
    names = [name.strip() for name in header]
    if separator in "\t " and all(len(cells) == len(names) + 1 for _, cells in rest):
        names.insert(0, "")  # as R writes the names of rows
    if not names[0] and INDEX not in names and any(cells[0].strip() for _, cells in rest):
        names[0] = INDEX
    lower = [name.lower() for name in names]
    for name in filter(None, lower):
        if lower.count(name) > 1:
            raise DataError(f"{path}: the column {shown(name)} is given twice")
    for line, cells in rest:
        if len(cells) < len(names) or any(map(str.strip, cells[len(names) :])):
            raise DataError(
                f"{path}, line {line}: has {len(cells)} values for {len(names)} columns"
            )
    columns = {name: [cells[i].strip() for _, cells in rest] for i, name in enumerate(names)}
    return CsvFile(str(path), separator, columns, [line for line, _ in rest], decimal)


def number(
    text: str, place: str, mark: str = ".", thousands: bool = False, positive: bool = False
) -> float:
    """Return the number that `text` represents, with a decimal `mark`.

    With `thousands`, the other mark may stand between thousands. Raises DataError, which starts
    with `place`, if it is not a finite number or is too large, or, if `positive`, if it is not
    above 0.
    """
    plain, other = text, "." if mark == "," else ","
    if thousands and other in text and _GROUPED.fullmatch(text.partition(mark)[0]):
        plain = text.replace(other, "")
    if mark == ",":
        plain = plain.replace(".", "?").replace(",", ".")
    if not _NUMBER.fullmatch(plain):
        hint = f"; its decimal mark is not {mark}" if _MARKED.fullmatch(text) else ""
        raise DataError(f"{place}: {shown(text)} must be a finite number{hint}")
    value, low = float(plain), SMALLEST if positive else -LARGEST
    if positive and value <= 0:
        raise DataError(f"{place}: {shown(text)} must be above 0")
    if not low <= value <= LARGEST:
        raise DataError(f"{place}: {shown(text)} must be between {low:g} and {LARGEST:g}")
    return value


def _meanings(text: str, mark: str) -> str:
    """Return what a number means if its mark is one between thousands, or a decimal mark."""
    options = [f"DECIMAL={',' if mark == '.' else '.'} ({text.replace(mark, '')})"]
    if text.count(mark) == 1:
        options.append(f"DECIMAL={mark} ({float(text.replace(',', '.')):g})")
    return f"{shown(text)} may have a mark between thousands; add {' or '.join(options)}"


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
    except UnicodeDecodeError:
        pass
    try:
        return raw.decode("cp1252")
    except UnicodeDecodeError as error:
        line, byte = raw[: error.start].count(b"\n") + 1, raw[error.start]
        where = f"{path}, line {line}"
        raise DataError(f"{where}: the byte 0x{byte:02x} is not valid; use UTF-8 text") from None
