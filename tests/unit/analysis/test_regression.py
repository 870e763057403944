"""The regression of the score: against statsmodels, and by simulation with known answers."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from simulated_scores import Noise, chi_squared, heavy_tailed, points_of, scores_of

from funnel_study.analysis.regression import (
    along_ratio,
    at_data_set,
    formula,
    gamma_regression,
    regress,
)

LogMean = Callable[[pd.DataFrame], pd.Series]


def flat(points: pd.DataFrame) -> pd.Series:
    return 3 + 0.2 * np.log(points["ratio"])


def rising(points: pd.DataFrame) -> pd.Series:
    """Worse than `flat` by a factor of 1 + s / tau, and by more with more individuals."""
    return flat(points) + np.log1p(points["ratio"]) + 0.3 * np.log2(points["K"] / 9)


MEANS: dict[str, LogMean] = {
    **{"data_based": flat, "again": flat, "centered": rising},
    "worse": lambda points: flat(points) + np.log(1.4),
}


def test_coefficients_are_those_of_statsmodels() -> None:
    rng = np.random.default_rng(1)
    X = np.column_stack([np.ones(80), rng.normal(size=(80, 3))])
    y = np.exp(X @ [1, 0.5, -1, 0]) * rng.gamma(2, 1 / 2, 80)
    y[5] *= 3_000
    weights = np.vstack([np.ones(80), rng.multinomial(80, np.full(80, 1 / 80))])
    family = sm.families.Gamma(sm.families.links.Log())
    expected = [
        sm.GLM(y, X, family, freq_weights=each).fit(maxiter=1_000, tol=1e-12).params
        for each in weights
    ]
    assert gamma_regression(X, y, weights) == pytest.approx(np.array(expected), abs=1e-4)


@pytest.mark.parametrize("noise", [chi_squared, heavy_tailed])
def test_intervals_contain_the_known_ratios_in_95_percent_of_studies(noise: Noise) -> None:
    """Of identical arms, of one 1.4 times worse, and of one whose ratio depends on the data set."""
    contain, reach, found = [], [], []
    features = {"ratio": 2.0, "K": 9.0, "imbalance": "equal", "prior_scale": 4.0}
    truth = {"again": 1.0, "worse": 1.4, "centered": 3.0}
    for i in range(30):
        rng = np.random.default_rng(i)
        table = scores_of(points_of(100, rng), MEANS, rng, noise)
        regression = regress(table, pairs=40, seed=1_000 + i)
        rows = at_data_set(regression, features, list(truth), "data_based")
        rows = rows.set_index("parameterization").loc[list(truth)]
        assert (rows["low"] <= rows["relative"]).all()
        assert (rows["relative"] <= rows["high"]).all()
        expected = np.array(list(truth.values()))
        contain.append((rows["low"] <= expected) & (expected <= rows["high"]))
        found.append(np.log(rows["relative"] / expected))
        reach.append(np.log(rows["high"] / rows["low"]) / 2)
    assert np.mean(contain) > 0.9
    spread = np.std(found, axis=0)
    assert np.abs(np.mean(found, axis=0)) == pytest.approx(0, abs=4 * spread.max() / np.sqrt(30))
    # as short as 95 % allow, apart from errors of estimation; unpaired ones would be longer by half
    assert (np.mean(reach, axis=0) / (1.96 * spread) < 1.5).all()


def test_an_arm_that_is_1_4_times_worse_is_found_along_the_ratio() -> None:
    rng = np.random.default_rng(2)
    regression = regress(scores_of(points_of(400, rng), MEANS, rng), pairs=100)
    table = along_ratio(regression, list(MEANS), "data_based", values=9)
    of = dict(iter(table.groupby("parameterization")))
    middle = slice(2, 7)
    assert of["worse"]["relative"].iloc[middle].to_numpy() == pytest.approx(1.4, rel=0.25)
    assert (of["worse"]["low"].iloc[middle] > 1).mean() > 0.5
    assert ((of["again"]["low"] < 1) & (of["again"]["high"] > 1)).mean() > 0.5
    x = of["centered"]["ratio"]
    mean_K = np.mean(np.log2(regression.points["K"] / 9))
    expected = np.log1p(x) + 0.3 * mean_K
    assert np.log(of["centered"]["relative"]).to_numpy() == pytest.approx(expected, abs=0.4)
    assert (of["data_based"][["relative", "low", "high"]] == 1).all(axis=None)


def test_nothing_is_below_the_best() -> None:
    rng = np.random.default_rng(3)
    regression = regress(scores_of(points_of(120, rng), MEANS, rng, heavy_tailed), pairs=50)
    table = along_ratio(regression, list(MEANS), values=9)
    assert (table[["relative", "low", "high"]] >= 1).all(axis=None)
    assert (table["low"] <= table["relative"]).all()
    assert (table["relative"] <= table["high"]).all()
    assert (table.groupby("row")["relative"].min() == 1).all()


def test_a_stuck_chain_and_failed_fits_leave_the_others_their_ratio() -> None:
    rng = np.random.default_rng(4)
    table = scores_of(points_of(200, rng), MEANS, rng)
    is_again = table["parameterization"] == "again"
    table.loc[is_again & (table["point"] == 3), "score"] = 1e7
    table.loc[is_again & (table["point"] < 3), "score"] = [np.nan, np.inf, np.nan]
    of_ratio = {"ratio": 1.0, "K": 9.0, "imbalance": "equal", "prior_scale": 4.0}
    found = at_data_set(regress(table, pairs=50), of_ratio, ["again", "worse"], "data_based")
    again, worse = found.to_dict("records")
    assert again["low"] < 1.5
    assert again["high"] > again["relative"]
    assert worse["relative"] == pytest.approx(1.4, rel=0.35)


def test_features_outside_the_points_are_taken_at_their_end() -> None:
    rng = np.random.default_rng(5)
    points = points_of(60, rng)
    regression = regress(scores_of(points, MEANS, rng), pairs=20)
    inside = {"K": 9.0, "imbalance": "equal", "prior_scale": 4.0}
    far, end = (
        at_data_set(regression, {"ratio": ratio, **inside}, ["centered"], "data_based")
        for ratio in (1e3, points["ratio"].max())
    )
    assert far["inside"].tolist() == [False]
    assert end["inside"].tolist() == [True]
    assert far["relative"].tolist() == pytest.approx(end["relative"].tolist())


def test_the_formula_has_what_varies() -> None:
    points = points_of(200, np.random.default_rng(6)).assign(unit=1.0)
    assert "unit" not in formula(points)
    assert "C(imbalance)" in formula(points)
    assert "C(K)" in formula(points.assign(K=points["point"] % 3))
    assert ":" not in formula(points[:50])
