"""The likelihoods against scipy.stats, simulation, and the mode found by an optimizer."""

from typing import Any

import numpy as np
import pytest
from scipy import optimize, stats
from scipy.special import expit

from funnel.group_means import Array
from funnel.likelihoods import Likelihood
from funnel.likelihoods.binomial import BinomialLikelihood
from funnel.likelihoods.normal import NormalLikelihood
from funnel.likelihoods.normal_unknown_sigma import NormalUnknownSigma
from funnel.likelihoods.poisson import PoissonLikelihood
from funnel.priors import HalfNormal, IndependentPriors, Normal
from funnel.working_response import normal_approximation

BINOMIAL = BinomialLikelihood.from_counts([0, 3, 10, 40_000], [1, 5, 10, 100_000])
POISSON = PoissonLikelihood.from_counts([0, 3, 1_000], [2.0, 0.5, 80.0])
NORMAL = NormalLikelihood.from_effects([0.4, 1.9, -0.7], [1e-2, 0.8, 300.0])
EACH = pytest.mark.parametrize(
    "likelihood", [BINOMIAL, POISSON, NORMAL], ids=lambda each: type(each).__name__
)
PRIORS = IndependentPriors(Normal(0.0, 2.0), HalfNormal(1.0))


def log_pmf(likelihood: Any, theta: Array) -> Array:
    match likelihood:
        case BinomialLikelihood():
            return stats.binom.logpmf(likelihood.successes, likelihood.trials, expit(theta))
        case PoissonLikelihood():
            return stats.poisson.logpmf(likelihood.counts, likelihood.exposure * np.exp(theta))
    return stats.norm.logpdf(likelihood.y, theta, likelihood.se)


@EACH
def test_log_likelihoods_and_derivatives_are_those_of_scipy(likelihood: Likelihood) -> None:
    theta = np.linspace(-4, 4, 17)[:, None] * np.ones(likelihood.K)
    difference = likelihood.log_likelihood(theta) - log_pmf(likelihood, theta)
    scale = np.abs(log_pmf(likelihood, theta)).max()
    assert np.ptp(difference, axis=0).max() < 1e-11 * scale
    h = 1e-4
    score, information = likelihood.derivatives(theta)
    low, middle, high = (log_pmf(likelihood, theta + d) for d in (-h, 0.0, h))
    assert (high - low) / (2 * h) == pytest.approx(score, rel=1e-5, abs=1e-9 * scale)
    second = (2 * middle - low - high) / h**2
    assert second == pytest.approx(information, rel=1e-3, abs=1e-7 * scale)
    slope = (likelihood.response(theta + h) - likelihood.response(theta - h)) / (2 * h)
    assert slope == pytest.approx(likelihood.response_slope(theta), rel=1e-6)
    assert likelihood.link(likelihood.response(theta)) == pytest.approx(theta)


def test_simulated_data_have_the_mean_and_spread_of_the_model() -> None:
    theta, rng, n = np.repeat([-1.0, 0.5], 20_000), np.random.default_rng(1), 7
    n4 = [4] * len(theta)
    successes = BinomialLikelihood.simulate(theta, rng, trials=n).successes
    counts = PoissonLikelihood.simulate(theta, rng, exposure=2.5).counts
    means = NormalLikelihood.simulate(theta, rng, n_per_individual=n4, sigma=3.0)
    lab = NormalUnknownSigma.simulate(theta, rng, n_per_individual=n4, sigma=3.0)
    p, rate = expit(theta), 2.5 * np.exp(theta)
    for found, mean, variance in (
        (successes, n * p, n * p * (1 - p)),
        (counts, rate, rate),
        (means.y, theta, np.full_like(theta, 9 / 4)),
        (lab.y, theta, np.full_like(theta, 9 / 4)),
    ):
        z = (found - mean) / np.sqrt(variance)
        assert z.mean() == pytest.approx(0, abs=4 / len(z) ** 0.5)
        assert z.std() == pytest.approx(1, abs=0.02)
    assert means.se == pytest.approx(np.full_like(theta, 1.5))
    assert lab.within / lab.degrees_of_freedom == pytest.approx(9, rel=0.02)


@EACH
def test_the_normal_approximation_has_the_mode_of_each_group(likelihood: Likelihood) -> None:
    found = normal_approximation(likelihood, tau=PRIORS.of_tau, mu=PRIORS.of_mu)
    weight = found.tau**2 / (found.tau**2 + found.s**2)
    mode = weight * found.m + (1 - weight) * found.mu
    for k in range(likelihood.K):
        group = likelihood.select(np.array([k]))

        def minus_log(theta: float, group: Likelihood = group) -> float:
            prior = -0.5 * ((theta - found.mu) / found.tau) ** 2
            return -float(group.log_likelihood(np.array([theta]))[0] + prior)

        best = optimize.minimize_scalar(minus_log, bracket=(mode[k] - 1, mode[k] + 1), tol=1e-10)
        assert mode[k] == pytest.approx(best.x, abs=1e-3 * found.s.min() + 1e-6)
    assert 0.1 < found.tau < 2
    assert 10 < found.evaluations < 300


def test_the_normal_approximation_of_normal_data_is_exact() -> None:
    found = normal_approximation(NORMAL, tau=PRIORS.of_tau, mu=PRIORS.of_mu)
    assert found.m == pytest.approx(NORMAL.y)
    assert found.s == pytest.approx(NORMAL.se)


@pytest.mark.parametrize("K", [1, 2, 300])
def test_the_rough_tau_of_groups_that_are_alike_does_not_collapse(K: int) -> None:
    alike = BinomialLikelihood.from_counts([3] * K, [10] * K)
    found = normal_approximation(alike, tau=HalfNormal(5.0))
    assert found.tau > 0.2 * found.s[0]


def test_the_sum_of_squares_within_groups() -> None:
    y, group = [3.0, 5.0, 1.0, 2.0, 6.0, 4.0], ["b", "b", "a", "a", "a", "c"]
    found = NormalUnknownSigma.from_observations(y, group)
    assert found.y == pytest.approx([3.0, 4.0, 4.0])
    assert (found.within, found.degrees_of_freedom) == (pytest.approx(16.0), 3)
    again = NormalUnknownSigma.from_summaries(found.y, found.n, [7**0.5, 2**0.5, np.nan])
    assert again.within == pytest.approx(found.within)


@pytest.mark.parametrize(
    ("make", "data", "message"),
    [
        (
            BinomialLikelihood.from_counts,
            ([3, 6], [5, 5]),
            r"successes\[1\] = 6.0: must be at most",
        ),
        (BinomialLikelihood.from_counts, ([-1], [5]), r"successes\[0\] = -1.0: must be a whole"),
        (BinomialLikelihood.from_counts, ([0], [0]), r"trials\[0\] = 0.0: must be a whole"),
        (BinomialLikelihood.from_counts, ([1, 2], [5]), "successes has 2 values and trials 1"),
        (PoissonLikelihood.from_counts, ([1.5], [5]), r"counts\[0\] = 1.5: must be a whole"),
        (PoissonLikelihood.from_counts, ([1], [0]), r"exposure\[0\] = 0.0: must be above 0"),
        (PoissonLikelihood.from_counts, ([np.nan], [1]), r"counts\[0\] = nan: must be finite"),
        (PoissonLikelihood.from_counts, ([], []), "counts has no values"),
        (NormalUnknownSigma.from_observations, ([1, 2], ["a"]), "y has 2 values and group 1"),
        (NormalUnknownSigma.from_summaries, ([1], [0], [1]), r"n\[0\] = 0.0: must be a whole"),
        (NormalUnknownSigma.from_summaries, ([1], [2], [-1]), r"sd\[0\] = -1.0: must be finite"),
    ],
)
def test_invalid_data_are_an_error_that_names_them(make: Any, data: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        make(*data)
