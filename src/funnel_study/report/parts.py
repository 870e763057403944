"""What pages are made of: their templates, and the tables and figures that these show.

The words of pages are in the folder templates: one template for each section in HTML, one for each
page in Markdown, and files of macros (*.jinja) for sentences that several of them say.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape
from PIL import Image

from funnel_study.analysis.criteria import FAMILY_LEVEL, RHAT_THRESHOLD
from funnel_study.analysis.work import LOW_ERROR, TAIL
from funnel_study.figures import DPI
from funnel_study.figures.registry import FIGURES, FIT_FIGURES
from funnel_study.report import numbers
from funnel_study.report.columns import columns, measures
from funnel_study.report.contents import Contents, Part, Section
from funnel_study.report.markdown import cell_text, markdown_table, wrapped

LARGEST_SVG = 600_000  # bytes; larger figures are shown as PNG
_TEMPLATES = Path(__file__).parent / "templates"
_TYPES = {".svg": "image/svg+xml", ".png": "image/png"}


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        # all text in HTML that is not markup is escaped
        autoescape=select_autoescape(["html"], default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        **{
            name: getattr(numbers, name)
            for name in ("number", "with_error", "ratio", "listed", "p_value")
        },
        **{"counted": numbers.counted, "columns": columns, "measures": measures, "grid": grid},
        "markdown": markdown_table,
    }
    environment.tests["known"] = pd.notna
    environment.globals |= {"TAIL": TAIL, "LOW_ERROR": LOW_ERROR, "FAMILY_LEVEL": FAMILY_LEVEL}
    environment.globals["LOW_BIAS"] = numbers.number(LOW_ERROR**0.5)
    environment.globals["RHAT_THRESHOLD"] = RHAT_THRESHOLD
    return environment


def render_template(template: str, **values: Any) -> str:
    """Return a page from the named template; Jinja escapes all text that is not markup."""
    return _environment().get_template(template).render(**values)


def filled(template: str, **values: Any) -> str:
    """Return a page in Markdown from a template that shows missing values as nothing.

    It shows numbers as `number` does, and has the test `known`, of a value that is not missing.
    """
    environment = _environment().overlay(finalize=cell_text, keep_trailing_newline=True)
    return environment.get_template(template).render(values)


def markdown_page(template: str, **values: Any) -> str:
    """Return a page in Markdown from the named template, with its lines wrapped."""
    return wrapped(render_template(template, **values))


def section(name: str, **values: Any) -> Section:
    """Return a section from the template of its name, whose variable `title` is its title."""
    module: Any = _environment().get_template(f"{name}.html").make_module(values)
    return Section(name, str(module.title), [{"kind": "html", "html": Markup(str(module))}])


def words(file: str, macro: str, *arguments: Any) -> str:
    """Return what a macro of `file`.jinja says, as plain text on one line."""
    module = _environment().get_template(f"{file}.jinja").module
    return " ".join(getattr(module, macro)(*arguments).split())


def text_part(*paragraphs: str) -> Part:
    """Return paragraphs of plain text."""
    return {"kind": "text", "paragraphs": paragraphs}


def table_part(
    id: str,  # noqa: A002
    title: str,
    caption: str,
    table: pd.DataFrame,
    columns: Mapping[str, str],
    file: str = "",
) -> Part:
    """Return a table with the chosen `columns` under their labels, and numbers to three digits.

    `file` is the path of the whole table below the folder of the study.
    """
    chosen = table[list(columns)].rename(columns=dict(columns))
    macros: Any = _environment().get_template("parts.html").module
    html = macros.table(id, title, chosen, file, caller=lambda: escape(caption))
    return {"kind": "html", "html": Markup(html)}


def grid(table: pd.DataFrame) -> dict[str, Any]:
    """Return the cells of a table as text, for the macro `table`.

    If a scenario has several rows, it is a heading above them, which saves a column on narrow
    screens. Numbers, and texts with a number in brackets, are aligned to the right.
    """
    grouped = "scenario" in table and table["scenario"].duplicated().any()
    shown = table.drop(columns="scenario") if grouped else table
    groups: dict[str, list[list[str]]] = {}
    headings = table["scenario"] if grouped else [""] * len(table)
    for heading, row in zip(headings, shown.itertuples(index=False), strict=True):
        groups.setdefault(heading, []).append([cell_text(value) for value in row])
    right = [
        pd.api.types.is_numeric_dtype(column) or column.astype(str).str.contains(r"\d \(").any()
        for _, column in shown.items()
    ]
    return {
        "labels": list(shown),
        "classes": [Markup(' class="number"') if each else "" for each in right],
        "groups": groups.items(),
    }


def title_and_caption(name: str) -> dict[str, str]:
    """Return the title and the caption of a figure of a study or of its fits."""
    figure = FIGURES.get(name) or FIT_FIGURES[name]
    return {"title": figure.title, "caption": figure.caption}


def drawn_figure(name: str, path: Path) -> Part:
    """Return a figure of single fits; `name` is its path below figures/, which names the fits."""
    scenario, replicate, *cell = name.split("/")[:-1]
    part = _figure(f"fit-{Path(name).with_suffix('')}", path.stem, path)
    part["title"] += f": {', '.join([scenario, *cell])}, replicate {replicate}"
    return part


def embedded_figures(contents: Contents, *names: str) -> Markup:
    """Return those of the named figures of the study that were drawn, as HTML."""
    macros: Any = _environment().get_template("parts.html").module
    drawn = [name for name in names if name in contents.figures]
    ids = [f"figure-{name.replace('_', '-')}" for name in drawn]
    parts = [_figure(*each, *contents.figures[each[1]]) for each in zip(ids, drawn, strict=True)]
    return Markup("").join(Markup(macros.figure(part)) for part in parts)


def _figure(id_: str, name: str, *paths: Path) -> Part:
    return {"kind": "figure", "id": id_, **title_and_caption(name), **embedded_image(*paths)}


def embedded_image(*paths: Path) -> dict[str, Any]:
    """Return an image as a data URI with its size in CSS pixels, as SVG unless that is large."""
    by_format = {path.suffix: path for path in paths}
    path = by_format.get(".svg") or paths[0]
    if ".png" in by_format and path.stat().st_size > LARGEST_SVG:
        path = by_format[".png"]
    raw = path.read_bytes()
    if path.suffix == ".png":
        with Image.open(path) as image:
            width, height = (size * 96 / DPI for size in image.size)
    else:
        found = re.search(rb'width="([\d.]+)pt" height="([\d.]+)pt"', raw[:2000])
        width, height = (float(size) * 96 / 72 for size in found.groups()) if found else (640, 480)
    encoded = base64.b64encode(raw).decode("ascii")
    return {
        "source": Markup(f"data:{_TYPES[path.suffix]};base64,{encoded}"),
        "width": round(width),
        "height": round(height),
    }
