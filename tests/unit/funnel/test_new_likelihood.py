"""A further likelihood is one class, and the exact posterior needs nothing else."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
from scipy import integrate, stats

from funnel.exact_counts import ExactCounts
from funnel.group_means import Array, Booleans, Indices
from funnel.likelihoods import distinct_rows
from funnel.priors import HalfNormal, IndependentPriors, Normal


@dataclass(frozen=True)
class NegativeBinomial:
    """Counts with mean exp(theta) and variance exp(theta) + exp(2 theta) / r, with r given."""

    counts: Array
    r: float

    response_name: ClassVar[str] = "rate"

    @property
    def K(self) -> int:
        return len(self.counts)

    @property
    def peak(self) -> Array:
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(self.counts))

    @property
    def bounded(self) -> Booleans:
        return np.stack([self.counts > 0, np.ones(self.K, dtype=bool)])

    def log_likelihood(self, theta: Array) -> Array:
        above = np.logaddexp(np.log(self.r), theta)
        return np.asarray(self.counts * theta - (self.counts + self.r) * above)

    def derivatives(self, theta: Array) -> tuple[Array, Array]:
        share = 1 / (1 + self.r * np.exp(-theta))
        n = self.counts + self.r
        return self.counts - n * share, n * share * (1 - share)

    def softened(self, amount: Array | float) -> "NegativeBinomial":
        return NegativeBinomial(self.counts + amount, self.r)

    def select(self, groups: Indices) -> "NegativeBinomial":
        return NegativeBinomial(self.counts[..., groups], self.r)

    def distinct(self) -> tuple[Indices, Indices]:
        return distinct_rows(self.counts)

    def response(self, theta: Array) -> Array:
        return np.asarray(np.exp(theta))

    def response_slope(self, theta: Array) -> Array:
        return np.asarray(np.exp(theta))

    def link(self, response: Array) -> Array:
        return np.asarray(np.log(response))


def test_a_negative_binomial_likelihood_has_its_exact_posterior() -> None:
    """By nested integrals of scipy, with K = 2 and its density of counts."""
    y, r, mu_sd, tau_sd = np.array([0.0, 9.0]), 2.5, 1.5, 0.8
    priors = IndependentPriors(Normal(0.0, mu_sd), HalfNormal(tau_sd))
    exact = ExactCounts(NegativeBinomial(y, r), priors)
    eta, mu = np.linspace(-9, 9, 121), np.linspace(-12, 12, 161)[:, None, None]

    def over_mu(tau: float) -> Array:
        theta = mu + tau * eta[:, None]
        pmf = stats.nbinom.pmf(y, r, r / (r + np.exp(theta)))
        integrals = np.einsum("mek,e->mk", pmf, stats.norm.pdf(eta) * 0.15)
        first = np.einsum("mek,e->mk", pmf * theta, stats.norm.pdf(eta) * 0.15)
        weight = stats.norm.pdf(mu[:, 0, 0], 0, mu_sd) * stats.halfnorm.pdf(tau, scale=tau_sd)
        joint = weight * integrals.prod(axis=1)
        theta_0 = weight * first[:, 0] * integrals[:, 1]
        return np.array([joint.sum(), joint @ mu[:, 0, 0], tau * joint.sum(), theta_0.sum()])

    total, *means = integrate.quad_vec(over_mu, 0, 7, epsrel=1e-9)[0]
    found = [exact.mean()[name] for name in ("mu", "tau", "theta[0]")]
    assert found == pytest.approx(np.array(means) / total, rel=1e-6)
    drawn = exact.draws(2_000, np.random.default_rng(1))
    for name, values in (("mu", drawn["mu"]), ("theta[0]", drawn["theta"][:, 0])):
        assert stats.kstest(exact.cdf(name, values), "uniform").pvalue > 1e-3, name
