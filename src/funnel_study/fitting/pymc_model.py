"""The model in PyMC, written once for all parameterizations.

With centeredness c_k, NUTS samples z_k ~ Normal(c_k mu, tau^c_k), and
theta_k = mu + tau^(1 - c_k) (z_k - c_k mu). Thus z_k is theta_k for c_k = 1 and eta_k for c_k = 0
(Papaspiliopoulos, Roberts and Skold 2007, doi:10.1214/088342307000000014). The likelihood is that
of the group means, which is proportional to that of all observations because sigma is known.

The marginal model has mu and tau only: with theta integrated out,
ybar_k ~ Normal(mu, sqrt(tau^2 + s_k^2)), where s_k is the standard error of ybar_k.
"""

from __future__ import annotations

import numpy as np
import pytensor

# with fast math, the draws would depend on whether numba had cached the compiled functions
pytensor.config.numba__fastmath = False

import pymc as pm  # noqa: E402
import pytensor.tensor as pt  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

from funnel.group_means import GroupMeans  # noqa: E402
from funnel.priors import Priors  # noqa: E402

DATA = "data"


def build(K: int, priors: Priors, *, marginal: bool = False) -> pm.Model:
    """Return the model of K individuals, whose data container `data` takes the output of `pack`."""
    with pm.Model(coords={"individual": range(K)}) as model:
        # one container for all three, because each container adds a second to nutpie's compilation
        data = pm.Data(DATA, np.ones((3, K)), shape=(3, K))
        ybar, standard_error, c = data[0], data[1], data[2]
        mu = pm.Normal("mu", 0.0, priors.mu_sd)
        prior_of_tau = {"half_normal": pm.HalfNormal, "half_cauchy": pm.HalfCauchy}[priors.tau]
        tau = prior_of_tau("tau", priors.tau_scale)
        if marginal:
            sd = pt.sqrt(tau**2 + standard_error**2)
            pm.Normal("ybar", mu, sd, observed=ybar, dims="individual")
            return model
        log_tau = pt.log(tau)  # exp(c log tau) takes half the time of tau^c
        z = pm.Normal("z", c * mu, pt.exp(c * log_tau), dims="individual")
        theta = mu + pt.exp((1.0 - c) * log_tau) * (z - c * mu)
        pm.Normal("ybar", theta, standard_error, observed=ybar, dims="individual")
    return model


def pack(means: GroupMeans, centeredness: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the value (3, K) of the data container: ybar, standard error, centeredness.

    The marginal model does not use the centeredness, which is nan there and stored as 0.
    """
    return np.stack([means.ybar, means.standard_error, np.nan_to_num(centeredness)])
