"""Quadrature over log tau and, for each value of it, over a second variable x.

x is mu, or log sigma. Both variables are mapped to hyperbolic sines around their center, which
resolve a narrow peak and a long tail with few nodes. log tau has panels of Gauss-Legendre nodes,
and x has Gauss-Legendre nodes within limits that are shared by the nodes of a panel. Center and
scale of x are smooth functions of log tau on each panel, so that the density can be interpolated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf, log
from typing import NamedTuple, Protocol

import numpy as np
from numpy.polynomial import legendre

from funnel.conditional_densities import ConditionalDensities, SinhMap, limits
from funnel.group_means import Array, Indices
from funnel.quadrature import PanelQuadrature, QuadratureError, gauss_legendre

NEGLIGIBLE_DROP = 32.0
_ORDER = 16  # of a panel
# the coefficients of center and log scale of x on each panel: as few as it takes to be close
_SMOOTH = (4, 6, 9, 12, _ORDER)
_CLOSE = 0.2
_FURTHEST = 80.0  # log tau is between minus this and this
# logs of densities lower than this, compared with the largest, are not distinguished
_LOWEST = -100.0


class Fineness(NamedTuple):
    """What multiplies the numbers of nodes of log tau, and those of all inner integrals."""

    t: float
    inner: float


# log tau mostly needs fewer nodes, but sometimes many
LEVELS = (
    Fineness(1.2, 1.2),
    Fineness(1.9, 1.5),
    Fineness(3.0, 1.8),
    Fineness(4.5, 2.4),
    Fineness(6.0, 3.4),
)
COARSE_LEVELS = (Fineness(0.95, 0.95), *LEVELS)


class Inner(Protocol):
    """A density of log tau, t, and x."""

    def center(self, t: Array) -> tuple[Array, Array]:
        """Return a rough mode and standard deviation of x at each t (n,)."""

    def log_density(self, t: Array, x: Array) -> Array:
        """Return the log of the joint density, up to a constant; the arguments broadcast."""

    @property
    def power(self) -> int:
        """The highest power of exp(x) whose mean is needed."""


@dataclass(frozen=True)
class Support:
    """The interval of log tau that matters, and mode and scale of its density."""

    low: float
    high: float
    center: float
    scale: float


def find_support(inner: Inner, start: float, largest_tau: float, power: int) -> Support:
    """Return the support of log tau, searched from `start`.

    By the Laplace approximation of the integral over x. `largest_tau` is where the density ends,
    and `power` is the highest moment of tau that is needed. Raises QuadratureError if the support
    extends beyond [-80, 80], or if the density is not finite.
    """
    end = log(largest_tau) if largest_tau < inf else _FURTHEST
    known: dict[float, float] = {}

    def add(t: Array) -> None:
        center, scale = inner.center(t)
        values = inner.log_density(t, center) + np.log(scale)
        if not np.all(np.isfinite(values)):
            raise QuadratureError("exact posterior: the density of log tau is not finite")
        known.update(zip(t.tolist(), values.tolist(), strict=True))

    start = min(start, end)
    add(np.array([start]))
    found = []
    for side, weight in ((-1.0, 0), (1.0, power)):
        edge = start
        while True:
            largest = max(value + weight * t for t, value in known.items())
            negligible = known[edge] + weight * edge < largest - NEGLIGIBLE_DROP
            if negligible or (side > 0 and edge == end):
                break
            if abs(edge) >= _FURTHEST:
                raise QuadratureError(
                    f"exact posterior: the posterior of log tau extends beyond {edge:.3g}"
                )
            steps = np.clip(edge + side * np.arange(1, 7), -_FURTHEST, end)
            add(np.unique(steps))
            edge = float(steps[-1])
        found.append(edge)
    for _ in range(4):
        t = np.array(sorted(known))
        best = int(np.argmax([known[each] for each in t]))
        around = t[max(best - 1, 0)], t[min(best + 1, len(t) - 1)]
        add(np.linspace(*around, 9)[1:-1])
    t = np.array(sorted(known))
    values = np.array([known[each] for each in t])
    best = int(values.argmax())
    drops = t[values < values[best] - 0.5]
    scale = np.abs(drops - t[best]).min()
    # the innermost of the points beyond which nothing matters
    low = t[: best + 1][values[: best + 1] < values[best] - NEGLIGIBLE_DROP]
    moment = values + power * t
    top = int(moment.argmax())
    high = t[top:][moment[top:] < moment[top] - NEGLIGIBLE_DROP]
    return Support(
        float(low.max()) if len(low) else found[0],
        float(high.min()) if len(high) else found[1],
        float(t[best]),
        float(scale),
    )


class NestedGrid:
    """The nodes t (T,) of log tau and x (T, M), for a support and a fineness of both."""

    def __init__(self, inner: Inner, support: Support, fineness: Fineness) -> None:
        self.support = support
        low, high = (self.v_of(np.array(t)) for t in (support.low, support.high))
        panels = max(2, int(np.ceil((high - low) * 0.6 * fineness.t)))
        self.edges = np.linspace(low, high, panels + 1)
        z, _, to_series = gauss_legendre(_ORDER)
        at = self.edges[:-1, None] + 0.5 * np.diff(self.edges)[:, None] * (1 + z)
        self.v = at.ravel()
        self.t = support.center + support.scale * np.sinh(self.v)
        center, scale = inner.center(self.t)
        series = [values.reshape(-1, _ORDER) @ to_series.T for values in (center, np.log(scale))]
        panel, z = np.repeat(np.arange(panels), _ORDER), np.tile(z, panels)
        for smooth in _SMOOTH:
            self._of_center, self._of_log_scale = (each[:, :smooth] for each in series)
            smoothed, smoothed_scale = self._center_and_scale(panel, z)
            away = np.abs(smoothed - center) / scale + np.abs(np.log(smoothed_scale / scale))
            if away.max() < _CLOSE:
                break
        center, scale = smoothed, smoothed_scale

        def log_density(rows: Indices, x: Array) -> Array:
            weight = inner.power * np.maximum(x - center[rows], 0.0)
            return np.asarray(inner.log_density(self.t[rows], x) + weight)

        ends = limits(log_density, center, scale, NEGLIGIBLE_DROP)
        self._low = ends[0].reshape(-1, _ORDER).min(axis=1)
        self._high = ends[1].reshape(-1, _ORDER).max(axis=1)
        widest = (self._high - self._low).max()
        self.order = max(12, int(np.ceil(4.5 * fineness.inner * widest)))
        self.map = SinhMap(
            center, scale, np.repeat(self._low, _ORDER), np.repeat(self._high, _ORDER)
        )
        self.x = self.map.nodes(self.order)[0]

    def v_of(self, t: Array) -> Array:
        """Return v at each t, where t is center + scale sinh(v)."""
        return np.asarray(np.arcsinh((t - self.support.center) / self.support.scale))

    def _center_and_scale(self, panel: Indices, z: Array) -> tuple[Array, Array]:
        basis = legendre.legvander(z, self._of_center.shape[1] - 1)
        center = (basis * self._of_center[panel]).sum(axis=1)
        return center, np.exp((basis * self._of_log_scale[panel]).sum(axis=1))

    def locate(self, t: Array) -> tuple[Indices, Array]:
        """Return the panel of each t (n,), and where it is there, from -1 to 1."""
        v = np.clip(self.v_of(t), self.edges[0], self.edges[-1])
        panel = np.clip(np.searchsorted(self.edges, v, side="right") - 1, 0, len(self.edges) - 2)
        left, right = self.edges[panel], self.edges[panel + 1]
        return panel, 2 * (v - left) / (right - left) - 1

    def map_at(self, t: Array) -> SinhMap:
        """Return the map of x at each t (n,)."""
        panel, z = self.locate(t)
        return SinhMap(*self._center_and_scale(panel, z), self._low[panel], self._high[panel])

    def interpolate(self, values: Array, t: Array) -> Array:
        """Return what `values` at the nodes, (T, ...), are at each t (n,)."""
        panel, z = self.locate(t)
        basis = legendre.legvander(z, _ORDER - 1) @ gauss_legendre(_ORDER)[2]
        of_panels = values.reshape(-1, _ORDER, *values.shape[1:])
        found = np.empty((len(t), *values.shape[1:]))
        for each in np.unique(panel):
            found[panel == each] = np.tensordot(basis[panel == each], of_panels[each], axes=1)
        return found


class NestedQuadrature:
    """The quadrature of a joint density, given its log at the nodes of a grid, (T, M).

    `log_density` (T, M) is what was given, `weights` (T,) are those of the nodes of log tau, and
    `given_t` are the densities of x given it.
    """

    def __init__(self, grid: NestedGrid, log_density: Array) -> None:
        self.grid = grid
        self.log_density = log_density
        self.given_t = ConditionalDensities(grid.map, log_density)
        self._log_marginal = self.given_t.log_norm
        in_v = self._log_marginal + np.log(np.cosh(grid.v)) + log(grid.support.scale)
        self._panels = PanelQuadrature(in_v.reshape(len(grid.edges) - 1, -1), grid.edges)
        self.weights = self._panels.weights

    @property
    def joint_weights(self) -> Array:
        """The weights of the nodes (t, x), (T, M)."""
        return self.weights[:, None] * self.given_t.weights

    def log_density_of_t(self, t: Array) -> Array:
        """Return the log density of log tau at each t, -inf outside of its support."""
        flat = t.reshape(-1)
        inside = (flat >= self.grid.support.low) & (flat <= self.grid.support.high)
        values = self.grid.interpolate(self._log_marginal, flat) - self._panels.log_norm
        return np.where(inside, values, -inf).reshape(t.shape)

    def cdf_of_t(self, t: Array) -> Array:
        """Return the cdf of log tau at each t."""
        return self._panels.cdf(self.grid.v_of(t))

    def quantile_of_t(self, p: Array) -> Array:
        """Return the quantiles of log tau at probabilities `p`."""
        support = self.grid.support

        def density(v: Array) -> Array:
            t = support.center + support.scale * np.sinh(v)
            return np.exp(self.log_density_of_t(t)) * support.scale * np.cosh(v)

        v = self._panels.quantile(p, density)
        return np.asarray(support.center + support.scale * np.sinh(v))

    def at(self, t: Array) -> ConditionalDensities:
        """Return the densities of x given each t (n,)."""
        largest = self.log_density.max(axis=1, keepdims=True)
        values = np.maximum(self.log_density - largest, _LOWEST) + largest
        return ConditionalDensities(self.grid.map_at(t), self.grid.interpolate(values, t))

    def draws(self, n: int, rng: np.random.Generator) -> tuple[Array, Array]:
        """Return independent draws of t and x, (n,) each: t first, then x given t."""
        t = self.quantile_of_t(rng.uniform(size=n))
        return t, self.at(t).quantile(rng.uniform(size=n))


def refine(
    evaluate: Callable[[Fineness], list[Array]],
    levels: Sequence[Fineness],
    tolerance: float,
    largest_error: float,
) -> float:
    """Call `evaluate` with growing fineness until the moments that it returns have converged.

    The moments are a list of means, standard deviations, and so on in pairs. Returns the largest
    relative change of the last step, which is larger than the error. Raises QuadratureError if it
    stays above `largest_error`.
    """
    previous, error = evaluate(levels[0]), inf
    for fineness in levels[1:]:
        moments = evaluate(fineness)
        error = relative_change(moments, previous)
        if error <= tolerance:
            return error
        previous = moments
    if error <= largest_error:
        return error
    raise QuadratureError(
        f"exact posterior: the quadrature does not converge (relative change {error:.1g})"
    )


def relative_change(moments: list[Array], previous: list[Array]) -> float:
    """Return the largest relative change of means and standard deviations.

    That of a mean is relative to its absolute value and its standard deviation. A moment that does
    not exist does not count.
    """
    error = 0.0
    new, old = ([np.where(np.isfinite(m), m, 0.0) for m in each] for each in (moments, previous))
    for mean, sd, old_mean, old_sd in zip(new[::2], new[1::2], old[::2], old[1::2], strict=True):
        for change, size in ((mean - old_mean, np.abs(mean) + sd), (sd - old_sd, sd)):
            relative = np.abs(change)[size > 0] / size[size > 0]
            error = max(error, relative.max(initial=0.0))
    return error
