"""What the registry knows of a figure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Needs = Literal[
    "", "calibration", "samplers", "published", "sweep", "map", "contest", "contest map"
]


@dataclass(frozen=True)
class Figure:
    """A figure of a study.

    `function` is MODULE.FUNCTION in the package `figures`. It takes the `tables` in this order, and
    the `arguments` by name. `category` is its section of the report. `needs` is what the study must
    have: true values drawn from the prior, several samplers, published data, a sweep, a sweep of
    two keys, constants to compare rules with, or the last two. `by_scenario` says whether it has a
    panel for every scenario, which are too many in a sweep.
    """

    function: str
    title: str
    caption: str
    category: str
    tables: tuple[str, ...] = ("fits",)
    arguments: dict[str, Any] = field(default_factory=dict)
    needs: Needs = ""
    by_scenario: bool = True


@dataclass(frozen=True)
class FitFigure:
    """A figure of a data set, a fit, a pair of fits, or all fits of a data set by one sampler.

    `function` takes a `View` of what the figure shows, and the `arguments` by name. Most figures
    are PNG files, since SVG files of thousands of draws would be huge.
    """

    function: str
    title: str
    caption: str
    of: Literal["data set", "fit", "pair", "all"]
    arguments: dict[str, Any] = field(default_factory=dict)
    format: Literal["png", "svg"] = "png"


def drawing(figure: Figure | FitFigure) -> dict[str, Any]:
    """Return what a job needs to draw a figure, without the caption."""
    names = ("function", "title", "tables", "arguments")
    return {name: getattr(figure, name) for name in names if hasattr(figure, name)}
