"""Test the parameterizations that say themselves where mu and theta are."""

import numpy as np
import pytest
from problem_of import of_means, problem_of
from scipy import stats
from scipy.linalg import null_space

from funnel import data, parameterizations
from funnel.data import DataSet
from funnel.exact import ExactPosterior
from funnel.group_means import Array, GroupMeans
from funnel.parameterizations import choose, data_based, names, place, places, sum_to_zero
from funnel.placement import Placement
from funnel.priors import Flat, HalfNormal, IndependentPriors, Normal, Priors

PLACED = [name for name in names() if places(name)]
WITH_MU = [name for name in PLACED if not name.startswith("sum_to_zero")]
PRIORS = Priors(mu_sd=4.0, tau_scale=3.0)


@pytest.fixture(scope="module")
def data_set() -> DataSet:
    sigma = [2.0, 0.5, 10.0, 3.0, 0.02]
    return data.simulate([1, 4, 30, 2, 1], sigma, 1.0, 2.0, np.random.default_rng(3))


def placed(name: str, one: DataSet, tau: float, point: Array, dtype: type = float) -> Placement:
    constants = choose(name, problem_of(one, PRIORS)).constants or {}
    at = (np.array([tau], dtype=dtype), point[:1], point[1:])
    return place(name, np, *at, PRIORS.of_mu, constants)


def jacobian(name: str, one: DataSet, tau: float, point: Array) -> Array:
    """The derivatives of mu and theta by z_mu and z, exact to rounding by complex steps."""
    rows = []
    for i in range(len(point)):
        moved = placed(name, one, tau, point + 1e-30j * (np.arange(len(point)) == i), complex)
        rows.append(np.concatenate([moved.mu, moved.theta]).imag / 1e-30)
    return np.array(rows).T


@pytest.mark.parametrize("name", PLACED)
def test_the_density_is_that_of_the_model_and_the_jacobian(name: str, data_set: DataSet) -> None:
    """Relative to another point, as the densities are up to a constant.

    Where mu is drawn afterwards, it is integrated out, and theta is multivariate normal.
    """
    rng, found, K = np.random.default_rng(1), [], 5
    for tau in np.exp(rng.normal(0.0, 2.0, size=12)):
        point = rng.normal(0.0, 2.0, size=1 + parameterizations.size(name, K))
        at, moved = placed(name, data_set, tau, point), jacobian(name, data_set, tau, point)
        if name in WITH_MU:
            expected = stats.norm.logpdf(at.mu[0], 0.0, PRIORS.mu_sd)
            expected += stats.norm.logpdf(at.theta, at.mu[0], tau).sum()
            expected += np.linalg.slogdet(moved)[1]
        else:
            covariance = tau**2 * np.eye(K) + PRIORS.mu_sd**2
            expected = stats.multivariate_normal.logpdf(at.theta, np.zeros(K), covariance)
            expected += np.linalg.slogdet(moved[1:])[1]
            assert at.mu[0] == pytest.approx(at.theta.mean())
        found.append((at.log_density[0], expected))
    differences = np.subtract(*np.transpose(found))
    assert np.ptp(differences) < 1e-10 * np.abs(found).max()


@pytest.mark.parametrize("mu_prior", [Normal(2.0, 3.0), Normal(-40.0, 0.5), Flat()])
@pytest.mark.parametrize("K", [1, 2, 12])
def test_mu_is_drawn_from_its_distribution_given_the_mean_of_theta(
    mu_prior: Normal | Flat, K: int
) -> None:
    """Draws of mu and of theta given mu, then of mu given the mean of theta: mu has its prior."""
    rng, n, tau = np.random.default_rng(1), 200_000, 1.5
    flat = isinstance(mu_prior, Flat)
    mu = np.zeros(n) if flat else rng.normal(mu_prior.mean, mu_prior.sd, n)
    mean = rng.normal(mu, tau / np.sqrt(K))
    again = sum_to_zero.draw_mu(mean, np.full(n, tau), K, mu_prior, rng)
    if flat:
        assert (again - mean).std() == pytest.approx(tau / np.sqrt(K), rel=0.01)
        return
    assert again.mean() == pytest.approx(mu_prior.mean, abs=5 * mu_prior.sd / np.sqrt(n))
    assert again.std() == pytest.approx(mu_prior.sd, rel=0.01)
    assert np.cov(again, mean)[0, 1] == pytest.approx(mu_prior.sd**2, rel=0.02)


@pytest.mark.parametrize("K", [1, 2, 7])
def test_zero_sum_vectors_keep_lengths_and_angles(K: int) -> None:
    basis = sum_to_zero.zero_sum(np, np.eye(K - 1))
    assert basis.shape == (K - 1, K)
    assert basis.sum(axis=1) == pytest.approx(0.0, abs=1e-12)
    assert basis @ basis.T == pytest.approx(np.eye(K - 1))
    assert null_space(basis).shape == (K, 1) if K > 1 else True


def standardised(means: GroupMeans, prior: Normal | Flat, drawn: dict[str, Array]) -> Array:
    """z_mu and z (draw, 1 + K) of exact draws, by the formulas of the docstring, solved for z."""
    tau, s = drawn["tau"][:, None], means.standard_error
    v = tau**2 + s**2
    precision = (1 / v).sum(1) + prior.sd**-2
    mean = ((means.ybar / v).sum(1) + prior.mean * prior.sd**-2) / precision
    z_mu = (drawn["mu"] - mean) * np.sqrt(precision)
    weight = tau**2 / v
    middle = weight * means.ybar + (1 - weight) * drawn["mu"][:, None]
    return np.column_stack([z_mu, (drawn["theta"] - middle) / (np.sqrt(weight) * s)])


@pytest.mark.parametrize("mu_prior", [Normal(1.0, 5.0), Flat()])
def test_under_the_exact_posterior_data_based_variables_are_standard_normal(
    data_set: DataSet, mu_prior: Normal | Flat
) -> None:
    """They are independent of each other and of tau, and lead back to mu and theta."""
    means, n = data_set.data.means, 40_000
    exact = ExactPosterior(means, IndependentPriors(mu_prior, HalfNormal(3.0)))
    drawn = exact.draws(n, np.random.default_rng(1))
    z = standardised(means, mu_prior, drawn)
    known = {"m": means.ybar, "s": means.standard_error}
    back = data_based.place(np, drawn["tau"][:, None], z[:, :1], z[:, 1:], mu_prior, **known)
    assert back.mu[:, 0] == pytest.approx(drawn["mu"], rel=1e-9, abs=1e-9)
    assert back.theta == pytest.approx(drawn["theta"], rel=1e-9, abs=1e-9)
    log_tau = np.log(drawn["tau"])
    low, high = (log_tau < np.quantile(log_tau, 0.1)), (log_tau > np.quantile(log_tau, 0.9))
    for some in (np.ones(n, dtype=bool), low, high):
        for column in z[some].T:
            assert stats.kstest(column, "norm").pvalue > 1e-5
        assert np.abs(np.corrcoef(z[some].T) - np.eye(6)).max() < 5 / np.sqrt(some.sum())


def test_data_based_is_noncentered_where_tau_vanishes_and_centered_where_s_does() -> None:
    m, z, z_mu = np.array([1.0, -2.0]), np.array([0.3, -1.1]), np.array([0.7])
    tau, s = np.array([1e-9]), np.array([1.0, 3.0])
    at = data_based.place(np, tau, z_mu, z, Normal(0.0, 5.0), m=m, s=s)
    assert (at.theta - at.mu) / tau == pytest.approx(z, rel=1e-6)
    s = np.full(2, 1e-9)
    at = data_based.place(np, np.array([1.0]), z_mu, z, Normal(0.0, 5.0), m=m, s=s)
    assert (at.theta - m) / s == pytest.approx(z, rel=1e-6)


EXTREMES = {
    "s from 1e-6 to 1e6 tau": 10.0 ** np.linspace(-6, 6, 7),
    "one dominating": np.array([1e-2, *np.linspace(0.4, 0.7, 8)]),
    "K = 1": np.ones(1),
    "K = 2": np.array([1.0, 1e-3]),
    "K = 500": np.geomspace(0.1, 10.0, 500),
}


@pytest.mark.parametrize("s", EXTREMES.values(), ids=EXTREMES.keys())
@pytest.mark.parametrize("name", WITH_MU)
def test_extreme_data_keep_every_digit(name: str, s: Array) -> None:
    """At any tau: finite, and eta as it is used by the density is that of mu and theta."""
    rng, K = np.random.default_rng(1), len(s)
    one = of_means(rng.normal(1.0, np.hypot(1.0, s)), s)
    for tau in (1e-6, 1e-2, 1.0, 30.0):
        at = placed(name, one, tau, rng.normal(size=K + 1))
        assert np.isfinite(at.log_density).all()
        assert np.isfinite(at.theta).all()
        if name == "data_based" and tau >= 1e-2:
            v = tau**2 + s**2
            variance = tau**2 * s**2 / v
            middle = (tau**2 * one.data.means.ybar + s**2 * at.mu) / v
            assert np.abs(at.theta - middle).max() < 6 * np.sqrt(variance.max())


@pytest.mark.parametrize("name", parameterizations.names())
def test_z_has_a_size_for_any_number_of_individuals(name: str) -> None:
    for K in (1, 2, 9):
        assert parameterizations.size(name, K) in (K - 1, K)
