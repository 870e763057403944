"""The exact posterior of counts: brute force, the normal model, closed forms, laws, extremes."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from every_prior import MU_PRIORS, TAU_PRIORS
from scipy import integrate, stats
from scipy.special import expit

from funnel import (
    Flat,
    HalfCauchy,
    HalfNormal,
    HalfT,
    Normal,
    Uniform,
    binomial_posterior,
    poisson_posterior,
)
from funnel.exact import ExactPosterior
from funnel.exact_counts import ExactCounts
from funnel.group_means import Array
from funnel.likelihoods.binomial import BinomialLikelihood
from funnel.likelihoods.normal import NormalLikelihood
from funnel.likelihoods.poisson import PoissonLikelihood
from funnel.priors import IndependentPriors, TauPrior

P = np.array([0.001, 0.025, 0.3, 0.5, 0.9, 0.999])
Likelihoods = list[Callable[[Array], Array]]


def by_brute_force(
    likelihoods: Likelihoods, tau_prior: TauPrior, mu_prior: Normal | Flat
) -> tuple[Callable[[Any], float], Callable[[int, Any], float]]:
    """Return posterior means of functions of (mu, tau), and of (theta_k, mu, tau), by a grid.

    The grid is equally spaced in mu and in (theta_k - mu) / tau, and has Gauss-Legendre nodes of
    tau. `likelihoods` are the likelihoods of the groups, not their logs.
    """
    nodes, weights = np.polynomial.legendre.leggauss(90)
    end = min(tau_prior.largest, 6.0)
    # in the cube root of tau, so that the logarithm does no harm
    root, of_root = 0.5 * end ** (1 / 3) * (1 + nodes), 0.5 * end ** (1 / 3) * weights
    tau, of_tau = root**3, of_root * 3 * root**2
    tau = tau[:, None, None]
    center, width = (0.5, 10.0) if isinstance(mu_prior, Normal) else (0.0, 45.0)
    mu = np.linspace(center - width, center + width, 261)[:, None]
    eta = np.linspace(-8.5, 8.5, 171)
    theta, of_eta = mu + tau * eta, stats.norm.pdf(eta) * (eta[1] - eta[0])
    each = [likelihood(theta) for likelihood in likelihoods]
    integrals = [values @ of_eta for values in each]
    joint = of_tau[:, None] * np.exp(tau_prior.log_kernel(tau[:, :, 0]))
    if isinstance(mu_prior, Normal):
        joint = joint * stats.norm.pdf(mu[:, 0], mu_prior.mean, mu_prior.sd)
    total = (joint * np.prod(integrals, axis=0)).sum()

    def of_population(function: Any) -> float:
        values = function(mu[:, 0], tau[:, :, 0])
        return float((joint * np.prod(integrals, axis=0) * values).sum() / total)

    def of_group(k: int, function: Any) -> float:
        others = np.prod([values for j, values in enumerate(integrals) if j != k], axis=0)
        inner = (each[k] * function(theta, mu, tau)) @ of_eta
        return float((joint * others * inner).sum() / total)

    return of_population, of_group


def of_binomial(successes: list[int], trials: list[int]) -> Likelihoods:
    return [
        lambda theta, y=y, n=n: expit(theta) ** y * expit(-theta) ** (n - y)
        for y, n in zip(successes, trials, strict=True)
    ]


def of_poisson(counts: list[int], exposure: list[float]) -> Likelihoods:
    return [
        lambda theta, y=y, e=e: np.exp(y * (theta - 1) - e * np.exp(theta))
        for y, e in zip(counts, exposure, strict=True)
    ]


BRUTE_FORCE: dict[str, tuple[Any, Likelihoods]] = {
    "K = 1": (BinomialLikelihood.from_counts([3], [4]), of_binomial([3], [4])),
    "zero and all": (BinomialLikelihood.from_counts([0, 9], [5, 9]), of_binomial([0, 9], [5, 9])),
    "alike": (
        BinomialLikelihood.from_counts([2, 2, 7], [6, 6, 9]),
        of_binomial([2, 2, 7], [6, 6, 9]),
    ),
    "poisson": (PoissonLikelihood.from_counts([0, 7], [2.0, 1.5]), of_poisson([0, 7], [2.0, 1.5])),
}


@pytest.mark.parametrize("mu_prior", MU_PRIORS, ids=str)
@pytest.mark.parametrize("case", BRUTE_FORCE)
def test_everything_agrees_with_brute_force(case: str, mu_prior: Normal | Flat) -> None:
    likelihood, likelihoods = BRUTE_FORCE[case]
    tau_prior = HalfNormal(0.7)
    exact = ExactCounts(likelihood, IndependentPriors(mu_prior, tau_prior))
    of_population, of_group = by_brute_force(likelihoods, tau_prior, mu_prior)
    mean, sd = exact.mean(), exact.sd()
    k, last = likelihood.K - 1, f"theta[{likelihood.K - 1}]"
    second = exact.mean_of_square()[last]
    p, p_sd = exact.moments_of(last, likelihood.response)

    def response(theta: Array, *_: Array) -> Array:
        return np.asarray(likelihood.response(theta))

    pairs = [
        (mean["mu"], of_population(lambda mu, tau: mu)),
        (mean["tau"], of_population(lambda mu, tau: tau)),
        (mean["log_tau"], of_population(lambda mu, tau: np.log(tau))),
        (mean[last], of_group(k, lambda theta, mu, tau: theta)),
        (second, of_group(k, lambda theta, mu, tau: theta**2)),
        (exact.sd_of_square()[last] ** 2 + second**2, of_group(k, lambda theta, mu, tau: theta**4)),
        (p, of_group(k, response)),
        (p_sd**2 + p**2, of_group(k, lambda *at: response(*at) ** 2)),
        (sd["tau"] ** 2 + mean["tau"] ** 2, of_population(lambda mu, tau: tau**2)),
        (sd["mu"] ** 2 + mean["mu"] ** 2, of_population(lambda mu, tau: mu**2)),
        (
            exact.moments_of("theta[new]", np.sin)[0],
            of_population(lambda mu, tau: np.sin(mu) * np.exp(-0.5 * tau**2)),
        ),
    ]
    found, expected = np.array(pairs).T
    assert found == pytest.approx(expected, rel=2e-7, abs=2e-7)
    assert exact.error < 1e-8


@pytest.mark.parametrize("mu_prior", MU_PRIORS, ids=str)
@pytest.mark.parametrize("tau_prior", TAU_PRIORS, ids=str)
def test_normal_data_have_the_posterior_of_the_one_dimensional_quadrature(
    tau_prior: TauPrior, mu_prior: Normal | Flat
) -> None:
    data = NormalLikelihood.from_effects([0.4, 1.9, -0.7, 1.1], [0.5, 0.8, 0.003, 12.0])
    priors = IndependentPriors(mu_prior, tau_prior)
    found, expected = ExactCounts(data, priors), ExactPosterior(data.means, priors)
    for moment in ("mean", "sd", "mean_of_square", "sd_of_square"):
        ours, theirs = getattr(found, moment)(), getattr(expected, moment)()
        assert ours == pytest.approx(theirs, rel=1e-7, abs=1e-8, nan_ok=True), moment
    assert found.data_weight() == pytest.approx(expected.data_weight(), rel=1e-7)
    assert found.expectation(np.cos) == pytest.approx(expected.expectation(np.cos), abs=1e-8)
    for name in ("mu", "tau", "log_tau", "theta[0]", "theta[2]", "theta[new]", "eta[1]"):
        x = expected.quantile(name, P)
        assert found.cdf(name, x) == pytest.approx(P, abs=1e-7), name
        assert found.density(name, x) == pytest.approx(expected.density(name, x), rel=1e-4), name
        assert found.quantile(name, P) == pytest.approx(x, rel=1e-5, abs=1e-5), name
    x, log_tau = np.linspace(-2, 2, 9), np.array([[-8.0], [-0.5], [1.0]])
    for name in ("mu", "theta[0]", "theta[new]", "eta[1]"):
        theirs = expected.joint_density(name, x, log_tau)
        scale = 1e-6 * theirs.max()
        assert found.joint_density(name, x, log_tau) == pytest.approx(theirs, abs=scale), name


@pytest.mark.parametrize("df", [1.0, 1.8, 4.3])
def test_moments_that_hardly_exist_are_those_of_the_one_dimensional_quadrature(df: float) -> None:
    data = NormalLikelihood.from_effects([0.4, 1.9], [0.5, 0.8])
    priors = IndependentPriors(Flat(), HalfT(df, 0.8))
    found, expected = ExactCounts(data, priors), ExactPosterior(data.means, priors)
    for moment in ("mean", "sd", "mean_of_square", "sd_of_square"):
        ours, theirs = getattr(found, moment)(), getattr(expected, moment)()
        assert ours == pytest.approx(theirs, rel=1e-6, nan_ok=True), moment


@pytest.mark.parametrize("tau_prior", TAU_PRIORS[:-1], ids=str)
def test_one_trial_says_nothing_about_tau(tau_prior: TauPrior) -> None:
    """With mu symmetric around 0, a success has probability 1/2 whatever tau is."""
    posterior = binomial_posterior([1], [1], tau=tau_prior, mu=Normal(0, 1.5))
    x = np.array([1e-3, 0.1, 0.5, 1.2])
    prior = [
        integrate.quad(lambda t: float(tau_prior.density(np.array(t))), 0, end)[0] for end in x
    ]
    assert posterior.tau.cdf(x) == pytest.approx(prior, abs=1e-8)


def test_a_tau_near_0_is_complete_pooling() -> None:
    successes, trials = np.array([0, 3, 8, 2]), np.array([4, 9, 11, 2])
    posterior = binomial_posterior(successes, trials, tau=HalfNormal(1e-5), mu=Normal(0, 2))

    def density(mu: float) -> float:
        y, n = successes.sum(), trials.sum()
        return float(stats.norm.pdf(mu, 0, 2) * stats.binom.pmf(y, n, expit(mu)))

    total, first = (
        integrate.quad(lambda mu, power=power: mu**power * density(mu), -8, 8)[0]
        for power in (0, 1)
    )
    below, _ = integrate.quad(density, -8, 0.2)
    for pooled in (posterior.mu, posterior.theta[0], posterior.theta[2], posterior.predictive()):
        assert pooled.mean == pytest.approx(first / total, abs=1e-7)
        assert pooled.cdf(0.2) == pytest.approx(below / total, abs=1e-7)


def test_large_counts_are_normal() -> None:
    p, n = np.array([0.2, 0.35, 0.5, 0.28]), 1e8
    theta, se = np.log(p / (1 - p)), 1 / np.sqrt(n * p * (1 - p))
    priors = IndependentPriors(Normal(0, 1), HalfCauchy(1))
    expected = ExactPosterior(NormalLikelihood(theta, se).means, priors)
    for likelihood in (
        BinomialLikelihood.from_counts(np.round(n * p), np.full(4, n)),
        PoissonLikelihood.from_counts(np.round(1 / se**2), 1 / se**2 / np.exp(theta)),
    ):
        found = ExactCounts(likelihood, priors)
        assert found.mean() == pytest.approx(expected.mean(), rel=1e-5, abs=1e-6)
        assert found.sd() == pytest.approx(expected.sd(), rel=1e-4)
        assert found.cdf("mu", 0.1) == pytest.approx(expected.cdf("mu", 0.1), abs=1e-6)


def test_exact_draws_follow_the_exact_marginals() -> None:
    likelihood = BinomialLikelihood.from_counts([0, 3, 8, 2, 2], [40, 9, 11, 2, 2])
    exact = ExactCounts(likelihood, IndependentPriors(Normal(0, 1), HalfCauchy(1)))
    drawn = exact.draws(4_000, np.random.default_rng(1))
    eta = (drawn["theta"] - drawn["mu"][:, None]) / drawn["tau"][:, None]
    named = {f"theta[{k}]": drawn["theta"][:, k] for k in range(5)}
    named |= {"mu": drawn["mu"], "tau": drawn["tau"], "eta[0]": eta[:, 0], "eta[2]": eta[:, 2]}
    for name, values in named.items():
        assert stats.kstest(exact.cdf(name, values), "uniform").pvalue > 1e-3, name


def test_failures_mirror_successes_and_exposure_has_no_unit() -> None:
    y, n = np.array([0, 3, 8, 2]), np.array([6, 9, 11, 2])
    prior = HalfT(4, 0.7)
    found, mirrored = (binomial_posterior(each, n, tau=prior) for each in (y, n - y))
    assert mirrored.mu.mean == pytest.approx(-found.mu.mean, abs=1e-8)
    assert mirrored.theta[0].quantile(1 - P) == pytest.approx(-found.theta[0].quantile(P))
    assert mirrored.response(1).mean == pytest.approx(1 - found.response(1).mean, abs=1e-8)
    days = poisson_posterior(y, n, tau=prior)
    hours = poisson_posterior(y, 24.0 * n, tau=prior)
    assert hours.mu.mean == pytest.approx(days.mu.mean - np.log(24), abs=1e-8)
    assert 24 * hours.response(2).mean == pytest.approx(days.response(2).mean, rel=1e-8)
    assert 24 * hours.response().quantile(P) == pytest.approx(days.response().quantile(P))


def test_the_response_is_a_transformation_of_theta() -> None:
    posterior = binomial_posterior([0, 18, 8], [47, 148, 119], tau=HalfNormal(1), mu=Normal(0, 2))
    for response, theta in (
        (posterior.response(0), posterior.theta[0]),
        (posterior.response(), posterior.predictive()),
    ):
        assert response.quantile(P) == pytest.approx(expit(theta.quantile(P)))
        assert response.cdf([-1.0, 0.0, 0.1, 1.0, 2.0]) == pytest.approx(
            [0, 0, theta.cdf(np.log(0.1 / 0.9)), 1, 1]
        )
        edges = response.quantile([1e-12, 1e-6, 1e-4, 1e-3, 0.01, 0.1, 0.5, 0.9, 1 - 1e-6])
        areas = [
            integrate.quad(
                lambda p, r=response, power=power: p**power * r.density(p), 0, 1, points=edges
            )[0]
            for power in (0, 1, 2)
        ]
        assert areas[:2] == pytest.approx([1.0, response.mean], rel=1e-6)
        assert areas[2] - response.mean**2 == pytest.approx(response.sd**2, rel=1e-4)
        assert not response.density([-0.5, 0.0, 1.0, 1.5]).any()
    summary = posterior.summary()
    assert summary["probability[0]"]["mean"] == posterior.response(0).mean
    draws = posterior.draws(20_000, seed=1)
    new = expit(draws["theta_new"])
    assert new.mean() == pytest.approx(posterior.response().mean, abs=4 * new.std() / 20_000**0.5)


N, HALF, CAUCHY = Normal(0, 5), HalfNormal(1), HalfCauchy(2.5)
WIDE = Normal(0, 1000)
EXTREMES: dict[str, tuple[Any, IndependentPriors]] = {
    "one zero": (BinomialLikelihood.from_counts([0], [10]), IndependentPriors(N, HALF)),
    "all successes": (BinomialLikelihood.from_counts([5, 7], [5, 7]), IndependentPriors(N, HALF)),
    "both ends": (BinomialLikelihood.from_counts([0, 7], [5, 7]), IndependentPriors(Flat(), HALF)),
    "zeros, wide": (
        PoissonLikelihood.from_counts([0, 0], [1.0, 9.0]),
        IndependentPriors(WIDE, HALF),
    ),
    "100,000 trials": (
        BinomialLikelihood.from_counts([50_000, 100_000, 0, 30], [100_000] * 4),
        IndependentPriors(N, CAUCHY),
    ),
    "six orders": (
        PoissonLikelihood.from_counts([0, 0, 3, 100, 1e6, 1e10], [1e-6, 1, 1, 1e2, 1e6, 1e10]),
        IndependentPriors(N, CAUCHY),
    ),
    "conflict": (
        BinomialLikelihood.from_counts([0, 1_000, 5_000], [1_000, 1_000, 10_000]),
        IndependentPriors(N, HalfNormal(0.01)),
    ),
    "far from the prior": (
        PoissonLikelihood.from_counts([0] * 8, np.arange(1.0, 9.0)),
        IndependentPriors(Normal(100, 1), HALF),
    ),
    "tau ends": (
        BinomialLikelihood.from_counts([0, 18, 8, 46], [47, 148, 119, 810]),
        IndependentPriors(Flat(), Uniform(0.1)),
    ),
    "500 single trials": (
        BinomialLikelihood.from_counts(np.arange(500) % 2, np.ones(500)),
        IndependentPriors(N, HALF),
    ),
    "200 groups": (
        PoissonLikelihood.simulate(
            np.random.default_rng(1).normal(0, 1, 200),
            np.random.default_rng(2),
            exposure=np.geomspace(0.1, 100, 200),
        ),
        IndependentPriors(Flat(), CAUCHY),
    ),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("case", EXTREMES)
def test_extremes(case: str) -> None:
    """The density of theta is a calculation of its own, and so are the draws."""
    likelihood, priors = EXTREMES[case]
    exact = ExactCounts(likelihood, priors)
    assert exact.error < 1e-6
    mean, sd = exact.mean(), exact.sd()
    drawn = exact.draws(500, np.random.default_rng(1))
    for k in {0, likelihood.K - 1}:
        name = f"theta[{k}]"
        found, found_sd = exact.moments_of(name, lambda theta: theta)
        assert found == pytest.approx(mean[name], rel=1e-6, abs=1e-6 * sd[name])
        assert found_sd == pytest.approx(sd[name], rel=1e-5)
        assert exact.cdf(name, exact.quantile(name, P)) == pytest.approx(P, abs=1e-9)
        p_value = stats.kstest(exact.cdf(name, drawn["theta"][:, k]), "uniform").pvalue
        assert p_value > 1e-4
    assert stats.kstest(exact.cdf("mu", drawn["mu"]), "uniform").pvalue > 1e-4


def test_moments_that_do_not_exist_are_missing() -> None:
    """With J groups that are not at an end, tau has a tail of d = 2 + J - 1 under a flat prior."""
    posterior = poisson_posterior([0, 3, 2], [1, 2, 3], tau=HalfCauchy(1))
    assert np.isfinite(posterior.tau.mean)
    assert posterior.tau.sd == np.inf
    assert np.isfinite([posterior.mu.mean, posterior.theta[0].mean, posterior.theta[1].sd]).all()
    assert [posterior.mu.sd, posterior.theta[0].sd] == [np.inf, np.inf]
    zeros = poisson_posterior([0, 0], [1, 2], tau=HalfCauchy(1), mu=Normal(0, 1))
    assert zeros.tau.mean == np.inf
    assert np.isnan([zeros.theta[0].mean, zeros.predictive().mean]).all()
    assert np.isfinite([zeros.mu.sd, zeros.log_tau.sd, zeros.response(0).sd]).all()


@pytest.mark.parametrize(
    ("counts", "tau", "mu", "message"),
    [
        ([0, 0], HalfNormal(1), Flat(), "with a flat prior of mu, the groups must not all"),
        ([3, 2], Uniform(), Flat(), "this prior of tau decreases too slowly for 2 groups"),
        ([0, 2], Uniform(), Normal(0, 1), "this prior of tau decreases too slowly for 1 groups"),
        ([0, 0], Uniform(), Normal(0, 1), "this prior of tau decreases too slowly for 0 groups"),
    ],
)
def test_an_improper_posterior_is_an_error(
    counts: list[int], tau: TauPrior, mu: Normal | Flat, message: str
) -> None:
    with pytest.raises(ValueError, match=f"^the posterior is improper: {message}"):
        poisson_posterior(counts, [1, 2], tau=tau, mu=mu)
