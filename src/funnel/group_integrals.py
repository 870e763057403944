"""The integral of the likelihood of each group over its theta, given mu and tau.

With eta = (theta - mu) / tau, the integral is I(mu, tau) = E[L(mu + tau eta)] over a standard
normal eta. It is computed by the trapezoidal rule in u, where theta = c + s sinh(u): near c the
steps are small compared with s, and they grow as fast as the distance. This suits integrands that
are steep on one side and flat on the other, as those of zero counts with a large tau (compare
Takahasi and Mori 1974, Publications of RIMS 9:721-741). For the same reason c and s are mode and
curvature with half a count more of data, which for zero counts places them at the edge of the flat
part. They do not enter the result otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from funnel.group_means import Array
from funnel.likelihoods import Likelihood
from funnel.working_response import HALF, empirical, modes

# where the log of an integrand is so much below its maximum, it is left out: exp(-32) is 1e-14
NEGLIGIBLE_DROP = 32.0
_FIRST_LIMIT, _LIMIT_STEP = 1.5, 0.5
# if mu is in the flat part, and so many tau away from the edge, the edge does not matter
_FAR = 6.0
# the numbers that are evaluated at once, so that they stay in the cache of a processor
_CHUNK = 60_000


class Integrals(NamedTuple):
    """What is known of theta given mu and tau, in each group: arrays (n, K) for n pairs.

    `log` is the log of the integral, and `mean` and `variance` are those of theta. `mean_eta` and
    `variance_eta` are those of eta, and `variance_of_square` is that of theta^2.
    """

    log: Array
    mean: Array
    variance: Array
    variance_of_square: Array
    mean_eta: Array
    variance_eta: Array


class GroupIntegrals:
    """The integrals of a likelihood, by the trapezoidal rule with steps `step` in u."""

    def __init__(self, likelihood: Likelihood, step: float) -> None:
        self._likelihood, self._step = likelihood, step
        self._start = empirical(likelihood)

    def __call__(self, mu: Array, tau: Array) -> Integrals:
        """Return the integrals for `mu` and `tau`, which have the same shape (n,).

        Sort the pairs by tau: those that are evaluated together share the limits of u.
        """
        size = max(1, int(_CHUNK * self._step / (8 * self._likelihood.K)))
        parts = [
            self._integrate(mu[i : i + size, None], tau[i : i + size, None])
            for i in range(0, len(mu), size)
        ]
        return Integrals(*(np.concatenate(each) for each in zip(*parts, strict=True)))

    def place(self, mu: Array, tau: Array) -> tuple[Array, Array, Array]:
        """Return c, the eta that belongs to it, and s / tau, for `mu` and `tau` (n, 1)."""
        with np.errstate(over="ignore"):
            flat = np.abs(tau * self._likelihood.derivatives(mu)[0]) < 1
        far = flat & (np.abs(mu - self._start.ybar) > _FAR * tau)
        soft = self._likelihood.softened(np.where(far, 0.0, HALF))
        at = modes(soft, mu, tau, self._start, tolerance=1e-2)
        return at.theta, at.eta, at.sd

    def _integrate(self, mu: Array, tau: Array) -> Integrals:
        center, center_eta, sd = self.place(mu, tau)
        scale = sd * tau

        def log_integrand(x: Array) -> Array:
            """Return the log integrand at theta = c + s x, with x (m,), as (m, n, K)."""
            x = x[:, None, None]
            eta = center_eta + sd * x
            return self._likelihood.log_likelihood(center + scale * x) - 0.5 * eta**2

        low, high = (self._limit(log_integrand, side) for side in (-1.0, 1.0))
        u = np.linspace(low, high, 1 + int(np.ceil((high - low) / self._step)))
        x = np.sinh(u)
        values = log_integrand(x)
        shift = values.max(axis=0)
        mass = np.exp(values - shift)
        weights = np.cosh(u) * (u[1] - u[0]) * x ** np.arange(5)[:, None]
        total, *raw = np.tensordot(weights, mass, axes=1)
        first, second, third, fourth = (each / total for each in raw)
        # central moments of x, and with them those of theta and theta^2
        variance = second - first**2
        skew = third - 3 * first * second + 2 * first**3
        kurtosis = fourth - 4 * first * third + 6 * first**2 * second - 3 * first**4
        mean = center + scale * first
        of_square = (
            4 * mean**2 * variance * scale**2
            + 4 * mean * skew * scale**3
            + (kurtosis - variance**2) * scale**4
        )
        return Integrals(
            shift + np.log(total * sd) - 0.5 * np.log(2 * np.pi),
            mean,
            variance * scale**2,
            of_square,
            center_eta + sd * first,
            variance * sd**2,
        )

    @staticmethod
    def _limit(log_integrand: Callable[[Array], Array], side: float) -> float:
        """Return the u on one side of 0 beyond which all integrands are negligible."""
        largest, u = log_integrand(np.zeros(1)), _FIRST_LIMIT
        while True:
            values = log_integrand(np.array([side * np.sinh(u)])) + np.log(np.cosh(u))
            if np.all(values < largest - NEGLIGIBLE_DROP):
                return side * u
            largest, u = np.maximum(largest, values), u + _LIMIT_STEP
