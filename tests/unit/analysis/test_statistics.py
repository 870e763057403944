"""Statistics and their standard errors: by hand, by brute force and by simulation."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from funnel_study.analysis.statistics import (
    EFFICIENCY,
    EMPIRICAL_SE,
    LOG_WORK,
    LOW_ERROR_GRADIENTS,
    MEAN,
    MODEL_SE,
    PROPORTION,
    RATIO_OF_MEANS,
    ROOT_MEAN_SQUARE,
    WORK,
    Statistic,
    error_of_mean,
    wilson,
)

Array = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int, int], Array]  # studies, replicates -> (S, n, m)

CHAINS = 4


def work_and_chains(rng: np.random.Generator, S: int, n: int) -> Array:
    """The mean over chains of squared errors, and data sets that differ in their difficulty."""
    scale = 10 * rng.gamma(4.0, 0.25, (S, n))
    work = scale * (rng.normal(size=(CHAINS, S, n)) ** 2).mean(axis=0)
    return np.stack([work, np.full_like(work, CHAINS)], axis=2)


def gradients(rng: np.random.Generator, S: int, n: int) -> Array:
    """Variance, leapfrog steps and squared bias of chains, far from the bound of 0.01."""
    u = rng.normal(0, 0.05, (S, n, CHAINS))
    shared = (u.sum(axis=2) ** 2 - (u**2).sum(axis=2)) / (CHAINS * (CHAINS - 1))
    steps = rng.uniform(900, 1_100, (S, n))
    return np.stack([u.var(axis=2, ddof=1), steps, 0.002 + shared], axis=2)


def pair(rng: np.random.Generator, S: int, n: int) -> Array:
    """Two variables that are correlated, and whose means are 3 and 2."""
    both = rng.gamma(4.0, 0.25, (S, n, 1))
    return np.concatenate([3 * both * rng.gamma(9.0, 1 / 9, both.shape), 2 * both], axis=2)


NORMAL: Draw = lambda rng, S, n: rng.normal(1.0, 2.0, (S, n, 1))  # noqa: E731
CASES: dict[str, tuple[Statistic, Draw, float]] = {
    "MEAN": (MEAN, NORMAL, 1.0),
    "PROPORTION": (PROPORTION, lambda rng, S, n: 1.0 * (rng.uniform(size=(S, n, 1)) < 0.8), 0.8),
    "EMPIRICAL_SE": (EMPIRICAL_SE, NORMAL, 2.0),
    "ROOT_MEAN_SQUARE": (ROOT_MEAN_SQUARE, NORMAL, np.sqrt(5)),
    # of posterior standard deviations
    "MODEL_SE": (MODEL_SE, lambda rng, S, n: np.sqrt(rng.gamma(8, 1, (S, n, 1))), np.sqrt(8)),
    "RATIO_OF_MEANS": (RATIO_OF_MEANS, pair, 1.5),
    "WORK": (WORK, work_and_chains, 10.0),
    "LOG_WORK": (LOG_WORK, work_and_chains, np.log(10)),
    "EFFICIENCY": (EFFICIENCY, work_and_chains, 0.1),
    "LOW_ERROR_GRADIENTS": (LOW_ERROR_GRADIENTS, gradients, 0.0025 * 1_000 / 0.008),
}


@pytest.mark.parametrize("name", CASES)
def test_a_standard_error_is_the_spread_of_the_estimate_and_its_intervals_cover(name: str) -> None:
    """Over 1,500 simulated studies of 100 replicates each."""
    statistic, draw, truth = CASES[name]
    studies = draw(np.random.default_rng(1), 1_500, 100)
    estimates = np.array([statistic.of(study) for study in studies])
    errors = np.array([statistic.standard_error(study) for study in studies])
    # the spread of 1,500 estimates is itself known to 1.8 %
    assert np.sqrt(np.mean(errors**2)) == pytest.approx(np.std(estimates), rel=0.08)
    assert 0.92 < np.mean(np.abs(estimates - truth) < 1.98 * errors) < 0.98


@pytest.mark.parametrize("name", CASES)
def test_influence_gives_the_standard_error_of_a_paired_difference(name: str) -> None:
    """Of two groups of which the second is the first, or equal to it apart from some noise."""
    statistic, draw, _ = CASES[name]
    studies = draw(np.random.default_rng(3), 1_500, 100)
    assert error_of_mean(statistic.influence(studies[0]) - statistic.influence(studies[0])) == 0
    others = np.concatenate([studies[:, :50], draw(np.random.default_rng(4), 1_500, 50)], axis=1)
    differences = [
        statistic.of(one) - statistic.of(other) for one, other in zip(studies, others, strict=True)
    ]
    errors = [
        error_of_mean(statistic.influence(one) - statistic.influence(other))
        for one, other in zip(studies, others, strict=True)
    ]
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(np.std(differences), rel=0.08)


@pytest.mark.parametrize("name", [name for name in CASES if CASES[name][0].own_influence is None])
def test_influence_is_the_literal_jackknife_pseudo_value(name: str) -> None:
    statistic, draw, _ = CASES[name]
    values = draw(np.random.default_rng(5), 1, 12)[0]
    n = len(values)
    literal = [
        n * statistic.of(values) - (n - 1) * statistic.of(np.delete(values, i, axis=0))
        for i in range(n)
    ]
    assert statistic.influence(values) == pytest.approx(literal)
    if statistic.own_standard_error is None:
        jackknife = np.sqrt(np.var(literal, ddof=1) / n)
        assert statistic.standard_error(values) == pytest.approx(jackknife)


@pytest.mark.parametrize(
    ("work", "chains", "expected"),
    [
        ([1.0, 2.0, 9.0], 4, np.sqrt(19 / 3) / 4),
        ([4.0, 4.1, 3.9], 4, np.sqrt(2 / 12)),
        ([4.0, 4.1, 3.9], 1, np.sqrt(2 / 3)),
    ],
)
def test_the_standard_errors_of_work_are_those_of_the_design(
    work: list[float], chains: int, expected: float
) -> None:
    """se(log W) = sd(W_r) / (sqrt(R) W), and at least sqrt(2 / (R C)); the delta method beyond."""
    values = np.column_stack([work, np.full(3, chains)])
    found = [each.standard_error(values) for each in (LOG_WORK, WORK, EFFICIENCY)]
    assert found == pytest.approx([expected, 4 * expected, expected / 4])


@pytest.mark.filterwarnings("error")
def test_gradients_to_low_error_are_infinite_beyond_the_bound_and_missing_if_unknown() -> None:
    def found(*bias: float) -> list[float]:
        values = np.column_stack([[0.02, 0.04], [100.0, 300.0], bias])
        return [LOW_ERROR_GRADIENTS.of(values), LOW_ERROR_GRADIENTS.standard_error(values)]

    assert found(0.001, 0.003)[0] == pytest.approx(0.03 * 200 / 0.008)
    assert found(0.01, 0.01) == pytest.approx([np.inf, np.nan], nan_ok=True)
    assert np.isnan(found(0.001, np.nan)).all()
    # infinite without one of the data sets: no standard error
    assert np.isnan(found(-0.01, 0.012)).tolist() == [False, True]


def test_a_wilson_interval_by_hand() -> None:
    z = 1.959964
    middle, reach = (3 + z**2 / 2) / (8 + z**2), z / (8 + z**2) * np.sqrt(3 * 5 / 8 + z**2 / 4)
    assert wilson(3, 8) == pytest.approx((middle - reach, middle + reach), abs=1e-6)
