import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from funnel.data import DataSet, GroupMeans, Priors
from funnel.exact import ExactPosterior


def by_brute_force(means: GroupMeans, priors: Priors) -> dict[str, float]:
    """Moments by a two-dimensional sum over mu and tau, theta_k integrated one by one."""
    mu = np.linspace(-6 * priors.mu_sd, 6 * priors.mu_sd, 4_001)[:, None]
    tau = np.linspace(0, 9 * priors.tau_sd, 4_001)[1:]
    log_density = stats.norm.logpdf(mu, 0, priors.mu_sd) + stats.norm.logpdf(tau, 0, priors.tau_sd)
    for ybar, error in zip(means.ybar, means.standard_error, strict=True):
        log_density = log_density + stats.norm.logpdf(ybar, mu, np.hypot(tau, error))
    density = np.exp(log_density - log_density.max())
    # the tau axis starts just above 0: give its end the weight of the trapezoid rule
    density /= density.sum()
    mean_mu, mean_tau = (density * mu).sum(), (density * tau).sum()
    return {
        "mu": mean_mu,
        "tau": mean_tau,
        "mu_sd": np.sqrt((density * (mu - mean_mu) ** 2).sum()),
        "tau_sd": np.sqrt((density * (tau - mean_tau) ** 2).sum()),
    }


def test_the_published_weak_posterior(weak: DataSet, priors: Priors) -> None:
    exact = ExactPosterior(weak.group_means(), priors)
    assert exact.mean()["mu"] == pytest.approx(2.516, abs=5e-4)
    assert exact.sd()["mu"] == pytest.approx(2.998, abs=5e-4)
    assert exact.mean()["tau"] == pytest.approx(4.400, abs=5e-4)
    assert exact.sd()["tau"] == pytest.approx(2.940, abs=5e-4)


@pytest.mark.parametrize(
    ("ybar", "error"),
    [
        ([3.0], [1.0]),
        ([1.0, 5.0, -2.0], [2.0, 0.5, 1.0]),
        ([4.0, 4.1, 3.9, 4.2], [3.0, 3.0, 0.7, 10.0]),
    ],
)
def test_moments_agree_with_a_sum_over_mu_and_tau(ybar: list[float], error: list[float]) -> None:
    means, priors = GroupMeans(np.array(ybar), np.array(error)), Priors(5.0, 5.0)
    exact, brute = ExactPosterior(means, priors), by_brute_force(means, priors)
    # the sum is only good to its step in tau
    assert exact.mean()["mu"] == pytest.approx(brute["mu"], rel=5e-3, abs=5e-3)
    assert exact.mean()["tau"] == pytest.approx(brute["tau"], rel=5e-3)
    assert exact.sd()["mu"] == pytest.approx(brute["mu_sd"], rel=5e-3)
    assert exact.sd()["tau"] == pytest.approx(brute["tau_sd"], rel=5e-3)


def test_the_data_weight_agrees_with_adaptive_quadrature(weak: DataSet, priors: Priors) -> None:
    means = weak.group_means()
    exact = ExactPosterior(means, priors)

    def density(t: float) -> float:
        return float(np.exp(exact.log_density(t) - exact.log_density(1.0)))

    def weighted(t: float) -> float:
        return density(t) * np.exp(2 * t) / (np.exp(2 * t) + means.standard_error[0] ** 2)

    norm = integrate.quad(density, -30, 6, limit=500, epsabs=1e-12)[0]
    value = integrate.quad(weighted, -30, 6, limit=500, epsabs=1e-12)[0] / norm
    assert exact.data_weight()[0] == pytest.approx(value, rel=1e-7)


def test_uninformative_data_leave_the_prior(priors: Priors) -> None:
    exact = ExactPosterior(GroupMeans(np.array([3.0, 9.0]), np.full(2, 1e6)), priors)
    assert exact.mean()["mu"] == pytest.approx(0, abs=1e-6)
    assert exact.sd()["mu"] == pytest.approx(5.0, rel=1e-6)
    assert exact.mean()["tau"] == pytest.approx(stats.halfnorm.mean(scale=5.0), rel=1e-6)
    assert exact.sd()["tau"] == pytest.approx(stats.halfnorm.std(scale=5.0), rel=1e-6)


@pytest.mark.parametrize("sigma", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize("K", [1, 2, 200])
def test_it_settles_for_extreme_data(sigma: float, K: int, priors: Priors) -> None:
    rng = np.random.default_rng(K)
    for spread in (0.0, 1e-6, 3.0):
        ybar = 2.0 + spread * rng.normal(size=K)
        exact = ExactPosterior(GroupMeans(ybar, np.full(K, sigma)), priors)
        assert np.all(np.isfinite([*exact.mean().values(), *exact.sd().values()]))
        assert np.all((exact.data_weight() >= 0) & (exact.data_weight() <= 1))


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(4)))
def test_the_order_of_individuals_does_not_matter(order: list[int]) -> None:
    ybar, error = np.array([1.0, 5.0, -2.0, 0.3]), np.array([2.0, 0.5, 1.0, 4.0])
    priors = Priors(5.0, 5.0)
    one = ExactPosterior(GroupMeans(ybar, error), priors)
    other = ExactPosterior(GroupMeans(ybar[order], error[order]), priors)
    assert other.mean() == pytest.approx(one.mean(), rel=1e-9)
    assert other.data_weight() == pytest.approx(one.data_weight()[order], rel=1e-9)
