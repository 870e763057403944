"""Figures of the contest, drawn from simulated errors."""

from pathlib import Path

import numpy as np
import pandas as pd
import plotnine as p9
import pytest
from chain_errors_of import chain_errors_of

from funnel.analysis.contest import Contest, contest, with_centeredness, with_points
from funnel.diagnosis.chain_errors import PROBABILITIES, QUANTITIES
from funnel.figures.of_contest import (
    PLOTS,
    contest_cost,
    contest_map,
    contest_map_by_estimand,
    contest_regret,
    contours,
)
from funnel.figures.theme import save

CONSTANTS = {"noncentered": 0.0, "half": 0.5, "centered": 1.0}
RATIOS, SIZES = (0.25, 1.0, 4.0), (5, 20)


@pytest.fixture(scope="module")
def tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    """The regrets and the best constants over a map, in which centered suits small ratios."""
    rng = np.random.default_rng(1)
    names = (*CONSTANTS, "rule")
    scenarios, swept, fits = {}, {}, []
    for ratio in RATIOS:
        for K in SIZES:
            best = 1 / (1 + ratio)
            c = np.array([*CONSTANTS.values(), best])
            sd = 0.1 * np.exp((c - best) ** 2)[:, None, None, None]
            below = np.zeros((4, 6, 4, len(QUANTITIES), len(PROBABILITIES)))
            below[..., 1, PROBABILITIES.index(0.05)] = 0.1 * rng.normal(size=(4, 6, 4))
            name = f"ratio-{ratio:g}-K-{K}"
            u = rng.normal(size=(4, 6, 4, 5)) * sd
            scenarios[name] = chain_errors_of(u, parameterizations=names, below=below)
            swept[name] = {"ratio": ratio, "K": K}
            fits += [
                {
                    "scenario": name,
                    "sampler": "nutpie",
                    "parameterization": each,
                    "status": "ok",
                    "centeredness": value,
                }
                for each, value in zip(names, c, strict=True)
            ]
    found: Contest = contest(scenarios, CONSTANTS, [], seed=1)
    regrets = with_points(with_centeredness(found.regrets, pd.DataFrame(fits)), swept)
    return regrets, with_points(found.best, swept)


def test_the_tables_have_the_swept_values_and_the_centeredness(
    tables: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    regrets, best = tables
    assert regrets.columns.tolist()[:3] == ["scenario", "ratio", "K"]
    assert set(best["ratio"]) == set(RATIOS)
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
    lone = best.assign(ratio=best["ratio"].where(best["scenario"] != best["scenario"].iloc[0]))
    assert f"Not shown: {best['scenario'].iloc[0]}," in contest_cost(lone).labels.caption
    assert "Not shown" not in contest_map(best, regrets).labels.caption


def test_the_figures_are_drawn(tables: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path) -> None:
    regrets, best = tables
    for plot in drawn(best, regrets):
        save(plot, tmp_path / "figure.png")
        assert (tmp_path / "figure.png").stat().st_size > 5_000


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
