"""The captions of the figures, one file per figure."""

from __future__ import annotations

from pathlib import Path

from funnel_study.figures.catalogue import FIGURES, KINDS

# where Snakemake looks for them, too
FOLDER = Path(__file__).parents[3] / "workflow/report/figures"


def read_captions(folder: str | Path = FOLDER) -> dict[str, str]:
    """Return the caption of every figure of the catalogue, by the name of the figure.

    The caption of the figure NAME is the only paragraph of `folder`/NAME.rst.

    Raises
    ------
    ValueError
        If a figure has no caption file or an empty one.
    """
    captions = {}
    for name in [*FIGURES, *KINDS]:
        path = Path(folder, f"{name}.rst")
        caption = " ".join(path.read_text(encoding="utf-8").split()) if path.is_file() else ""
        if not caption:
            raise ValueError(f"{path}: the figure {name!r} needs a caption in this file")
        captions[name] = caption
    return captions
