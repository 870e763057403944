"""Squared biases, their intervals and verdicts: by hand, and by simulation."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy import stats

from funnel.group_means import estimands
from funnel_study.analysis.qualification import (
    QUALIFIED,
    UNDECIDED,
    WRONG,
    Bias,
    biases,
    deciding,
    verdict,
)
from funnel_study.analysis.work import TAIL

Array = NDArray[np.float64]
Columns = Mapping[str, Sequence[float] | Array]


def found(
    bias_squared: Columns, probability_bias: Columns | None = None, contents: Columns | None = None
) -> list[Bias]:
    """The biases of a cell, given those of each data set and the contents of 90 % intervals."""
    other, of_contents = probability_bias or {}, contents or {"mu": [0.9, 0.9]}
    parts = [
        pd.DataFrame({"bias_squared": values, "probability_bias": other.get(name, np.nan)}).assign(
            estimand=name
        )
        for name, values in bias_squared.items()
    ]
    estimates = [
        pd.DataFrame({"estimand": name, "error_q05": 0.25, "error_q95": np.array(values) - 0.65})
        for name, values in of_contents.items()
    ]
    return biases(pd.concat(estimates), pd.concat(parts))


def student(values: Sequence[float] | Array) -> tuple[float, float, float]:
    """Return mean and ends of the interval, by scipy."""
    mean, df = np.mean(values), len(values) - 1
    return float(mean), *map(float, stats.t.interval(0.95, df, mean, stats.sem(values)))


def test_intervals_are_those_of_student_by_function_and_for_probabilities() -> None:
    """Failed fits and functions without moments are left out."""
    mu, tau, of_tau = [0.001, 0.002, 0.006], [0.0, 0.01], [0.002, 0.004, 0.003]
    none = [np.nan] * 3
    by_name = {
        bias.of: (bias.estimate, bias.low, bias.high)
        for bias in found({"mu": mu, "tau": [*tau, np.nan], "log_tau": none}, {"tau": of_tau})
    }
    assert by_name.pop("90 % interval of mu")[0] == pytest.approx(0)
    expected = {"mu": student(mu), "tau": student(tau), "probabilities of tau": student(of_tau)}
    assert by_name == {name: pytest.approx(values) for name, values in expected.items()}


@pytest.mark.parametrize("contents", [[0.85, 0.86, 0.90], [0.93, 0.94, 0.98], [0.88, 0.90, 0.93]])
def test_the_bias_of_an_interval_is_squared_after_it_is_averaged(contents: list[float]) -> None:
    """So that contents above and below 0.9 cancel, as the errors of means in U do not."""
    _, bias = found({"mu": [0.0] * 3}, contents={"mu": contents})
    mean, low, high = (np.array(student(contents)) - 0.9) / 0.3
    nearest = 0 if low < 0 < high else min(low**2, high**2)
    expected = (mean**2, nearest, max(low**2, high**2))
    assert (bias.estimate, bias.low, bias.high) == pytest.approx(expected)


def test_of_thetas_there_is_one_bias_of_each_kind() -> None:
    """That with the largest upper end, which need not be the one with the largest mean."""
    rng = np.random.default_rng(2)
    means = {f"theta[{k}]": rng.normal(0.003, 0.002, 5) for k in range(12)}
    squares = {f"theta[{k}]^2": rng.normal(0.003, 0.002, 5) for k in range(12)}
    means["theta[10]"] = np.array([0.0, 0.0, 0.03, 0.0, -0.02])  # mean 0.002, widest interval
    contents = {f"theta[{k}]": rng.normal(0.9 + 0.04 * (k == 3), 0.01, 5) for k in range(12)}
    names = [bias.of for bias in found({"mu": np.zeros(5), **means, **squares}, None, contents)]
    worst_square = max(squares, key=lambda name: student(squares[name])[2])
    assert names == ["mu", "theta[10]", worst_square, "90 % interval of theta[3]"]


def bias(low: float, high: float, n: int = 10) -> Bias:
    return Bias("mu", (low + high) / 2, low, high, n)


LOW, OPEN, HIGH, MORE = bias(-0.3, 0.0099), bias(0.005, 0.5), bias(0.02, 0.03), bias(0.025, 0.026)


@pytest.mark.parametrize(
    ("of", "expected", "deciding_one"),
    [
        ([LOW, bias(-0.3, -0.2)], QUALIFIED, LOW),
        ([LOW, OPEN], UNDECIDED, OPEN),
        ([bias(-0.001, 0.01)], UNDECIDED, bias(-0.001, 0.01)),
        ([bias(0.01, 0.02)], UNDECIDED, bias(0.01, 0.02)),
        ([LOW, HIGH, OPEN], WRONG, HIGH),
        ([HIGH, MORE], WRONG, MORE),
    ],
)
def test_one_wrong_bias_is_enough_and_all_must_be_low_to_qualify(
    of: list[Bias], expected: str, deciding_one: Bias
) -> None:
    assert verdict(of) == expected
    assert deciding(of) == deciding_one


@pytest.mark.filterwarnings("error")
def test_the_number_of_data_sets_that_would_decide_by_hand() -> None:
    """The reach is 0.006 and the distance to the bound 0.002, so 9 times as many are needed."""
    assert bias(0.006, 0.018).data_sets_to_decide() == pytest.approx(90, abs=1)
    # the upper reach counts, as intervals of squares are not symmetric
    assert Bias("mu", 0.02, 0.005, 0.05, 4).data_sets_to_decide() == 36
    assert Bias("mu", 0.01, 0.0, 0.02, 8).data_sets_to_decide() == np.inf
    # a single data set has no interval, and leaves everything open
    alone = found({"mu": [0.5]}, contents={"mu": [0.9]})
    assert np.isnan([[each.low, each.data_sets_to_decide()] for each in alone]).all()
    assert (verdict(alone), deciding(alone).of) == (UNDECIDED, "mu")


@pytest.mark.parametrize(
    ("noise", "shared", "data_sets", "verdicts", "least"),
    [
        (0.02, 0.0, 10, {QUALIFIED}, 60),
        (0.1, 0.0, 10, {QUALIFIED, UNDECIDED}, 57),
        # even if the noise of a chain is three times the bias that is allowed
        (0.3, 0.0, 10, {QUALIFIED, UNDECIDED}, 57),
        # the squares are a quarter, four times, and exactly the bound
        (0.05, 0.05, 30, {QUALIFIED}, 60),
        (0.05, 0.2, 30, {WRONG}, 60),
        (0.05, 0.1, 30, {WRONG, UNDECIDED}, 57),
    ],
)
def test_a_shared_bias_is_told_from_noise(
    noise: float, shared: float, data_sets: int, verdicts: set[str], least: int
) -> None:
    """In at least so many of 60 studies of four chains and 16 independent functions."""
    rng, names = np.random.default_rng(4), estimands(4)
    functions = [*names, TAIL, *(f"{name}^2" for name in names)]
    hits = 0
    for _ in range(60):
        u = shared + noise * rng.normal(size=(len(functions), data_sets, 4))
        squares = (u.sum(axis=2) ** 2 - (u**2).sum(axis=2)) / 12
        hits += verdict(found(dict(zip(functions, squares, strict=True)))) in verdicts
    assert hits >= least
