"""Figures of the contest, drawn from simulated errors."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from chain_errors_of import chain_errors_of

from funnel.analysis.contest import Contest, contest, with_centeredness, with_points
from funnel.diagnosis.chain_errors import PROBABILITIES, QUANTITIES
from funnel.figures.of_contest import contest_map, contest_regret
from funnel.figures.theme import save

CONSTANTS = {"noncentered": 0.0, "half": 0.5, "centered": 1.0}
RATIOS, SIZES = (0.25, 1.0, 4.0), (5, 20)


@pytest.fixture(scope="module")
def tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    """The tables of regrets and of the best constants over a map, where centered suits small ratios."""
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


def test_the_figures_are_drawn(
    tables: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path
) -> None:
    regrets, best = tables
    for plot in (contest_regret(regrets), contest_map(best, regrets)):
        save(plot, tmp_path / "figure.png")
        assert (tmp_path / "figure.png").stat().st_size > 10_000


def test_the_contour_of_a_rule_is_where_it_centers_by_one_half(
    tables: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    regrets, best = tables
    layers = contest_map(best, regrets).layers
    paths = [layer.data for layer in layers if "half" not in str(layer) and layer.data is not None]
    (contours,) = [data for data in paths if isinstance(data, pd.DataFrame) and "at" in data]
    assert set(contours["parameterization"]) == {"rule"}
    # the centeredness of the rule, 1 / (1 + ratio), is one half at a ratio of 1
    assert np.abs(contours["at"]).max() < 0.15


def test_without_a_contest_there_is_nothing_to_draw(
    tables: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path
) -> None:
    regrets, best = (table.iloc[:0] for table in tables)
    for plot in (contest_regret(regrets), contest_map(best, regrets)):
        save(plot, tmp_path / "nothing.svg")
        assert (tmp_path / "nothing.svg").stat().st_size > 1_000
