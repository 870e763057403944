"""The model in PyMC, written once for all parameterizations and likelihoods.

With centeredness c_k and the scale tau0, NUTS samples z_k ~ Normal(c_k mu, tau0 (tau / tau0)^c_k),
and theta_k = mu + (tau / tau0)^(1 - c_k) (z_k - c_k mu); see `funnel.parameterizations`. If the
parameterization itself places mu and theta, the model also has the density of the variables. The
likelihood is that of sufficient statistics, such as group means; see `funnel.likelihoods`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytensor

# with fast math, the draws would depend on whether numba had cached the compiled functions
pytensor.config.numba__fastmath = False

import pymc as pm  # noqa: E402
import pytensor.tensor as pt  # noqa: E402

from funnel import parameterizations  # noqa: E402
from funnel.choice import Choice  # noqa: E402
from funnel.data import DataSet  # noqa: E402
from funnel.group_means import Array  # noqa: E402
from funnel_study.fitting.model import Model  # noqa: E402
from funnel_study.fitting.samplers import Draws  # noqa: E402

DATA = "data"
_PRIORS = {"half_normal": pm.HalfNormal, "half_cauchy": pm.HalfCauchy}


def build(model: Model) -> pm.Model:
    """Return the model, whose data container `data` takes the output of `pack`."""
    K, priors, likelihood = model.K, model.priors, model.data_class
    with pm.Model(coords={"individual": range(K)}) as built:
        # one container for all, because each container adds a second to nutpie's compilation
        names = (*likelihood.MODELLED, *_rows(model))
        data = pm.Data(DATA, np.ones((len(names), K)), shape=(len(names), K))
        observed = {name: data[i] for i, name in enumerate(likelihood.MODELLED)}
        constants = {name: data[len(observed) + i] for i, name in enumerate(_rows(model))}
        if parameterizations.is_ideal(model.parameterization):
            for name in ("z_tau", "z_mu"):
                pm.Normal(name, 0.0, 1.0)
            pm.Normal("z", 0.0, 1.0, dims="individual")
            # a constant, because nutpie needs a use for the data
            likelihood.in_pymc(pm, data[0], None, **observed)
            return built
        placed = parameterizations.places(model.parameterization)
        mu = None if placed else pm.Normal("mu", priors.mu_mean, priors.mu_sd)
        tau = _PRIORS[priors.tau]("tau", priors.tau_scale)
        sigma = _sigma(model)
        if sigma is not None and "s" in constants:
            constants["s"] = constants["s"] * sigma
        if parameterizations.is_marginal(model.parameterization):
            likelihood.marginal_in_pymc(pm, mu, tau, sigma, **observed, **constants)
            return built
        if placed:
            z_mu = pm.Flat("z_mu")
            z = pm.Flat("z", shape=model.size)
            at = (tau[None], z_mu[None], z, priors.of_mu, constants)
            _, theta, log_density = parameterizations.place(model.parameterization, pt, *at)
            pm.Potential("prior", log_density[0])
        else:
            c, log_factor = constants["c"], constants["log_factor"]
            log_tau = pt.log(tau)  # exp(c log tau) takes half the time of tau^c
            z = pm.Normal("z", c * mu, pt.exp(c * log_tau + log_factor), dims="individual")
            theta = mu + pt.exp((1.0 - c) * log_tau - log_factor) * (z - c * mu)
        likelihood.in_pymc(pm, theta, sigma, **observed)
    return built


def pack(data: DataSet, choice: Choice, model: Model) -> Array:
    """Return the value of the data container: the data, and what was chosen for them.

    That is the constants of the parameterization, of which the log of tau0^(1 - c) stands for tau0.
    """
    c = choice.centeredness
    known = {"c": c, "log_factor": (1 - c) * np.log(choice.tau0), **(choice.constants or {})}
    observed = [getattr(data.data, name) for name in model.data_class.MODELLED]
    return np.stack([*observed, *(known[name] for name in _rows(model))])


def draws_of(result: Any, model: Model, stats: Mapping[str, str], **others: Any) -> Draws:
    """Return what a sampler found, which has `stats` by the names of `Draws`."""
    return Draws(
        posterior={name: result["posterior"][name].to_numpy() for name in model.variables},
        sample_stats={
            name: result["sample_stats"][source].to_numpy() for name, source in stats.items()
        },
        tuning_leapfrog_steps=result["warmup_sample_stats"]["n_steps"].sum("draw").to_numpy(),
        **others,
    )


def _rows(model: Model) -> tuple[str, ...]:
    return ("c", "log_factor") if model.constants == ("c", "tau0") else model.constants


def _sigma(model: Model) -> pt.TensorVariable | None:
    """Return the parameter sigma, or None if there is none."""
    priors = model.priors
    if not model.data_class.SIGMA:
        return None
    if priors.sigma == "exponential":
        return pm.Exponential("sigma", scale=priors.sigma_scale)
    return _PRIORS[str(priors.sigma)]("sigma", priors.sigma_scale)
