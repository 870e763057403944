"""Tables and paragraphs in Markdown."""

from __future__ import annotations

import textwrap
from typing import Any

import pandas as pd

from funnel_study.report.numbers import number

WIDTH = 100


def markdown_table(table: pd.DataFrame) -> str:
    """Return a table in Markdown, with its numbers as `number` writes them.

    Columns of numbers are aligned to the right. Missing values are left empty.
    """
    numeric = [pd.api.types.is_numeric_dtype(dtype) for dtype in table.dtypes]
    rules = ["---:" if is_numeric else "---" for is_numeric in numeric]
    rows = [[_text(value) for value in row] for row in table.itertuples(index=False)]
    lines = [[_text(name) for name in table.columns], rules, *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def wrapped(markdown: str) -> str:
    """Wrap the paragraphs of a page, but neither tables, headings nor images."""
    blocks = markdown.rstrip("\n").split("\n\n")
    wrap = textwrap.TextWrapper(WIDTH, break_on_hyphens=False, break_long_words=False)
    return (
        "\n\n".join(
            block if block.startswith(("|", "#", "![")) else wrap.fill(block) for block in blocks
        )
        + "\n"
    )


def _text(value: Any) -> str:
    if pd.isna(value):
        return ""
    if isinstance(value, str):
        return value.replace("|", "\\|")  # a bar would end the cell
    return number(value)
