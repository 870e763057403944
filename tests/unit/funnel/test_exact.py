import itertools
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


def by_brute_force(means: GroupMeans, priors: Priors) -> dict[str, float]:
    """Return moments by summing over a grid of mu and tau, with theta integrated out."""
    mu = np.linspace(-6 * priors.mu_sd, 6 * priors.mu_sd, 601)[:, None]
    tau = 9 * priors.tau_scale * (np.arange(2_000) + 0.5) / 2_000
    log_density = stats.norm.logpdf(mu, 0, priors.mu_sd) + stats.norm.logpdf(
        tau, 0, priors.tau_scale
    )
    for ybar, error in zip(means.ybar, means.standard_error, strict=True):
        log_density = log_density + stats.norm.logpdf(ybar, mu, np.hypot(tau, error))
    density = np.exp(log_density - log_density.max())
    density /= density.sum()
    mean_mu, mean_tau = (density * mu).sum(), (density * tau).sum()
    return {
        "mu": mean_mu,
        "tau": mean_tau,
        "mu_sd": np.sqrt((density * (mu - mean_mu) ** 2).sum()),
        "tau_scale": np.sqrt((density * (tau - mean_tau) ** 2).sum()),
    }


def test_the_posterior_of_the_published_weak_data(weak: DataSet, priors: Priors) -> None:
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
    # the accuracy of the sum is limited by the spacing of the grid
    assert exact.mean()["mu"] == pytest.approx(brute["mu"], rel=1e-5)
    assert exact.mean()["tau"] == pytest.approx(brute["tau"], rel=1e-5)
    assert exact.sd()["mu"] == pytest.approx(brute["mu_sd"], rel=1e-5)
    assert exact.sd()["tau"] == pytest.approx(brute["tau_scale"], rel=1e-5)


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


def test_the_posterior_of_uninformative_data_is_the_prior(priors: Priors) -> None:
    exact = ExactPosterior(GroupMeans(np.array([3.0, 9.0]), np.full(2, 1e6)), priors)
    assert exact.mean()["mu"] == pytest.approx(0, abs=1e-6)
    assert exact.sd()["mu"] == pytest.approx(5.0, rel=1e-6)
    assert exact.mean()["tau"] == pytest.approx(stats.halfnorm.mean(scale=5.0), rel=1e-6)
    assert exact.sd()["tau"] == pytest.approx(stats.halfnorm.std(scale=5.0), rel=1e-6)


@pytest.mark.parametrize("sigma", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize("K", [1, 2, 200])
def test_the_quadrature_converges_for_extreme_data(sigma: float, K: int, priors: Priors) -> None:
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
    for permuted, original in ((other.mean(), one.mean()), (other.sd(), one.sd())):
        moved = {f"theta[{i}]": original[f"theta[{k}]"] for i, k in enumerate(order)}
        assert permuted == pytest.approx({**original, **moved}, rel=1e-9)
    assert other.data_weight() == pytest.approx(one.data_weight()[order], rel=1e-9)


SCHOOLS = GroupMeans(
    np.array([28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0]),
    np.array([15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0]),
)
HALF_CAUCHY = Priors(5.0, 5.0, "half_cauchy")


def test_the_eight_schools_have_the_moments_of_the_reference_posterior() -> None:
    """Compare with the reference draws of posteriordb, whose means are accurate to about 0.05."""
    exact = ExactPosterior(SCHOOLS, HALF_CAUCHY)
    assert exact.mean()["mu"] == pytest.approx(4.4, abs=0.1)
    assert exact.sd()["mu"] == pytest.approx(3.3, abs=0.1)
    assert exact.mean()["tau"] == pytest.approx(3.6, abs=0.1)
    assert exact.sd()["tau"] == pytest.approx(3.2, abs=0.1)
    assert exact.mean()["theta[0]"] == pytest.approx(6.2, abs=0.15)


@pytest.mark.parametrize("priors", [Priors(5.0, 5.0), HALF_CAUCHY], ids=["normal", "cauchy"])
@pytest.mark.parametrize("means", [SCHOOLS, GroupMeans(np.array([1.0, 9.0]), np.full(2, 0.01))])
def test_moments_agree_with_scipys_quadrature_to_six_digits(
    means: GroupMeans, priors: Priors
) -> None:
    """Compare with `scipy.integrate.quad` over tau, with the densities of scipy.stats."""
    exact = ExactPosterior(means, priors)
    prior = stats.halfcauchy if priors.tau == "half_cauchy" else stats.halfnorm

    def given_tau(tau: float) -> tuple[float, float, float]:
        """Return the joint density of tau and ybar, and mean and variance of mu given both."""
        K = means.K
        covariance = np.diag(tau**2 + means.standard_error**2) + priors.mu_sd**2 * np.ones((K, K))
        density = stats.multivariate_normal.pdf(means.ybar, np.zeros(K), covariance)
        gain = priors.mu_sd**2 * np.linalg.solve(covariance, np.ones(K))
        variance = priors.mu_sd**2 * (1 - gain.sum())
        return density * prior.pdf(tau, scale=priors.tau_scale), gain @ means.ybar, variance

    def integral(function: Callable[[float, float, float], float]) -> float:
        def integrand(tau: float) -> float:
            density, mean, variance = given_tau(tau)
            return density * function(tau, mean, variance) * 1e9

        edges = [0.0, 0.1, 1, 3, 6, 10, 20, 50, 100, 1_000, np.inf]
        return sum(
            integrate.quad(integrand, a, b, epsabs=1e-14, epsrel=1e-10, limit=200)[0]
            for a, b in itertools.pairwise(edges)
        )

    norm = integral(lambda *_: 1.0)
    mean_tau = integral(lambda tau, *_: tau) / norm
    mean_mu = integral(lambda _, mean, __: mean) / norm
    assert exact.mean()["tau"] == pytest.approx(mean_tau, rel=1e-6)
    assert exact.mean()["mu"] == pytest.approx(mean_mu, rel=1e-6)
    square = integral(lambda _, mean, variance: variance + (mean - mean_mu) ** 2) / norm
    assert exact.sd()["mu"] == pytest.approx(np.sqrt(square), rel=1e-6)
    if priors.tau == "half_normal" or means.K > 2:
        square = integral(lambda tau, *_: (tau - mean_tau) ** 2) / norm
        assert exact.sd()["tau"] == pytest.approx(np.sqrt(square), rel=1e-6)


def test_exact_draws_follow_the_exact_marginals() -> None:
    exact = ExactPosterior(SCHOOLS, HALF_CAUCHY)
    draws = exact.draws(4_000, np.random.default_rng(1))
    columns = {"mu": draws["mu"], "tau": draws["tau"], "log_tau": np.log(draws["tau"])}
    columns |= {f"theta[{k}]": draws["theta"][:, k] for k in range(8)}
    eta = (draws["theta"] - draws["mu"][:, None]) / draws["tau"][:, None]
    columns |= {f"eta[{k}]": eta[:, k] for k in range(8)}
    for name, values in columns.items():
        uniform = exact.cdf(name, values)
        assert stats.kstest(uniform, "uniform").pvalue > 1e-4, name


@pytest.mark.parametrize("name", ["mu", "tau", "log_tau", "theta[3]", "eta[3]"])
def test_cdf_density_and_quantiles_agree(name: str) -> None:
    exact = ExactPosterior(SCHOOLS, HALF_CAUCHY)
    p = np.array([1e-6, 0.05, 0.25, 0.5, 0.75, 0.95, 1 - 1e-6])
    x = exact.quantile(name, p)
    assert exact.cdf(name, x) == pytest.approx(p, rel=1e-9)
    assert np.all(np.diff(x) > 0)
    a, b = exact.quantile(name, [0.1, 0.8])
    mass = integrate.quad(lambda at: float(exact.density(name, at)), a, b, epsabs=1e-12)[0]
    assert mass == pytest.approx(0.7, rel=1e-8)


@pytest.mark.parametrize("name", ["mu", "theta[0]", "eta[0]"])
def test_the_joint_density_integrated_over_the_estimand_is_that_of_log_tau(name: str) -> None:
    exact = ExactPosterior(SCHOOLS, HALF_CAUCHY)
    for log_tau in (-9.0, -1.0, 0.5, 3.0):
        mass = integrate.quad(
            lambda x, t=log_tau: float(exact.joint_density(name, x, t)), -200, 200
        )
        assert mass[0] == pytest.approx(float(exact.density("log_tau", log_tau)), rel=1e-7)


@pytest.mark.parametrize("name", ["mu", "theta[0]", "eta[0]"])
def test_the_joint_density_integrated_over_log_tau_is_that_of_the_estimand(name: str) -> None:
    exact = ExactPosterior(SCHOOLS, HALF_CAUCHY)
    for x in exact.quantile(name, [0.001, 0.3, 0.9]):
        mass = integrate.quad(
            lambda t, x=x: float(exact.joint_density(name, x, t)), -35, 12, limit=200
        )
        assert mass[0] == pytest.approx(float(exact.density(name, x)), rel=1e-7)


@pytest.mark.parametrize("name", ["mu", "theta[0]", "eta[0]"])
def test_the_joint_density_agrees_with_exact_draws(name: str) -> None:
    exact = ExactPosterior(SCHOOLS, HALF_CAUCHY)
    draws = exact.draws(20_000, np.random.default_rng(3))
    draws["eta[0]"] = (draws["theta"][:, 0] - draws["mu"]) / draws["tau"]
    draws["theta[0]"] = draws["theta"][:, 0]
    a, b = exact.quantile(name, [1e-9, 0.7])
    x, t = np.linspace(a, b, 400), np.linspace(-30, 1.0, 400)
    density = exact.joint_density(name, *np.meshgrid(x, t))
    mass = np.trapezoid(np.trapezoid(density, x), t)
    found = np.mean((draws[name] <= b) & (np.log(draws["tau"]) <= 1.0))
    assert found == pytest.approx(mass, abs=4 * np.sqrt(mass * (1 - mass) / 20_000))


def test_eta_is_standard_normal_given_uninformative_data(priors: Priors) -> None:
    exact = ExactPosterior(GroupMeans(np.array([3.0, 9.0]), np.full(2, 1e6)), priors)
    x = np.linspace(-4, 4, 9)
    assert exact.density("eta[1]", x) == pytest.approx(stats.norm.pdf(x), rel=1e-6)
    assert exact.cdf("eta[1]", x) == pytest.approx(stats.norm.cdf(x), rel=1e-6)


def test_the_predictive_density_has_the_moments_of_theta_plus_noise(
    weak: DataSet, priors: Priors
) -> None:
    exact = ExactPosterior(weak.group_means(), priors)

    def moment(power: int) -> float:
        def integrand(y: float) -> float:
            return float(exact.predictive_density(2, 10.0, y)) * y**power

        return float(integrate.quad(integrand, -150, 150, limit=200)[0])

    mean, sd = exact.mean()["theta[2]"], exact.sd()["theta[2]"]
    assert moment(0) == pytest.approx(1, rel=1e-8)
    assert moment(1) == pytest.approx(mean, rel=1e-6)
    assert moment(2) - moment(1) ** 2 == pytest.approx(sd**2 + 100, rel=1e-6)


def test_the_predictive_density_agrees_with_simulated_observations() -> None:
    exact, rng = ExactPosterior(SCHOOLS, HALF_CAUCHY), np.random.default_rng(4)
    y = rng.normal(exact.draws(4_000, rng)["theta"][:, 0], 0.5)
    at = np.linspace(-60, 120, 4_001)
    cdf = integrate.cumulative_trapezoid(exact.predictive_density(0, 0.5, at), at, initial=0)
    assert stats.kstest(np.interp(y, at, cdf), "uniform").pvalue > 1e-4


def test_theta_equals_the_data_as_sigma_goes_to_zero(priors: Priors) -> None:
    ybar = np.array([1.0, 4.0, -3.0])
    exact = ExactPosterior(GroupMeans(ybar, np.full(3, 1e-5)), priors)
    for k, value in enumerate(ybar):
        assert exact.mean()[f"theta[{k}]"] == pytest.approx(value, abs=1e-8)
        assert exact.sd()[f"theta[{k}]"] == pytest.approx(1e-5, rel=1e-6)


def test_the_sd_of_tau_is_infinite_where_its_variance_does_not_exist() -> None:
    exact = ExactPosterior(GroupMeans(np.array([3.0]), np.array([1.0])), HALF_CAUCHY)
    assert exact.sd()["tau"] == np.inf
    assert np.isfinite(exact.mean()["tau"])


def test_a_quadrature_that_does_not_converge_is_an_error(
    weak: DataSet, priors: Priors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("funnel.exact._MAX_PANELS", 16)
    with pytest.raises(QuadratureError, match="does not converge with 16 panels"):
        ExactPosterior(weak.group_means(), priors)


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
    extreme: str, law: str, tried: Callable[[str, str, str], None]
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
    p = np.array([0.001, 0.05, 0.5, 0.95, 0.999])
    for name in ("mu", "tau", "log_tau", "theta[0]"):
        assert exact.cdf(name, exact.quantile(name, p)) == pytest.approx(p, abs=1e-9)
    case = f"data with {extreme}, {law.replace('_', '-')} prior of tau"
    tried("Extreme", case, "the exact posterior agrees with Simpson's rule to 1e-6")


@pytest.mark.parametrize(
    ("fault", "means", "law", "message"),
    [
        (
            "data with a mean of 1e200",
            GroupMeans(np.array([1e200, 0]), np.ones(2)),
            "half_normal",
            "not finite",
        ),
        (
            "data with a missing mean",
            GroupMeans(np.array([np.nan]), np.ones(1)),
            "half_normal",
            "not finite",
        ),
        (
            "data with standard errors of 1e-30",
            GroupMeans(np.zeros(40), np.full(40, 1e-30)),
            "half_normal",
            r"extends beyond \[-80, 80\]",
        ),
        (
            "data with means of 1e25, half-Cauchy prior of tau",
            GroupMeans(np.array([1e25, -1e25]), np.ones(2)),
            "half_cauchy",
            r"extends beyond \[-80, 80\]",
        ),
    ],
)
def test_data_beyond_the_reach_of_the_quadrature_are_an_error(
    fault: str,
    means: GroupMeans,
    law: str,
    message: str,
    tried: Callable[[str, str, str], None],
) -> None:
    with pytest.raises(QuadratureError, match=message) as caught:
        ExactPosterior(means, Priors(5.0, 5.0, law))
    tried("Extreme", fault, f"QuadratureError: {caught.value}")


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
