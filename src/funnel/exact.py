"""The exact posterior of a data set, by numerical integration over tau.

Let s_k = sigma_k / sqrt(n_k) be the standard error of the group mean ybar_k. Given tau,
ybar_k ~ Normal(mu, v_k) with v_k = tau^2 + s_k^2. Hence mu given tau and y is normal, with

    precision P = sum_k 1 / v_k + 1 / mu_sd^2  and
    mean m = (sum_k ybar_k / v_k + mu_mean / mu_sd^2) / P,

and theta_k given mu, tau and y is normal with mean w_k ybar_k + (1 - w_k) mu and variance
w_k s_k^2, where w_k = tau^2 / v_k. The marginal posterior density of tau is, up to a constant,

    p(tau | y) = p(tau) P^(-1/2) exp(-(m - mu_mean)^2 / (2 mu_sd^2))
                 prod_k v_k^(-1/2) exp(-(ybar_k - m)^2 / (2 v_k)).

A flat prior of mu is the limit of an infinite mu_sd. See section 5.4 of Gelman, Carlin, Stern,
Dunson, Vehtari and Rubin (2013), Bayesian Data Analysis, third edition, where it is flat.

With covariates x_k of the groups, theta_k ~ Normal(mu + x_k beta, tau). Given tau and y, mu and
beta are normal with a precision matrix, whose determinant takes the place of P, and mu + x_k beta
takes the place of mu: see the module `coefficients`.

For large tau the likelihood decreases as tau^-(K - f), where f of the coefficients, mu and beta,
have a flat prior. If the prior of tau decreases as tau^-a, the posterior thus decreases as tau^-d
with d = a + K - f. It is proper if d > 1, and tau has a moment of order m if m < d - 1. So has a
coefficient if its prior is flat; otherwise it has all moments, and so has every theta.

This leaves integrals over t = log tau. They are computed by Gauss-Legendre quadrature on panels of
equal width, whose number is doubled until the moments converge.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf, log

import numpy as np
from numpy.typing import ArrayLike

from funnel.coefficients import Coefficients, GivenTau
from funnel.covariates import Covariates
from funnel.exact_base import ExactBase
from funnel.group_means import Array, GroupMeans, Indices, estimands
from funnel.moments import Moments, highest_power
from funnel.nested_quadrature import relative_change
from funnel.priors import Flat, PairOfPriors, check_proper, tail_power
from funnel.quadrature import NormalMixture, PanelQuadrature, nodes_of
from funnel.quadrature import QuadratureError as QuadratureError

# where the log of an integrand is this much below its maximum, the integrand is negligible: less
# than 1e-17 of the integral is left out
_NEGLIGIBLE_DROP = 45.0
# larger log densities have rounding errors that are not negligible compared with the tolerance
_MAX_LOG_DENSITY = 1e6
# the values of log tau among which the support is searched
_SCAN = np.linspace(-80.0, 80.0, 1601)
_TOLERANCE = 1e-10
_FIRST_PANELS, _MAX_PANELS = 16, 4096


class ExactPosterior(ExactBase):
    """The exact posterior of mu, tau, log tau and theta, given the group means of one data set.

    Estimands are named as by `estimands`: `mu`, `tau`, `log_tau` and `theta[k]`. With `covariates`,
    which are optional, there is `beta[name]` for each, and mu is the mean where they are 0. The
    methods `density`, `joint_density`, `cdf` and `quantile` also take `eta[k]` =
    (theta_k - mu - x_k beta) / tau, and `theta[new]`, the theta of an individual without data, and
    with covariates that are 0.

    The attribute `error` is the largest relative change of a mean or standard deviation in the last
    refinement.

    Raises ValueError if the posterior is improper. Raises QuadratureError if the moments do not
    converge (to a relative change below 1e-10 when the number of panels is doubled), if a moment is
    not finite, if data and priors conflict so strongly that rounding errors matter, or if the
    posterior of log tau extends beyond [-80, 80].
    """

    def __init__(
        self, means: GroupMeans, priors: PairOfPriors, covariates: Covariates | None = None
    ) -> None:
        covariates = covariates or Covariates.none(means.K)
        self._ybar = np.asarray(means.ybar, dtype=float)
        with np.errstate(over="ignore"):
            self._variance = np.asarray(means.standard_error, dtype=float) ** 2
        self._tau_prior = priors.of_tau
        self._coefficient_priors = (priors.of_mu, *covariates.priors)
        self._coefficients = Coefficients(means, self._coefficient_priors, covariates.x)
        self._names = [*estimands(means.K), *(f"beta[{name}]" for name in covariates.names)]
        self._tail_power = tail_power(means.K, priors, covariates.priors)
        check_proper(means.K, priors, covariates.priors)
        low, high = self._support()
        previous: list[Array] | None = None
        panels = _FIRST_PANELS
        while True:
            self._integrate(np.linspace(low, high, panels + 1))
            if previous is not None:
                self.error = relative_change(self._moments.all, previous)
                if self.error <= _TOLERANCE:
                    return
            if panels >= _MAX_PANELS:
                raise QuadratureError(
                    "exact posterior: the quadrature over log tau in "
                    f"[{low:.3g}, {high:.3g}] does not converge with {panels} panels"
                )
            previous, panels = self._moments.all, 2 * panels

    def log_density(self, log_tau: ArrayLike) -> Array:
        t = np.asarray(log_tau, dtype=float)
        return self._log_density(t, self._coefficients.given(t)) - self._quadrature.log_norm

    def _log_density(self, t: Array, given: GivenTau) -> Array:
        """Return the log density of log tau, up to a constant."""
        # the sum of squares avoids the cancellation of sum ybar^2 / v - m^2 P
        logs = np.log(given.weights).sum(-1) - np.log(given.precision).sum(-1)
        log_likelihood = 0.5 * (logs - given.squares)
        values = np.asarray(log_likelihood + self._tau_prior.log_kernel(np.exp(t)) + t)
        if self._tau_prior.largest == inf:
            return values
        return np.where(t <= log(self._tau_prior.largest), values, -inf)

    def expectation(self, function: Callable[[Array], Array]) -> float:
        return float(self._weights @ function(self._node_log_tau))

    def _cdf_of_t(self, t: Array) -> Array:
        return self._quadrature.cdf(t)

    def _quantile_of_t(self, p: Array) -> Array:
        return self._quadrature.quantile(p, lambda t: np.exp(self.log_density(t)))

    def data_weight(self) -> Array:
        """Return E[tau^2 / (tau^2 + sigma_k^2 / n_k) | y] of each individual, (K,).

        This is the expected weight of ybar_k, as opposed to mu, in the conditional mean of theta_k.
        """
        return np.asarray(self._weights @ self._shrinkage)

    def predictive(self, estimand: str, sigma: float, x: Array | None = None) -> NormalMixture:
        """Return the posterior predictive distribution of an observation.

        Given mu or the theta that `estimand` names, it is normal with this mean and the standard
        deviation `sigma`. `x` (p,) are the covariates of mu or `theta[new]`, if they are not 0.
        """
        if x is None:
            mean, sd = self._moments_at_nodes(estimand)
        else:
            mean, sd = self._moments_given(estimand, self._node_log_tau, x)
        return NormalMixture(mean, np.hypot(sd, sigma), self._weights)

    def draws(self, n: int, rng: np.random.Generator) -> dict[str, Array]:
        """Return `n` independent draws of mu (n,), tau (n,) and theta (n, K).

        With covariates there is also beta (n, p). They are drawn by composition: tau, then mu and
        beta given tau, then theta given all of them.
        """
        t, K = self.quantile("log_tau", rng.uniform(size=n)), len(self._ybar)
        given = self._coefficients.given(t)
        drawn = rng.normal(given.mean, given.precision**-0.5)
        center, coefficients = np.split(given.rows(drawn, slice(None)), [K], axis=1)
        shrinkage, rest = np.exp(2 * t)[:, None] * given.weights, self._variance * given.weights
        theta = rng.normal(
            shrinkage * self._ybar + rest * center, np.sqrt(shrinkage * self._variance)
        )
        draws = {"mu": coefficients[:, 0], "tau": np.exp(t), "theta": theta}
        return draws if coefficients.shape[1] == 1 else {**draws, "beta": coefficients[:, 1:]}

    def _support(self) -> tuple[float, float]:
        """Return the interval of log tau outside of which all integrands are negligible."""
        end = log(self._tau_prior.largest)
        scan = _SCAN if end == inf else np.append(_SCAN[end > _SCAN], end)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            log_density = self._log_density(scan, self._coefficients.given(scan))
        if not np.all(np.isfinite(log_density)):
            raise QuadratureError("exact posterior: the density of log tau is not finite")
        if abs(log_density.max()) > _MAX_LOG_DENSITY:
            raise QuadratureError(
                "exact posterior: data and priors conflict too strongly (largest log density "
                f"{log_density.max():.3g})"
            )
        low = np.flatnonzero(log_density > log_density.max() - _NEGLIGIBLE_DROP)[0]
        # the integrand of the highest moment of tau that is needed has the heaviest upper tail
        moment = log_density + highest_power(self._tail_power) * scan
        high = np.flatnonzero(moment > moment.max() - _NEGLIGIBLE_DROP)[-1]
        ends = high == len(scan) - 1 and scan[-1] == end
        if low == 0 or (high == len(scan) - 1 and not ends):
            raise QuadratureError(
                "exact posterior: the posterior of log tau extends beyond "
                f"[{_SCAN[0]:g}, {_SCAN[-1]:g}]"
            )
        return float(scan[low - 1]), float(scan[high] if ends else scan[high + 1])

    def _integrate(self, edges: Array) -> None:
        """Compute the quadrature and all moments on the panels of log tau between `edges`."""
        K, shape, t = len(self._ybar), nodes_of(edges).shape, nodes_of(edges).ravel()
        given = self._coefficients.given(t)
        self._quadrature = PanelQuadrature(self._log_density(t, given).reshape(shape), edges)
        self._weights, self._node_log_tau = self._quadrature.weights, t
        self._shrinkage = np.exp(2 * t)[:, None] * given.weights
        rest = self._variance * given.weights  # not 1 - shrinkage, which has no digits at large tau
        center, spread = given.moments(slice(K))
        theta = self._shrinkage * self._ybar + rest * center
        theta_sd = np.sqrt(self._shrinkage * self._variance + rest**2 * spread)
        coefficients, spread = given.moments(slice(K, None))
        sd, tau, nothing = np.sqrt(spread), np.exp(t), np.zeros_like(t)
        means = np.column_stack([coefficients[:, 0], tau, t, theta, coefficients[:, 1:]])
        sds = np.column_stack([sd[:, 0], nothing, nothing, theta_sd, sd[:, 1:]])
        self._node_means, self._node_sds = means, sds
        mean = self._weights @ means
        variances, squared_means = sds**2, means**2
        sd = np.sqrt(self._weights @ (variances + (means - mean) ** 2))
        squares = variances + squared_means
        mean_of_square = self._weights @ squares
        # as a sum of variances, since the difference of large moments would lose all digits
        of_squares = 2 * variances * (squares + squared_means)
        of_squares += (squares - mean_of_square) ** 2
        if not np.all(np.isfinite([*mean, *sd])):
            raise QuadratureError("exact posterior: the moments are not finite")
        moments = Moments(mean, sd, mean_of_square, np.sqrt(self._weights @ of_squares))
        flat = [isinstance(prior, Flat) for prior in self._coefficient_priors]
        heavy = np.array([flat[0], True, False, *np.zeros(K, dtype=bool), *flat[1:]])
        powers = np.where(heavy, self._tail_power, inf)
        self._moments = moments.where_they_exist(powers, self._positive())

    def _joint_density_given(self, estimand: str, x: Array, t: Array, row: Indices) -> Array:
        mean, sd = (each[row] for each in self._moments_given(estimand, t))
        return np.asarray(np.exp(-0.5 * ((x - mean) / sd) ** 2) / (sd * np.sqrt(2 * np.pi)))

    def _mixture(self, estimand: str) -> NormalMixture:
        """Return a mixture over the nodes of tau."""
        return NormalMixture(*self._moments_at_nodes(estimand), self._weights)

    def _moments_at_nodes(self, estimand: str) -> tuple[Array, Array]:
        """Return mean and sd of all but tau, given tau, at each node of the quadrature."""
        if estimand not in self._names:
            return self._moments_given(estimand, self._node_log_tau)
        k = self._names.index(estimand)
        return self._node_means[:, k], self._node_sds[:, k]

    def _moments_given(
        self, estimand: str, t: Array, x: Array | None = None
    ) -> tuple[Array, Array]:
        """Return mean and sd of mu, a beta, a theta or an eta given log tau, shaped as `t`.

        `x` are the covariates of mu or `theta[new]`, if they are not 0.
        """
        K, row = len(self._ybar), self._row(estimand)
        if x is not None:
            row = K + len(self._coefficient_priors)
        given = self._coefficients.given(t, x)
        center, spread = (each[..., 0] for each in given.moments(slice(row, row + 1)))
        if estimand == "theta[new]":
            return center, np.sqrt(spread + np.exp(2 * t))
        if row >= K:
            return center, np.sqrt(spread)
        ybar, variance, weight = self._ybar[row], self._variance[row], given.weights[..., row]
        tau = np.exp(t)
        if estimand.startswith("eta"):  # divided by tau analytically, because tau may underflow
            slope = tau * weight
            return slope * (ybar - center), np.sqrt(variance * weight + slope**2 * spread)
        shrinkage, rest = tau**2 * weight, variance * weight
        sd = np.sqrt(shrinkage * variance + rest**2 * spread)
        return shrinkage * ybar + rest * center, sd

    def _row(self, estimand: str) -> int:
        """Return the row of `GivenTau` that is the mean of theta or eta, or is mu or a beta."""
        if estimand in ("mu", "theta[new]"):
            return len(self._ybar)
        if estimand.startswith("beta"):
            return self._names.index(estimand) - 2  # tau and log tau are no rows
        return int(estimand.rstrip("]").split("[")[1])
