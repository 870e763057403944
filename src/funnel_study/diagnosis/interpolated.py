"""A distribution that is interpolated between points at which its cdf and density are known.

The normal scores of the cdf are interpolated, by cubic Hermite polynomials of arcsinh((x - m) / r)
with the median m and the interquartile range r. That is nearly a straight line for a normal
distribution, and smooth for one with heavy tails.
"""

from __future__ import annotations

import numpy as np
from scipy.interpolate import CubicHermiteSpline
from scipy.special import ndtr, ndtri

from funnel.group_means import Array, Indices
from funnel.inference import Exact
from funnel.quadrature import QuadratureError

# whose quantiles are known exactly
PROBABILITIES = (0.001, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 0.999)
_LEVELS = np.array([1e-6, *PROBABILITIES, 1 - 1e-6])
# of a cdf between its points, absolute and relative to the smaller of both tails
_TOLERANCE, _RELATIVE_TOLERANCE = 1e-5, 1e-2
_MAX_ROUNDS = 30


class Interpolated:
    """A distribution, given by its `cdf` and `density` at the points `x`, all (point,).

    The points ascend, and the quartiles are among them. Beyond the outermost points, the cdf is
    constant, and the density 0.
    """

    def __init__(self, x: Array, cdf: Array, density: Array) -> None:
        self._ends = x[0], x[-1]
        lower, self._median, upper = np.interp([0.25, 0.5, 0.75], cdf, x)
        self._range = upper - lower
        self._u, self._scores = self._u_of(x), ndtri(cdf)
        self._slopes = density * self._derivative(x) / _normal_density(self._scores)
        self._score = CubicHermiteSpline(self._u, self._scores, self._slopes)

    def cdf(self, x: Array) -> Array:
        """Return the cdf at each value in `x`."""
        return np.asarray(ndtr(self._score(self._u_of(np.clip(x, *self._ends)))))

    def density(self, x: Array) -> Array:
        """Return the density at each value in `x`."""
        u = self._u_of(x)
        density = _normal_density(self._score(u)) * self._score(u, 1) / self._derivative(x)
        return np.where((x >= self._ends[0]) & (x <= self._ends[1]), density, 0.0)

    def quantile(self, p: Array) -> Array:
        """Return the quantiles at probabilities `p`."""
        scores = ndtri(p)
        u = CubicHermiteSpline(self._scores, self._u, 1 / self._slopes)(scores)
        # a step of Newton's method, after which the cdf of the quantile is p
        return self._x_of(u - (self._score(u) - scores) / self._score(u, 1))

    def between(self, i: Indices) -> Array:
        """Return two values of x between each of the points `i` and the next, (2 n,)."""
        thirds = (self._u[i + 1] - self._u[i])[:, None] * np.array([1 / 3, 2 / 3])
        return self._x_of((self._u[i][:, None] + thirds).ravel())

    def _u_of(self, x: Array) -> Array:
        return np.asarray(np.arcsinh((x - self._median) / self._range))

    def _x_of(self, u: Array) -> Array:
        return np.asarray(self._median + self._range * np.sinh(u))

    def _derivative(self, x: Array) -> Array:
        """Return the derivative of x by u."""
        return np.asarray(np.hypot(self._range, x - self._median))


def interpolate(exact: Exact, estimand: str) -> tuple[Array, Array, Array]:
    """Return points x, and the cdf and density there, (point,) each, of one exact distribution.

    Intervals between points are divided into three until the interpolated cdf has an error of less
    than 1e-5 where they would be divided; there, too, are points. So its error is smaller. The
    quantiles at `PROBABILITIES` are among the points.

    Raises QuadratureError if a quantile cannot be computed, or the cdf cannot be interpolated.
    """
    x, cdf = exact.quantile(estimand, _LEVELS), _LEVELS
    density = exact.density(estimand, x)
    at = np.arange(len(x) - 1)  # the intervals that may be too wide
    for _ in range(_MAX_ROUNDS):
        if not (np.all(np.diff(x) > 0) and np.all(np.diff(cdf) > 0) and np.all(density > 0)):
            break
        if not len(at):
            return x, cdf, density
        known = Interpolated(x, cdf, density)
        between = known.between(at)
        p = exact.cdf(estimand, between)
        allowed = np.minimum(_TOLERANCE, _RELATIVE_TOLERANCE * np.minimum(p, 1 - p))
        wide = ~(np.abs(known.cdf(between) - p) < allowed)
        new = between, p, exact.density(estimand, between)
        x, cdf, density = map(np.insert, (x, cdf, density), [np.repeat(at + 1, 2)] * 3, new)
        at = (at + 2 * np.arange(len(at)))[wide.reshape(-1, 2).any(axis=1)]
        at = (at[:, None] + np.arange(3)).ravel()
    raise QuadratureError(f"exact posterior: the cdf of {estimand} cannot be interpolated")


def _normal_density(score: Array) -> Array:
    return np.asarray(np.exp(-0.5 * score**2) / np.sqrt(2 * np.pi))
