"""Posteriors of counts and of normal data with unknown sigma that others have published.

Published values come from samplers, and have their Monte Carlo error.
"""

from dataclasses import dataclass
from math import inf

import numpy as np
import pytest

from funnel import Exponential, Normal, binomial_posterior, normal_posterior
from funnel.group_means import Array
from funnel.priors import TauPrior


@dataclass(frozen=True)
class GammaPrecision(TauPrior):
    """The prior of tau under which tau^-2 ~ Gamma(a, rate a), of BUGS; only for comparison."""

    a: float

    @property
    def tail_power(self) -> float:
        return 2 * self.a + 1

    @property
    def median(self) -> float:
        return inf

    def log_kernel(self, tau: Array) -> Array:
        return np.asarray(-(2 * self.a + 1) * np.log(tau) - self.a / tau**2)

    def density(self, tau: Array) -> Array:
        raise NotImplementedError

    def draw(self, rng: np.random.Generator) -> float:
        raise NotImplementedError


def test_surgical() -> None:
    """Deaths of babies after heart surgery in 12 hospitals, in BUGS examples, volume 1.

    Spiegelhalter, Thomas, Best and Gilks (1996), "Surgical: institutional ranking".
    """
    deaths = [0, 18, 8, 46, 8, 13, 9, 31, 14, 8, 29, 24]
    operations = [47, 148, 119, 810, 211, 196, 148, 215, 207, 97, 256, 360]
    posterior = binomial_posterior(
        deaths, operations, tau=GammaPrecision(1e-3), mu=Normal(0.0, 1000.0)
    )
    assert posterior.mu.mean == pytest.approx(-2.551, abs=0.01)
    assert posterior.mu.sd == pytest.approx(0.157, abs=0.01)
    assert posterior.tau.sd**2 + posterior.tau.mean**2 == pytest.approx(0.194, abs=0.015)
    assert posterior.tau.quantile(0.5) ** 2 == pytest.approx(0.148, abs=0.005)
    # the published death rates of hospitals A, D and H in percent
    rates = [100 * posterior.response(k).mean for k in (0, 3, 7)]
    assert rates == pytest.approx([5.3, 5.9, 12.3], abs=0.15)


def test_dyes() -> None:
    """Yields of dyestuff in grams, in BUGS examples, volume 1; Box and Tiao (1973), section 5.1."""
    y = [
        *(1545, 1440, 1440, 1520, 1580, 1540, 1555, 1490, 1560, 1495),
        *(1595, 1550, 1605, 1510, 1560, 1445, 1440, 1595, 1465, 1545),
        *(1595, 1630, 1515, 1635, 1625, 1520, 1455, 1450, 1480, 1445),
    ]
    prior = GammaPrecision(1e-3)
    posterior = normal_posterior(
        y, np.repeat(np.arange(6), 5), tau=prior, sigma=prior, mu=Normal(0, 1e5)
    )
    exact = posterior._exact
    assert posterior.mu.mean == pytest.approx(1527.6, abs=1)
    assert posterior.mu.sd == pytest.approx(21.4, abs=1)
    assert exact.mean_of_square()["sigma"] == pytest.approx(3_042, abs=50)
    assert exact.sd_of_square()["sigma"] == pytest.approx(1_066, abs=50)


def test_reed_frogs() -> None:
    """Surviving tadpoles in 48 tanks, model m13.2 in McElreath (2020), Statistical Rethinking.

    The data are those of Vonesh and Bolker (2005), Ecology 86:1580-1591.
    """
    survived = [
        *(9, 10, 7, 10, 9, 9, 10, 9, 4, 9, 7, 6, 7, 5, 9, 9),
        *(24, 23, 22, 25, 23, 23, 23, 21, 6, 13, 4, 9, 13, 20, 8, 10),
        *(34, 33, 33, 31, 31, 35, 33, 32, 4, 12, 13, 14, 22, 12, 31, 17),
    ]
    tadpoles = np.repeat([10, 25, 35], 16)
    posterior = binomial_posterior(survived, tadpoles, tau=Exponential(1), mu=Normal(0, 1.5))
    assert [posterior.mu.mean, posterior.mu.sd] == pytest.approx([1.35, 0.26], abs=0.01)
    assert [posterior.tau.mean, posterior.tau.sd] == pytest.approx([1.62, 0.21], abs=0.01)
