"""The rbest parameterization: NUTS samples z_k, between eta_k and a standardised theta_k."""

from __future__ import annotations

from typing import Any

import numpy as np

from funnel.choice import Problem
from funnel.exact import ExactPosterior
from funnel.group_means import Array
from funnel.placement import Placement, affine, mu_given_tau
from funnel.priors import Flat, Normal

CONSTANTS = ("c", "location", "scale")


def constants(problem: Problem) -> dict[str, Array]:
    """Return a centeredness c_k, and a location and a scale of theta_k, (K,) each.

    They follow from the posterior of the normal model, by quadrature: c_k is the weight of the data
    at the median of tau, the location is the mean of theta_k, and the scale is the standard
    deviation of theta_k - mu. (RBesT's location is the mean of theta_k - mu plus an estimate of mu
    by a model without tau.) Raises QuadratureError if the posterior cannot be computed.
    """
    means, prior = problem.means, problem.priors.of_mu
    exact = ExactPosterior(means, problem.priors)
    location = np.array([exact.mean()[f"theta[{k}]"] for k in range(means.K)])

    def moment(k: int, power: int) -> float:
        """The mean of theta_k - mu or of its square, by their normal distribution given tau."""

        def given(log_tau: Array) -> Array:
            tau = np.exp(log_tau)[..., None]
            v = tau**2 + means.standard_error**2
            mean_of_mu, precision = mu_given_tau(means.ybar, v, prior)
            weight = tau[..., 0] ** 2 / v[..., k]
            mean = weight * (means.ybar[k] - mean_of_mu[..., 0])
            variance = weight * means.standard_error[k] ** 2 + weight**2 / precision[..., 0]
            return np.asarray(mean if power == 1 else mean**2 + variance)

        return exact.expectation(given)

    scale = np.array([(moment(k, 2) - moment(k, 1) ** 2) ** 0.5 for k in range(means.K)])
    c = 1 / (1 + (means.standard_error / exact.quantile("tau", 0.5)) ** 2)
    return {"c": c, "location": location, "scale": scale}


def place(
    math: Any,
    tau: Any,
    z_mu: Any,
    z: Any,
    prior: Normal | Flat,
    *,
    c: Any,
    location: Any,
    scale: Any,
) -> Placement:
    """Return where mu and theta are; see `funnel.placement`.

    With a_k = 1 - c_k + c_k tau / scale_k, eta_k = (z_k - c_k (mu - location_k) / scale_k) / a_k,
    and mu is sampled itself. For c_k = 1, theta_k = location_k + scale_k z_k. This is the automatic
    partial centering (ncp = 3) of the R package RBesT since version 1.12, without its zero-sum
    constraint (gMAP.stan and gMAP-center.R of github.com/Novartis/RBesT).
    """
    spread = 1 - c + c * tau / scale
    return affine(math, tau, z_mu, z, prior, shift=c * (z_mu - location) / scale, scale=spread)


STAN = """
  vector[K] spread = 1 - c + c * tau ./ scale;
  real mu = z_mu;
  vector[K] eta = (z - c .* (mu - location) ./ scale) ./ spread;
  vector[K] theta = mu + tau * eta;
  mu ~ normal(mu_mean, mu_sd);
  eta ~ std_normal();
  target += -sum(log(spread));
"""
