"""The common look of figures, and how they are saved."""

from pathlib import Path

import pandas as pd
import plotnine as p9
import pytest
from PIL import Image

from funnel_study.figures.theme import colour_bar, save, theme

PLAIN = p9.ggplot(pd.DataFrame({"x": [0.5, 2.0]}), p9.aes("x", "x")) + p9.geom_point() + theme(6, 3)
# a colour bar has the size for the resolution of the format
WITH_BAR = PLAIN + p9.aes(fill="x") + p9.scale_fill_cmap("viridis", guide=colour_bar())


@pytest.mark.parametrize("plot", [PLAIN, WITH_BAR], ids=["plain", "with a colour bar"])
def test_a_plot_saved_again_or_in_two_formats_is_the_same_file(
    tmp_path: Path, plot: p9.ggplot
) -> None:
    names = ("a.svg", "a.png")
    for name in names:
        save(plot, tmp_path / f"alone-{name}")
    save(plot, *(tmp_path / name for name in names))
    for name in names:
        assert (tmp_path / f"alone-{name}").read_bytes() == (tmp_path / name).read_bytes()
    with Image.open(tmp_path / "a.png") as image:
        width, height = plot.theme.getp("figure_size")
        assert image.size == (round(width * 80), round(height * 80))
