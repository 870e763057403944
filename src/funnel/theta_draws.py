"""Exact draws of theta given mu and tau, for a concave log likelihood.

By rejection from an envelope of three parts: a constant around the mode, and on either side an
exponential function that touches the density at one standard deviation from the mode (Devroye 1986,
Non-Uniform Random Variate Generation, chapter VII.2).
"""

from __future__ import annotations

import numpy as np

from funnel.group_means import Array
from funnel.likelihoods import Likelihood
from funnel.working_response import empirical, modes

_STEEPEST = 1e6  # slopes of the log density per standard deviation are limited to this


def draw_theta(likelihood: Likelihood, mu: Array, tau: Array, rng: np.random.Generator) -> Array:
    """Return one draw of theta (n, K) for each mu and tau (n,)."""
    mu, tau = mu[:, None], tau[:, None]
    at = modes(likelihood, mu, tau, empirical(likelihood))

    def log_density(x: Array) -> Array:
        """Return the log density at x standard deviations from the mode."""
        theta = at.theta + tau * at.sd * x
        return likelihood.log_likelihood(theta) - 0.5 * (at.eta + at.sd * x) ** 2

    top = log_density(np.zeros_like(at.eta))
    # where the tangents at -1 and 1 reach the mode's density, and their slopes, outwards
    ends, slopes = [], []
    for side in (-1.0, 1.0):
        score = likelihood.derivatives(at.theta + side * tau * at.sd)[0]
        slope = -side * at.sd * (tau * score - (at.eta + side * at.sd))
        slope = np.clip(slope, 1 / _STEEPEST, _STEEPEST)
        drop = top - log_density(np.full_like(at.eta, side))
        ends.append(np.maximum(1 - drop / slope, 0.0))
        slopes.append(slope)
    areas = np.stack([1 / slopes[0], ends[0], ends[1], 1 / slopes[1]])
    shares = np.cumsum(areas / areas.sum(axis=0), axis=0)
    theta = np.empty_like(at.theta)
    waiting = np.ones(theta.shape, dtype=bool)
    while waiting.any():
        part = (rng.uniform(size=theta.shape) > shares[:3]).sum(axis=0)
        left = part < 2
        within = (part == 1) | (part == 2)
        end, slope = np.where(left, ends[0], ends[1]), np.where(left, slopes[0], slopes[1])
        beyond = rng.exponential(size=theta.shape) / slope
        distance = np.where(within, end * rng.uniform(size=theta.shape), end + beyond)
        envelope = np.where(within, 0.0, -slope * beyond)
        x = np.where(left, -distance, distance)
        log_u = np.log1p(-rng.uniform(size=theta.shape))
        accepted = waiting & (log_u < log_density(x) - top - envelope)
        theta = np.where(accepted, at.theta + tau * at.sd * x, theta)
        waiting &= ~accepted
    return theta
