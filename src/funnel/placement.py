"""Where mu and theta are, given the variables in which a sampler moves.

A parameterization that places mu and theta itself has a function

    place(math, tau, z_mu, z, prior, **constants) -> Placement

It is called with numpy as `math` to compute mu and theta from draws, and with pytensor.tensor to
build the model in PyMC. The last axis of all arrays is that of the individuals; that of tau and
z_mu has length 1. `prior` is that of mu, and `constants` are those of the data set, (K,) each.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from funnel.priors import Flat, Normal


class Placement(NamedTuple):
    """mu (..., 1), theta (..., K), and the log prior density of z_mu and z given tau (..., 1).

    The density is that of mu and theta under their priors, and the log of the Jacobian. It is up to
    a constant. `mu` is the mean of theta if the parameterization draws mu afterwards.
    """

    mu: Any
    theta: Any
    log_density: Any


def log_prior(mu: Any, eta: Any, prior: Normal | Flat) -> Any:
    """Return the log density of mu (..., 1) and eta ~ Normal(0, 1) (..., K), up to a constant."""
    standardised = (mu - prior.mean) / prior.sd
    return -(standardised**2) / 2 - (eta**2).sum(-1, keepdims=True) / 2
