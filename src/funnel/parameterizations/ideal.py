"""The ideal parameterization: NUTS samples standard normal variables, which exact draws follow.

NUTS moves in independent standard normal variables z_tau, z_mu and z. The quantile function of the
exact posterior makes tau of z_tau, and mu and theta follow as in `data_based`, so that all have
their posterior. It shows what NUTS takes where nothing is left to adapt to. It is not a bound.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from funnel.exact import ExactPosterior
from funnel.group_means import Array
from funnel.likelihoods.normal import NormalLikelihood
from funnel.parameterizations import data_based
from funnel.priors import PairOfPriors

IDEAL = True
# mu and theta are normal given tau
LIKELIHOODS = ("normal",)


def transport(
    z_tau: Array, z_mu: Array, z: Array, data: NormalLikelihood, priors: PairOfPriors
) -> tuple[Array, Array, Array]:
    """Return mu (...), tau (...) and theta (..., K) given z_tau (...), z_mu (...) and z (..., K).

    Raises QuadratureError if the exact posterior cannot be computed.
    """
    tau = ExactPosterior(data.means, priors).quantile("tau", ndtr(z_tau))
    at = data_based.place(
        *(np, tau[..., None], z_mu[..., None], z, priors.of_mu), m=data.y, s=data.se
    )
    return at.mu[..., 0], tau, at.theta
