"""The exact posterior with an unknown sigma: brute force, known sigma, laws, extremes."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from funnel import (
    Exponential,
    Flat,
    HalfCauchy,
    HalfNormal,
    HalfT,
    Normal,
    Uniform,
    normal_posterior,
)
from funnel.exact import ExactPosterior
from funnel.exact_unknown_sigma import ExactUnknownSigma
from funnel.group_means import Array
from funnel.likelihoods.normal_unknown_sigma import NormalUnknownSigma
from funnel.priors import IndependentPriors, TauPrior

Y = np.array([0.3, 1.4, 0.9, 2.8, 2.0, -0.6, 0.1, -0.2, 1.7])
GROUP = np.array([0, 0, 0, 1, 1, 2, 2, 2, 3])
P = np.array([0.001, 0.025, 0.3, 0.5, 0.9, 0.999])


def by_brute_force(
    tau_prior: TauPrior, sigma_prior: TauPrior, prior: Normal, functions: Any
) -> Array:
    """Return posterior means of functions of (theta mean, theta covariance, tau, sigma).

    All observations are jointly normal given tau and sigma; theta given them is found by regression
    on the observations. Gauss-Legendre nodes of the square roots of tau and sigma.
    """
    nodes, weights = np.polynomial.legendre.leggauss(60)
    end = 12.0**0.5
    root, of_root = 0.5 * end * (1 + nodes), 0.5 * end * weights
    same = (GROUP[:, None] == GROUP).astype(float)
    to_theta = (np.arange(4)[:, None] == GROUP).astype(float)
    total, sums = 0.0, 0.0
    for tau, of_tau in zip(root**2, of_root * 2 * root, strict=True):
        # smaller values of sigma are negligible
        for sigma, of_sigma in zip(0.05 + root**2, of_root * 2 * root, strict=True):
            covariance = tau**2 * same + prior.sd**2 + sigma**2 * np.eye(len(Y))
            log = stats.multivariate_normal.logpdf(Y, np.full(len(Y), prior.mean), covariance)
            weight = of_tau * of_sigma * np.exp(log)
            weight *= float(tau_prior.density(np.array(tau)))
            weight *= float(sigma_prior.density(np.array(sigma)))
            gain = np.linalg.solve(covariance, tau**2 * to_theta.T + prior.sd**2).T
            mean = prior.mean + gain @ (Y - prior.mean)
            spread = tau**2 * np.eye(4) + prior.sd**2 - gain @ (tau**2 * to_theta.T + prior.sd**2)
            total += weight
            sums = sums + weight * np.array(functions(mean, np.diag(spread), tau, sigma))
    return np.asarray(sums / total)


def test_everything_agrees_with_brute_force() -> None:
    prior, tau_prior, sigma_prior = Normal(0.5, 1.2), HalfNormal(1.0), Exponential(0.7)
    posterior = normal_posterior(Y, GROUP, tau=tau_prior, sigma=sigma_prior, mu=prior)

    def functions(mean: Array, variance: Array, tau: float, sigma: float) -> list[float]:
        new = np.hypot(variance[1] ** 0.5, sigma)
        return [
            *mean,
            *(variance + mean**2),
            tau,
            tau**2,
            sigma,
            sigma**2,
            stats.norm.cdf(0.7, mean[3], variance[3] ** 0.5),
            stats.norm.cdf(0.7, mean[1], new),
        ]

    expected = by_brute_force(tau_prior, sigma_prior, prior, functions)
    marginals = [*posterior.theta, posterior.tau, posterior.sigma]
    second = [each.sd**2 + each.mean**2 for each in marginals]
    found = [
        *(each.mean for each in posterior.theta),
        *second[:4],
        posterior.tau.mean,
        second[4],
        posterior.sigma.mean,
        second[5],
        posterior.theta[3].cdf(0.7),
        posterior.predictive(1, observation=True).cdf(0.7),
    ]
    assert found == pytest.approx(expected, rel=1e-6)
    assert posterior.error < 1e-8


@pytest.mark.parametrize("mu_prior", [Normal(0.5, 1.2), Flat()], ids=str)
@pytest.mark.parametrize(
    "tau_prior",
    [HalfNormal(0.8), HalfCauchy(0.8), HalfT(3.0, 0.8), Exponential(0.8), Uniform(1.5), Uniform()],
    ids=str,
)
def test_many_observations_leave_sigma_known(tau_prior: TauPrior, mu_prior: Normal | Flat) -> None:
    n, sigma = np.array([6e6, 2e6, 16e6, 1e6]), 1200.0
    y = np.array([0.4, 1.9, -0.7, 1.1])
    data = NormalUnknownSigma(y, n, sigma**2 * (n - 1))
    priors = IndependentPriors(mu_prior, tau_prior)
    found = ExactUnknownSigma(data, priors, HalfCauchy(1e3))
    expected = ExactPosterior(data.given(sigma).means, priors)
    assert found.mean()["sigma"] == pytest.approx(sigma, rel=1e-6)
    for moment in ("mean", "sd", "mean_of_square", "sd_of_square"):
        ours, theirs = getattr(found, moment)(), getattr(expected, moment)()
        del ours["sigma"]
        assert ours == pytest.approx(theirs, rel=1e-6, nan_ok=True), moment
    assert found.data_weight() == pytest.approx(expected.data_weight(), rel=1e-6)
    for name in ("mu", "tau", "log_tau", "theta[0]", "theta[new]", "eta[1]"):
        x = expected.quantile(name, P)
        assert found.cdf(name, x) == pytest.approx(P, abs=1e-7), name
        assert found.density(name, x) == pytest.approx(expected.density(name, x), rel=1e-5), name
    x, log_tau = np.linspace(-2, 2, 9), np.array([[-8.0], [-0.5], [1.0]])
    for name in ("mu", "theta[0]", "eta[1]"):
        theirs = expected.joint_density(name, x, log_tau)
        scale = 1e-6 * theirs.max()
        assert found.joint_density(name, x, log_tau) == pytest.approx(theirs, abs=scale), name


def test_exact_draws_follow_the_exact_marginals() -> None:
    data = NormalUnknownSigma.from_observations(Y, GROUP)
    exact = ExactUnknownSigma(data, IndependentPriors(Flat(), HalfCauchy(1)), HalfCauchy(1))
    drawn = exact.draws(2_000, np.random.default_rng(1))
    named = {f"theta[{k}]": drawn["theta"][:, k] for k in range(4)}
    named |= {name: drawn[name] for name in ("mu", "tau", "sigma")}
    named["eta[3]"] = (drawn["theta"][:, 3] - drawn["mu"]) / drawn["tau"]
    for name, values in named.items():
        assert stats.kstest(exact.cdf(name, values), "uniform").pvalue > 1e-3, name
    assert exact.cdf("sigma", exact.quantile("sigma", P)) == pytest.approx(P, abs=1e-9)


def test_single_observations_cannot_tell_tau_from_sigma() -> None:
    """With one observation each and the same prior, tau and sigma are exchangeable."""
    y = np.random.default_rng(1).normal(0, 2, 30)
    posterior = normal_posterior(y, np.arange(30), tau=HalfNormal(2), sigma=HalfNormal(2))
    assert posterior.sigma.mean == pytest.approx(posterior.tau.mean, rel=1e-7)
    assert posterior.sigma.sd == pytest.approx(posterior.tau.sd, rel=1e-7)
    assert posterior.sigma.quantile(P) == pytest.approx(posterior.tau.quantile(P), rel=1e-5)
    assert posterior.data_weight == pytest.approx(np.full(30, 0.5))


def test_the_posterior_has_the_unit_of_the_data() -> None:
    def of(unit: float) -> Any:
        priors = {"tau": HalfCauchy(unit), "sigma": HalfNormal(unit), "mu": Normal(0, unit)}
        return normal_posterior(unit * Y, GROUP, **priors)  # type: ignore[arg-type]

    one, many = of(1.0).summary(), of(1e6).summary()
    for name, row in one.items():
        expected = {key: 1e6 * value for key, value in row.items()}
        assert many[name] == pytest.approx(expected, rel=1e-5, abs=1e-2), name


def _data(*columns: list[float]) -> NormalUnknownSigma:
    return NormalUnknownSigma(*np.array(columns, dtype=float))


EXTREMES: dict[str, tuple[NormalUnknownSigma, TauPrior]] = {
    "one observation": (
        NormalUnknownSigma(np.array([0.4]), np.ones(1), np.zeros(1)),
        HalfNormal(1),
    ),
    "one group": (
        NormalUnknownSigma(np.array([0.4]), np.array([6.0]), np.array([3.0])),
        HalfCauchy(1),
    ),
    "sizes from 1 to 1,000,000": (
        NormalUnknownSigma(
            np.array([0.1, 1.0, -1.0, 0.3]), 10.0 ** np.arange(0, 8, 2), np.full(4, 1.01e6 / 4)
        ),
        HalfCauchy(1),
    ),
    "precise": (
        NormalUnknownSigma(np.array([0.0, 1.0, 2.0, 1.5, 0.3]), np.full(5, 2.0), np.full(5, 1e-6)),
        HalfCauchy(1),
    ),
    "500 groups": (
        NormalUnknownSigma.simulate(
            np.random.default_rng(1).normal(0, 1, 500),
            np.random.default_rng(2),
            n_per_individual=[1, 2, 3, 4, 5] * 100,
            sigma=2.0,
        ),
        HalfCauchy(1),
    ),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("case", EXTREMES)
def test_extremes(case: str) -> None:
    data, prior = EXTREMES[case]
    exact = ExactUnknownSigma(data, IndependentPriors(Normal(0, 1), prior), prior)
    assert exact.error < 1e-6
    drawn = exact.draws(300, np.random.default_rng(1))
    for name in ("mu", "tau", "sigma"):
        assert stats.kstest(exact.cdf(name, drawn[name]), "uniform").pvalue > 1e-3, name
    assert exact.cdf("sigma", exact.quantile("sigma", P)) == pytest.approx(P, abs=1e-8)


@pytest.mark.parametrize(
    ("y", "tau", "sigma", "message"),
    [
        (
            [1.0, 1.0, 2.0],
            HalfNormal(1),
            HalfNormal(1),
            "the posterior is improper: the observations",
        ),
        ([1.0, 3.0, 2.0], HalfNormal(1), Uniform(), "sigma: its prior must be proper"),
        ([1.0, 3.0, 2.0], Uniform(), HalfNormal(1), "the posterior is improper: a uniform prior"),
    ],
)
def test_an_improper_posterior_is_an_error(
    y: list[float], tau: TauPrior, sigma: TauPrior, message: str
) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        normal_posterior(y, [0, 0, 1], tau=tau, sigma=sigma)
