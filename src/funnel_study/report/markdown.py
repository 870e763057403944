"""Tables and paragraphs in Markdown."""

from __future__ import annotations

import re
import textwrap
from typing import Any

import numpy as np
import pandas as pd

from funnel_study.report.numbers import number

WIDTH = 100


def markdown_table(table: pd.DataFrame) -> str:
    """Return a table in Markdown, with its numbers as `number` writes them.

    Columns of numbers are aligned to the right. Missing values are left empty.
    """
    numeric = [pd.api.types.is_numeric_dtype(dtype) for dtype in table.dtypes]
    rules = ["---:" if is_numeric else "---" for is_numeric in numeric]
    rows = [[_escaped(value) for value in row] for row in table.itertuples(index=False)]
    lines = [[_escaped(name) for name in table.columns], rules, *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def wrapped(markdown: str) -> str:
    """Wrap the paragraphs of a page, but neither tables, headings nor images."""
    wrap = textwrap.TextWrapper(WIDTH, break_on_hyphens=False, break_long_words=False)
    blocks = [block.strip("\n") for block in re.split(r"\n(?:[ ]*\n)+", markdown.strip())]
    filled = (
        block if block.startswith(("|", "#", "![")) else wrap.fill(" ".join(block.split()))
        for block in blocks
    )
    return "\n\n".join(filled) + "\n"


def cell_text(value: Any) -> str:
    """Return a value as the text of a cell; it is empty if the value is missing."""
    if pd.isna(value):
        return ""
    return str(value) if isinstance(value, str | bool | np.bool_) else number(value)


def _escaped(value: Any) -> str:
    return cell_text(value).replace("|", "\\|")  # a bar would end the cell
