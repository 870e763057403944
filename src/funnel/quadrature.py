"""Numerical integration of a density on an interval, and what follows from it.

The interval is divided into panels of equal width, each with the nodes of Gauss-Legendre
quadrature. The cdf is the integral of the polynomial that interpolates the density at the nodes of
each panel.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.polynomial import legendre
from scipy.special import ndtr, ndtri

from funnel.group_means import Array

_ORDER = 16
_MAX_ITERATIONS = 200  # of the inversion of a cdf
# a mixture is heavy-tailed if its range is so many standard deviations of its heaviest component
_WIDE = 1e6
_NARROWING_STEPS = 14


class QuadratureError(ArithmeticError):
    """The exact posterior, or one of its quantiles, cannot be computed to the tolerance."""


@cache
def gauss_legendre(order: int) -> tuple[Array, Array, Array]:
    """Return nodes and weights on [-1, 1], and the matrix from values to a Legendre series."""
    nodes, weights = legendre.leggauss(order)
    degrees = np.arange(order)[:, None] + 0.5
    return nodes, weights, degrees * legendre.legvander(nodes, order - 1).T * weights


_NODES, _WEIGHTS, _TO_SERIES = gauss_legendre(_ORDER)


def nodes_of(edges: Array) -> Array:
    """Return the nodes of the panels between edges (n + 1,), (n, nodes of a panel)."""
    return np.asarray(edges[:-1, None] + np.diff(edges)[:, None] / 2 * (1 + _NODES))


class PanelQuadrature:
    """The quadrature of a density on panels.

    `edges` are the edges of the panels, in ascending order, and `values` are log densities, up to a
    constant, at `nodes_of(edges)`. The attributes are `nodes` (n,) and their `weights` (n,), which
    sum to 1, and `log_norm`, the log of the integral of the exponential of the log density.
    """

    def __init__(self, values: Array, edges: Array) -> None:
        half, at = np.diff(edges)[:, None] / 2, nodes_of(edges)
        shift = values.max()
        mass = np.exp(values - shift) * half
        total = (mass * _WEIGHTS).sum()
        self._edges, self.log_norm = edges, float(shift + np.log(total))
        # the density on each panel, scaled to [-1, 1], as a Legendre series
        series = _TO_SERIES @ (mass / total).T
        self._antiderivative = legendre.legint(series, lbnd=-1)
        self._cumulative = np.append(0.0, np.cumsum(2 * series[0]))
        self.weights, self.nodes = (mass * _WEIGHTS).ravel() / total, at.ravel()

    def cdf(self, x: Array) -> Array:
        """Return the cdf at each value in `x`."""
        edges = self._edges
        inside = np.clip(x, edges[0], edges[-1])
        panel = np.clip(np.searchsorted(edges, inside, side="right") - 1, 0, len(edges) - 2)
        at = 2 * (inside - edges[panel]) / (edges[panel + 1] - edges[panel]) - 1
        within = legendre.legval(at, self._antiderivative[:, panel], tensor=False)
        return np.clip(self._cumulative[panel] + within, 0.0, 1.0)

    def quantile(self, p: Array, density: Callable[[Array], Array]) -> Array:
        """Return the quantiles at probabilities `p`, given the density at any value."""
        edges = self._edges
        panel = np.clip(np.searchsorted(self._cumulative, p) - 1, 0, len(edges) - 2)
        return invert(self.cdf, density, p, edges[panel], edges[panel + 1])


@dataclass(frozen=True)
class NormalMixture:
    """A mixture of normal distributions, given their means, standard deviations and weights.

    All three are arrays of the same shape (n,), and the weights sum to 1.
    """

    mean: Array
    sd: Array
    weights: Array

    def moments(self) -> tuple[float, float]:
        """Return mean and standard deviation."""
        mean = float(self.weights @ self.mean)
        return mean, float(np.sqrt(self.weights @ (self.sd**2 + (self.mean - mean) ** 2)))

    def density(self, x: Array) -> Array:
        """Return the density at each value in `x`."""
        z = (x[..., None] - self.mean) / self.sd
        return np.asarray((np.exp(-0.5 * z**2) / self.sd) @ self.weights / np.sqrt(2 * np.pi))

    def cdf(self, x: Array) -> Array:
        """Return the cdf at each value in `x`."""
        return np.asarray(ndtr((x[..., None] - self.mean) / self.sd) @ self.weights)

    def quantile(self, p: Array) -> Array:
        """Return the quantiles at probabilities `p`, all in (0, 1).

        Raises QuadratureError if the inversion of the cdf does not converge.
        """
        # the quantile of a mixture is between those of its components
        of_each = self.mean + self.sd * ndtri(p)[..., None]
        low, high = of_each.min(axis=-1), of_each.max(axis=-1)
        typical = self.weights.argmax()
        center, width = self.mean[typical], self.sd[typical]
        if np.any(high - low > _WIDE * width):
            low, high = narrowed(self.cdf, p, low, high, center, width)
        return invert(self.cdf, self.density, p, low, high)


def narrowed(
    cdf: Callable[[Array], Array], p: Array, low: Array, high: Array, center: float, width: float
) -> tuple[Array, Array]:
    """Return narrower brackets of the quantiles between `low` and `high`.

    By bisection of u, where x = center + width sinh(u). Heavy tails need it, because the tolerance
    of `invert` is relative to its bracket.
    """
    left, right = np.arcsinh((low - center) / width), np.arcsinh((high - center) / width)
    for _ in range(_NARROWING_STEPS):
        middle = 0.5 * (left + right)
        below = cdf(center + width * np.sinh(middle)) < p
        left, right = np.where(below, middle, left), np.where(below, right, middle)
    return center + width * np.sinh(left), center + width * np.sinh(right)


def invert(
    cdf: Callable[[Array], Array],
    density: Callable[[Array], Array],
    p: Array,
    low: Array,
    high: Array,
) -> Array:
    """Return the points between `low` and `high` at which `cdf` equals `p`.

    By Newton's method, with a bisection step wherever a Newton step would leave the bracket. Raises
    QuadratureError if it does not converge.
    """
    low, high = low.astype(float), high.astype(float)
    x = 0.5 * (low + high)
    for _ in range(_MAX_ITERATIONS):
        error = cdf(x) - p
        low, high = np.where(error < 0, x, low), np.where(error < 0, high, x)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            newton = x - error / density(x)
        middle = 0.5 * (low + high)
        next_x = np.where((newton > low) & (newton < high), newton, middle)
        scale = np.maximum(np.abs(low), np.abs(high))
        done = (np.abs(next_x - x) <= 4e-16 * scale) | (np.abs(error) <= 1e-15)
        if np.all(done | (high - low <= 1e-15 * scale)):
            return np.where(np.abs(error) <= 1e-15, x, next_x)
        x = np.where(done, x, next_x)
    raise QuadratureError("exact posterior: the inversion of a cdf does not converge")
