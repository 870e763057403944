"""The sum_to_zero_centered parameterization: NUTS samples the mean of all theta_k and deviations.

As in `sum_to_zero`, but the deviations from the mean are not divided by tau, as theta itself is not
in `centered`.
"""

from __future__ import annotations

from typing import Any

from funnel.parameterizations.sum_to_zero import (
    ZERO_SUM,
    draw_mu,
    log_prior_of_mean,
    size,
    zero_sum,
)
from funnel.placement import Placement
from funnel.priors import Flat, Normal

__all__ = ["draw_mu", "size"]


def place(math: Any, tau: Any, z_mu: Any, z: Any, prior: Normal | Flat) -> Placement:
    """Return where the mean of theta and theta are; see `funnel.placement`."""
    number = z.shape[-1]
    density = -(z**2).sum(-1, keepdims=True) / (2 * tau**2) - number * math.log(tau)
    of_mean = log_prior_of_mean(math, tau, z_mu, number + 1, prior)
    return Placement(z_mu, z_mu + zero_sum(math, z), of_mean + density)


STAN = f"""{ZERO_SUM}
  vector[K] theta = z_mu + v;
  z_mu ~ normal(mu_mean, sqrt(square(mu_sd) + square(tau) / K));
  z ~ normal(0, tau);
"""
