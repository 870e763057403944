"""Numbers and names as text for people to read."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd


def number(value: float, digits: int = 3, trailing_zeros: bool = False) -> str:
    """Return a number with `digits` significant digits and commas between thousands.

    Whole numbers keep all of their digits. A missing or infinite value gives an empty text.
    `trailing_zeros` keeps the zeros that fill the digits, as in 1.00.
    """
    if not math.isfinite(value):
        return ""
    rounded = value if value == round(value) else float(f"{value:.{digits}g}")
    if trailing_zeros and rounded:
        decimals = digits - 1 - math.floor(math.log10(abs(rounded)))
        return f"{rounded:,.{max(decimals, 0)}f}"
    return f"{rounded + 0.0:,.15g}"  # the sum turns -0 into 0


def p_value(p: float) -> str:
    """Return a p-value to three digits, or that it is below 0.001."""
    return "below 0.001" if p < 0.001 else number(p)


def with_error(value: float, error: float) -> str:
    """Return a number followed by its standard error, to two digits, in brackets.

    The brackets are left out if the error is missing, and a missing value gives an empty text.
    """
    if not math.isfinite(value) or not math.isfinite(error):
        return number(value)
    return f"{number(value)} ({number(error, 2)})"


def interval(table: pd.DataFrame, column: str) -> list[str]:
    """Return the values of a column, each with its limits in brackets, as in 2.1 (1.3 to 4.0).

    The limits are the columns of the same name that end in `_low` and `_high`. They are left out
    where they are missing.
    """
    texts = []
    values = table[[column, f"{column}_low", f"{column}_high"]].to_numpy(dtype=float)
    for row in values:
        text, low, high = (number(value) for value in row)
        texts.append(f"{text} ({low} to {high})" if low and high else text)
    return texts


def ratio(log: float) -> str:
    """Return a ratio, from its log, with the zeros that fill three digits."""
    return number(math.exp(log), trailing_zeros=True)


def ratio_with_interval(log: float, reach: float) -> str:
    """Return a ratio with its interval, from its log and the reach of the interval of the log."""
    return f"{ratio(log)} ({ratio(log - reach)} to {ratio(log + reach)})"


def with_errors(table: pd.DataFrame, value: str, error: str) -> list[str]:
    """Return the values of a column, each with its standard error from another column."""
    return [with_error(*row) for row in table[[value, error]].to_numpy(dtype=float)]


def counted(n: int, what: str) -> str:
    """Return a number with its noun in singular or plural."""
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def listed(names: Sequence[str]) -> str:
    """Return names as a list in a sentence, as in a, b and c."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
