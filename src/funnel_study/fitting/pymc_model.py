"""The model in PyMC, written once for all parameterizations.

With centeredness c_k and the scale tau0, NUTS samples z_k ~ Normal(c_k mu, tau0 (tau / tau0)^c_k),
and theta_k = mu + (tau / tau0)^(1 - c_k) (z_k - c_k mu); see `funnel.parameterizations`. The
likelihood is that of the group means, which is proportional to that of all observations because
sigma is known.

The marginal model has mu and tau only: with theta integrated out,
ybar_k ~ Normal(mu, sqrt(tau^2 + s_k^2)), where s_k is the standard error of ybar_k. If the
parameterization itself places mu and theta, it also has the density of the variables.
"""

from __future__ import annotations

import numpy as np
import pytensor

# with fast math, the draws would depend on whether numba had cached the compiled functions
pytensor.config.numba__fastmath = False

import pymc as pm  # noqa: E402
import pytensor.tensor as pt  # noqa: E402

from funnel import parameterizations  # noqa: E402
from funnel.choice import Choice  # noqa: E402
from funnel.group_means import Array, GroupMeans  # noqa: E402
from funnel.priors import Priors  # noqa: E402

DATA = "data"


def build(K: int, priors: Priors, parameterization: str) -> pm.Model:
    """Return the model of K individuals, whose data container `data` takes the output of `pack`."""
    placed = parameterizations.places(parameterization)
    names = parameterizations.constants(parameterization) if placed else ("c", "log_factor")
    with pm.Model(coords={"individual": range(K)}) as model:
        # one container for all, because each container adds a second to nutpie's compilation
        rows = 2 + len(names)
        data = pm.Data(DATA, np.ones((rows, K)), shape=(rows, K))
        ybar, standard_error = data[0], data[1]
        constants = {name: data[2 + i] for i, name in enumerate(names)}
        if parameterizations.is_ideal(parameterization):
            for name in ("z_tau", "z_mu"):
                pm.Normal(name, 0.0, 1.0)
            pm.Normal("z", 0.0, 1.0, dims="individual")
            # a constant, because nutpie needs a use for the data
            pm.Normal("ybar", ybar, standard_error, observed=ybar, dims="individual")
            return model
        prior_of_tau = {"half_normal": pm.HalfNormal, "half_cauchy": pm.HalfCauchy}[priors.tau]
        if placed:
            tau = prior_of_tau("tau", priors.tau_scale)
            z_mu = pm.Flat("z_mu")
            z = pm.Flat("z", shape=parameterizations.size(parameterization, K))
            at = (tau[None], z_mu[None], z, priors.of_mu, constants)
            _, theta, log_density = parameterizations.place(parameterization, pt, *at)
            pm.Potential("prior", log_density[0])
            pm.Normal("ybar", theta, standard_error, observed=ybar, dims="individual")
            return model
        mu = pm.Normal("mu", 0.0, priors.mu_sd)
        tau = prior_of_tau("tau", priors.tau_scale)
        if parameterizations.is_marginal(parameterization):
            sd = pt.sqrt(tau**2 + standard_error**2)
            pm.Normal("ybar", mu, sd, observed=ybar, dims="individual")
            return model
        c, log_factor = constants["c"], constants["log_factor"]
        log_tau = pt.log(tau)  # exp(c log tau) takes half the time of tau^c
        z = pm.Normal("z", c * mu, pt.exp(c * log_tau + log_factor), dims="individual")
        theta = mu + pt.exp((1.0 - c) * log_tau - log_factor) * (z - c * mu)
        pm.Normal("ybar", theta, standard_error, observed=ybar, dims="individual")
    return model


def pack(means: GroupMeans, choice: Choice) -> Array:
    """Return the value of the data container: ybar, standard errors, and what was chosen.

    That is the constants of a parameterization that places mu and theta, or the centeredness c and
    the log of tau0^(1 - c). The marginal model does not use the centeredness, which is nan there
    and stored as 0.
    """
    if choice.constants is None:
        c = np.nan_to_num(choice.centeredness)
        return np.stack([means.ybar, means.standard_error, c, (1 - c) * np.log(choice.tau0)])
    return np.stack([means.ybar, means.standard_error, *choice.constants.values()])
