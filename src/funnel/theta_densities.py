"""The posterior density of a theta or an eta given tau, with mu integrated out.

Let f(mu, t) be the joint density of mu and t = log tau, I(mu, tau) the integral of the likelihood L
of the group over its theta, and g = f / I the density without this group. Then

    p(theta, t) = L(theta) integral of Normal(theta | mu, tau) g(mu, t) over mu,

and similarly for eta = (theta - mu) / tau, with the standard normal density phi,

    p(eta, t) = phi(eta) integral of L(mu + tau eta) g(mu, t) over mu.

Where the other factor is wide compared with the distances of the nodes of mu, the integral is the
sum over these. Otherwise nodes are placed where that factor is, and log g is interpolated.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.polynomial import hermite_e, legendre
from scipy.special import logsumexp

from funnel.conditional_densities import ConditionalDensities, Mixture, SinhMap, limits
from funnel.group_integrals import NEGLIGIBLE_DROP, GroupIntegrals
from funnel.group_means import Array, Booleans, Indices
from funnel.likelihoods import Likelihood
from funnel.quadrature import QuadratureError, gauss_legendre
from funnel.working_response import empirical

# a factor is wide if its standard deviation is so many distances of the nodes of mu, where the
# product of both factors is largest
_WIDE = 2.0
_REACH = 5.0
_FAR = 6.0
_HERMITE, _HERMITE_WEIGHTS = hermite_e.hermegauss(24)
_LOG_ROOT_TWO_PI = 0.5 * np.log(2 * np.pi)
_NODES_PER_U = 11.0
_LARGEST_ERROR = 1e-5
_STEP = 0.15  # of the nodes that are placed


class ThetaDensities:
    """The densities of theta and eta given some values of log tau, `t` (n,).

    `given_t` are the densities of mu given t, `log_density` (n, M) is the log of the joint density
    at their nodes, and `log_integral` (n, M) is log I of the group there. `likelihood` is that of
    this group alone. Without it, theta is that of a new group.
    """

    def __init__(
        self,
        t: Array,
        given_t: ConditionalDensities,
        log_density: Array,
        log_integral: Array | float = 0.0,
        likelihood: Likelihood | None = None,
    ) -> None:
        self._likelihood = likelihood
        self._tau = np.exp(t)
        self._map, self._mu, order = given_t.map, given_t.x, given_t.x.shape[1]
        self._log_g = log_density - given_t.log_norm[:, None] - log_integral
        self._series = self._log_g @ gauss_legendre(order)[2].T
        _, self._steps = self._map.nodes(order)
        self._ends = self._map.x(np.stack([self._map.low, self._map.high], axis=1))
        mean = (given_t.weights * self._mu).sum(axis=1, keepdims=True)
        self._sd = np.sqrt((given_t.weights * (self._mu - mean) ** 2).sum(axis=1))

    def theta(self, weights: Array) -> Mixture:
        """Return the mixture of the densities of theta with weights (n,)."""
        center, scale = self._map.center, np.hypot(self._tau, self._map.scale)
        if self._likelihood is not None:
            center, _, sd = self._place()
            # sd^2 is the derivative of the mode by mu
            scale = np.hypot(self._tau * sd, sd**2 * self._map.scale)
        return self._mixture(self.log_density_of_theta, center, scale, weights)

    def eta(self, weights: Array) -> Mixture:
        """Return the mixture of the densities of eta with weights (n,)."""
        _, center, sd = self._place()
        scale = np.hypot(sd, (1 - sd**2) / self._tau * self._map.scale)
        return self._mixture(self.log_density_of_eta, center, scale, weights)

    def _place(self) -> tuple[Array, Array, Array]:
        """Return rough modes of theta and eta given a rough mode of mu, and the sd of eta."""
        assert self._likelihood is not None
        integrals = GroupIntegrals(self._likelihood, step=0.2)
        found = integrals.place(self._map.center[:, None], self._tau[:, None])
        center, center_eta, sd = (each[:, 0] for each in found)
        return center, center_eta, sd

    def _mixture(
        self,
        log_density: Callable[[Indices, Array], Array],
        center: Array,
        scale: Array,
        weights: Array,
    ) -> Mixture:
        low, high = limits(
            lambda rows, x: log_density(rows, x[:, None])[:, 0], center, scale, NEGLIGIBLE_DROP
        )
        sinh_map = SinhMap(center, scale, low, high)
        order = int(np.ceil(_NODES_PER_U * (high - low).max()))
        x, _ = sinh_map.nodes(order)
        values = log_density(np.arange(len(x)), x)
        densities = ConditionalDensities(sinh_map, values)
        # all of them must have an integral of 1
        error = float(weights @ np.abs(np.expm1(densities.log_norm)))
        if not error < _LARGEST_ERROR:
            raise QuadratureError(f"exact posterior: a density has an error of {error:.1g}")
        return Mixture(densities, weights)

    def _log_likelihood(self, theta: Array) -> Array:
        if self._likelihood is None:
            return np.zeros_like(theta)
        return self._likelihood.log_likelihood(theta[..., None])[..., 0]

    def log_density_of_theta(self, rows: Indices, x: Array) -> Array:
        """Return the log density given tau of some rows (n,) at x (n, m)."""
        row, theta = np.repeat(rows, x.shape[1]), x.ravel()
        tau = self._tau[row]
        terms = self._log_g[row] - 0.5 * ((theta[:, None] - self._mu[row]) / tau[:, None]) ** 2
        best = terms.argmax(axis=1)
        values = logsumexp(terms, axis=-1, b=self._steps[row]) - np.log(tau)
        reach = theta[:, None] + _REACH * tau[:, None] * np.array([-1.0, 1.0])
        inside = (reach > self._ends[row][:, :1]) & (reach < self._ends[row][:, 1:])
        narrow = (tau < _WIDE * self._steps[row, best]) & inside.all(axis=1)
        mu = theta[narrow][:, None] - tau[narrow][:, None] * _HERMITE
        log_g, _ = self._interpolated(row[narrow], mu)
        values[narrow] = logsumexp(log_g, axis=-1, b=_HERMITE_WEIGHTS)
        values += self._log_likelihood(theta) - _LOG_ROOT_TWO_PI
        return np.asarray(values.reshape(x.shape))

    def log_density_of_eta(self, rows: Indices, x: Array) -> Array:
        """Return the log density given tau of some rows (n,) at x (n, m)."""
        assert self._likelihood is not None
        row, eta = np.repeat(rows, x.shape[1]), x.ravel()
        shift = self._tau[row] * eta
        theta = self._mu[row] + shift[:, None]
        terms = self._log_g[row] + self._log_likelihood(theta)
        best = terms.argmax(axis=1)
        values = logsumexp(terms, axis=-1, b=self._steps[row])
        start = empirical(self._likelihood)
        peak, width = float(start.ybar[0]), float(start.standard_error[0])
        narrow = width < _WIDE * self._steps[row, best]
        if not self._likelihood.bounded.all():
            # where mu is in the flat part, far from the edge, the edge does not matter
            away = np.abs(theta[np.arange(len(row)), best] - peak)
            narrow &= away < _FAR * self._sd[row]
        if narrow.any():
            row, shift = row[narrow], shift[narrow][:, None]
            end = np.arcsinh((np.abs(self._mu[row] - peak).max() + np.abs(shift).max()) / width)
            u = np.linspace(-end, end, 1 + int(np.ceil(2 * end / _STEP)))
            theta = peak + width * np.sinh(u)
            log_terms = self._log_likelihood(theta) + np.log(width * np.cosh(u) * (u[1] - u[0]))
            keep = log_terms > log_terms.max() - 2 * NEGLIGIBLE_DROP
            log_g, inside = self._interpolated(row, theta[keep] - shift)
            values[narrow] = logsumexp(log_g + log_terms[keep], axis=-1, b=inside)
        return np.asarray(values.reshape(x.shape) - 0.5 * x**2 - _LOG_ROOT_TWO_PI)

    def _interpolated(self, rows: Indices, mu: Array) -> tuple[Array, Booleans]:
        """Return log g of some rows (n,) at mu (n, m), and whether it is inside the limits."""
        maps = self._map.select(rows)
        z, inside = maps.standardised(maps.u(mu))
        values = legendre.legval(z, self._series[rows].T[:, :, None], tensor=False)
        return values.astype(np.float64, copy=False), inside
