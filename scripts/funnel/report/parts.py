"""The parts of a section: text, tables and figures."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from great_tables import GT
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image

from funnel.figures.catalogue import FIGURES, KINDS
from funnel.figures.theme import DPI
from funnel.report.contents import Contents, Part
from funnel.study.design import several_samplers

LARGEST_SVG = 600_000  # bytes; a larger figure is shown as PNG
_TEMPLATES = Path(__file__).parent / "templates"


def drawn_figure(name: str, path: Path, captions: Mapping[str, str]) -> Part:
    """A figure of single fits; `name` is its path below figures/, which names the fits."""
    scenario, replicate, *cell = name.split("/")[:-1]
    kind = KINDS[path.stem]
    return {
        "kind": "figure",
        "id": f"fit-{Path(name).with_suffix('')}",
        "title": f"{kind.title}: {', '.join([scenario, *cell])}, replicate {replicate}",
        "caption": captions[path.stem],
        **embedded_image(path),
    }


def cell_columns(contents: Contents) -> dict[str, str]:
    sampler = {"sampler": "sampler"} if several_samplers(contents.study) else {}
    return {"scenario": "scenario", **sampler, "parameterization": "parameterization"}


def measured_columns(
    contents: Contents, measures: Mapping[tuple[str, str], str]
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Measures as columns, a row a cell, each with its Monte Carlo standard error; and labels."""
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


def with_error(value: float, error: float) -> str:
    if not np.isfinite(value):
        return ""
    return number(value) + (f" ({number(error, 2)})" if np.isfinite(error) else "")


def text_part(*paragraphs: str) -> Part:
    return {"kind": "text", "paragraphs": paragraphs}


def table_part(
    id: str,  # noqa: A002
    title: str,
    caption: str,
    table: pd.DataFrame,
    columns: Mapping[str, str],
    file: str = "",
) -> Part:
    """A table with the chosen columns by their labels, to three digits."""
    chosen = table[list(columns)].rename(columns=dict(columns))
    reals = [name for name in chosen if pd.api.types.is_float_dtype(chosen[name])]
    texts = [name for name in chosen if not pd.api.types.is_numeric_dtype(chosen[name])]
    numbers = [name for name in chosen if name not in texts]
    measured = [name for name in texts if chosen[name].astype(str).str.contains(r"\d \(").any()]
    chosen = chosen.astype(dict.fromkeys(texts, object))
    grouped = "scenario" in chosen and chosen["scenario"].duplicated().any()
    rendered = (
        # a scenario stands above its rows: a column less, for narrow screens
        GT(chosen, groupname_col="scenario" if grouped else None)
        .fmt(number, columns=reals)
        .fmt(lambda text: str(Markup.escape(text)), columns=texts)
        .sub_missing(missing_text="")
        .cols_align("right", columns=[*numbers, *measured])
        .as_raw_html()
    )
    # the page has styles of its own, and several tables whose cells would have the same ids
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


def number(value: float, digits: int = 3) -> str:
    """A number to some digits, written out; whole numbers whole."""
    if not np.isfinite(value):
        return ""
    rounded = value if value == round(value) else float(f"{value:.{digits}g}")
    return f"{rounded:,.15g}"


def figure_parts(contents: Contents, *names: str) -> Iterator[Part]:
    for name in names:
        if name not in contents.figures:
            continue
        figure = FIGURES[name]
        yield {
            "kind": "figure",
            "id": f"figure-{name.replace('_', '-')}",
            "title": figure.title,
            "caption": contents.captions[name],
            **embedded_image(*contents.figures[name]),
        }


def figures_of_category(contents: Contents, category: str) -> Iterable[Part]:
    names = [name for name, figure in FIGURES.items() if figure.category == category]
    return figure_parts(contents, *names)


_TYPES = {".svg": "image/svg+xml", ".png": "image/png"}


def embedded_image(*paths: Path) -> dict[str, Any]:
    """An image as a data URI with its size in CSS pixels: vectors, unless they are large."""
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
    return f"{n:,} {what}{'s'[: n != 1]}"


def render_template(template: str, **values: Any) -> str:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined
    )
    style = Markup((_TEMPLATES / "style.css").read_text(encoding="utf-8"))
    return environment.get_template(template).render(style=style, **values)
