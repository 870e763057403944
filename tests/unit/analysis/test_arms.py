"""Comparisons of arms, by simulation with known answers."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated_scores import Noise, chi_squared, heavy_tailed, points_of, scores_of

from funnel_study.analysis.arms import (
    LESS,
    MORE,
    NOT_DISTINGUISHABLE,
    band,
    compare,
    ratio_of_means,
)


def pareto(rng: np.random.Generator, n: int) -> np.ndarray:
    """Noise without a variance."""
    return 1 + rng.pareto(1.2, n)


def verdicts(noise: Noise, ratio: float, n: int, studies: int, factor: float = 1) -> pd.DataFrame:
    """The intervals of simulated studies in which an arm is worse by a ratio."""
    rows = []
    for i in range(studies):
        rng = np.random.default_rng([i, n])
        data_set = np.exp(rng.normal(0, 1, n))
        a, b = (data_set * noise(rng, n) for _ in range(2))
        rows.append(ratio_of_means(ratio * factor * a, b, rng))
    return pd.DataFrame(rows, columns=["ratio", "low", "high"])


@pytest.mark.parametrize("noise", [chi_squared, heavy_tailed, pareto])
@pytest.mark.parametrize("n", [8, 40])
def test_intervals_of_identical_arms_contain_one_in_95_percent_of_studies(
    noise: Noise, n: int
) -> None:
    found = verdicts(noise, 1, n, studies=400)
    contain = ((found["low"] <= 1) & (found["high"] >= 1)).mean()
    # the Monte Carlo standard error is 0.011; of few data sets, halves have few different means
    assert 0.915 < contain < (1.0 if n < 10 else 0.985)


def test_an_arm_that_is_worse_by_a_factor_is_found() -> None:
    found = verdicts(chi_squared, 1.4, n=300, studies=200)
    assert ((found["low"] <= 1.4) & (found["high"] >= 1.4)).mean() > 0.9
    assert (found["low"] > 1).mean() > 0.9
    assert np.exp(np.log(found["ratio"]).mean()) == pytest.approx(1.4, rel=0.02)


def test_the_interval_is_that_of_the_test_which_exchanges_arms() -> None:
    """Of all exchanges in eight data sets, for ratios just inside and outside the interval."""
    rng = np.random.default_rng(3)
    a, b = rng.gamma(2, 1, (2, 8))
    _, low, high = ratio_of_means(a, b, rng)

    def p_value(ratio: float) -> float:
        signs = np.array(list(itertools.product([-1, 1], repeat=8)))
        sums = np.abs(signs @ (a / ratio - b))
        return float((sums >= sums.max(initial=0, where=(signs == 1).all(axis=1)) - 1e-12).mean())

    for end, inwards in ((low, 1.02), (high, 1 / 1.02)):
        assert p_value(end * inwards) > 0.05
        assert p_value(end / inwards**2) < 0.07


@given(st.lists(st.tuples(*[st.floats(0.01, 1e6)] * 2), min_size=1, max_size=30))
def test_every_interval_contains_its_estimate(pairs: list[tuple[float, float]]) -> None:
    a, b = np.array(pairs).T
    ratio, low, high = ratio_of_means(a, b, np.random.default_rng(1))
    assert low <= ratio * (1 + 1e-12)
    assert high >= ratio * (1 - 1e-12)


def test_one_stuck_chain_does_not_make_a_verdict() -> None:
    """It is most of a mean, which the table says, while the median hardly moves."""
    rng = np.random.default_rng(4)
    points = points_of(40, rng)
    table = scores_of(points, dict.fromkeys(["same", "stuck"], lambda p: 0 * p["K"]), rng)
    stuck = (table["parameterization"] == "stuck") & (table["point"] == 7)
    table.loc[stuck, "score"] = 1e5
    table.loc[(table["parameterization"] == "stuck") & (table["point"] == 8), "score"] = np.nan
    (row,) = compare(table, "same").to_dict("records")
    assert row["ratio"] > 100
    assert row["ratio_high"] > row["ratio"]
    assert (row["verdict"], row["data_sets"], row["failed"]) == (NOT_DISTINGUISHABLE, 39, 1)
    assert row["largest_share"] > 0.99
    assert row["reference_largest_share"] < 0.5
    assert row["median_ratio_low"] < 1 < row["median_ratio_high"]
    assert row["median"] < 5 * row["reference_median"]


def test_groups_and_verdicts_of_a_table() -> None:
    rng = np.random.default_rng(5)
    points = points_of(200, rng)
    means = {"flat": lambda p: 0 * p["K"], "steep": lambda p: 2 * np.sign(np.log(p["ratio"]))}
    table = scores_of(points, means, rng)
    table = table.assign(band=band(table["ratio"]))
    found = compare(table, "flat", by=["likelihood", "band"]).set_index("band")["verdict"]
    assert found[["below 1/4", "1/4 to 1"]].tolist() == [LESS] * 2
    assert found[["1 to 4", "4 to 8", "8 or more"]].tolist() == [MORE] * 3
