"""The figure of the landscape, drawn from simulated scores."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_hex
from PIL import Image
from simulated_scores import points_of, scores_of

from funnel_study.analysis.regression import landscape
from funnel_study.figures.landscape import apart
from funnel_study.figures.landscape import landscape as plot_of
from funnel_study.figures.theme import colours, save


def test_the_figure_of_simulated_scores(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    means = {
        "centered": lambda points: 3 + np.log1p(points["ratio"]),
        "noncentered": lambda points: 3 + np.log1p(1 / points["ratio"]),
        "data_based": lambda points: 2 + 0 * points["ratio"],
    }
    tables = [
        scores_of(points_of(40, rng), means, rng).assign(likelihood=name)
        for name in ("normal", "poisson")
    ]
    table = landscape(pd.concat(tables), list(means))
    assert table["likelihood"].unique().tolist() == ["normal", "poisson"]
    assert (table["relative"] >= 1).all()
    # as from a regression on too few points
    save(plot_of(table.assign(relative=np.inf, high=np.inf)), tmp_path / "far.png")
    save(plot_of(table), tmp_path / "landscape.png")
    with Image.open(tmp_path / "landscape.png") as image:
        assert {to_hex(np.divide(each, 255)) for _, each in image.convert("RGB").getcolors()} >= {
            each.lower() for each in colours(means).values()
        }


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=6), st.floats(0, 2))
def test_labels_keep_their_order_and_distance_and_move_only_if_they_must(
    y: list[float], gap: float
) -> None:
    before = np.array(y)
    after = apart(before, gap)
    order = np.argsort(before, kind="stable")
    assert (np.diff(after[order]) >= gap - 1e-9).all()
    assert after.mean() == pytest.approx(before.mean(), abs=1e-9)
    if (np.diff(before[order]) >= gap).all():
        assert after == pytest.approx(before)
