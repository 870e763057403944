import numpy as np
import pytest
from scipy import stats

from funnel.group_means import Array
from funnel.priors import Exponential, HalfCauchy, HalfNormal, HalfT, Uniform


class Folded:
    """The absolute value of a scaled t variable, which scipy does not have."""

    def __init__(self, df: float, scale: float) -> None:
        self.law = stats.t(df, scale=scale)

    def pdf(self, x: Array) -> Array:
        return np.asarray(2 * self.law.pdf(x))

    def cdf(self, x: Array) -> Array:
        return np.asarray(2 * self.law.cdf(x) - 1)


LAWS = {
    "half-normal": (HalfNormal(2.5), stats.halfnorm(scale=2.5)),
    "half-Cauchy": (HalfCauchy(2.5), stats.halfcauchy(scale=2.5)),
    "half-t": (HalfT(3.5, 2.5), Folded(3.5, 2.5)),
    "exponential": (Exponential(2.5), stats.expon(scale=2.5)),
    "uniform": (Uniform(2.5), stats.uniform(scale=2.5)),
}


@pytest.mark.parametrize("name", LAWS)
def test_densities_agree_with_scipy(name: str) -> None:
    prior, law = LAWS[name]
    tau = np.linspace(0, 30, 301)
    assert prior.density(tau) == pytest.approx(law.pdf(tau), rel=1e-12)
    inside = tau[tau <= prior.largest]
    shift = np.log(prior.density(inside)) - prior.log_kernel(inside)
    assert shift == pytest.approx(np.full(len(inside), shift[0]), rel=1e-12)


@pytest.mark.parametrize("name", LAWS)
def test_draws_follow_the_density(name: str) -> None:
    prior, law = LAWS[name]
    rng = np.random.default_rng(1)
    draws = [prior.draw(rng) for _ in range(4_000)]
    assert stats.kstest(draws, law.cdf).pvalue > 1e-3
