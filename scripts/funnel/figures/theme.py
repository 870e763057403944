"""The common look of all figures: theme and palette, and a function to save a figure."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import matplotlib as mpl
import numpy as np
import plotnine as p9
from matplotlib.colors import to_hex, to_rgb
from PIL import Image

from funnel.storage.whole_files import written_whole

DPI = 200
NARROWEST = 6.4  # inches; titles would be cut off in narrower figures
INK = "#222222"
MUTED = "#6b6b6b"
HIGHLIGHT = "#F0E442"  # divergent draws; visible on the colour of any parameterization
TRUTH = "#CC79A7"

# The palette of Okabe and Ito (2008, Color Universal Design) is safe for colour-blind readers.
# These parameterizations have the same colour in every figure.
_COLOURS = {
    "centered": "#D55E00",
    "noncentered": "#0072B2",
    "mixed": "#009E73",
    "partial": "#56B4E9",
    "marginal": "#000000",
}
_MORE_COLOURS = ("#E69F00", "#8c564b", "#999999")


def colours(parameterizations: Iterable[str]) -> dict[str, str]:
    """Return the colour of each parameterization."""
    names = list(parameterizations)
    others = [name for name in names if name not in _COLOURS]
    more = {name: _MORE_COLOURS[i % len(_MORE_COLOURS)] for i, name in enumerate(others)}
    return {name: _COLOURS.get(name) or more[name] for name in names}


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


def save(plot: p9.ggplot, path: str | Path) -> None:
    """Write `plot` in the format of the suffix of `path`; the same plot gives the same bytes."""
    with mpl.rc_context({"svg.hashsalt": "funnel"}), written_whole(path) as temporary:
        metadata = {"Date": None} if temporary.suffix == ".svg" else None
        plot.save(temporary, dpi=DPI, metadata=metadata, limitsize=False, verbose=False)
        if temporary.suffix == ".png":
            _shrink(temporary)


def _shrink(path: Path) -> None:
    """Reduce a PNG file to a palette of 256 colours, which is about a third of its size."""
    with Image.open(path) as image:
        small = image.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    small.save(path, optimize=True, dpi=(DPI, DPI))
