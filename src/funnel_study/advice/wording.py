"""The words of the page and of the programs, which are Jinja templates."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from funnel_study.report.numbers import number


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = number
    return environment


def render(template: str, **values: Any) -> str:
    """Return the text of a template, such as that of a program."""
    return _environment().get_template(template).render(**values)


def said(name: str, *values: Any) -> str:
    """Return what a macro of words.jinja says of these values, as plain text on one line."""
    macro = getattr(_environment().get_template("words.jinja").module, name)
    return " ".join(macro(*values).split())
