"""Figures of the contest, drawn from simulated errors."""

import numpy as np
import pandas as pd
import pytest
from contest_tables import LONE, RATIOS, contest_tables

from funnel_study.figures.contest import best_map, contours, cost_map


@pytest.fixture(scope="module")
def tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    """The regrets and the best constants."""
    found = contest_tables()
    return found["contest"], found["contest_best"]


def test_a_scenario_that_is_not_on_the_map_is_named(
    tables: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    regrets, best = tables
    assert LONE in cost_map(best).labels.caption
    on_the_map = best[best["scenario"] != LONE]
    assert best_map(on_the_map, regrets).labels.caption == ""


def test_a_map_has_a_tile_per_point_with_its_value(
    tables: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    _, best = tables
    worst = best[(best["estimand"] == "worst") & (best["scenario"] != LONE)]
    shown = cost_map(best).data
    assert shown["cost"].to_numpy() == pytest.approx(np.exp(worst["cost_of_worst_constant"]))
    assert [RATIOS[int(at)] for at in shown["at"]] == shown["ratio"].tolist()
    assert shown["level"].tolist() == shown["K"].rank(method="dense").sub(1).tolist()
    by_estimand = best_map(best).data
    assert len(by_estimand) == (best["scenario"] != LONE).sum()
    centeredness = by_estimand["label"].str.split("\n").str[0].astype(float)
    assert centeredness.to_numpy() == pytest.approx(by_estimand["best_centeredness"], abs=0.006)


def test_the_contour_of_a_rule_is_where_it_centers_by_one_half(
    tables: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    regrets, best = tables
    lines = contours(regrets, best)
    assert set(lines["parameterization"]) == {"rule"}
    # the centeredness of the rule, 1 / (1 + ratio), is one half at a ratio of 1
    assert np.abs(lines["at"] - RATIOS.index(1)).max() < 0.25
