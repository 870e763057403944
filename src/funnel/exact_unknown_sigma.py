"""The exact posterior of the normal model with a common unknown sigma, by quadrature.

Given tau and sigma, all is as in `funnel.exact`, with s_k = sigma / sqrt(n_k), and the sum of
squares within groups, S, adds a factor:

    p(tau, sigma | y) = p(sigma) sigma^-(N - K) exp(-S / (2 sigma^2)) p(tau) P^(-1/2)
                        exp(-(m - mu_mean)^2 / (2 mu_sd^2))
                        product of v_k^(-1/2) exp(-(ybar_k - m)^2 / (2 v_k)) over k,

up to a constant (Box and Tiao 1973, Bayesian Inference in Statistical Analysis, chapter 5; Gelman
et al. 2013, Bayesian Data Analysis, section 11.6). This leaves two dimensions, log tau and
log sigma: see `funnel.nested_quadrature`.

If the priors of tau and sigma decrease as tau^-a and sigma^-b, and N is replaced by N - 1 and K by
K - 1 under a flat prior of mu, the posterior decreases as tau^-(a + K) where sigma is bounded, as
sigma^-(b + N) where tau is (one less if the prior of tau is a constant), and as
r^-(a + b + N - 1) where both are of size r.
"""

from __future__ import annotations

from functools import cache
from math import inf

import numpy as np
from numpy.typing import ArrayLike

from funnel.conditional_densities import Mixture
from funnel.exact_base import NestedExact
from funnel.group_means import Array, Indices, estimands
from funnel.likelihoods.normal_unknown_sigma import NormalUnknownSigma
from funnel.moments import Moments, highest_power, normal_variance_of_square
from funnel.nested_quadrature import (
    LEVELS,
    Fineness,
    NestedGrid,
    NestedQuadrature,
    find_support,
    refine,
)
from funnel.placement import mu_given_tau
from funnel.priors import Flat, PairOfPriors, TauPrior, check_proper, tail_power
from funnel.quadrature import NormalMixture
from funnel.rough_tau import typical_tau

_NEGLIGIBLE_WEIGHT = 1e-15
_ROUNDS = 7  # of the search of the mode of log sigma
_WIDEST = 2.0
_MANY = 100
# so many refinements are needed where two values of sigma compete
_LEVELS = (*LEVELS, Fineness(8.0, 5.4), Fineness(10.0, 7.8))


class ExactUnknownSigma(NestedExact):
    """The exact posterior of mu, tau, log tau, theta and sigma of a data set.

    It has the methods of `funnel.exact.ExactPosterior`, with the further estimand `sigma`, and the
    attribute `error`: the largest relative change of a mean or standard deviation in the last
    refinement, which is below 1e-8 for up to 100 groups and below 1e-6 for more.

    Raises ValueError if the posterior is improper, and QuadratureError if the quadrature does not
    converge or the posterior of log tau extends beyond [-80, 80].
    """

    def __init__(
        self, likelihood: NormalUnknownSigma, priors: PairOfPriors, prior_of_sigma: TauPrior
    ) -> None:
        self._likelihood, self._priors = likelihood, priors
        self._names = estimands(likelihood.K, sigma=True)
        _check_sigma(likelihood, prior_of_sigma)
        check_proper(likelihood.K, priors)
        self._tail_powers = _tail_powers(likelihood, priors, prior_of_sigma)
        self._joint = _Joint(
            likelihood, priors, prior_of_sigma, highest_power(self._tail_powers[-1])
        )
        rough = likelihood.given(likelihood.rough_sigma(prior_of_sigma)).means
        self._support = find_support(
            self._joint,
            float(np.log(typical_tau(rough, priors.of_tau))),
            priors.of_tau.largest,
            highest_power(self._tail_powers[1]),
        )
        many = likelihood.K > _MANY
        self.error = refine(self._evaluate, _LEVELS, 1e-6 if many else 1e-8, 1e-6)
        self._mixture = cache(self._uncached_mixture)

    def data_weight(self) -> Array:
        """Return E[tau^2 / (tau^2 + sigma^2 / n_k) | y] of each group, (K,)."""
        weights, t, x = self._nodes
        ratio = np.exp(2 * (x - t))[:, None] / self._likelihood.n
        return np.asarray(weights @ (1 / (1 + ratio)))

    def draws(self, n: int, rng: np.random.Generator) -> dict[str, Array]:
        """Return `n` independent draws of mu, tau and sigma (n,) and theta (n, K).

        They are drawn by composition: tau, sigma, mu and theta, each given those before it.
        """
        t, x = self._quadrature.draws(n, rng)
        mean, precision, v, variance = self._joint.given(t, x)
        mu = rng.normal(mean, precision**-0.5)
        weight = np.exp(2 * t)[:, None] / v
        theta = rng.normal(
            weight * self._likelihood.y + (1 - weight) * mu[:, None], np.sqrt(weight * variance)
        )
        return {"mu": mu, "tau": np.exp(t), "theta": theta, "sigma": np.exp(x)}

    def predictive(self, estimand: str) -> NormalMixture:
        """Return the posterior predictive distribution of an observation.

        Given sigma and mu, or the theta that `estimand` names, it is normal with this mean and the
        standard deviation sigma.
        """
        mixture = self._mixture(estimand)
        return NormalMixture(
            mixture.mean, np.hypot(mixture.sd, np.exp(self._nodes[2])), mixture.weights
        )

    def density(self, estimand: str, x: ArrayLike) -> Array:
        if estimand != "sigma":
            return super().density(estimand, x)
        x = np.asarray(x, dtype=float)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(x > 0, self._log_sigma.density(np.log(x)) / x, 0.0)

    def cdf(self, estimand: str, x: ArrayLike) -> Array:
        if estimand != "sigma":
            return super().cdf(estimand, x)
        with np.errstate(divide="ignore"):
            return self._log_sigma.cdf(np.log(np.maximum(np.asarray(x, dtype=float), 0.0)))

    def quantile(self, estimand: str, p: ArrayLike) -> Array:
        if estimand != "sigma":
            return super().quantile(estimand, p)
        return np.exp(self._log_sigma.quantile(np.asarray(p, dtype=float)))

    @property
    def _log_sigma(self) -> Mixture:
        return Mixture(self._quadrature.given_t, self._quadrature.weights)

    def _evaluate(self, fineness: Fineness) -> list[Array]:
        """Compute the quadrature and all moments."""
        grid = NestedGrid(self._joint, self._support, fineness)
        t = np.broadcast_to(grid.t[:, None], grid.x.shape)
        self._quadrature = NestedQuadrature(grid, self._joint.log_density(t, grid.x))
        weights, t, x = self._quadrature.joint_weights.ravel(), t.ravel(), grid.x.ravel()
        keep = weights > _NEGLIGIBLE_WEIGHT * weights.max()
        self._nodes = (weights[keep] / weights[keep].sum(), t[keep], x[keep])
        mean, precision, v, variance = self._joint.given(t, x)
        weight = np.exp(2 * t)[:, None] / v
        theta = weight * self._likelihood.y + (1 - weight) * mean[:, None]
        of_theta = weight * variance + (1 - weight) ** 2 / precision[:, None]
        zero = np.zeros((len(t), 1))
        means = np.column_stack([mean, np.exp(t), t, theta, np.exp(x)])
        variances = np.concatenate([1 / precision[:, None], zero, zero, of_theta, zero], axis=1)
        of_squares = normal_variance_of_square(means, variances)
        moments = Moments.of_mixture(weights, means, variances, of_squares)
        self._moments = moments.where_they_exist(self._tail_powers, self._positive())
        return self._moments.all

    def _uncached_mixture(self, estimand: str) -> NormalMixture:
        """Return the posterior of mu, a theta or an eta, as a mixture over the nodes."""
        weights, t, x = self._nodes
        return NormalMixture(*self._normal_given(estimand, t, x), weights)

    def _joint_density_given(self, estimand: str, x: Array, t: Array, row: Indices) -> Array:
        given_t = self._quadrature.at(t)
        if estimand == "sigma":
            return given_t.density_of(row, np.log(x)[:, None])[:, 0] / x
        log_sigma = given_t.x
        tiled = np.broadcast_to(t[:, None], log_sigma.shape)
        mean, sd = self._normal_given(estimand, tiled.ravel(), log_sigma.ravel())
        mean, sd = mean.reshape(log_sigma.shape)[row], sd.reshape(log_sigma.shape)[row]
        z = (x[:, None] - mean) / sd
        density = np.exp(-0.5 * z**2) / (sd * np.sqrt(2 * np.pi))
        return np.asarray((given_t.weights[row] * density).sum(axis=1))

    def _normal_given(self, estimand: str, t: Array, x: Array) -> tuple[Array, Array]:
        """Return mean and sd of mu, a theta or an eta given t and x = log sigma, (n,) each."""
        mean, precision, v, variance = self._joint.given(t, x)
        if estimand == "mu":
            return mean, precision**-0.5
        if estimand == "theta[new]":
            return mean, np.sqrt(1 / precision + np.exp(2 * t))
        kind, name = estimand.rstrip("]").split("[")
        k = int(name)
        y, v, variance, tau = self._likelihood.y[k], v[:, k], variance[:, k], np.exp(t)
        if kind == "eta":  # divided by tau analytically, because tau may underflow
            return tau / v * (y - mean), np.sqrt(variance / v + (tau / v) ** 2 / precision)
        weight = tau**2 / v
        sd = np.sqrt(weight * variance + (1 - weight) ** 2 / precision)
        return weight * y + (1 - weight) * mean, sd


class _Joint:
    """The joint density of log tau and log sigma."""

    def __init__(
        self,
        likelihood: NormalUnknownSigma,
        priors: PairOfPriors,
        prior_of_sigma: TauPrior,
        power: int,
    ) -> None:
        self._likelihood, self._priors, self._prior = likelihood, priors, prior_of_sigma
        self.power = power
        n, N = likelihood.n, float(likelihood.n.sum())
        between = float(n @ (likelihood.y - np.average(likelihood.y, weights=n)) ** 2)
        total = (between + likelihood.within) / N
        rough = likelihood.rough_sigma(prior_of_sigma)
        # sigma is between these, unless it is small for other reasons
        self._ends = sorted([0.5 * np.log(total) if total > 0 else np.log(rough), np.log(rough)])
        self._ends[0] = min(self._ends[0], np.log(prior_of_sigma.median))

    def given(self, t: Array, x: Array) -> tuple[Array, Array, Array, Array]:
        """Return mean and precision of mu (n,), and v and s^2 (n, K), given t and x (n,)."""
        variance = np.exp(2 * x)[..., None] / self._likelihood.n
        v = np.exp(2 * t)[..., None] + variance
        mean, precision = mu_given_tau(self._likelihood.y, v, self._priors.of_mu)
        return mean[..., 0], precision[..., 0], v, variance

    def log_density(self, t: Array, x: Array) -> Array:
        """Return the log of the joint density of t = log tau and x = log sigma."""
        t, x = np.broadcast_arrays(t, x)
        mean, precision, v, _ = self.given(t, x)
        prior = self._priors.of_mu
        squares = ((self._likelihood.y - mean[..., None]) ** 2 / v).sum(-1)
        squares += (mean - prior.mean) ** 2 / prior.sd**2
        values = -0.5 * (np.log(v).sum(-1) + np.log(precision) + squares)
        values += self._priors.of_tau.log_kernel(np.exp(t)) + t
        with np.errstate(over="ignore"):
            values += self._prior.log_kernel(np.exp(x)) + x
        return np.asarray(values + self._likelihood.log_within(x))

    def center(self, t: Array) -> tuple[Array, Array]:
        """Return the mode of log sigma given each t (n,), and a scale from the curvature there."""
        low, high = self._ends[0] - 5, self._ends[1] + 3
        step = 0.25
        grid = np.arange(low, high + step, step)
        values = self.log_density(t[:, None], grid)
        center = grid[values.argmax(axis=1)]
        for _ in range(_ROUNDS):
            around = center[:, None] + step * np.linspace(-1, 1, 9)
            values = self.log_density(t[:, None], around)
            center = around[np.arange(len(t)), values.argmax(axis=1)]
            step /= 4
        left, middle, right = (self.log_density(t, center + d) for d in (-step, 0.0, step))
        curvature = np.maximum((2 * middle - left - right) / step**2, _WIDEST**-2)
        return center, curvature**-0.5


def _check_sigma(likelihood: NormalUnknownSigma, prior: TauPrior) -> None:
    """Raise ValueError if the posterior is improper because of sigma, or its prior ends."""
    if prior.largest < inf or prior.tail_power <= 1:
        raise ValueError("sigma: its prior must be proper and without an upper limit")
    if likelihood.degrees_of_freedom and likelihood.within == 0:
        raise ValueError(
            "the posterior is improper: the observations are the same within each group, so that "
            "sigma may be 0"
        )


def _tail_powers(
    likelihood: NormalUnknownSigma, priors: PairOfPriors, prior_of_sigma: TauPrior
) -> Array:
    """Return the powers that the densities of all estimands decrease with."""
    K, N = likelihood.K, likelihood.K + likelihood.degrees_of_freedom
    flat = isinstance(priors.of_mu, Flat)
    a, b = priors.of_tau.tail_power, prior_of_sigma.tail_power
    of_tau, both = tail_power(K, priors), a + b + N - flat - 1
    of_sigma = b + N - flat - (a < 1)
    of_theta = min(of_sigma, both) if flat else both
    of_mu = min(of_tau, of_sigma) if flat else inf
    return np.array([of_mu, of_tau, inf, *[of_theta] * K, of_sigma])
