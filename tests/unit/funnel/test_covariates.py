"""Meta-regression: independent quadrature, closed forms, published estimates, laws, errors."""

import re
from functools import partial
from math import inf, isnan

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats
from scipy.special import ndtr

from funnel import (
    Exponential,
    Flat,
    HalfCauchy,
    HalfNormal,
    Normal,
    Posterior,
    QuadratureError,
    Uniform,
    exact_posterior,
)
from funnel.coefficients import Coefficients
from funnel.covariates import Covariates
from funnel.exact import ExactPosterior
from funnel.group_means import Array, GroupMeans
from funnel.priors import IndependentPriors

Y = np.array([0.4, 1.9, -0.7, 1.1, 0.2])
SE = np.array([0.5, 0.8, 0.3, 1.2, 0.6])
X = np.array([0.3, 1.0, -1.2, 0.4, -0.5])
P = np.array([0.01, 0.3, 0.5, 0.95])


@pytest.mark.parametrize("beta_prior", [Normal(0.4, 0.5), Flat()], ids=str)
@pytest.mark.parametrize("mu_prior", [Normal(0.5, 1.2), Flat()], ids=str)
def test_everything_agrees_with_a_quadrature_over_mu_beta_and_tau(
    mu_prior: Normal | Flat, beta_prior: Normal | Flat
) -> None:
    tau_prior = HalfNormal(0.8)
    posterior = exact_posterior(Y, SE, tau=tau_prior, mu=mu_prior, x=X, beta=beta_prior)
    covariates = Covariates((0,), X[:, None], (beta_prior,))
    exact = ExactPosterior(GroupMeans(Y, SE), IndependentPriors(mu_prior, tau_prior), covariates)

    def over_mu_and_beta(tau: float) -> Array:
        line = np.linspace(-1, 1, 141) * 12 * np.hypot(tau, 0.7)
        mu, beta = line[:, None], line
        density = float(tau_prior.density(np.array(tau)))
        for prior, at in ((mu_prior, mu), (beta_prior, beta)):
            if isinstance(prior, Normal):
                density = density * stats.norm.pdf(at, prior.mean, prior.sd)
        for y, se, x in zip(Y, SE, X, strict=True):
            density = density * stats.norm.pdf(y, mu + x * beta, np.hypot(tau, se))
        center = mu + X[1] * beta
        weight = tau**2 / (tau**2 + SE[1] ** 2)
        theta, sd = weight * Y[1] + (1 - weight) * center, np.sqrt(weight) * SE[1]
        new = mu + 0.7 * beta
        values = [
            1.0,
            mu,
            mu**2,
            beta,
            beta**2,
            tau,
            theta,
            theta**2 + sd**2,
            weight,
            ndtr((0.3 - theta) / np.hypot(sd, 0.5)),
            ndtr((0.3 - new) / np.hypot(tau, 0.5)),
            new,
            new**2 + tau**2,
            ndtr((0.3 - (theta - center) / max(tau, 1e-9)) / np.sqrt(1 - weight)),
        ]
        return np.array([(density * value).sum() for value in values]) * (line[1] - line[0]) ** 2

    found, *_ = integrate.quad_vec(over_mu_and_beta, 1e-9, 6.0, epsabs=0, epsrel=1e-8)
    new = posterior.predictive(x=0.7)
    expected = [
        posterior.mu.mean,
        posterior.mu.mean**2 + posterior.mu.sd**2,
        posterior.beta[0].mean,
        posterior.beta[0].mean ** 2 + posterior.beta[0].sd ** 2,
        posterior.tau.mean,
        posterior.theta[1].mean,
        posterior.theta[1].mean ** 2 + posterior.theta[1].sd ** 2,
        posterior.data_weight[1],
        posterior.predictive(0.5, group=1).cdf(0.3),
        posterior.predictive(0.5, x=[0.7]).cdf(0.3),
        new.mean,
        new.mean**2 + new.sd**2,
        float(exact.cdf("eta[1]", 0.3)),
    ]
    assert expected == pytest.approx(found[1:] / found[0], rel=1e-6, abs=1e-6)


def test_without_standard_errors_the_coefficients_have_t_distributions() -> None:
    """With theta known and flat priors, those of least squares, but for the prior of tau.

    A density of the variance as tau^-1 in place of tau^-2 leaves K - f - 1 degrees of freedom. One
    covariate is far from 0, where the normal equations would lose eight digits.
    """
    rng, K = np.random.default_rng(1), 9
    x = np.column_stack([rng.normal(size=K), 1e4 + rng.normal(size=K)])
    y = 1.0 + x @ [0.5, -0.2] + rng.normal(size=K)
    posterior = exact_posterior(y, np.full(K, 1e-7), tau=Uniform(), x=x)
    centered = np.column_stack([np.ones(K), x - [0.0, 1e4]])
    estimate, (S,), *_ = np.linalg.lstsq(centered, y, rcond=None)
    df = K - 4
    scale = np.sqrt(np.diag(np.linalg.inv(centered.T @ centered)) * S / df)
    at_1e4 = posterior.draws(20_000, seed=1)
    mu = at_1e4["mu"] + at_1e4["beta"] @ [0.0, 1e4]
    assert stats.kstest(mu, stats.t(df, estimate[0], scale[0]).cdf).pvalue > 1e-3
    for j in (0, 1):
        law = stats.t(df, estimate[1 + j], scale[1 + j])
        assert posterior.beta[j].quantile(P) == pytest.approx(law.ppf(P), rel=1e-7, abs=1e-7)
        assert posterior.beta[j].sd == pytest.approx(law.std(), rel=1e-6)


# Colditz and others (1994), JAMA 271:698, as in the R package metadat, dat.bcg: cases of
# tuberculosis and numbers of the vaccinated and of others, absolute latitude and year of 13 trials
CASES = np.array([4, 6, 3, 62, 33, 180, 8, 505, 29, 17, 186, 5, 27])
VACCINATED = np.array(
    [123, 306, 231, 13598, 5069, 1541, 2545, 88391, 7499, 1716, 50634, 2498, 16913]
)
OTHER_CASES = np.array([11, 29, 11, 248, 47, 372, 10, 499, 45, 65, 141, 3, 29])
OTHERS = np.array([139, 303, 220, 12867, 5808, 1451, 629, 88391, 7277, 1665, 27338, 2341, 17854])
LATITUDE = np.array([44, 55, 42, 52, 13, 44, 19, 13, 27, 42, 18, 33, 33])
YEAR = np.array([1948, 1949, 1960, 1977, 1973, 1953, 1973, 1980, 1968, 1961, 1974, 1969, 1976])
LOG_RISK_RATIO = np.log(CASES / VACCINATED) - np.log(OTHER_CASES / OTHERS)
RISK_SE = np.sqrt(1 / CASES - 1 / VACCINATED + 1 / OTHER_CASES - 1 / OTHERS)
HEALTHY, OTHER_HEALTHY = VACCINATED - CASES, OTHERS - OTHER_CASES
LOG_ODDS_RATIO = np.log(CASES / HEALTHY) - np.log(OTHER_CASES / OTHER_HEALTHY)
ODDS_SE = np.sqrt(1 / CASES + 1 / HEALTHY + 1 / OTHER_CASES + 1 / OTHER_HEALTHY)


@pytest.mark.parametrize(
    ("y", "se", "x", "tau2", "estimates", "standard_errors", "digits"),
    [
        # van Houwelingen, Arends and Stijnen (2002), Statistics in Medicine 21:589, pages 608-609,
        # maximum likelihood
        (LOG_ODDS_RATIO, ODDS_SE, [LATITUDE], 0.004, [0.371, -0.033], [0.106, 0.003], 3),
        # metafor, REML, as in the vignette "Bayesian meta-analysis" of the R package RoBMA
        (LOG_RISK_RATIO, RISK_SE, [LATITUDE], 0.0764, [0.2515, -0.0291], [0.2491, 0.0072], 4),
        # Viechtbauer (2010), Journal of Statistical Software 36(3), doi:10.18637/jss.v036.i03, REML
        (
            *(LOG_RISK_RATIO, RISK_SE, [LATITUDE, YEAR], 0.1108),
            *([-3.5455, -0.0280, 0.0019], [29.0959, 0.0102, 0.0147], 4),
        ),
    ],
)
def test_given_tau_the_coefficients_of_the_bcg_trials_are_those_that_were_published(
    y: Array,
    se: Array,
    x: list[Array],
    tau2: float,
    estimates: list[float],
    standard_errors: list[float],
    digits: int,
) -> None:
    columns = np.column_stack(x)
    coefficients = Coefficients(GroupMeans(y, se), [Flat()] * (1 + len(x)), columns)
    half = 0.5 * 10.0**-digits
    low, high = (
        coefficients.given(np.log(tau2 + step) / 2).moments(slice(13, None))
        for step in (-half, half)
    )
    for found, published in (
        ((low[0], high[0]), estimates),
        (np.sqrt([low[1], high[1]]), standard_errors),
    ):
        # tau^2 is rounded, too
        assert np.all(np.min(found, axis=0) < np.array(published) + half)
        assert np.all(np.max(found, axis=0) > np.array(published) - half)


def test_with_flat_priors_the_density_of_tau_is_the_restricted_likelihood() -> None:
    """REML of metafor: tau^2 = 0.0764 and I^2 = 68.39 %."""
    latitude = {"latitude": LATITUDE}
    posterior = exact_posterior(LOG_RISK_RATIO, RISK_SE, tau=Uniform(), x=latitude)
    tau = np.linspace(0.1, 0.6, 50_001)
    assert tau[posterior.tau.density(tau).argmax()] ** 2 == pytest.approx(0.0764, abs=1e-4)
    at = posterior.tau.cdf(np.sqrt(0.0764))
    assert posterior.i_squared.quantile(at) == pytest.approx(0.6839, abs=2e-4)


COLUMN = st.lists(st.floats(-2, 2), min_size=6, max_size=6).filter(lambda x: np.std(x) > 0.2)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.floats(-3, 3), min_size=6, max_size=6),
    COLUMN,
    st.sampled_from([Normal(0.4, 0.5), Flat()]),
    st.floats(-1e3, 1e3),
    st.floats(-6, 6),
)
def test_a_shift_and_another_unit_of_a_covariate_change_only_mu_and_its_coefficient(
    y: list[float], x: list[float], beta: Normal | Flat, shift: float, log10_unit: float
) -> None:
    tau, se, unit = HalfNormal(1.0), np.linspace(0.3, 1.5, 6), 10.0**log10_unit
    one = exact_posterior(y, se, tau=tau, x=x, beta=beta)
    if isinstance(beta, Normal):
        beta = Normal(beta.mean / unit, beta.sd / unit)
    moved = (np.array(x) + shift) * unit
    other = exact_posterior(y, se, tau=tau, x=moved, beta=beta)
    close = partial(pytest.approx, rel=1e-6, abs=1e-6)
    assert other.beta[0].quantile(P) * unit == close(one.beta[0].quantile(P))
    assert other.beta[0].sd * unit == close(one.beta[0].sd)
    for before, after in (
        (one.tau, other.tau),
        (one.theta[3], other.theta[3]),
        (one.predictive(0.2), other.predictive(0.2, x=shift * unit)),
        (one.predictive(x=1.5), other.predictive(x=(1.5 + shift) * unit)),
        (one.mean_at(1.5), other.mean_at((1.5 + shift) * unit)),
        (one.i_squared, other.i_squared),
    ):
        assert after.quantile(P) == close(before.quantile(P))
        assert after.sd == close(before.sd)


@pytest.mark.parametrize("mu", [Normal(0.5, 1.2), Flat()], ids=str)
def test_a_covariate_that_is_0_changes_nothing(mu: Normal | Flat) -> None:
    without = exact_posterior(Y, SE, tau=HalfCauchy(0.8), mu=mu)
    none = exact_posterior(Y, SE, tau=HalfCauchy(0.8), mu=mu, x={})
    beta = Normal(3.0, 2.0)
    zero = exact_posterior(Y, SE, tau=HalfCauchy(0.8), mu=mu, x=np.zeros(5), beta=beta)
    assert none.summary() == without.summary()
    assert none.beta == {}
    assert "beta" not in none.draws(2, seed=1)
    summary = zero.summary()
    assert summary.pop("beta[0]")["q975"] == pytest.approx(stats.norm.ppf(0.975, 3.0, 2.0))
    for name, values in without.summary().items():
        assert summary[name] == pytest.approx(values, rel=1e-9, abs=1e-9)
    assert zero.i_squared.mean == pytest.approx(without.i_squared.mean, rel=1e-9)


def test_draws_follow_the_marginals_and_columns_may_have_names() -> None:
    columns = {"dose": X, "late": np.array([0, 1, 0, 1, 1])}
    priors = {"late": Normal(0.0, 1.0), "dose": Flat()}
    tau = HalfNormal(0.8)
    posterior = exact_posterior(Y, SE, tau=tau, x=columns, beta=priors)
    frame = exact_posterior(
        Y, SE, tau=tau, x=pd.DataFrame(columns), beta=[Flat(), Normal(0.0, 1.0)]
    )
    assert frame.summary() == posterior.summary()
    assert [*posterior.summary()][-2:] == ["beta[dose]", "beta[late]"]
    draws = posterior.draws(4_000, seed=1)
    assert draws["beta"].shape == (4_000, 2)
    new = draws["theta_new"] + draws["beta"] @ [0.7, -1.0]
    for marginal, values in (
        (posterior.mu, draws["mu"]),
        (posterior.beta["dose"], draws["beta"][:, 0]),
        (posterior.beta["late"], draws["beta"][:, 1]),
        (posterior.theta[2], draws["theta"][:, 2]),
        (posterior.predictive(), draws["theta_new"]),
        (posterior.predictive(x={"late": -1.0, "dose": 0.7}), new),
        (posterior.mean_at([0.7, -1.0]), draws["mu"] + draws["beta"] @ [0.7, -1.0]),
    ):
        assert stats.kstest(marginal.cdf(values), "uniform").pvalue > 1e-3


@pytest.mark.parametrize(
    ("K", "mean", "sd"), [(4, False, False), (5, True, False), (6, True, True)]
)
def test_each_flat_prior_takes_one_group_from_the_moments(K: int, mean: bool, sd: bool) -> None:
    y, se, x = np.append(Y, 0.9)[:K], np.append(SE, 0.4)[:K], np.append(X, 0.1)[:K]
    posterior = exact_posterior(y, se, tau=Uniform(), x=x)
    far = posterior.tau.density([1e8, 1e9])
    assert np.log10(far[0] / far[1]) == pytest.approx(K - 2, abs=1e-6)
    assert (posterior.tau.mean == inf) != mean
    for each in (posterior.mu, posterior.beta[0], posterior.predictive(x=1.0)):
        assert isnan(each.mean) != mean
        assert np.isfinite(each.sd) == sd
    assert np.isfinite(exact_posterior(y, se, tau=Uniform(), x=x, beta=Normal(0, 1)).beta[0].sd)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": np.ones(5)}, "x: mu, beta[0] cannot be told apart"),
        ({"x": {"a": X, "b": 2 - 3 * X}}, "x: mu, beta[a], beta[b] cannot"),
        ({"x": np.eye(5)}, "6 flat priors of coefficients need at least 6 groups, not 5"),
        ({"x": np.eye(5)[:, :3], "tau": Uniform()}, "the posterior is improper"),
        ({"x": X[:4]}, "y has 5 values and x[0] 4"),
        ({"x": {"a": [0, 1, 2, 3, inf]}}, "x[a][4] = inf"),
        ({"x": np.ones((5, 1, 1))}, "x has 3 dimensions"),
        ({"beta": Flat()}, "beta: needs covariates"),
        ({"x": X, "beta": [Flat()] * 2}, "beta has 2 priors and x 1 columns"),
        ({"x": {"a": X}, "beta": {"b": Flat()}}, "beta is for ['b']: must be for ['a']"),
    ],
)
def test_covariates_that_do_not_fit_are_an_error_that_names_them(
    arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        exact_posterior(Y, SE, **{"tau": HalfNormal(1.0), **arguments})  # type: ignore[arg-type]


@pytest.mark.parametrize("mu", [Normal(0.5, 1.2), Flat()], ids=str)
def test_a_huge_tau_has_a_density_of_0(mu: Normal | Flat) -> None:
    posterior = exact_posterior(Y, SE, tau=Exponential(1.0), mu=mu, x=X)
    assert posterior.tau.density([0.0, 1e150, 1e250]) == pytest.approx([0.0] * 3, abs=1e-200)


@pytest.mark.parametrize("unit", [1e-200, 1e200])
def test_covariates_beyond_the_reach_of_the_quadrature_are_an_error(unit: float) -> None:
    with pytest.raises(QuadratureError, match="the density of log tau is not finite"):
        exact_posterior(Y, SE, tau=HalfNormal(1.0), x=X * unit)


def test_a_combination_of_covariates_is_no_error_with_a_normal_prior() -> None:
    x = np.column_stack([X, X])
    posterior = exact_posterior(Y, SE, tau=HalfNormal(1.0), x=x, beta=[Flat(), Normal(0, 1)])
    assert posterior.beta[1].sd == pytest.approx(1.0)
    one = exact_posterior(Y, SE, tau=HalfNormal(1.0), x=X)
    assert posterior.theta[0].sd == pytest.approx(one.theta[0].sd)
    assert posterior.i_squared.mean == pytest.approx(one.i_squared.mean)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": [1.0, 2.0]}, "x has 2 values and beta 1"),
        ({"x": {"b": 1.0}}, "x is for ['b']: must be for ['a']"),
        ({"x": np.nan}, "x[0] = nan"),
        ({"x": 1.0, "group": 1}, "group = 1 has its own covariates"),
    ],
)
def test_covariates_of_a_new_group_that_do_not_fit_are_an_error(
    arguments: dict[str, object], message: str
) -> None:
    posterior: Posterior = exact_posterior(Y, SE, tau=HalfNormal(1.0), x={"a": X})
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        posterior.predictive(**arguments)  # type: ignore[arg-type]
