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

from funnel.conditional_densities import (
    ConditionalDensities,
    Mixture,
    SinhMap,
    gauss_legendre,
    limits,
)
from funnel.group_integrals import NEGLIGIBLE_DROP, GroupIntegrals
from funnel.group_means import Array
from funnel.likelihoods import Likelihood
from funnel.nested_quadrature import NestedQuadrature
from funnel.working_response import empirical

# a factor is wide if its standard deviation is so many distances of nodes
_WIDE = 4.0
_HERMITE, _HERMITE_WEIGHTS = hermite_e.hermegauss(16)
_LOG_ROOT_TWO_PI = 0.5 * np.log(2 * np.pi)
_NEGLIGIBLE_WEIGHT = 1e-13
_NODES_PER_U = 11.0


class ThetaDensities:
    """The density of theta given tau at the nodes of a quadrature.

    `log_integral` (T, M) is log I of the group at the nodes, and `likelihood` is that of this group
    alone. Without them, theta is that of a new group.
    """

    def __init__(
        self,
        quadrature: NestedQuadrature,
        log_integral: Array | float = 0.0,
        likelihood: Likelihood | None = None,
    ) -> None:
        rows = np.flatnonzero(quadrature.weights > _NEGLIGIBLE_WEIGHT)
        given_t = quadrature.given_t
        self._weights = quadrature.weights[rows] / quadrature.weights[rows].sum()
        self._likelihood = likelihood
        self._tau = np.exp(quadrature.grid.t[rows])
        self._map, self._mu = given_t.map.select(rows), given_t.x[rows]
        weights = given_t.weights[rows]
        log_g = quadrature.log_density - given_t.log_norm[:, None] - log_integral
        self._log_g = log_g[rows]
        _, steps = self._map.nodes(self._mu.shape[1])
        self._log_weights = self._log_g + np.log(steps)
        self._distance = (weights * steps).sum(axis=1)
        self._mean = (weights * self._mu).sum(axis=1)
        self._sd = np.sqrt((weights * (self._mu - self._mean[:, None]) ** 2).sum(axis=1))
        self._series = self._log_g @ gauss_legendre(self._mu.shape[1])[2].T

    def theta(self) -> Mixture:
        """Return the posterior of theta, as a mixture over the nodes of tau."""
        center, scale = self._mean, np.hypot(self._tau, self._sd)
        if self._likelihood is not None:
            center, _, sd = self._place()
            # sd^2 is the derivative of the mode by mu
            scale = np.hypot(self._tau * sd, sd**2 * self._sd)
        return self._mixture(self._log_density_of_theta, center, scale)

    def eta(self) -> Mixture:
        """Return the posterior of eta, as a mixture over the nodes of tau."""
        assert self._likelihood is not None
        _, center, sd = self._place()
        scale = np.hypot(sd, (1 - sd**2) / self._tau * self._sd)
        return self._mixture(self._log_density_of_eta, center, scale)

    def _place(self) -> tuple[Array, Array, Array]:
        """Return rough modes of theta and eta given the mean of mu, and the sd of eta."""
        assert self._likelihood is not None
        integrals = GroupIntegrals(self._likelihood, step=0.2)
        found = integrals.place(self._mean[:, None], self._tau[:, None])
        center, center_eta, sd = (each[:, 0] for each in found)
        return center, center_eta, sd

    def _mixture(
        self, log_density: Callable[[Array, Array], Array], center: Array, scale: Array
    ) -> Mixture:
        low, high = limits(
            lambda rows, x: log_density(rows, x[:, None])[:, 0], center, scale, NEGLIGIBLE_DROP
        )
        sinh_map = SinhMap(center, scale, low, high)
        order = int(np.ceil(_NODES_PER_U * (high - low).max()))
        x, _ = sinh_map.nodes(order)
        values = log_density(np.arange(len(x)), x)
        return Mixture(ConditionalDensities(sinh_map, values), self._weights)

    def _log_likelihood(self, theta: Array) -> Array:
        if self._likelihood is None:
            return np.zeros_like(theta)
        return self._likelihood.log_likelihood(theta[..., None])[..., 0]

    def _log_density_of_theta(self, rows: Array, x: Array) -> Array:
        """Return the log density given tau of some rows (n,) at x (n, m)."""
        tau = self._tau[rows]
        values = np.empty(x.shape)
        wide = tau > _WIDE * self._distance[rows]
        at, tau_at = rows[wide], tau[wide][:, None, None]
        z = (x[wide][:, :, None] - self._mu[at][:, None, :]) / tau_at
        terms = self._log_weights[at][:, None, :] - 0.5 * z**2 - np.log(tau_at)
        values[wide] = logsumexp(terms, axis=-1) - _LOG_ROOT_TWO_PI
        mu = x[~wide][:, :, None] - tau[~wide][:, None, None] * _HERMITE
        log_g, _ = self._interpolated(rows[~wide], mu)
        values[~wide] = logsumexp(log_g, axis=-1, b=_HERMITE_WEIGHTS) - _LOG_ROOT_TWO_PI
        return values + self._log_likelihood(x)

    def _log_density_of_eta(self, rows: Array, x: Array) -> Array:
        """Return the log density given tau of some rows (n,) at x (n, m)."""
        assert self._likelihood is not None
        start = empirical(self._likelihood)
        peak, width = float(start.ybar[0]), float(start.standard_error[0])
        tau = self._tau[rows][:, None, None]
        values = np.empty(x.shape)
        wide = width > _WIDE * self._distance[rows]
        at = rows[wide]
        theta = self._mu[at][:, None, :] + tau[wide] * x[wide][:, :, None]
        terms = self._log_weights[at][:, None, :] + self._log_likelihood(theta)
        values[wide] = logsumexp(terms, axis=-1)
        at, tau, x_at = rows[~wide], tau[~wide], x[~wide][:, :, None]
        if len(at):
            reach = np.abs(self._mu[at] - peak).max() + (tau * np.abs(x_at)).max()
            end = np.arcsinh(reach / width)
            u = np.linspace(-end, end, 1 + int(np.ceil(2 * end / 0.15)))
            theta = peak + width * np.sinh(u)
            log_terms = self._log_likelihood(theta) + np.log(width * np.cosh(u) * (u[1] - u[0]))
            keep = log_terms > log_terms.max() - 2 * NEGLIGIBLE_DROP
            log_g, inside = self._interpolated(at, theta[keep] - tau * x_at)
            values[~wide] = logsumexp(log_g + log_terms[keep], axis=-1, b=inside)
        return values - 0.5 * x**2 - _LOG_ROOT_TWO_PI

    def _interpolated(self, rows: Array, mu: Array) -> tuple[Array, Array]:
        """Return log g of some rows (n,) at mu (n, m, r), and whether it is inside the limits."""
        flat = mu.reshape(len(rows), mu.shape[1] * mu.shape[2])
        maps = self._map.select(rows)
        z, inside = maps.standardised(maps.u(flat))
        values = legendre.legval(z, self._series[rows].T[:, :, None], tensor=False)
        return values.reshape(mu.shape), inside.reshape(mu.shape)
