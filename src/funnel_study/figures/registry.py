"""The registry of figures: what draws each, from what, and how the report shows it.

It is read from figures.yaml, which has a title, a caption and, under `draw`, the other fields of
each figure; keys that are no fields are its `arguments`. Nothing here imports a plotting library,
so that the workflow lists figures in no time.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

import yaml

FILE = Path(__file__).with_name("figures.yaml")


@dataclass(frozen=True)
class Figure:
    """A figure of a study.

    `function` is MODULE.FUNCTION in the package `figures`. It takes the `tables` in this order, and
    the `arguments` by name. `category` is its section of the report. `needs` is what the study must
    have: true values drawn from the prior, several samplers, published data, a sweep, a sweep of
    two keys, a sweep of the unit, or a space-filling design. `by_scenario`
    says whether it has a panel for every scenario, which are too many in a sweep.
    """

    title: str
    caption: str
    function: str
    category: str
    arguments: dict[str, Any] = field(default_factory=dict)
    tables: tuple[str, ...] = ("fits",)
    needs: Literal["", "calibration", "samplers", "published", "sweep", "map", "unit", "design"] = (
        ""
    )
    by_scenario: bool = True


@dataclass(frozen=True)
class FitFigure:
    """A figure of a data set, a fit, a pair of fits, or all fits of a data set by one sampler.

    `function` takes a `View` of what the figure shows, and the `arguments` by name. Most figures
    are PNG files, since SVG files of thousands of draws would be huge.
    """

    title: str
    caption: str
    function: str
    of: Literal["data set", "fit", "pair", "all"]
    arguments: dict[str, Any] = field(default_factory=dict)
    format: Literal["png", "svg"] = "png"


def recipe(figure: Figure | FitFigure) -> dict[str, Any]:
    """Return what a job needs to draw a figure; without the caption, which no figure shows."""
    names = ("function", "title", "tables", "arguments")
    return {name: getattr(figure, name) for name in names if hasattr(figure, name)}


def _figures(kind: Any, group: str, groups: Any, texts: dict[str, str]) -> dict[str, Any]:
    """Return the figures of a kind; the names of their groups are the values of a field."""
    known = {each.name for each in fields(kind)}
    found = {}
    for name, entries in groups.items():
        common = entries.pop("all", {})
        for figure, entry in entries.items():
            values = common | entry["draw"]
            arguments = {key: values.pop(key) for key in sorted(values.keys() - known)}
            if "tables" in values:
                values["tables"] = tuple(values["tables"])
            values |= {group: name, "title": entry["title"], "arguments": arguments}
            found[figure] = kind(caption=entry["caption"].format(**texts), **values)
    return found


_READ = yaml.safe_load(FILE.read_text(encoding="utf-8"))
FIGURES: dict[str, Figure] = _figures(Figure, "category", _READ["studies"], _READ["texts"])
FIT_FIGURES: dict[str, FitFigure] = _figures(FitFigure, "of", _READ["fits"], _READ["texts"])
