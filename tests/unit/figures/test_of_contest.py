"""Figures of the contest, drawn from simulated errors."""

from pathlib import Path

import numpy as np
import pandas as pd
import plotnine as p9
import pytest
from contest_tables import LONE, RATIOS, contest_tables

from funnel_study.figures.of_contest import (
    PLOTS,
    contest_cost,
    contest_map,
    contest_map_by_estimand,
    contest_regret,
    contours,
)
from funnel_study.figures.theme import save


@pytest.fixture(scope="module")
def tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    """The regrets and the best constants."""
    found = contest_tables()
    return found["contest"], found["contest_best"]


def test_the_tables_have_the_swept_values_and_the_centeredness(
    tables: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    regrets, best = tables
    assert regrets.columns.tolist()[:3] == ["scenario", "ratio", "K"]
    assert set(best["ratio"].dropna()) == set(RATIOS)
    of_rule = regrets[(regrets["parameterization"] == "rule") & (regrets["ratio"] == 4)]
    assert of_rule["centeredness"].to_numpy() == pytest.approx(0.2)


def drawn(best: pd.DataFrame, regrets: pd.DataFrame) -> list[p9.ggplot]:
    figures = [
        contest_map(best, regrets),
        contest_cost(best),
        contest_regret(regrets),
        contest_map_by_estimand(best),
    ]
    assert len(figures) == len(PLOTS)
    return figures


def test_a_scenario_that_is_not_on_the_map_is_named(
    tables: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    regrets, best = tables
    note = f"Not shown: {LONE}, without a value of ratio and K"
    assert contest_cost(best).labels.caption == note
    on_the_map = best[best["scenario"] != LONE]
    assert contest_map(on_the_map, regrets).labels.caption == ""


def test_the_figures_are_drawn(tables: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path) -> None:
    regrets, best = tables
    for plot in drawn(best, regrets):
        save(plot, tmp_path / "figure.png")
        assert (tmp_path / "figure.png").stat().st_size > 5_000


def test_a_map_in_two_formats_has_the_layout_of_each_alone(
    tables: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path
) -> None:
    """Its colour bar has the size for the resolution of the format."""
    plot = contest_cost(tables[1])
    names = ("map.svg", "map.png")
    for name in names:
        save(plot, tmp_path / f"alone-{name}")
    save(plot, *(tmp_path / name for name in names))
    for name in names:
        assert (tmp_path / f"alone-{name}").read_bytes() == (tmp_path / name).read_bytes()


def test_the_contour_of_a_rule_is_where_it_centers_by_one_half(
    tables: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    regrets, best = tables
    lines = contours(regrets, best)
    assert set(lines["parameterization"]) == {"rule"}
    # the centeredness of the rule, 1 / (1 + ratio), is one half at a ratio of 1
    assert np.abs(lines["at"] - RATIOS.index(1)).max() < 0.25


def test_without_a_contest_there_is_nothing_to_draw(
    tables: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path
) -> None:
    regrets, best = (table.iloc[:0] for table in tables)
    for plot in drawn(best, regrets):
        save(plot, tmp_path / "nothing.svg")
        assert (tmp_path / "nothing.svg").stat().st_size > 1_000
