"""The common look of all figures: theme and palette, and a function to save a figure."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import plotnine as p9
from matplotlib.artist import Artist
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.offsetbox import AuxTransformBox
from PIL import Image

from funnel_study.figures import DPI
from funnel_study.files.whole_files import written_whole

NARROWEST = 6.4  # inches; titles would be cut off in narrower figures
INK = "#222222"
MUTED = "#6b6b6b"
HIGHLIGHT = "#F0E442"  # divergent draws; visible on the colour of any parameterization
TRUTH = "#CC79A7"

# The palettes of Okabe and Ito (2008, Color Universal Design) and of Tol (2021, Colour Schemes) are
# safe for colour-blind readers. These parameterizations have the same colour in every figure. Those
# of the constants are between those of noncentered and centered, and lighter.
_COLOURS = {
    "centered": "#D55E00",
    "noncentered": "#0072B2",
    "mixed": "#009E73",
    "partial": "#56B4E9",
    "marginal": "#000000",
    "quarter": "#8DA0CB",
    "half": "#B9AEB8",
    "three_quarters": "#EBA27A",
    "by_count": "#E69F00",
    "by_ratio": "#DDCC77",
    "pilot": "#AA4499",
    "vip": "#332288",
    "low_tau": "#117733",
    "data_based": "#882255",
    "sum_to_zero": "#44AA99",
    "sum_to_zero_centered": "#661100",
    "fisher": "#AA7744",
    "rbest": "#6699CC",
    "threshold": "#999933",
    "rbest_threshold": "#777777",
    "half_unscaled": "#554455",
    "ideal": "#AAAAAA",
}
_MORE_COLOURS = ("#8c564b", "#999999", "#666600")
# a wide figure has room for so many names in a row of its legend
_IN_A_ROW = 7


def colours(parameterizations: Iterable[str]) -> dict[str, str]:
    """Return the colour of each parameterization."""
    names = list(parameterizations)
    others = [name for name in names if name not in _COLOURS]
    more = {name: _MORE_COLOURS[i % len(_MORE_COLOURS)] for i, name in enumerate(others)}
    return {name: _COLOURS.get(name) or more[name] for name in names}


def colour_scale(parameterizations: Iterable[str]) -> list[Any]:
    """Return the scale of `colours`, with an untitled legend in rows of at most `_IN_A_ROW`."""
    values = colours(parameterizations)
    legend = p9.guide_legend(nrow=math.ceil(len(values) / _IN_A_ROW), byrow=True)
    return [p9.scale_colour_manual(values=values), p9.guides(colour=legend), p9.labs(colour="")]


def colour_bar() -> p9.guide_colorbar:
    """Return the legend of a continuous scale; a smooth one takes 2 MB as SVG."""
    return p9.guide_colorbar(nbin=50, display="rectangles")


def tints(parameterization: str, count: int) -> list[str]:
    """Return `count` shades of the colour of a parameterization, from dark to light."""
    base = np.array(to_rgb(colours([parameterization])[parameterization]))
    shades = np.linspace(-0.45, 0.45, count) if count > 1 else np.zeros(1)
    return [to_hex(base * (1 + s) if s < 0 else base + (1 - base) * s) for s in shades]


def theme(width: float, height: float) -> p9.theme:
    """Return the theme of a figure of `width` by `height` inches."""
    return p9.theme_minimal(base_size=10, base_family="DejaVu Sans") + p9.theme(
        figure_size=(max(width, NARROWEST), height),
        text=p9.element_text(colour=INK),
        plot_title=p9.element_text(size=12, weight="bold", ha="left"),
        plot_title_position="plot",
        plot_subtitle=p9.element_text(size=9, colour=MUTED, ha="left"),
        plot_caption=p9.element_text(size=8, colour=MUTED, ha="left"),
        plot_caption_position="plot",
        plot_background=p9.element_rect(fill="white", colour="white"),
        strip_text=p9.element_text(size=10, weight="bold"),
        strip_text_y=p9.element_text(angle=0, ha="left"),
        axis_title=p9.element_text(size=9),
        panel_grid_minor=p9.element_blank(),
        panel_spacing=0.03,
        legend_position="bottom",
    )


def save(plot: p9.ggplot, *paths: str | Path) -> None:
    """Draw `plot`, and write it in the format of the suffix of each path, .svg or .png.

    The same call gives the same bytes.
    """
    figure = None
    for path in paths:
        # plotnine sizes a colour bar for the resolution of the first file
        if figure is None or figure.findobj(_is_colour_bar):
            figure, settings = _draw(plot)
        with mpl.rc_context(settings), written_whole(path) as temporary:
            if temporary.suffix == ".png":
                _save_small(figure, temporary)
            else:
                figure.savefig(temporary, metadata={"Date": None})


def _draw(plot: p9.ggplot) -> tuple[Figure, dict[str, Any]]:
    """Return the drawn figure, and the settings of Matplotlib with which to save it."""
    plot = plot + p9.theme(dpi=DPI)
    for scale in plot.scales:
        if hasattr(scale, "minor_breaks"):
            scale.minor_breaks = []  # the theme hides them, and placing them takes long
    figure = plot.draw()
    for bar in figure.findobj(_is_colour_bar):
        for parts in bar.findobj(PolyCollection):
            parts.set(edgecolor="face", linewidth=0.5)  # or light seams would show
    return figure, {**plot.theme.rcParams, "svg.hashsalt": "funnel"}


def _is_colour_bar(artist: Artist) -> bool:
    """Whether `artist` is a colour bar; plotnine puts nothing else into such a box."""
    return isinstance(artist, AuxTransformBox)


def _save_small(figure: Figure, path: Path) -> None:
    """Write a PNG file with a palette of 256 colours, which is about a third of its size."""
    pixels = io.BytesIO()
    figure.savefig(pixels, format="rgba")
    size = figure.canvas.get_width_height()
    image = Image.frombytes("RGBA", size, pixels.getvalue()).convert("RGB")
    small = image.quantize(256, dither=Image.Dither.NONE)
    small.save(path, optimize=True, dpi=(DPI, DPI))
