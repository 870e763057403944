"""Densities of one variable, each given by its values at quadrature nodes, and their mixtures.

Each density is that of x = center + scale sinh(u), with u between two limits, where it has
Gauss-Legendre nodes. In between, it is the polynomial in u that has these values.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import legendre

from funnel.group_means import Array, Booleans, Indices
from funnel.quadrature import gauss_legendre, invert, narrowed


@dataclass(frozen=True)
class SinhMap:
    """The map x = center + scale sinh(u) with u in [low, high], for n densities: (n,) each."""

    center: Array
    scale: Array
    low: Array
    high: Array

    def nodes(self, order: int) -> tuple[Array, Array]:
        """Return x at the nodes, and the weights of an integral over x, (n, order) each."""
        half = 0.5 * (self.high - self.low)[:, None]
        z, weights, _ = gauss_legendre(order)
        u = self.low[:, None] + half * (1 + z)
        return self.x(u), weights * half * self.derivative(u)

    def x(self, u: Array) -> Array:
        """Return x at u (n, m)."""
        return np.asarray(self.center[:, None] + self.scale[:, None] * np.sinh(u))

    def derivative(self, u: Array) -> Array:
        """Return dx / du at u (n, m)."""
        return np.asarray(self.scale[:, None] * np.cosh(u))

    def u(self, x: Array) -> Array:
        """Return u at x, (n, m) or (m,)."""
        return np.asarray(np.arcsinh((x - self.center[:, None]) / self.scale[:, None]))

    def standardised(self, u: Array) -> tuple[Array, Booleans]:
        """Return u as a number in [-1, 1], and whether it is inside of the limits."""
        low, high = self.low[:, None], self.high[:, None]
        z = 2 * (u - low) / (high - low) - 1
        return np.clip(z, -1.0, 1.0), np.abs(z) <= 1

    def select(self, rows: Indices) -> SinhMap:
        """Return the map of some of the densities."""
        return SinhMap(*(each[rows] for each in (self.center, self.scale, self.low, self.high)))


def limits(
    log_density: Callable[[Indices, Array], Array], center: Array, scale: Array, drop: float
) -> tuple[Array, Array]:
    """Return the limits of u (n,) beyond which the density of u is negligible.

    `log_density` is called with indices of densities (m,) and a value of x for each.
    """
    every = np.arange(len(center))
    at_center = log_density(every, center)
    found = []
    for side in (-1.0, 1.0):
        limit, largest, active, u = np.zeros(len(center)), at_center.copy(), every, 1.5
        while len(active) and u < 60:
            x = center[active] + side * scale[active] * np.sinh(u)
            values = log_density(active, x) + np.log(np.cosh(u))
            done = ~(values >= largest[active] - drop)
            largest[active] = np.fmax(largest[active], values)
            limit[active], active, u = u, active[~done], u + 0.5
        found.append(side * limit)
    return found[0], found[1]


class ConditionalDensities:
    """n densities on a `SinhMap`, given their logs at its nodes (n, order), up to a constant.

    `weights` (n, order) are those of a mean over each density, and `x` are the nodes. `log_norm`
    (n,) is the log of each integral.
    """

    def __init__(self, sinh_map: SinhMap, log_density: Array) -> None:
        self.map, order = sinh_map, log_density.shape[1]
        self.x, of_integral = sinh_map.nodes(order)
        shift = log_density.max(axis=1, keepdims=True)
        density = np.exp(log_density - shift)
        total = (density * of_integral).sum(axis=1, keepdims=True)
        self.log_norm = (shift + np.log(total))[:, 0]
        self.weights = density * of_integral / total
        _, weights, to_series = gauss_legendre(order)
        # of the density of z in [-1, 1]
        self._series = to_series @ (self.weights / weights).T
        self._antiderivative = legendre.legint(self._series, lbnd=-1)

    def density(self, x: Array) -> Array:
        """Return each density at x, (n, m), or (m,) for the same values for all of them."""
        return self.density_of(np.arange(len(self.x)), x)

    def density_of(self, rows: Indices, x: Array) -> Array:
        """Return some of the densities at x (n, m)."""
        maps = self.map.select(rows)
        u = maps.u(x)
        z, inside = maps.standardised(u)
        values = legendre.legval(z, self._series[:, rows, None], tensor=False)
        half = 0.5 * (maps.high - maps.low)[:, None]
        return np.where(inside, values / (half * maps.derivative(u)), 0.0)

    def cdf(self, x: Array) -> Array:
        """Return each cdf at x, (n, m), or (m,) for the same values for all of them."""
        z, _ = self.map.standardised(self.map.u(x))
        values = legendre.legval(z, self._antiderivative[:, :, None], tensor=False)
        return np.clip(values, 0.0, 1.0)

    def quantile(self, p: Array) -> Array:
        """Return the quantile of each density at its own probability, p (n,)."""
        ends = (self.map.x(each[:, None])[:, 0] for each in (self.map.low, self.map.high))
        return invert(
            lambda x: self.cdf(x[:, None])[:, 0], lambda x: self.density(x[:, None])[:, 0], p, *ends
        )


@dataclass(frozen=True)
class Mixture:
    """A mixture of densities, with weights (n,) that sum to 1."""

    densities: ConditionalDensities
    weights: Array

    def density(self, x: Array) -> Array:
        """Return the density at each value in `x`."""
        return (self.weights @ self.densities.density(x.reshape(-1))).reshape(x.shape)

    def cdf(self, x: Array) -> Array:
        """Return the cdf at each value in `x`."""
        return (self.weights @ self.densities.cdf(x.reshape(-1))).reshape(x.shape)

    def quantile(self, p: Array) -> Array:
        """Return the quantiles at probabilities `p`, all in (0, 1).

        Raises QuadratureError if the inversion of the cdf does not converge.
        """
        maps, typical = self.densities.map, self.weights.argmax()
        low = np.full(p.shape, maps.x(maps.low[:, None]).min())
        high = np.full(p.shape, maps.x(maps.high[:, None]).max())
        center, width = float(maps.center[typical]), float(maps.scale[typical])
        low, high = narrowed(self.cdf, p, low, high, center, width)
        return invert(self.cdf, self.density, p, low, high)

    def expectation(self, function: Callable[[Array], Array]) -> float:
        """Return the mean of a function of x."""
        return float(self.weights @ (self.densities.weights * function(self.densities.x)).sum(1))
