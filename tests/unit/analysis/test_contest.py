"""The contest: against direct computations, and against errors whose work is known."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from chain_errors_of import chain_errors_of
from hypothesis import given
from hypothesis import strategies as st

from funnel_study.analysis.contest import HalfWork, best_centeredness, contest, regrets
from funnel_study.analysis.sweep import ESTIMANDS
from funnel_study.diagnosis.chain_errors import PROBABILITIES, QUANTITIES

CONSTANTS = {"noncentered": 0.0, "half": 0.5, "centered": 1.0}
KINDS = {**dict.fromkeys(CONSTANTS, "constant"), "rule": "rule"}


def errors_of(data_sets: int, seed: int, *sd: float) -> xr.Dataset:
    """What four chains found with normal errors, given the standard deviation for each of KINDS."""
    rng, size = np.random.default_rng(seed), (4, data_sets, 4)
    scale = np.array(sd)[:, None, None]
    below = np.zeros((*size, len(QUANTITIES), len(PROBABILITIES)))
    below[..., QUANTITIES.index("tau"), PROBABILITIES.index(0.05)] = (
        rng.normal(size=size) * scale * np.sqrt(0.05 * 0.95)
    )
    u = rng.normal(size=(*size, 5)) * scale[..., None]
    return chain_errors_of(u, parameterizations=tuple(KINDS), below=below)


def regret_of(scenarios: Mapping[str, xr.Dataset], chosen: str = "") -> pd.DataFrame:
    return contest(scenarios, CONSTANTS, KINDS, chosen, seed=1).regrets


def test_regret_by_hand() -> None:
    """Each half chooses another constant, and is scored by the other half."""
    work = np.array([[4.0, 1.0, 2.0, 8.0], [1.0, 4.0, 2.0, 2.0]])
    found = regrets(HalfWork(list(KINDS), 1, work[:, None, :, None]), list(CONSTANTS))
    # the first half chooses `half`, with work 4 in the second; that chooses noncentered, with 4
    expected = (np.log(work[1] / 4) + np.log(work[0] / 4)) / 2
    assert found.ravel() == pytest.approx(expected)


def test_the_regret_of_equals_is_zero_on_average() -> None:
    """Without cross-fitting it would be positive, since the best of several looks better."""
    table = regret_of({f"s{i}": errors_of(10, i, *[0.1] * 4) for i in range(200)})
    rule = table[table["parameterization"] == "rule"].groupby("estimand")["regret"]
    assert (rule.mean().abs() < 4 * rule.std() / np.sqrt(200)).all()


def test_chosen_and_failed_data_sets_are_left_out() -> None:
    found = errors_of(6, 1, *[0.1] * 4)
    found["mean"].loc[{"replicate": 2, "parameterization": "half"}] = np.nan
    table = regret_of({"s": found}, "s")
    assert set(table["data_sets"]) == {4}
    pd.testing.assert_frame_equal(table, regret_of({"s": found.drop_sel(replicate=[0, 2])}))


def test_regrets_and_the_best_centeredness_of_errors_whose_work_is_known() -> None:
    """A rule with twice the errors of the best constant has a regret of log 4."""
    sd = (0.4, 0.1, 0.2, 0.2)
    found = contest({"one": errors_of(400, 5, *sd)}, CONSTANTS, KINDS, [], seed=1)
    table = found.regrets.set_index(["parameterization", "estimand"])
    for estimand in ESTIMANDS[:-1]:
        row = table.loc[("rule", estimand)]
        assert abs(row["regret"] - np.log(4)) < 4 * row["regret_mcse"]
        # that of two chi-squared means
        assert row["regret_mcse"] == pytest.approx(np.sqrt(2 * 2 / (400 * 4)), rel=0.25)
        assert table.loc[("half", estimand), "regret"] == pytest.approx(0, abs=1e-12)
    row = found.best.set_index("estimand").loc["tau"]
    assert row["best_constant"] == "half"
    expected = float(best_centeredness(np.array([0.0, 0.5, 1.0]), np.log(np.square(sd[:3]))))
    assert row["best_centeredness_low"] < expected < row["best_centeredness_high"]
    assert row["best_centeredness_high"] - row["best_centeredness_low"] < 0.1
    error = row["cost_of_worst_constant_mcse"]
    assert abs(row["cost_of_worst_constant"] - np.log(16)) < 4 * error < 1


@given(st.floats(-0.5, 1.5), st.floats(0.1, 5.0), st.floats(-3, 3))
def test_the_best_centeredness_is_the_minimum_of_a_quadratic(
    minimum: float, curvature: float, level: float
) -> None:
    c = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
    log_work = level + curvature * (c - minimum) ** 2
    assert float(best_centeredness(c, log_work)) == pytest.approx(np.clip(minimum, 0, 1), abs=1e-6)
    # of a concave one, the end that is farther from the maximum
    upside_down = best_centeredness(c, -log_work)
    assert float(upside_down) == (1.0 if minimum < 0.5 else 0.0) or abs(minimum - 0.5) < 1e-6
