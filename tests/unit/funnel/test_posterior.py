"""The exact posterior as a library: closed forms, independent quadrature, laws, invalid input."""

import re
from collections.abc import Callable
from functools import partial
from math import inf, isnan, nan

import numpy as np
import pytest
from every_prior import MU_PRIORS, TAU_PRIORS
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats
from scipy.special import ndtr

from funnel import (
    Exponential,
    Flat,
    HalfCauchy,
    HalfNormal,
    HalfT,
    Marginal,
    Normal,
    Posterior,
    QuadratureError,
    Uniform,
    exact_posterior,
)
from funnel.group_means import Array
from funnel.priors import TauPrior

Y = np.array([0.4, 1.9, -0.7, 1.1])
SE = np.array([0.5, 0.8, 0.3, 1.2])


def scaled(prior: TauPrior, factor: float) -> TauPrior:
    """Return the prior of factor * tau."""
    match prior:
        case HalfNormal() | HalfCauchy() | Exponential():
            return type(prior)(prior.scale * factor)
        case HalfT():
            return HalfT(prior.df, prior.scale * factor)
        case Uniform():
            return Uniform(prior.upper * factor)
    raise AssertionError(prior)


def by_nested_quadrature(
    tau_prior: TauPrior, mu_prior: Normal | Flat, function: Callable[[Array, float], list[Array]]
) -> Array:
    """Return posterior means of functions of mu and tau given Y and SE.

    With the densities of scipy.stats. The integral over mu is a sum over equal steps, which for a
    smooth density that ends at neither side has the accuracy of rounding.
    """

    def over_mu(tau: float) -> Array:
        width = 12.0 if isinstance(mu_prior, Normal) else 12 * np.hypot(tau, 1.2)
        mu = np.linspace(-width, width, 2_001)
        density = np.prod(stats.norm.pdf(Y, mu[:, None], np.hypot(tau, SE)), axis=1)
        if isinstance(mu_prior, Normal):
            density *= stats.norm.pdf(mu, mu_prior.mean, mu_prior.sd)
        values = np.stack(np.broadcast_arrays(np.ones_like(mu), *function(mu, tau)))
        kernel = float(np.exp(tau_prior.log_kernel(np.array(tau))))
        return values @ density * (mu[1] - mu[0]) * kernel

    def over_share(x: float) -> Array:
        """Integrand over x = tau / (1 + tau), so that the range is finite."""
        return over_mu(x / (1 - x)) / (1 - x) ** 2

    end = tau_prior.largest / (1 + tau_prior.largest) if tau_prior.largest < inf else 1 - 1e-7
    value, *_ = integrate.quad_vec(over_share, 0.0, end, epsabs=0, epsrel=1e-7)
    return np.asarray(value[1:] / value[0])


@pytest.mark.parametrize("mu_prior", MU_PRIORS, ids=str)
@pytest.mark.parametrize("tau_prior", TAU_PRIORS, ids=str)
def test_everything_agrees_with_a_quadrature_over_mu_and_tau(
    tau_prior: TauPrior, mu_prior: Normal | Flat
) -> None:
    posterior = exact_posterior(Y, SE, tau=tau_prior, mu=mu_prior)
    weights = SE**-2.0
    typical = 3 * weights.sum() / (weights.sum() ** 2 - (weights**2).sum())

    def functions(mu: Array, tau: float) -> list[Array]:
        weight = tau**2 / (tau**2 + SE[1] ** 2)
        theta = weight * Y[1] + (1 - weight) * mu
        return [
            mu,
            tau,
            theta,
            weight,
            tau**2 / (tau**2 + typical),
            ndtr((1.0 - mu) / np.hypot(tau, 1e-12)),  # a new theta below 1
            ndtr((1.0 - mu) / np.hypot(tau, 0.7)),  # a new observation of a new group below 1
            ndtr((1.0 - theta) / np.sqrt(weight * SE[1] ** 2 + 0.7**2)),  # of group 1
            theta**2 + weight * SE[1] ** 2,
            (tau**2 / (tau**2 + typical)) ** 2,
        ]

    found = by_nested_quadrature(tau_prior, mu_prior, functions)
    exact = [
        posterior.mu.mean,
        posterior.tau.mean,
        posterior.theta[1].mean,
        posterior.data_weight[1],
        posterior.i_squared.mean,
        posterior.predictive().cdf(1.0),
        posterior.predictive(se=0.7).cdf(1.0),
        posterior.predictive(se=0.7, group=1).cdf(1.0),
        posterior.theta[1].mean ** 2 + posterior.theta[1].sd ** 2,
        posterior.i_squared.mean**2 + posterior.i_squared.sd**2,
    ]
    # the mean of tau under an improper prior needs more of the tail than this quadrature has
    tolerance = np.full(10, 1e-6)
    tolerance[:2] = 1e-3 if tau_prior == Uniform() and mu_prior == Flat() else 1e-6
    assert np.all(np.abs(found - exact) <= tolerance)


def marginals(posterior: Posterior) -> dict[str, Marginal]:
    return {
        "mu": posterior.mu,
        "tau": posterior.tau,
        "log_tau": posterior.log_tau,
        "theta": posterior.theta[2],
        "new theta": posterior.predictive(),
        "new observation": posterior.predictive(0.3),
        "observation of a group": posterior.predictive(0.3, 2),
        "I^2": posterior.i_squared,
    }


@pytest.mark.parametrize("tau_prior", TAU_PRIORS, ids=str)
def test_density_cdf_quantiles_and_moments_of_each_marginal_agree(tau_prior: TauPrior) -> None:
    posterior = exact_posterior(Y, SE, tau=tau_prior, mu=Normal(0.5, 1.2))
    p = np.array([1e-5, 0.05, 0.25, 0.5, 0.75, 0.95, 1 - 1e-5])
    for name, each in marginals(posterior).items():
        x = each.quantile(p)
        assert each.cdf(x) == pytest.approx(p, abs=1e-10), name
        for a, b in ((1, 2), (2, 4), (4, 5)):
            mass = integrate.quad(each.density, x[a], x[b], epsabs=1e-12, limit=200)[0]
            assert mass == pytest.approx(p[b] - p[a], rel=1e-7), name


@pytest.mark.parametrize("tau_prior", TAU_PRIORS, ids=str)
def test_draws_follow_the_marginals(tau_prior: TauPrior) -> None:
    posterior = exact_posterior(Y, SE, tau=tau_prior)
    draws = posterior.draws(4_000, seed=1)
    assert draws["theta"].shape == (4_000, 4)
    of = {"mu": posterior.mu, "tau": posterior.tau, "theta_new": posterior.predictive()}
    for name, marginal in of.items():
        assert stats.kstest(marginal.cdf(draws[name]), "uniform").pvalue > 1e-3, name
    for k, marginal in enumerate(posterior.theta):
        assert stats.kstest(marginal.cdf(draws["theta"][:, k]), "uniform").pvalue > 1e-3, k
    again = posterior.draws(4_000, seed=np.random.default_rng(1))
    assert all(np.array_equal(draws[name], again[name]) for name in draws)


@pytest.mark.parametrize("K", [3, 4, 5, 12])
def test_without_standard_errors_mu_has_a_t_distribution(K: int) -> None:
    """With theta known and flat priors of mu and tau, mu has a t distribution with K - 2 df.

    See section 3.2 of Gelman et al. (2013), with a density of the variance as tau^-1 in place of
    tau^-2: integrating tau^-K exp(-S / (2 tau^2)) over tau leaves K - 2 degrees of freedom, and
    S / tau^2 is chi-squared with as many.
    """
    theta = np.random.default_rng(K).normal(3.0, 2.0, size=K)
    posterior = exact_posterior(theta, np.full(K, 1e-6), tau=Uniform())
    S = ((theta - theta.mean()) ** 2).sum()
    law = stats.t(K - 2, theta.mean(), np.sqrt(S / (K - 2) / K))
    p = np.array([0.001, 0.2, 0.5, 0.9, 0.9999])
    assert posterior.mu.quantile(p) == pytest.approx(law.ppf(p), rel=1e-7, abs=1e-7)
    assert posterior.mu.density(law.ppf(p)) == pytest.approx(law.pdf(law.ppf(p)), rel=1e-7)
    assert posterior.tau.quantile(p) == pytest.approx(np.sqrt(S / stats.chi2(K - 2).isf(p)))
    if K > 4:
        for marginal in (posterior.mu, posterior.predictive()):
            assert marginal.mean == pytest.approx(theta.mean())
        assert posterior.mu.sd == pytest.approx(law.std())
    for each, value in zip(posterior.theta, theta, strict=True):
        assert each.mean == pytest.approx(value, abs=1e-9)
        assert each.sd == pytest.approx(1e-6, rel=1e-6)


@pytest.mark.parametrize("tau_prior", TAU_PRIORS[:5], ids=str)
def test_one_group_and_a_flat_prior_of_mu_say_nothing_about_tau(tau_prior: TauPrior) -> None:
    posterior = exact_posterior([3.0], [0.5], tau=tau_prior)
    for x in (0.1, 0.7, 1.4):
        mass = integrate.quad(lambda t: float(tau_prior.density(np.array(t))), 0, x)[0]
        assert posterior.tau.cdf(x) == pytest.approx(mass, rel=1e-8)
    assert posterior.theta[0].quantile([0.1, 0.9]) == pytest.approx(
        stats.norm.ppf([0.1, 0.9], 3.0, 0.5)
    )


def test_a_tau_near_0_gives_the_pooled_estimate() -> None:
    posterior = exact_posterior(Y, SE, tau=HalfNormal(1e-6))
    weights = SE**-2.0
    pooled, error = weights @ Y / weights.sum(), weights.sum() ** -0.5
    for marginal in (posterior.mu, *posterior.theta, posterior.predictive()):
        assert marginal.mean == pytest.approx(pooled)
        assert marginal.sd == pytest.approx(error)


def test_a_uniform_prior_ends_at_its_limit() -> None:
    """Here the data want a far larger tau, so that all mass is just below the limit."""
    posterior = exact_posterior([-100.0, 0.0, 100.0], [1.0, 1.0, 1.0], tau=Uniform(2.0))
    assert posterior.tau.cdf([2.0, 2.1, 1e9]) == pytest.approx(np.ones(3))
    assert np.array_equal(posterior.tau.density([2.0001, 3.0]), [0.0, 0.0])
    low, high = posterior.tau.quantile([1e-6, 1 - 1e-6])
    assert 1.9 < low < high <= 2.0

    def density(tau: float) -> float:
        v = tau**2 + 1
        return float(np.exp(-1e4 * (1 / v - 1 / 5)) / v)

    ratio = integrate.quad(lambda t: density(t) * t, 1.9, 2)[0] / integrate.quad(density, 1.9, 2)[0]
    assert posterior.tau.mean == pytest.approx(ratio, rel=1e-9)


EFFECTS = st.lists(st.floats(-3, 3), min_size=3, max_size=6)
ERRORS = st.lists(st.floats(0.05, 3), min_size=6, max_size=6)
P = np.array([0.01, 0.3, 0.5, 0.95])


@settings(max_examples=30, deadline=None)
@given(
    EFFECTS,
    ERRORS,
    st.sampled_from(TAU_PRIORS),
    st.sampled_from(MU_PRIORS),
    st.floats(-6, 6),
    st.floats(-1e3, 1e3),
)
def test_a_change_of_unit_and_a_shift_of_the_effects_change_the_posterior_as_much(
    y: list[float],
    se: list[float],
    tau: TauPrior,
    mu: Normal | Flat,
    log10_unit: float,
    shift: float,
) -> None:
    unit = 10.0**log10_unit
    one = exact_posterior(y, se[: len(y)], tau=tau, mu=mu)
    if isinstance(mu, Normal):
        mu = Normal((mu.mean + shift) * unit, mu.sd * unit)
    effects, errors = (np.array(y) + shift) * unit, np.array(se[: len(y)]) * unit
    other = exact_posterior(effects, errors, tau=scaled(tau, unit), mu=mu)
    close = partial(pytest.approx, rel=1e-6, abs=1e-6 * unit, nan_ok=True)
    for before, after, moved in (
        (one.tau, other.tau, 0.0),
        (one.mu, other.mu, shift),
        (one.theta[0], other.theta[0], shift),
        (one.predictive(0.2), other.predictive(0.2 * unit), shift),
    ):
        assert after.quantile(P) == close((before.quantile(P) + moved) * unit)
        assert after.mean == close((before.mean + moved) * unit)
        assert after.sd == close(before.sd * unit)
    assert other.data_weight == pytest.approx(one.data_weight, rel=1e-6)
    assert other.i_squared.quantile(P) == pytest.approx(one.i_squared.quantile(P), rel=1e-6)


ONE = HalfNormal(1.0)


@pytest.mark.parametrize("unit", [1e-40, 1e40, 1e-200, 1e200])
def test_numbers_beyond_the_reach_of_the_quadrature_are_an_error(unit: float) -> None:
    with pytest.raises(QuadratureError, match="exact posterior"):
        exact_posterior(Y * unit, SE * unit, tau=Uniform())


@pytest.mark.parametrize(
    ("K", "tau", "mu", "d"),
    [
        (1, HalfCauchy(1.0), Normal(0.0, 1.0), 3),
        (1, HalfCauchy(1.0), Flat(), 2),
        (2, HalfCauchy(1.0), Flat(), 3),
        (3, HalfCauchy(1.0), Flat(), 4),
        (2, Uniform(), Normal(0.0, 1.0), 2),
        (3, Uniform(), Normal(0.0, 1.0), 3),
        (3, Uniform(), Flat(), 2),
        (1, HalfT(3.0, 1.0), Flat(), 4),
        (1, Exponential(1.0), Flat(), inf),
    ],
)
def test_moments_that_do_not_exist_are_infinite_or_missing(
    K: int, tau: TauPrior, mu: Normal | Flat, d: float
) -> None:
    """Compare with the tail of the posterior of tau, which decreases as tau^-d."""
    posterior = exact_posterior(Y[:K], SE[:K], tau=tau, mu=mu)
    new = posterior.predictive()
    if d < inf:
        far = posterior.tau.density([1e8, 1e9])
        assert np.log10(far[0] / far[1]) == pytest.approx(d, abs=1e-6)
    assert (posterior.tau.mean == inf) == isnan(new.mean) == (d <= 2)
    assert isnan(posterior.mu.mean) == (d <= 2 and mu == Flat())
    for each in (posterior.tau, new):
        assert isnan(each.sd) == (d <= 2)
        assert (each.sd == inf) == (2 < d <= 3)
    assert np.isfinite(posterior.mu.sd) == (d > 3 or mu != Flat())
    for each in (*posterior.theta, posterior.log_tau, posterior.predictive(1.0, 0)):
        assert np.isfinite([each.mean, each.sd]).all()


@pytest.mark.parametrize(
    ("y", "se", "tau", "message"),
    [
        ([], [], ONE, "y has no values"),
        ([1, 2], [1], ONE, "y has 2 values and se 1"),
        ([[1.0]], [1], ONE, "y has 2 dimensions"),
        (["a"], [1], ONE, "y: must be"),
        ([1, nan], [1, 1], ONE, "y[1] = nan"),
        (np.ma.masked_equal([1, 2], 2), [1, 1], ONE, "y[1] = nan"),
        ([1, 2], [0, 1], ONE, "se[0] = 0.0"),
        ([1, 2], [1, 1], Uniform(), "the posterior is improper"),
    ],
)
def test_invalid_data_are_an_error_that_names_them(
    y: object, se: object, tau: TauPrior, message: str
) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        exact_posterior(y, se, tau=tau)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda _: HalfNormal(0.0), "scale = 0.0"),
        (lambda _: Uniform(nan), "upper = nan"),
        (lambda _: Normal(0, -1), "sd = -1"),
        (lambda posterior: posterior.mu.quantile([0.5, 1]), "p = 1"),
        (lambda posterior: posterior.mu.interval(95), "level = 95"),
        (lambda posterior: posterior.predictive(group=4), "group = 4"),
        (lambda posterior: posterior.predictive(-1), "se = -1"),
        (lambda _: exact_posterior([1], [1], tau=ONE).i_squared, "I^2 needs"),
        (lambda _: Uniform().density(np.ones(1)), "a uniform prior"),
    ],
)
def test_an_invalid_argument_is_an_error_that_names_it(
    call: Callable[[Posterior], object], message: str
) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        call(exact_posterior(Y, SE, tau=ONE))
