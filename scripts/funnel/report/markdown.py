"""Tables in Markdown."""

from __future__ import annotations

from typing import Any

import pandas as pd

from funnel.report.numbers import number


def markdown_table(table: pd.DataFrame) -> str:
    """Return a table in Markdown, with its numbers as `number` writes them.

    Columns of numbers are aligned to the right. Missing values are left empty.
    """
    numeric = [pd.api.types.is_numeric_dtype(dtype) for dtype in table.dtypes]
    rules = ["---:" if is_numeric else "---" for is_numeric in numeric]
    rows = [[_text(value) for value in row] for row in table.itertuples(index=False)]
    lines = [[_text(name) for name in table.columns], rules, *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _text(value: Any) -> str:
    if pd.isna(value):
        return ""
    if isinstance(value, str):
        return value.replace("|", "\\|")  # a bar would end the cell
    return number(value)
