"""What exact posteriors have in common, in one dimension or by a nested quadrature."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from funnel.group_means import Array, Booleans, Indices
from funnel.moments import Moments
from funnel.nested_quadrature import NestedQuadrature


class ExactBase(ABC):
    """Moments, densities, cdfs and quantiles of the estimands.

    Array arguments may have any shape, which the results share.
    """

    error: float
    _names: list[str]
    _moments: Moments
    # the posterior of mu, a theta or an eta
    _mixture: Callable[[str], Any]

    def mean(self) -> dict[str, float]:
        """Return the posterior mean of each estimand.

        Where it does not exist, it is infinite for a positive estimand, and otherwise nan.
        """
        return self._named(self._moments.mean)

    def sd(self) -> dict[str, float]:
        """Return the posterior standard deviation of each estimand.

        It is infinite where there is a mean and no variance, and nan where there is no mean.
        """
        return self._named(self._moments.sd)

    def mean_of_square(self) -> dict[str, float]:
        """Return the posterior mean of the square of each estimand, nan if it does not exist."""
        return self._named(self._moments.mean_of_square)

    def sd_of_square(self) -> dict[str, float]:
        """Return the posterior standard deviation of the square of each estimand, nan if none."""
        return self._named(self._moments.sd_of_square)

    @abstractmethod
    def log_density(self, log_tau: ArrayLike) -> Array:
        """Return the log density of log tau at each value in `log_tau`.

        It is minus infinity where the density is negligible.
        """

    @abstractmethod
    def expectation(self, function: Callable[[Array], Array]) -> float:
        """Return the posterior mean of a bounded, smooth function of log tau.

        `function` maps an array of values of log tau to an array of the same shape.
        """

    def density(self, estimand: str, x: ArrayLike) -> Array:
        """Return the posterior density of one estimand at each value in `x`."""
        x = np.asarray(x, dtype=float)
        if estimand not in ("tau", "log_tau"):
            return np.asarray(self._mixture(estimand).density(x))
        if estimand == "log_tau":
            return np.exp(self.log_density(x))
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(x > 0, np.exp(self.log_density(np.log(x))) / x, 0.0)

    def joint_density(self, estimand: str, x: ArrayLike, log_tau: ArrayLike) -> Array:
        """Return the joint posterior density of (estimand, log tau) at pairs of values.

        The estimand is mu, a theta or an eta. `x` has its values and `log_tau` those of log tau;
        the arrays are broadcast against each other.
        """
        x, t = np.broadcast_arrays(np.asarray(x, dtype=float), np.asarray(log_tau, dtype=float))
        density = self.density("log_tau", t)
        inside = density > 0
        found = np.zeros(x.shape)
        if inside.any():
            distinct, row = np.unique(t[inside], return_inverse=True)
            given_t = self._joint_density_given(estimand, x[inside], distinct, row)
            found[inside] = density[inside] * given_t
        return found

    def cdf(self, estimand: str, x: ArrayLike) -> Array:
        """Return the posterior cdf of one estimand at each value in `x`."""
        x = np.asarray(x, dtype=float)
        if estimand not in ("tau", "log_tau"):
            return np.asarray(self._mixture(estimand).cdf(x))
        with np.errstate(divide="ignore"):
            t = np.log(np.maximum(x, 0.0)) if estimand == "tau" else x
        return self._cdf_of_t(t)

    def quantile(self, estimand: str, p: ArrayLike) -> Array:
        """Return the posterior quantiles of one estimand at probabilities `p`, all in (0, 1).

        Raises QuadratureError if the inversion of the cdf does not converge.
        """
        p = np.asarray(p, dtype=float)
        if estimand not in ("tau", "log_tau"):
            return np.asarray(self._mixture(estimand).quantile(p))
        t = self._quantile_of_t(p)
        return np.exp(t) if estimand == "tau" else t

    @abstractmethod
    def draws(self, n: int, rng: np.random.Generator) -> dict[str, Array]:
        """Return `n` independent draws of each variable."""

    @abstractmethod
    def data_weight(self) -> Array:
        """Return the expected weight of the data in the mean of each theta, (K,)."""

    @abstractmethod
    def _cdf_of_t(self, t: Array) -> Array:
        """Return the cdf of t = log tau."""

    @abstractmethod
    def _quantile_of_t(self, p: Array) -> Array:
        """Return the quantiles of t = log tau at probabilities `p`."""

    @abstractmethod
    def _joint_density_given(self, estimand: str, x: Array, t: Array, row: Indices) -> Array:
        """Return the density of an estimand at x (n,) given t[row] (n,)."""

    def _positive(self) -> Booleans:
        return np.array([name in ("tau", "sigma") for name in self._names])

    def _named(self, values: Array) -> dict[str, float]:
        return dict(zip(self._names, values.tolist(), strict=True))


class NestedExact(ExactBase):
    """An exact posterior by a nested quadrature."""

    _quadrature: NestedQuadrature

    def log_density(self, log_tau: ArrayLike) -> Array:
        return self._quadrature.log_density_of_t(np.asarray(log_tau, dtype=float))

    def expectation(self, function: Callable[[Array], Array]) -> float:
        return float(self._quadrature.weights @ function(self._quadrature.grid.t))

    def _cdf_of_t(self, t: Array) -> Array:
        return self._quadrature.cdf_of_t(t)

    def _quantile_of_t(self, p: Array) -> Array:
        return self._quadrature.quantile_of_t(p)
