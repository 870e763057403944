"""The sum_to_zero parameterization: NUTS samples the mean of all theta_k and zero-sum deviations.

With the mean m of the theta_k and v_k = (theta_k - m) / tau, m ~ Normal(mu_mean, sqrt(mu_sd^2 +
tau^2 / K)), and v is a standard normal vector whose sum is 0, independent of m. mu does not occur
in the likelihood given them, so it is drawn afterwards. NUTS moves in K - 1 coordinates z of v.

The R package RBesT (since version 1.12) and the development of brms (pull request 1919) do so.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from funnel.group_means import Array
from funnel.placement import Placement
from funnel.priors import Flat, Normal


def size(K: int) -> int:
    """Return the number of coordinates of v."""
    return K - 1


def place(math: Any, tau: Any, z_mu: Any, z: Any, prior: Normal | Flat) -> Placement:
    """Return where the mean of theta and theta are; see `funnel.placement`."""
    theta = z_mu + tau * zero_sum(math, z)
    return Placement(
        z_mu,
        theta,
        log_prior_of_mean(math, tau, z_mu, z.shape[-1] + 1, prior)
        - (z**2).sum(-1, keepdims=True) / 2,
    )


def draw_mu(
    mean: Array, tau: Array, K: int, prior: Normal | Flat, rng: np.random.Generator
) -> Array:
    """Draw mu (...) given the mean of theta (...) and tau (...).

    The mean of K thetas given mu is Normal(mu, tau / sqrt(K)), so mu given it is normal with
    precision 1 / mu_sd^2 + K / tau^2 and the mean weighted accordingly.
    """
    ratio = tau**2 / K / prior.sd**2
    weight = ratio / (1 + ratio)  # of the prior mean
    return rng.normal(mean + weight * (prior.mean - mean), tau / np.sqrt(K * (1 + ratio)))


def log_prior_of_mean(math: Any, tau: Any, mean: Any, K: Any, prior: Normal | Flat) -> Any:
    """Return the log density of the mean of K thetas given tau, up to a constant."""
    if isinstance(prior, Flat):
        return 0 * tau
    variance = prior.sd**2 + tau**2 / K
    return -((mean - prior.mean) ** 2) / (2 * variance) - math.log(variance) / 2


def zero_sum(math: Any, z: Any) -> Any:
    """Return the vector (..., K) with sum 0 and coordinates z (..., K - 1).

    Lengths and angles stay the same: it is z with a 0 appended, reflected such that the last unit
    vector becomes the normalised vector of ones.
    """
    size = z.shape[-1]
    total = z.sum(-1, keepdims=True)
    root = math.sqrt(size + 1.0)
    return math.concatenate([z - total / (root * (root + 1)), -total / root], axis=-1)


ZERO_SUM = """
  vector[K] v = append_row(z - sum(z) / (sqrt(K) * (sqrt(K) + 1)), -sum(z) / sqrt(K));
"""
STAN = f"""{ZERO_SUM}
  vector[K] theta = z_mu + tau * v;
  z_mu ~ normal(mu_mean, sqrt(square(mu_sd) + square(tau) / K));
  z ~ std_normal();
"""
