"""Figures of the contest, drawn from simulated errors."""

import numpy as np
import pandas as pd
import pytest
from contest_tables import LONE, RATIOS, contest_tables

from funnel_study.figures.contest import best_map, contours, cost_map


@pytest.fixture(scope="module")
def regrets() -> pd.DataFrame:
    return contest_tables()["contest"]


@pytest.fixture(scope="module")
def best() -> pd.DataFrame:
    return contest_tables()["contest_best"]


def test_a_scenario_that_is_not_on_the_map_is_named(best: pd.DataFrame) -> None:
    assert LONE in cost_map(best).labels.caption


def test_a_map_has_a_tile_per_point_with_its_value(best: pd.DataFrame) -> None:
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
    regrets: pd.DataFrame, best: pd.DataFrame
) -> None:
    lines = contours(regrets, best)
    assert set(lines["parameterization"]) == {"rule"}
    # the centeredness of the rule, 1 / (1 + ratio), is one half at a ratio of 1
    assert np.abs(lines["at"] - RATIOS.index(1)).max() < 0.25
