"""The parts of a section: text, tables and figures."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from great_tables import GT
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image

from funnel_study.figures import DPI
from funnel_study.figures.registry import FIGURES, FIT_FIGURES
from funnel_study.report.contents import Contents, Part
from funnel_study.report.numbers import number, with_error
from funnel_study.study.design import several_samplers

LARGEST_SVG = 600_000  # bytes; larger figures are shown as PNG
_TEMPLATES = Path(__file__).parent / "templates"


def drawn_figure(name: str, path: Path) -> Part:
    """Return a figure of single fits; `name` is its path below figures/, which names the fits."""
    scenario, replicate, *cell = name.split("/")[:-1]
    figure = FIT_FIGURES[path.stem]
    return {
        "kind": "figure",
        "id": f"fit-{Path(name).with_suffix('')}",
        "title": f"{figure.title}: {', '.join([scenario, *cell])}, replicate {replicate}",
        "caption": figure.caption,
        **embedded_image(path),
    }


def cell_columns(contents: Contents) -> dict[str, str]:
    """Return the columns that name a cell, with their labels."""
    sampler = {"sampler": "sampler"} if several_samplers(contents.study) else {}
    return {"scenario": "scenario", **sampler, "parameterization": "parameterization"}


def measure_table(
    contents: Contents, measures: Mapping[tuple[str, str], str]
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return a table with one row per cell and one column per measure, and the labels of columns.

    `measures` has the label of each (estimand, measure). Each value has its Monte Carlo standard
    error in brackets.
    """
    performance = contents.tables["performance"]
    keys = ["scenario", "sampler", "parameterization"]
    table = performance[keys].drop_duplicates().reset_index(drop=True)
    for (estimand, measure), label in measures.items():
        chosen = performance[
            (performance["estimand"] == estimand) & (performance["measure"] == measure)
        ]
        texts = [
            with_error(estimate, mcse)
            for estimate, mcse in chosen[["estimate", "mcse"]].to_numpy(dtype=float)
        ]
        table = table.merge(chosen[keys].assign(**{label: texts}), on=keys, how="left")
    return table, {**cell_columns(contents), **{label: label for label in measures.values()}}


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
    reals = [name for name in chosen if pd.api.types.is_float_dtype(chosen[name])]
    texts = [name for name in chosen if not pd.api.types.is_numeric_dtype(chosen[name])]
    numbers = [name for name in chosen if name not in texts]
    measured = [name for name in texts if chosen[name].astype(str).str.contains(r"\d \(").any()]
    chosen = chosen.astype(dict.fromkeys(texts, object))
    grouped = "scenario" in chosen and chosen["scenario"].duplicated().any()
    rendered = (
        # the scenario is a heading above its rows, which saves a column on narrow screens
        GT(chosen, groupname_col="scenario" if grouped else None)
        .fmt(number, columns=reals)
        .fmt(lambda text: str(Markup.escape(text)), columns=texts)
        .sub_missing(missing_text="")
        .cols_align("right", columns=[*numbers, *measured])
        .as_raw_html()
    )
    # the page has its own styles, and the ids of cells would occur in several tables
    html = re.sub(r"<style>.*?</style>", "", rendered, flags=re.DOTALL)
    html = re.sub(r' (?:id|headers|style)="[^"]*"', "", html)
    return {
        "kind": "table",
        "id": id,
        "title": title,
        "caption": caption,
        "file": file,
        "html": Markup(html),
    }


def figure_parts(contents: Contents, *names: str) -> Iterator[Part]:
    """Yield the named figures of the study that were drawn."""
    for name in names:
        if name not in contents.figures:
            continue
        figure = FIGURES[name]
        yield {
            "kind": "figure",
            "id": f"figure-{name.replace('_', '-')}",
            "title": figure.title,
            "caption": figure.caption,
            **embedded_image(*contents.figures[name]),
        }


def figures_of_category(contents: Contents, category: str) -> Iterator[Part]:
    """Yield the figures of one category."""
    names = [name for name, figure in FIGURES.items() if figure.category == category]
    return figure_parts(contents, *names)


_TYPES = {".svg": "image/svg+xml", ".png": "image/png"}


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


def counted(n: int, what: str) -> str:
    """Return a number with its noun in singular or plural."""
    return f"{n:,} {what}{'s'[: n != 1]}"


def render_template(template: str, **values: Any) -> str:
    """Return a page from the named template; Jinja escapes all text that is not markup."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined
    )
    style = Markup((_TEMPLATES / "style.css").read_text(encoding="utf-8"))
    return environment.get_template(template).render(style=style, **values)
