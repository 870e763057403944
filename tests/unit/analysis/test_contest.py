"""The contest: against direct computations, and against errors whose work is known."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from chain_errors_of import chain_errors_of
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from funnel_study.analysis.contest import (
    Contest,
    best_centeredness,
    contest,
    half_work,
    regrets,
)
from funnel_study.analysis.sweep import ESTIMANDS
from funnel_study.analysis.work import WORST
from funnel_study.diagnosis.chain_errors import PROBABILITIES, QUANTITIES

Array = NDArray[np.float64]
CONSTANTS = {"noncentered": 0.0, "half": 0.5, "centered": 1.0}
KINDS = {
    **dict.fromkeys(CONSTANTS, "constant"),
    **dict.fromkeys(("rule", "good", "bad"), "rule"),
    "oracle": "oracle",
}


def errors_of(
    sd: Mapping[str, float], data_sets: int, seed: int, chains: int = 4, K: int = 2
) -> xr.Dataset:
    """Return what chains found whose errors are normal, with a standard deviation for each arm."""
    rng = np.random.default_rng(seed)
    scale = np.array(list(sd.values()))[:, None, None]
    u = rng.normal(size=(len(sd), data_sets, chains, 3 + K)) * scale[..., None]
    below = np.zeros((len(sd), data_sets, chains, len(QUANTITIES), len(PROBABILITIES)))
    tail = rng.normal(size=(len(sd), data_sets, chains)) * scale * np.sqrt(0.05 * 0.95)
    below[..., QUANTITIES.index("tau"), PROBABILITIES.index(0.05)] = tail
    return chain_errors_of(u, parameterizations=tuple(sd), below=below)


def run(scenarios: Mapping[str, xr.Dataset], chosen: Sequence[str] = ()) -> Contest:
    return contest(scenarios, CONSTANTS, KINDS, chosen, seed=1)


def of(table: pd.DataFrame, **values: object) -> pd.Series:
    for column, value in values.items():
        table = table[table[column] == value]
    (row,) = (row for _, row in table.iterrows())
    return row


EQUAL = {"noncentered": 0.1, "half": 0.1, "centered": 0.1, "rule": 0.1}


def test_regret_by_hand() -> None:
    """Each half chooses another constant, and is scored by the other half."""
    work = half_work(
        errors_of(EQUAL, data_sets=1, seed=1).sel(sampler="nutpie"), [], np.random.default_rng(1)
    )
    numbers = np.array([[4.0, 1.0, 2.0, 8.0], [1.0, 4.0, 2.0, 2.0]])
    work.work[:] = numbers[:, None, :, None]
    regret = regrets(work, list(CONSTANTS))
    # the first half chooses `half`, with work 4 in the second; that chooses noncentered, with 4
    expected = (np.log(numbers[1] / 4) + np.log(numbers[0] / 4)) / 2
    assert regret[0] == pytest.approx(np.broadcast_to(expected[:, None], (4, len(ESTIMANDS))))


def test_the_regret_of_equals_is_zero_on_average() -> None:
    """Without cross-fitting it would be positive, since the best of several looks better."""
    scenarios = {f"s{i}": errors_of(EQUAL, data_sets=10, seed=i) for i in range(200)}
    table = run(scenarios).regrets
    for estimand in ESTIMANDS:
        regret = table.loc[
            (table["parameterization"] == "rule") & (table["estimand"] == estimand), "regret"
        ]
        assert abs(regret.mean()) < 4 * regret.std() / np.sqrt(len(regret))


def test_a_rule_with_twice_the_errors_has_a_regret_of_log_4() -> None:
    sd = {"noncentered": 0.1, "half": 0.2, "centered": 0.4, "rule": 0.2}
    table = run({"one": errors_of(sd, data_sets=400, seed=3)}).regrets
    for estimand in ESTIMANDS[:-1]:
        row = of(table, parameterization="rule", estimand=estimand)
        assert abs(row["regret"] - np.log(4)) < 4 * row["regret_mcse"]
        # that of two chi-squared means
        assert row["regret_mcse"] == pytest.approx(np.sqrt(2 * 2 / (400 * 4)), rel=0.25)
        best = of(table, parameterization="noncentered", estimand=estimand)
        assert best["regret"] == pytest.approx(0, abs=1e-12)
    assert of(table, parameterization="rule", estimand=WORST)["data_sets"] == 400


def test_chosen_and_failed_data_sets_are_left_out() -> None:
    found = errors_of(EQUAL, data_sets=6, seed=1)
    failed = {"replicate": 2, "parameterization": "half"}
    found["mean"].loc[failed] = np.nan
    kept = found.drop_sel(replicate=[0, 2])
    one, other = (run({"s": each}, chosen).regrets for each, chosen in ((found, "s"), (kept, "")))
    assert set(one["data_sets"]) == {4}
    pd.testing.assert_frame_equal(one, other)


@given(
    minimum=st.floats(-0.5, 1.5),
    curvature=st.floats(0.1, 5.0),
    level=st.floats(-3, 3),
)
def test_the_best_centeredness_is_the_minimum_of_a_quadratic(
    minimum: float, curvature: float, level: float
) -> None:
    c = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
    log_work = level + curvature * (c - minimum) ** 2
    found = best_centeredness(c, log_work)
    assert float(found) == pytest.approx(np.clip(minimum, 0, 1), abs=1e-6)
    # of a concave one, the end that is farther from the maximum
    upside_down = best_centeredness(c, -log_work)
    assert float(upside_down) == (1.0 if minimum < 0.5 else 0.0) or abs(minimum - 0.5) < 1e-6


def test_the_best_centeredness_and_the_cost_of_the_worst_constant() -> None:
    sd = {"noncentered": 0.4, "half": 0.1, "centered": 0.2}
    row = of(run({"one": errors_of(sd, data_sets=300, seed=5)}).best, estimand="tau")
    assert row["best_constant"] == "half"
    log_work = np.log(np.square(list(sd.values())))
    expected = float(best_centeredness(np.array([0.0, 0.5, 1.0]), log_work))
    assert row["best_centeredness_low"] < expected < row["best_centeredness_high"]
    assert row["best_centeredness_high"] - row["best_centeredness_low"] < 0.1
    error = row["cost_of_worst_constant_mcse"]
    assert abs(row["cost_of_worst_constant"] - np.log(16)) < 4 * error < 1
