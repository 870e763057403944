"""Pages in Markdown from the templates `*.md.jinja`."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from funnel_study.report.markdown import markdown_table
from funnel_study.report.numbers import number


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    return "" if pd.isna(value) else number(float(value))  # type: ignore[call-overload, arg-type]


_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    undefined=StrictUndefined,
    finalize=_text,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_TEMPLATES.filters |= {"number": number, "table": markdown_table}
_TEMPLATES.tests["known"] = pd.notna


def filled(template: str, **values: object) -> str:
    """Return a template as text, with its values.

    A template shows numbers as `number` does and missing values as nothing. It has the filters
    `number` and `table`, of a data frame, and the test `known`, of a value that is not missing.
    """
    return _TEMPLATES.get_template(template).render(values)
