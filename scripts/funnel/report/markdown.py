"""Tables in Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd


def markdown_table(rows: Sequence[Mapping[str, Any]]) -> str:
    if not rows:
        return "Nothing to compare."
    texts = [["" if pd.isna(value) else str(value) for value in row.values()] for row in rows]
    lines = [list(rows[0]), ["---"] * len(rows[0]), *texts]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
