"""The exact posterior of a data set: mu and theta integrated out, tau by quadrature.

Given tau, ybar_k ~ Normal(mu, v_k) with v_k = tau^2 + s_k^2 and s_k = sigma_k / sqrt(n_k), so mu
given tau is normal with precision P = sum_k 1 / v_k + 1 / mu_sd^2, and theta_k given mu and tau
is normal too (Gelman et al., Bayesian Data Analysis, 3rd ed. 2013, section 5.4). What remains is
the one-dimensional density of t = log tau, integrated by Gauss-Legendre on panels that are
halved until nothing changes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from funnel.data import GroupMeans, Priors

Array = NDArray[np.float64]

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)
# beyond this drop of the log density below its mode lies less than 1e-17 of the mass
_NEGLIGIBLE = 45.0
_SCAN = np.linspace(-80.0, 80.0, 1601)
_TOLERANCE = 1e-10
_MAX_PANELS = 4096


class QuadratureError(ArithmeticError):
    """The quadrature over tau did not reach its tolerance."""


class ExactPosterior:
    """The posterior of mu, tau and theta given the group means of one data set.

    Raises QuadratureError if the integrals over tau do not settle to a relative change under
    1e-10 when the panels are halved.
    """

    def __init__(self, means: GroupMeans, priors: Priors) -> None:
        self._ybar = np.asarray(means.ybar, dtype=float)
        self._variance = np.asarray(means.standard_error, dtype=float) ** 2
        self._priors = priors
        low, high = self._support()
        previous: Array | None = None
        panels = 16
        while True:
            self._integrate(np.linspace(low, high, panels + 1))
            summary = self._signature()
            if previous is not None and np.allclose(
                summary, previous, rtol=_TOLERANCE, atol=_TOLERANCE**2
            ):
                return
            if panels >= _MAX_PANELS:
                change = np.max(np.abs(summary - previous)) if previous is not None else np.inf
                raise QuadratureError(
                    f"exact posterior: {panels} panels over log tau in [{low:.3g}, {high:.3g}] "
                    f"still change its moments by {change:.3g}"
                )
            previous, panels = summary, 2 * panels

    def log_density(self, log_tau: ArrayLike) -> Array:
        """Unnormalised log posterior density of t = log tau, at each of `log_tau`."""
        t = np.asarray(log_tau, dtype=float)
        tau2 = np.exp(2 * t)
        v = tau2[..., None] + self._variance
        precision = (1 / v).sum(-1) + self._priors.mu_sd**-2
        mean = (self._ybar / v).sum(-1) / precision
        # the sum of squares about `mean` rather than m^2 P - sum ybar^2 / v: no cancellation
        squares = ((self._ybar - mean[..., None]) ** 2 / v).sum(-1)
        squares += mean**2 / self._priors.mu_sd**2
        log_likelihood = -0.5 * (np.log(v).sum(-1) + np.log(precision) + squares)
        return np.asarray(log_likelihood - 0.5 * tau2 / self._priors.tau_sd**2 + t)

    def data_weight(self) -> Array:
        """E[tau^2 / (tau^2 + sigma_k^2 / n_k) | y] of every individual, (K,)."""
        tau2 = np.exp(2 * self._t)[:, None]
        return np.asarray(self._w @ (tau2 / (tau2 + self._variance)))

    def mean(self) -> dict[str, float]:
        """Posterior means of mu, tau and log_tau."""
        return {
            "mu": float(self._w @ self._mu_mean),
            "tau": float(self._w @ np.exp(self._t)),
            "log_tau": float(self._w @ self._t),
        }

    def sd(self) -> dict[str, float]:
        """Posterior standard deviations of mu, tau and log_tau."""
        mean = self.mean()
        tau = np.exp(self._t)
        return {
            "mu": float(np.sqrt(self._w @ (self._mu_variance + (self._mu_mean - mean["mu"]) ** 2))),
            "tau": float(np.sqrt(self._w @ (tau - mean["tau"]) ** 2)),
            "log_tau": float(np.sqrt(self._w @ (self._t - mean["log_tau"]) ** 2)),
        }

    def _support(self) -> tuple[float, float]:
        """The interval of log tau outside of which the density is negligible."""
        log_density = self.log_density(_SCAN)
        inside = np.flatnonzero(log_density > log_density.max() - _NEGLIGIBLE)
        first, last = max(inside[0] - 1, 0), min(inside[-1] + 1, len(_SCAN) - 1)
        return float(_SCAN[first]), float(_SCAN[last])

    def _integrate(self, edges: Array) -> None:
        half = np.diff(edges)[:, None] / 2
        t = (edges[:-1, None] + half * (1 + _NODES)).ravel()
        log_density = self.log_density(t)
        shift = log_density.max()
        mass = np.exp(log_density - shift) * (half * _WEIGHTS).ravel()
        self._t, self._w = t, mass / mass.sum()
        self._log_norm = float(shift + np.log(mass.sum()))
        v = np.exp(2 * t)[:, None] + self._variance
        precision = (1 / v).sum(-1) + self._priors.mu_sd**-2
        self._mu_mean = (self._ybar / v).sum(-1) / precision
        self._mu_variance = 1 / precision

    def _signature(self) -> Array:
        return np.array([*self.mean().values(), *self.sd().values(), self._log_norm])
