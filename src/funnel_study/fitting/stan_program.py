"""The model as programs in Stan's language, and the data that each of them takes.

`program` takes any centeredness, or has every theta integrated out, or has a parameterization that
itself places mu and theta. `apart_program` has centered and noncentered individuals in vectors of
their own, as the published model has; with a centeredness of 0 or 1 it takes two thirds of the time
of `program`. The likelihood is that of sufficient statistics (`funnel.likelihoods`), as in
`fitting.pymc_model`, or, if literal, that of all observations.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from funnel import parameterizations
from funnel.choice import Choice
from funnel.data import DataSet
from funnel.likelihoods.normal import NormalLikelihood
from funnel_study.fitting.model import Model

# a `~` statement leaves out constants, such as the log 2 by which a half-normal density is larger
# than that of the normal distribution
_PRIORS = {
    "half_normal": "NAME ~ normal(0, NAME_scale);",
    "half_cauchy": "NAME ~ cauchy(0, NAME_scale);",
    "exponential": "NAME ~ exponential(inv(NAME_scale));",
}

_PROGRAM = """
data {{
  int<lower=1> K;                          // number of individuals
  int<lower=0> size;                       // number of elements of z
  real mu_mean;
  real<lower=0> mu_sd;
  real<lower=0> tau_scale;
  {data}
}}
parameters {{
  {variables}
}}
model {{
  {model}
}}
"""
_VARIABLES = {
    "mu": "real mu;",
    "tau": "real<lower=0> tau;",
    "sigma": "real<lower=0> sigma;",
    "z_tau": "real z_tau;",
    "z_mu": "real z_mu;",
    "z": "vector[size] z;",
}
_ANY = """
  real log_ratio = log(tau / tau0[1]);
  vector[K] z_mean = c * mu;
  // exp(c log tau) is tau^c in less time
  vector[K] theta = mu + exp((1 - c) * log_ratio) .* (z - z_mean);
  mu ~ normal(mu_mean, mu_sd);
  z ~ normal(z_mean, tau0[1] * exp(c * log_ratio));
"""
_MARGINAL = """
  mu ~ normal(mu_mean, mu_sd);
"""
_IDEAL = """
  z_tau ~ std_normal();
  z_mu ~ std_normal();
  z ~ std_normal();
"""

_APART = """
data {{
  int<lower=1> K;                          // number of individuals
  int<lower=0, upper=K> K_centered;        // number of centered individuals
  array[K_centered] int<lower=1, upper=K> centered;
  array[K - K_centered] int<lower=1, upper=K> noncentered;
  real mu_mean;
  real<lower=0> mu_sd;
  real<lower=0> tau_scale;
  {data}
}}
parameters {{
  {variables}
  vector[K_centered] theta_cp;
  vector[K - K_centered] eta_ncp;
}}
model {{
  vector[K] theta;
  theta[centered] = theta_cp;
  theta[noncentered] = mu + tau * eta_ncp;
  mu ~ normal(mu_mean, mu_sd);
  {priors}
  theta_cp ~ normal(mu, tau);
  eta_ncp ~ std_normal();
  {likelihood}
}}
"""
_OBSERVATIONS = """
  int<lower=1> N;                          // number of observations
  array[N] int<lower=1, upper=K> idx;      // individual of each observation
  vector[N] y;
  vector<lower=0>[K] sigma;                // standard deviation of an individual's observations
"""
_OF_OBSERVATIONS = "y ~ normal(theta[idx], sigma[idx]);"


def program(model: Model) -> str:
    """Return the program of a model with the likelihood of sufficient statistics."""
    name, likelihood = model.parameterization, model.data_class
    scaled = likelihood.SIGMA and "s" in model.constants
    if parameterizations.is_ideal(name):
        text = _IDEAL
    elif parameterizations.is_marginal(name):
        text = _MARGINAL + _prior_of_scales(model) + likelihood.STAN_MARGINAL
    else:
        text = parameterizations.stan(name) if parameterizations.places(name) else _ANY
        text += _prior_of_scales(model) + likelihood.STAN
    if scaled:
        text = "vector[K] s = sigma * s_of_1;" + text
    constants = [f"{each}_of_1" if scaled and each == "s" else each for each in model.constants]
    return _PROGRAM.format(
        data=_data_block(model, *constants),
        variables="\n  ".join(_VARIABLES[variable] for variable in model.variables),
        model=text.strip(),
    )


def program_data(data: DataSet, choice: Choice, model: Model) -> dict[str, Any]:
    """Return the data of `program`."""
    known = {"c": choice.centeredness, "tau0": np.full(model.K, choice.tau0)}
    known |= choice.constants or {}
    constants = {name: known[name] for name in model.constants}
    if model.data_class.SIGMA and "s" in constants:
        constants["s_of_1"] = constants.pop("s")
    return {"K": model.K, "size": model.size, **constants, **_modelled(data, model)}


def apart_program(model: Model, *, literal: bool = False) -> str:
    """Return the program with centered and noncentered individuals apart.

    If `literal`, the likelihood is that of all observations, which only normal data with known
    sigma have.
    """
    likelihood = _OF_OBSERVATIONS if literal else model.data_class.STAN
    variables = ("mu", "tau", *(["sigma"] if model.data_class.SIGMA else []))
    return _APART.format(
        data=_OBSERVATIONS.strip() if literal else _data_block(model),
        variables="\n  ".join(_VARIABLES[variable] for variable in variables),
        priors=_prior_of_scales(model).strip(),
        likelihood=likelihood,
    )


def apart_data(
    data: DataSet, centeredness: NDArray[np.float64], model: Model, *, literal: bool = False
) -> dict[str, Any]:
    """Return the data of `apart_program` for a centeredness (K,) of 0 or 1.

    Raises ValueError if a centeredness is neither 0 nor 1.
    """
    centered, noncentered = split(centeredness)
    observed = _modelled(data, model)
    if literal:
        one = data.data
        assert isinstance(one, NormalLikelihood)
        assert one.observations is not None
        y, idx = one.observations.y, one.observations.idx
        observed |= {"N": len(y), "idx": idx + 1, "y": y, "sigma": one.sigma}
    return {
        "K": model.K,
        "K_centered": len(centered),
        # Stan counts from 1
        "centered": centered + 1,
        "noncentered": noncentered + 1,
        **observed,
    }


def is_apart(centeredness: NDArray[np.float64]) -> bool:
    """Return whether every individual is either centered or noncentered."""
    return bool(np.isin(centeredness, (0.0, 1.0)).all())


def split(centeredness: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the centered and the noncentered individuals for a centeredness (K,) of 0 or 1.

    Raises ValueError if a centeredness is neither 0 nor 1.
    """
    if not is_apart(centeredness):
        raise ValueError("the literal model needs a centeredness of 0 or 1 for each individual")
    return np.flatnonzero(centeredness == 1), np.flatnonzero(centeredness == 0)


def _prior_of_scales(model: Model) -> str:
    """Return the priors of tau, and of sigma if it is a parameter."""
    priors = {"tau": model.priors.tau}
    if model.data_class.SIGMA:
        priors["sigma"] = str(model.priors.sigma)
    lines = [_PRIORS[kind].replace("NAME", name) for name, kind in priors.items()]
    return "\n  " + "\n  ".join(lines) + "\n  "


def _data_block(model: Model, *constants: str) -> str:
    """Return the declarations of what the likelihood knows, and of the constants."""
    scale = ["real<lower=0> sigma_scale;"] if model.data_class.SIGMA else []
    vectors = (f"vector[K] {name};" for name in (*model.data_class.MODELLED, *constants))
    return "\n  ".join([*scale, *vectors])


def _modelled(data: DataSet, model: Model) -> dict[str, Any]:
    """Return the scales of the priors, and what the likelihood knows of the data."""
    priors = model.priors
    scales = {name: getattr(priors, name) for name in ("mu_mean", "mu_sd", "tau_scale")}
    if model.data_class.SIGMA:
        scales["sigma_scale"] = float(priors.sigma_scale or np.nan)
    return {**scales} | {name: getattr(data.data, name) for name in model.data_class.MODELLED}
