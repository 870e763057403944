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


def affine(
    math: Any, tau: Any, mu: Any, z: Any, prior: Normal | Flat, *, shift: Any, scale: Any
) -> Placement:
    """Return where theta is for eta = (z - shift) / scale, each (..., K), and a sampled mu."""
    eta = (z - shift) / scale
    log_jacobian = -math.log(scale).sum(-1, keepdims=True)
    return Placement(mu, mu + tau * eta, log_prior(mu, eta, prior) + log_jacobian)


def mu_given_tau(m: Any, v: Any, prior: Normal | Flat) -> tuple[Any, Any]:
    """Return mean and precision (..., 1) of mu given tau, where m_k ~ Normal(mu, sqrt(v_k)).

    m and v have the shape (..., K); see `funnel.exact`.
    """
    precision = (1 / v).sum(-1, keepdims=True) + prior.sd**-2
    mean = ((m / v).sum(-1, keepdims=True) + prior.mean * prior.sd**-2) / precision
    return mean, precision
