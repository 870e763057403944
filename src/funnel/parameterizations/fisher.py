"""The fisher parameterization: NUTS samples z_k, centered by the weight of data at each tau."""

from __future__ import annotations

from typing import Any

import numpy as np

from funnel.choice import Problem
from funnel.group_means import Array
from funnel.placement import Placement, affine
from funnel.priors import Flat, Normal
from funnel.rough_tau import typical_tau

CONSTANTS = ("s", "tau0")


def constants(problem: Problem) -> dict[str, Array]:
    """Return the standard errors s_k and a typical tau, (K,) each."""
    tau0 = typical_tau(problem.means, problem.priors.of_tau)
    return {"s": problem.means.standard_error, "tau0": np.full(problem.means.K, tau0)}


def place(
    math: Any, tau: Any, z_mu: Any, z: Any, prior: Normal | Flat, *, s: Any, tau0: Any
) -> Placement:
    """Return where mu and theta are; see `funnel.placement`.

    With the weight of the data w_k = tau^2 / (tau^2 + s_k^2) and a_k = 1 - w_k + w_k tau / tau0,
    eta_k = (z_k - w_k mu / tau0) / a_k, and mu is sampled itself. This follows the Fisher centering
    that was proposed for the R package brms (pull request 1919 of github.com/paul-buerkner/brms),
    where tau0 is 1 in the unit of the data. The weight follows tau; there is no shift towards the
    data. Its final form, which fixes the weight after a pilot fit, is not this one.
    """
    weight = tau**2 / (tau**2 + s**2)
    scale = 1 - weight + weight * tau / tau0
    return affine(math, tau, z_mu, z, prior, shift=weight * z_mu / tau0, scale=scale)


STAN = """
  vector[K] weight = square(tau) ./ (square(tau) + square(s));
  vector[K] scale = 1 - weight + weight * tau ./ tau0;
  real mu = z_mu;
  vector[K] eta = (z - weight * mu ./ tau0) ./ scale;
  vector[K] theta = mu + tau * eta;
  mu ~ normal(mu_mean, mu_sd);
  eta ~ std_normal();
  target += -sum(log(scale));
"""
