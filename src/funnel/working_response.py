"""The normal approximation of a likelihood, by the working response at the mode.

Given rough mu* and tau*, let theta*_k be the mode of the likelihood of group k times
Normal(mu*, tau*), and let u_k and I_k be score and information of the likelihood there. As a
function of theta_k, the likelihood is approximated by Normal(m_k, s_k) with

    m_k = theta*_k + u_k / I_k   and   s_k = I_k^(-1/2).

This is the working response of iteratively weighted least squares (McCullagh and Nelder 1989,
Generalized Linear Models, section 2.5), and the Laplace approximation of a generalized linear mixed
model (Breslow and Clayton 1993, JASA 88:9-25). It is exact for normal data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from funnel.group_means import Array, GroupMeans
from funnel.likelihoods import Likelihood
from funnel.priors import Flat, Normal, TauPrior
from funnel.rough_tau import typical_tau

# the data that are added to a group so that its likelihood has a peak: as in empirical logits
HALF = 0.5
_EM_STEPS = 5
_MAX_NEWTON_STEPS = 30


@dataclass(frozen=True)
class NormalApproximation:
    """Normal(m, s) of each group, (K,) each, and the rough `mu` and `tau` that they are for.

    `evaluations` is the number of evaluations of score and information of all groups that it took.
    """

    m: Array
    s: Array
    mu: float
    tau: float
    evaluations: int

    @property
    def means(self) -> GroupMeans:
        """The approximation as group means with their standard errors."""
        return GroupMeans(self.m, self.s)


class Mode(NamedTuple):
    """The mode of each likelihood times Normal(mu, tau), with the standard deviation there.

    `theta`, `eta` = (theta - mu) / tau and `sd`, that of eta, have the shape (..., K). Both theta
    and eta are kept, because each loses digits as a function of the other.
    """

    theta: Array
    eta: Array
    sd: Array
    evaluations: int


def empirical(likelihood: Likelihood) -> GroupMeans:
    """Return the peak of each softened likelihood, and its standard error there.

    For counts, these are the empirical logits log((y + 1/2) / (n - y + 1/2)) and log((y + 1/2) / e)
    with the variances 1 / (y + 1/2) + 1 / (n - y + 1/2) and 1 / (y + 1/2).
    """
    soft = likelihood.softened(HALF)
    return GroupMeans(soft.peak, soft.derivatives(soft.peak)[1] ** -0.5)


def modes(
    likelihood: Likelihood,
    mu: ArrayLike,
    tau: ArrayLike,
    start: GroupMeans,
    tolerance: float = 1e-8,
) -> Mode:
    """Return the mode of each likelihood times Normal(mu, tau), by Newton's method.

    `mu` and `tau` have the shape (..., 1). The search starts from what it would be with the normal
    approximation `start`, and stops at a step below `tolerance` standard deviations. It bisects
    where Newton's step would leave the bracket between mu and the peak of the likelihood; the score
    at mu limits it, too, since the log density of eta has a curvature of at least 1.
    """
    mu, tau = np.asarray(mu, dtype=float), np.asarray(tau, dtype=float)
    score = likelihood.derivatives(np.broadcast_to(mu, np.broadcast_shapes(mu.shape, (1,))))[0]
    with np.errstate(over="ignore"):
        reach = mu + tau**2 * score
    peak = likelihood.peak
    end = np.where(score > 0, np.minimum(reach, peak), np.maximum(reach, peak))
    low, high = np.minimum(mu, end), np.maximum(mu, end)
    margin = 1e-9 * (np.abs(low) + np.abs(high))
    weight = 1 / (1 + (start.standard_error / tau) ** 2)
    theta = weight * start.ybar + (1 - weight) * mu
    eta = weight * (start.ybar - mu) / tau
    outside = (theta < low - margin) | (theta > high + margin)
    middle = 0.5 * (low + high)
    theta = np.where(outside, middle, theta)
    eta = np.where(outside, (middle - mu) / tau, eta)
    evaluations, sd = 1, np.ones(1)
    for _ in range(_MAX_NEWTON_STEPS):
        score, information = likelihood.derivatives(theta)
        evaluations += 1
        slope = tau * score - eta
        low, high = np.where(slope > 0, theta, low), np.where(slope < 0, theta, high)
        curvature = 1 + tau**2 * information
        sd = curvature**-0.5
        step = slope / curvature
        target = theta + tau * step
        outside = (target < low - margin) | (target > high + margin)
        step = np.where(outside, (0.5 * (low + high) - theta) / tau, step)
        theta, eta = theta + tau * step, eta + step
        if np.all(np.abs(step) <= tolerance * sd):
            break
    return Mode(theta, eta, sd, evaluations)


def normal_approximation(
    likelihood: Likelihood, *, tau: TauPrior, mu: Normal | Flat | None = None
) -> NormalApproximation:
    """Return the normal approximation of the likelihood of each group, as `m` and `s`, (K,) each.

    `likelihood` is one such as `BinomialLikelihood`; `tau` and `mu` are priors, that of mu flat by
    default. Rough mu and tau come from a few steps of the EM algorithm for the normal
    approximation, each with new modes. tau starts at `typical_tau` of the `empirical` one, and
    cannot collapse in so few steps: if all groups are alike, it is s / sqrt(j + 1) after j of them.

    >>> from funnel import BinomialLikelihood, HalfNormal, normal_approximation
    >>> deaths = BinomialLikelihood.from_counts([0, 18, 8, 46], [47, 148, 119, 810])
    >>> near = normal_approximation(deaths, tau=HalfNormal(1))
    >>> print(near.m.round(2), near.s.round(2))
    [-4.07 -1.96 -2.63 -2.81] [0.69 0.27 0.37 0.15]
    """
    approximation = start = empirical(likelihood)
    of_tau, of_mu = tau, mu or Flat()
    rough_tau, evaluations, rough_mu = typical_tau(start, of_tau), 1, 0.0
    for step in range(_EM_STEPS + 1):
        variance = approximation.standard_error**2
        rough_mu = _mean_given(approximation, rough_tau, of_mu)
        if step:
            weight = rough_tau**2 / (rough_tau**2 + variance)
            away = weight * (approximation.ybar - rough_mu)
            rough_tau = float(np.mean(weight * variance + away**2) ** 0.5)
            rough_tau = min(rough_tau, 2 * of_tau.median)
        at = modes(
            likelihood, np.full(1, rough_mu), np.full(1, rough_tau), approximation, tolerance=1e-3
        )
        score, information = likelihood.derivatives(at.theta)
        evaluations += at.evaluations + 1
        approximation = GroupMeans(at.theta + score / information, information**-0.5)
    return NormalApproximation(
        approximation.ybar, approximation.standard_error, rough_mu, rough_tau, evaluations
    )


def _mean_given(means: GroupMeans, tau: float, prior: Normal | Flat) -> float:
    """Return the posterior mean of mu given tau."""
    precision = 1 / (tau**2 + means.standard_error**2)
    total = (precision * means.ybar).sum() + prior.mean * prior.sd**-2
    return float(total / (precision.sum() + prior.sd**-2))
