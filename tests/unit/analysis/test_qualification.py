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
    largest,
    verdict,
)
from funnel_study.analysis.work import TAIL

Array = NDArray[np.float64]
Columns = Mapping[str, Sequence[float] | Array]


def errors_of(bias_squared: Columns, probability_bias: Columns | None = None) -> pd.DataFrame:
    """The errors of a cell, with the squared biases of each data set by function."""
    other = probability_bias or {}
    parts = [
        pd.DataFrame(
            {
                "replicate": range(len(values)),
                "estimand": name,
                "bias_squared": values,
                "probability_bias": other.get(name, np.nan),
            }
        )
        for name, values in bias_squared.items()
    ]
    return pd.concat(parts, ignore_index=True)


def estimates_of(contents: Columns) -> pd.DataFrame:
    """The estimates of a cell whose 90 % intervals have these exact contents, by estimand."""
    parts = [
        pd.DataFrame({"estimand": name, "error_q05": 0.25, "error_q95": np.array(values) - 0.65})
        for name, values in contents.items()
    ]
    return pd.concat(parts, ignore_index=True)


def by_function(
    bias_squared: Columns, probability_bias: Columns | None = None, contents: Columns | None = None
) -> dict[str, Bias]:
    of_contents = contents or {"mu": [0.9, 0.9]}
    found = biases(estimates_of(of_contents), errors_of(bias_squared, probability_bias))
    return {bias.of: bias for bias in found}


def student(values: Sequence[float]) -> tuple[float, float, float]:
    """Return mean and ends of the interval, by scipy."""
    low, high = stats.t.interval(
        0.95, len(values) - 1, loc=np.mean(values), scale=stats.sem(values)
    )
    return float(np.mean(values)), float(low), float(high)


def ends(bias: Bias) -> tuple[float, float, float]:
    return bias.estimate, bias.low, bias.high


def test_intervals_are_those_of_student_by_function_and_for_probabilities() -> None:
    bias_squared = {
        "mu": [0.001, 0.002, 0.006],
        "tau": [0.0, 0.01, np.nan],
        "log_tau": [np.nan] * 3,
    }
    probability_bias = {"mu": [0.1, 0.3, 0.2], "tau": [0.002, 0.004, 0.003]}
    found = by_function(bias_squared, probability_bias)
    names = ["mu", "tau", "probabilities of mu", "probabilities of tau", "90 % interval of mu"]
    assert list(found) == names
    assert ends(found["mu"]) == pytest.approx(student([0.001, 0.002, 0.006]))
    # failed fits are left out
    assert ends(found["tau"]) == pytest.approx(student([0.0, 0.01]))
    assert (found["mu"].data_sets, found["tau"].data_sets) == (3, 2)
    for name, values in probability_bias.items():
        assert ends(found[f"probabilities of {name}"]) == pytest.approx(student(values))


@pytest.mark.parametrize(
    "contents", [[0.85, 0.86, 0.90], [0.93, 0.94, 0.98], [0.88, 0.90, 0.93], [0.89, 0.9, 0.92]]
)
def test_the_bias_of_an_interval_is_squared_after_it_is_averaged(contents: list[float]) -> None:
    """So that contents above and below 0.9 cancel, as the errors of means in U do not."""
    bias = by_function({"mu": [0.0] * 3}, contents={"mu": contents})["90 % interval of mu"]
    mean, low, high = student(contents)
    unit = 0.9 * 0.1
    assert bias.estimate == pytest.approx((mean - 0.9) ** 2 / unit)
    assert bias.high == pytest.approx(max((low - 0.9) ** 2, (high - 0.9) ** 2) / unit)
    includes_0 = low < 0.9 < high
    nearest = 0 if includes_0 else min((low - 0.9) ** 2, (high - 0.9) ** 2) / unit
    assert bias.low == pytest.approx(nearest)
    assert bias.low <= bias.estimate <= bias.high


def test_of_thetas_there_is_one_bias_of_each_kind() -> None:
    """That with the largest upper end, which need not be the one with the largest mean."""
    K = 12
    rng = np.random.default_rng(2)
    means = {f"theta[{k}]": rng.normal(0.003, 0.002, 5) for k in range(K)}
    squares = {f"theta[{k}]^2": rng.normal(0.003, 0.002, 5) for k in range(K)}
    means["theta[10]"] = np.array([0.0, 0.0, 0.03, 0.0, -0.02])  # mean 0.002, widest interval
    contents = {f"theta[{k}]": rng.normal(0.9, 0.01, 5) for k in range(K)}
    contents["theta[3]"] = contents["theta[3]"] + 0.04
    rest = {"mu": np.zeros(5), "tau": np.zeros(5), "tau^2": np.zeros(5)}
    found = biases(estimates_of(contents), errors_of({**rest, **means, **squares}))
    names = [bias.of for bias in found]
    worst_square = max(squares, key=lambda name: student(list(squares[name]))[2])
    assert names == ["mu", "tau", "tau^2", "theta[10]", worst_square, "90 % interval of theta[3]"]


@pytest.mark.filterwarnings("error")
def test_a_single_data_set_has_no_interval_and_leaves_everything_open() -> None:
    found = by_function({"mu": [0.5]}, contents={"mu": [0.9]})
    for bias in found.values():
        assert np.isnan([bias.low, bias.high]).all()
        assert bias.is_open
        assert np.isnan(bias.data_sets_to_decide())
    assert found["mu"].estimate == 0.5
    assert verdict(list(found.values())) == UNDECIDED
    assert largest(list(found.values())).of == deciding(list(found.values())).of == "mu"


def bias(low: float, high: float, of: str = "mu", n: int = 10) -> Bias:
    return Bias(of, (low + high) / 2, low, high, n)


@pytest.mark.parametrize(
    ("low", "high", "is_open", "expected"),
    [
        (-0.001, 0.0099, False, QUALIFIED),
        (-0.001, 0.01, True, UNDECIDED),
        (0.0, 0.5, True, UNDECIDED),
        (0.01, 0.02, True, UNDECIDED),
        (0.0101, 0.02, False, WRONG),
        (-0.3, -0.2, False, QUALIFIED),
    ],
)
def test_an_interval_is_open_if_it_contains_the_bound(
    low: float, high: float, is_open: bool, expected: str
) -> None:
    assert bias(low, high).is_open == is_open
    assert verdict([bias(low, high)]) == expected


def test_one_wrong_bias_is_enough_and_all_must_be_low_to_qualify() -> None:
    low, open_, wrong = bias(0, 0.005), bias(0.005, 0.5), bias(0.02, 0.03)
    assert verdict([low, low]) == QUALIFIED
    assert verdict([low, open_]) == UNDECIDED
    assert verdict([low, wrong, open_]) == verdict([open_, wrong]) == WRONG
    assert deciding([low, wrong, open_]) is wrong
    assert largest([low, wrong, open_]) is open_
    assert deciding([low, open_]) is open_
    assert deciding([wrong, bias(0.025, 0.026)]).low == 0.025


def test_the_number_of_data_sets_that_would_decide_by_hand() -> None:
    """The reach is 0.006 and the distance to the bound 0.002, so 9 times as many are needed."""
    assert bias(0.006, 0.018).data_sets_to_decide() == pytest.approx(90, abs=1)
    assert bias(0.002, 0.014).data_sets_to_decide() == pytest.approx(90, abs=1)
    assert Bias("mu", 0.0, -0.02, 0.02, 8).data_sets_to_decide() == 32
    # the upper reach counts, as intervals of squares are not symmetric
    assert Bias("mu", 0.02, 0.005, 0.05, 4).data_sets_to_decide() == 36
    assert Bias("mu", 0.01, 0.0, 0.02, 8).data_sets_to_decide() == np.inf


def simulated(
    rng: np.random.Generator, studies: int, data_sets: int, noise: float, shared: float
) -> list[str]:
    """The verdicts on studies of samplers with a shared bias and noise, in standard deviations.

    There are 16 independent functions of the parameters, and four chains.
    """
    C, functions = 4, [*estimands(4), TAIL, *(f"{name}^2" for name in estimands(4))]
    found = []
    for _ in range(studies):
        u = shared + noise * rng.normal(size=(len(functions), data_sets, C))
        squares = (u.sum(axis=2) ** 2 - (u**2).sum(axis=2)) / (C * (C - 1))
        errors = errors_of(dict(zip(functions, squares, strict=True)))
        found.append(verdict(biases(estimates_of({"mu": [0.9] * data_sets}), errors)))
    return found


@pytest.mark.parametrize("noise", [0.02, 0.1, 0.3])
def test_unbiased_chains_are_hardly_ever_called_wrong(noise: float) -> None:
    """Even if the noise of a chain is three times the bias that is allowed."""
    found = simulated(np.random.default_rng(4), 60, 10, noise, shared=0.0)
    assert found.count(WRONG) <= 3
    if noise == 0.02:
        assert found.count(QUALIFIED) == 60


@pytest.mark.parametrize(("shared", "expected"), [(0.05, QUALIFIED), (0.2, WRONG)])
def test_a_bias_on_either_side_of_the_bound_is_found(shared: float, expected: str) -> None:
    """The squares of 0.05 and 0.2 standard deviations are a quarter and four times the bound."""
    found = simulated(np.random.default_rng(5), 30, 30, 0.05, shared)
    assert found.count(expected) == 30


def test_a_bias_at_the_bound_hardly_ever_qualifies() -> None:
    found = simulated(np.random.default_rng(6), 60, 30, 0.05, shared=0.1)
    assert found.count(QUALIFIED) <= 3
