"""The exact posterior for any likelihood of theta, such as those of counts, by quadrature.

With the integral I_k(mu, tau) of the likelihood of group k over theta_k ~ Normal(mu, tau),

    p(mu, tau | y) = p(mu) p(tau) product of I_k(mu, tau) over k,

up to a constant. This leaves two dimensions, mu and log tau, and one for each group inside: see
`funnel.nested_quadrature` and `funnel.group_integrals`. Groups with the same data share their
integral.

As a function of theta, the likelihood of a group is bounded or not: that of zero counts stays at 1
when theta goes to minus infinity, and that of all successes when it goes to infinity. For large tau
I_k(mu, tau) decreases as 1 / tau if the likelihood decreases to 0 on both sides, and otherwise not
at all. With J groups of the first kind, the posterior density of tau thus decreases as tau^-d with
d = a + J under a normal prior of mu and d = a + J - 1 under a flat one, if the prior of tau
decreases as tau^-a. Under a flat prior, the posterior is improper unless at least one likelihood
decreases to 0 on the left, and one on the right.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import inf

import numpy as np

from funnel.conditional_densities import ConditionalDensities, Mixture
from funnel.exact_base import NestedExact
from funnel.group_integrals import GroupIntegrals, Integrals
from funnel.group_means import Array, Indices, estimands
from funnel.likelihoods import Likelihood
from funnel.moments import Moments, highest_power
from funnel.nested_quadrature import (
    COARSE_LEVELS,
    LEVELS,
    Fineness,
    NestedGrid,
    NestedQuadrature,
    find_support,
    refine,
)
from funnel.priors import Flat, PairOfPriors
from funnel.theta_densities import ThetaDensities
from funnel.theta_draws import draw_theta
from funnel.working_response import empirical, modes, normal_approximation

# the step of u in the integrals over theta, where the fineness is 1
_STEP = 0.2
_SCAN_STEP = 0.25
# below this tau^2 times information, the Laplace approximation has more digits than the moments
_SMALL = 1e-6
_NEWTON_STEPS = 30
_REFINEMENTS = 6
_MANY = 100
_NEGLIGIBLE_WEIGHT = 1e-13


class ExactCounts(NestedExact):
    """The exact posterior of mu, tau, log tau and theta of a data set.

    It has the methods of `funnel.exact.ExactPosterior`, and the attribute `error`: the largest
    relative change of a mean or standard deviation in the last refinement, which is below 1e-8 for
    up to 100 groups and below 1e-6 for more.

    Raises ValueError if the posterior is improper, and QuadratureError if the quadrature does not
    converge or the posterior of log tau extends beyond [-80, 80].
    """

    def __init__(self, likelihood: Likelihood, priors: PairOfPriors) -> None:
        self._likelihood, self._priors = likelihood, priors
        self._tail_power = tail_power(likelihood, priors)
        self._names = estimands(likelihood.K)
        self._approximation = normal_approximation(likelihood, tau=priors.of_tau, mu=priors.of_mu)
        first, self._kind = likelihood.distinct()
        self._groups = likelihood.select(first)
        self._counts = np.bincount(self._kind).astype(float)
        self._support = find_support(
            self._joint(_SCAN_STEP),
            np.log(self._approximation.tau),
            priors.of_tau.largest,
            highest_power(self._tail_power),
        )
        if likelihood.K > _MANY:
            self.error = refine(self._evaluate, COARSE_LEVELS, 1e-6, 1e-4)
        else:
            self.error = refine(self._evaluate, LEVELS, 1e-8, 1e-6)
        self._mixture = cache(self._uncached_mixture)

    def data_weight(self) -> Array:
        """Return E[tau^2 / (tau^2 + s_k^2) | y] of each group, (K,).

        Here s_k is that of the normal approximation of the likelihood.
        """
        variance = np.exp(2 * self._quadrature.grid.t)[:, None]
        return np.asarray(
            self._quadrature.weights @ (variance / (variance + self._approximation.s**2))
        )

    def moments_of(self, estimand: str, function: Callable[[Array], Array]) -> tuple[float, float]:
        """Return mean and standard deviation of a bounded, smooth function of mu or a theta."""
        mixture = self._mixture(estimand)
        mean = mixture.expectation(function)
        return mean, mixture.expectation(lambda x: (function(x) - mean) ** 2) ** 0.5

    def draws(self, n: int, rng: np.random.Generator) -> dict[str, Array]:
        """Return `n` independent draws of mu (n,), tau (n,) and theta (n, K).

        They are drawn by composition: tau, then mu given tau, then theta given mu and tau.
        """
        t, mu = self._quadrature.draws(n, rng)
        tau = np.exp(t)
        return {"mu": mu, "tau": tau, "theta": draw_theta(self._likelihood, mu, tau, rng)}

    def _joint(self, step: float) -> _Joint:
        return _Joint(self._groups, self._counts, self._priors, step)

    def _evaluate(self, fineness: Fineness) -> list[Array]:
        """Compute the quadrature and all moments."""
        joint = self._joint(_STEP / fineness.inner)
        grid = NestedGrid(joint, self._support, fineness)
        t = np.broadcast_to(grid.t[:, None], grid.x.shape)
        given = joint.integrals(t.ravel(), grid.x.ravel())
        log_density = joint.log_density_given(given, t, grid.x)
        self._quadrature = quadrature = NestedQuadrature(grid, log_density)
        self._log_integrals = given.log.reshape(*grid.x.shape, -1)
        weights = quadrature.joint_weights.ravel()
        population = np.stack([grid.x.ravel(), np.exp(t.ravel()), t.ravel()], axis=1)
        of_population = Moments.of_mixture(weights, population, 0.0, 0.0)
        of_theta = Moments.of_mixture(
            weights, given.mean, given.variance, given.variance_of_square
        ).select(self._kind)
        both = zip(of_population.all, of_theta.all, strict=True)
        moments = Moments(*(np.concatenate(pair) for pair in both))
        self._moments = moments.where_they_exist(self._tail_powers(), self._positive())
        return self._moments.all

    def _tail_powers(self) -> Array:
        """Return the power that the density of each estimand decreases with."""
        powers = np.full(len(self._names), inf)
        powers[1] = self._tail_power
        if isinstance(self._priors.of_mu, Flat):
            powers[0] = self._tail_power
        # as far as tau goes, theta goes where its likelihood does not stop it
        powers[3:][~self._likelihood.bounded.all(axis=0)] = self._tail_power
        return powers

    def _uncached_mixture(self, estimand: str) -> Mixture:
        """Return the posterior of mu, a theta or an eta, as a mixture over the nodes of tau."""
        quadrature = self._quadrature
        rows = np.flatnonzero(quadrature.weights > _NEGLIGIBLE_WEIGHT)
        weights = quadrature.weights[rows] / quadrature.weights[rows].sum()
        given_t = ConditionalDensities(
            quadrature.grid.map.select(rows), quadrature.log_density[rows]
        )
        if estimand == "mu":
            return Mixture(given_t, weights)
        densities = self._theta_densities(
            estimand, quadrature.grid.t[rows], given_t, lambda values: values[rows]
        )
        return densities.eta(weights) if estimand.startswith("eta") else densities.theta(weights)

    def _joint_density_given(self, estimand: str, x: Array, t: Array, row: Indices) -> Array:
        given_t = self._quadrature.at(t)
        if estimand == "mu":
            return given_t.density_of(row, x[:, None])[:, 0]
        densities = self._theta_densities(
            estimand, t, given_t, lambda values: self._quadrature.grid.interpolate(values, t)
        )
        of_eta = estimand.startswith("eta")
        log_density = densities.log_density_of_eta if of_eta else densities.log_density_of_theta
        return np.exp(log_density(row, x[:, None])[:, 0])

    def _theta_densities(
        self, estimand: str, t: Array, given_t: ConditionalDensities, at_t: Callable[[Array], Array]
    ) -> ThetaDensities:
        """Return the densities of a theta given t; `at_t` takes values at the nodes to these t."""
        log_density = at_t(self._quadrature.log_density)
        if estimand == "theta[new]":
            return ThetaDensities(t, given_t, log_density)
        group = self._kind[int(estimand.rstrip("]").split("[")[1])]
        of_group = at_t(self._log_integrals[..., group])
        likelihood = self._groups.select(np.array([group]))
        return ThetaDensities(t, given_t, log_density, of_group, likelihood)


class _Joint:
    """The joint density of log tau and mu, given groups that each count several times."""

    power = 0

    def __init__(
        self, groups: Likelihood, counts: Array, priors: PairOfPriors, step: float
    ) -> None:
        self._counts, self._priors = counts, priors
        self.integrals_of = GroupIntegrals(groups, step)
        # half a count more of data in total, so that the likelihood has a peak
        self._soft = groups.softened(0.5 / counts.sum())
        self._soft_integrals = GroupIntegrals(self._soft, _SCAN_STEP)
        self._start = empirical(groups)

    def integrals(self, t: Array, mu: Array) -> Integrals:
        """Return the integrals over theta for each t and mu, (n,)."""
        return self.integrals_of(mu, np.exp(t))

    def log_density(self, t: Array, x: Array) -> Array:
        """Return the log of the joint density of t = log tau and mu, up to a constant."""
        t, mu = np.broadcast_arrays(t, x)
        return self.log_density_given(self.integrals(t.ravel(), mu.ravel()), t, mu)

    def log_density_given(self, given: Integrals, t: Array, mu: Array) -> Array:
        """Return the same, given the integrals at t and mu."""
        prior = self._priors.of_mu
        values = (given.log @ self._counts).reshape(t.shape)
        values = values - 0.5 * ((mu - prior.mean) / prior.sd) ** 2
        return np.asarray(values + self._priors.of_tau.log_kernel(np.exp(t)) + t)

    def center(self, t: Array) -> tuple[Array, Array]:
        """Return a rough mode and standard deviation of mu at each t (n,).

        By Newton's method: first for the joint mode of mu and theta, then for that of mu.
        """
        tau, prior = np.exp(t)[:, None], self._priors.of_mu
        start = self._start
        precision = self._counts / (tau**2 + start.standard_error**2)
        mu = (precision @ start.ybar + prior.mean * prior.sd**-2) / (
            precision.sum(axis=1) + prior.sd**-2
        )
        peak = self._soft.peak
        ends = peak if isinstance(prior, Flat) else np.append(peak, prior.mean)
        low, high = np.full(len(t), ends.min()), np.full(len(t), ends.max())
        by_mode = True
        refinements = 0
        for _ in range(_NEWTON_STEPS):
            slope, curvature = self._slope(mu[:, None], tau, by_mode)
            low, high = np.where(slope > 0, mu, low), np.where(slope < 0, mu, high)
            scale = curvature**-0.5
            step = slope / curvature
            target = mu + step
            if by_mode:
                target = np.where((target < low) | (target > high), 0.5 * (low + high), target)
            else:
                target = np.clip(target, mu - 3 * scale, mu + 3 * scale)
            small = np.all(np.abs(target - mu) < 1e-3 * scale)
            mu = target
            if by_mode and small:
                by_mode = False
            elif not by_mode:
                refinements += 1
                if small or refinements == _REFINEMENTS:
                    break
        return mu, scale

    def _slope(self, mu: Array, tau: Array, by_mode: bool) -> tuple[Array, Array]:
        """Return the slope of the log density of mu and minus its derivative, at mu, tau (n, 1).

        By the moments of eta given mu and tau, or by the modes of theta, which is the Laplace
        approximation and has more digits for small tau.
        """
        prior = self._priors.of_mu
        at = modes(self._soft, mu, tau, self._start, tolerance=1e-4)
        score, information = self._soft.derivatives(at.theta)
        curvature = information / (1 + tau**2 * information)
        if not by_mode:
            given = self._soft_integrals(mu[:, 0], tau[:, 0])
            large = tau**2 * information > _SMALL
            score = np.where(large, given.mean_eta / tau, score)
            curvature = np.where(large, (1 - given.variance_eta) / tau**2, curvature)
        slope = score @ self._counts + (prior.mean - mu[:, 0]) * prior.sd**-2
        return slope, np.maximum(curvature, 0.0) @ self._counts + prior.sd**-2


def tail_power(likelihood: Likelihood, priors: PairOfPriors) -> float:
    """Return the power d for which the posterior density of tau decreases as tau^-d.

    Raises ValueError if the posterior is improper.
    """
    bounded = likelihood.bounded
    flat = isinstance(priors.of_mu, Flat)
    if flat and not bounded.any(axis=1).all():
        raise ValueError(
            "the posterior is improper: with a flat prior of mu, the groups must not all be at the "
            "same end of the scale (zero counts, or all successes)"
        )
    both = int(bounded.all(axis=0).sum())
    power = priors.of_tau.tail_power + both - flat
    if power > 1:
        return power
    raise ValueError(
        "the posterior is improper: this prior of tau decreases too slowly for "
        f"{both} groups that are not at an end of the scale"
    )
