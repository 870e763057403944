"""The exact posterior against closed forms, independent quadratures and simulation."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import integrate, linalg, stats

from funnel.data import DataSet
from funnel.exact import ExactPosterior, QuadratureError
from funnel.group_means import GroupMeans
from funnel.priors import Priors

Array = NDArray[np.float64]


SCHOOLS = GroupMeans(
    np.array([28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0]),
    np.array([15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0]),
)
HALF_CAUCHY = Priors(5.0, 5.0, "half_cauchy")


def test_the_posterior_of_the_published_weak_data(weak: DataSet, priors: Priors) -> None:
    exact = ExactPosterior(weak.data.means, priors)
    found = [exact.mean()["mu"], exact.sd()["mu"], exact.mean()["tau"], exact.sd()["tau"]]
    assert found == pytest.approx([2.516, 2.998, 4.400, 2.940], abs=5e-4)


def test_the_posterior_of_uninformative_data_is_the_prior(priors: Priors) -> None:
    exact = ExactPosterior(GroupMeans(np.array([3.0, 9.0]), np.full(2, 1e6)), priors)
    assert exact.mean()["mu"] == pytest.approx(0, abs=1e-6)
    assert exact.sd()["mu"] == pytest.approx(5.0, rel=1e-6)
    assert exact.mean()["tau"] == pytest.approx(stats.halfnorm.mean(scale=5.0), rel=1e-6)
    assert exact.sd()["tau"] == pytest.approx(stats.halfnorm.std(scale=5.0), rel=1e-6)
    x = np.linspace(-4, 4, 9)
    assert exact.density("eta[1]", x) == pytest.approx(stats.norm.pdf(x), rel=1e-6)
    assert exact.cdf("eta[1]", x) == pytest.approx(stats.norm.cdf(x), rel=1e-6)


@pytest.mark.parametrize("name", ["mu", "theta[0]", "eta[0]"])
def test_integrals_of_the_joint_density_are_the_marginal_densities(name: str) -> None:
    exact = ExactPosterior(SCHOOLS, HALF_CAUCHY)
    for log_tau in (-9.0, -1.0, 0.5, 3.0):
        mass, _ = integrate.quad(
            lambda x, t=log_tau: float(exact.joint_density(name, x, t)), -200, 200
        )
        assert mass == pytest.approx(float(exact.density("log_tau", log_tau)), rel=1e-7)
    for x in exact.quantile(name, [0.001, 0.3, 0.9]):
        mass, _ = integrate.quad(
            lambda t, x=x: float(exact.joint_density(name, x, t)), -35, 12, limit=200
        )
        assert mass == pytest.approx(float(exact.density(name, x)), rel=1e-7)


def test_a_quadrature_that_does_not_converge_is_an_error(
    weak: DataSet, priors: Priors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("funnel.exact._MAX_PANELS", 16)
    with pytest.raises(QuadratureError, match="does not converge with 16 panels"):
        ExactPosterior(weak.data.means, priors)


def by_simpson(means: GroupMeans, priors: Priors) -> Callable[[Callable[..., Array]], float]:
    """Return a function that computes posterior expectations by Simpson's rule over log tau.

    Its argument is a function of log tau and of the mean and variance of mu given log tau. Given
    tau, the group means are multivariate normal with covariance tau^2 I + A, so one decomposition
    of A serves all tau. These formulas differ from those of the module `exact`.
    """
    prior = stats.halfcauchy if priors.tau == "half_cauchy" else stats.halfnorm
    A = np.diag(means.standard_error**2) + priors.mu_sd**2 * np.ones((means.K, means.K))
    values, vectors = linalg.eigh(A)
    ybar, ones = means.ybar @ vectors, vectors.sum(axis=0)

    def given(t: Array) -> tuple[Array, Array, Array]:
        variances = np.exp(2 * t)[:, None] + values
        log_density = -0.5 * (np.log(variances).sum(1) + (ybar**2 / variances).sum(1))
        log_density += prior.logpdf(np.exp(t), scale=priors.tau_scale) + t
        mean = priors.mu_sd**2 * (ones * ybar / variances).sum(1)
        reduction = priors.mu_sd**2 * (ones**2 / variances).sum(1)
        return log_density, mean, priors.mu_sd**2 * (1 - reduction)

    scan = np.linspace(-60, 50, 1_101)
    log_densities = given(scan)[0]
    near = scan[log_densities > log_densities.max() - 40]
    at = np.linspace(near[0] - 0.1, near[-1] + 0.1, 4_001)
    log_density, mean, variance = given(at)
    density = np.exp(log_density - log_density.max())
    density /= integrate.simpson(density, x=at)
    return lambda function: float(integrate.simpson(density * function(at, mean, variance), x=at))


SPREAD = np.array([1.0, -0.5, 0.3, 2.0])
EXTREMES = {
    "eight schools": SCHOOLS,
    "K = 1": GroupMeans(np.array([3.0]), np.array([1.0])),
    "K = 2 and equal means": GroupMeans(np.full(2, 3.0), np.full(2, 1.0)),
    "K = 200 and equal means": GroupMeans(np.full(200, 3.0), np.full(200, 10.0)),
    "K = 200": GroupMeans(np.tile(SPREAD, 50), np.full(200, 1.0)),
    "sigma = 1e-3": GroupMeans(SPREAD, np.full(4, 1e-3)),
    "sigma = 1e-3 and equal means": GroupMeans(np.full(4, 1.0), np.full(4, 1e-3)),
    "sigma = 1e3": GroupMeans(1e3 * SPREAD, np.full(4, 1e3)),
    "n = 1 and n = 100,000": GroupMeans(SPREAD, 10 / np.sqrt([1, 100_000, 1, 100_000])),
    "means that differ by 1e-8": GroupMeans(1 + 1e-8 * SPREAD, np.full(4, 1e-2)),
}


@pytest.mark.parametrize("law", ["half_normal", "half_cauchy"])
@pytest.mark.parametrize("extreme", EXTREMES)
def test_posteriors_of_extreme_data_agree_with_an_independent_quadrature(
    extreme: str, law: str
) -> None:
    means, priors = EXTREMES[extreme], Priors(5.0, 5.0, law)
    exact, expectation = ExactPosterior(means, priors), by_simpson(means, priors)
    mean = {
        "mu": expectation(lambda _, m, __: m),
        "tau": expectation(lambda t, *_: np.exp(t)),
        "log_tau": expectation(lambda t, *_: t),
    }
    mu_sd = np.sqrt(expectation(lambda _, m, v: v + (m - mean["mu"]) ** 2))
    log_tau_sd = np.sqrt(expectation(lambda t, *_: (t - mean["log_tau"]) ** 2))
    s2 = means.standard_error[0] ** 2

    def theta(t: Array, mean: Array, _: Array) -> Array:
        return (np.exp(2 * t) * means.ybar[0] + s2 * mean) / (np.exp(2 * t) + s2)

    mean["theta[0]"] = expectation(theta)
    for name, value in mean.items():
        assert exact.mean()[name] == pytest.approx(value, rel=1e-6, abs=1e-6 * exact.sd()[name])
    assert exact.sd()["mu"] == pytest.approx(mu_sd, rel=1e-6)
    assert exact.sd()["log_tau"] == pytest.approx(log_tau_sd, rel=1e-6)
    assert (exact.sd()["tau"] == np.inf) == (means.K == 1 and law == "half_cauchy")
    if means.K > 2 or law == "half_normal":  # otherwise the tail is too heavy for this rule
        tau_sd = np.sqrt(expectation(lambda t, *_: (np.exp(t) - mean["tau"]) ** 2))
        assert exact.sd()["tau"] == pytest.approx(tau_sd, rel=1e-6)
    p = np.array([0.001, 0.05, 0.5, 0.95, 0.999])
    for name in ("mu", "tau", "log_tau", "theta[0]"):
        assert exact.cdf(name, exact.quantile(name, p)) == pytest.approx(p, abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.floats(-1e100, 1e100), min_size=1, max_size=4),
    st.lists(st.floats(-100, 100), min_size=4, max_size=4),
    st.floats(-100, 100),
    st.floats(-100, 100),
    st.sampled_from(["half_normal", "half_cauchy"]),
)
def test_all_data_that_a_configuration_allows_have_a_posterior_or_a_quadrature_error(
    ybar: list[float], log10_errors: list[float], log10_mu_sd: float, log10_tau_sd: float, law: str
) -> None:
    K = len(ybar)
    means = GroupMeans(np.array(ybar), 10.0 ** np.array(log10_errors[:K]))
    try:
        exact = ExactPosterior(means, Priors(10.0**log10_mu_sd, 10.0**log10_tau_sd, law))
        quantiles = [exact.quantile(name, [0.05, 0.5, 0.95]) for name in exact.mean()]
    except QuadratureError:
        return
    assert np.all(np.isfinite(list(exact.mean().values())))
    assert np.all(np.array(list(exact.sd().values())) >= 0)
    assert np.all(np.diff(quantiles) >= 0)
    assert exact.cdf("log_tau", [-200.0, 200.0]) == pytest.approx([0, 1], abs=1e-9)
