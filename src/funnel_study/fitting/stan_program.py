"""The model as programs in Stan's language, and the data that each of them takes.

`program` has the group-mean likelihood, like `fitting.pymc_model`. It takes any centeredness, or
has every theta integrated out, or has a parameterization that itself places mu and theta.
`apart_program` has centered and noncentered individuals in vectors of their own, as the published
model has; with a centeredness of 0 or 1 it takes two thirds of the time of `program`. Its
observations are those of the data, or the group means.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from funnel import parameterizations
from funnel.choice import Choice
from funnel.data import DataSet
from funnel.group_means import GroupMeans
from funnel.priors import Priors

# a `~` statement leaves out constants, such as the log 2 by which a half-normal density is larger
# than that of the normal distribution
_PRIORS_OF_TAU = {
    "half_normal": "tau ~ normal(0, tau_scale);",
    "half_cauchy": "tau ~ cauchy(0, tau_scale);",
}

_PROGRAM = """
data {{
  int<lower=1> K;                          // number of individuals
  int<lower=0> size;                       // number of elements of z
  vector[K] ybar;                          // mean of the observations of each individual
  vector<lower=0>[K] standard_error;       // standard error of each mean
  real<lower=0> mu_sd;
  real<lower=0> tau_scale;
  {constants}
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
    "z_tau": "real z_tau;",
    "z_mu": "real z_mu;",
    "z": "vector[size] z;",
}
_ANY = """
  real log_ratio = log(tau / tau0[1]);
  vector[K] z_mean = c * mu;
  // exp(c log tau) is tau^c in less time
  vector[K] theta = mu + exp((1 - c) * log_ratio) .* (z - z_mean);
  mu ~ normal(0, mu_sd);
  z ~ normal(z_mean, tau0[1] * exp(c * log_ratio));
"""
_PRIOR_AND_LIKELIHOOD = """
  PRIOR_OF_TAU
  ybar ~ normal(theta, standard_error);
"""
_MARGINAL = """
  mu ~ normal(0, mu_sd);
  PRIOR_OF_TAU
  ybar ~ normal(mu, hypot(tau, standard_error));
"""
_IDEAL = """
  z_tau ~ std_normal();
  z_mu ~ std_normal();
  z ~ std_normal();
"""

_APART = """
data {
  int<lower=1> K;                          // number of individuals
  int<lower=0, upper=K> K_centered;        // number of centered individuals
  int<lower=1> N;                          // number of observations
  array[K_centered] int<lower=1, upper=K> centered;
  array[K - K_centered] int<lower=1, upper=K> noncentered;
  array[N] int<lower=1, upper=K> idx;      // individual of each observation
  vector[N] y;
  vector<lower=0>[K] sigma;                // standard deviation of an individual's observations
  real<lower=0> mu_sd;
  real<lower=0> tau_scale;
}
parameters {
  real mu;
  real<lower=0> tau;
  vector[K_centered] theta_cp;
  vector[K - K_centered] eta_ncp;
}
model {
  vector[K] theta;
  theta[centered] = theta_cp;
  theta[noncentered] = mu + tau * eta_ncp;
  mu ~ normal(0, mu_sd);
  PRIOR_OF_TAU
  theta_cp ~ normal(mu, tau);
  eta_ncp ~ std_normal();
  y ~ normal(theta[idx], sigma[idx]);
}
"""


def program(priors: Priors, parameterization: str) -> str:
    """Return the program of the model with the group-mean likelihood."""
    names: tuple[str, ...] = ()
    if parameterizations.is_marginal(parameterization):
        model = _MARGINAL
    elif parameterizations.is_ideal(parameterization):
        model = _IDEAL
    elif parameterizations.places(parameterization):
        names = parameterizations.constants(parameterization)
        model = parameterizations.stan(parameterization) + _PRIOR_AND_LIKELIHOOD
    else:
        names, model = ("c", "tau0"), _ANY + _PRIOR_AND_LIKELIHOOD
    variables = (_VARIABLES[name] for name in parameterizations.variables(parameterization))
    text = _PROGRAM.format(
        constants="\n  ".join(f"vector[K] {name};" for name in names),
        variables="\n  ".join(variables),
        model=model.strip(),
    )
    return _with_prior(text, priors)


def program_data(
    means: GroupMeans, choice: Choice, priors: Priors, parameterization: str
) -> dict[str, Any]:
    """Return the data of `program`."""
    K, known = means.K, choice.constants or {}
    if np.isfinite(choice.centeredness).all():
        known = {"c": choice.centeredness, "tau0": np.full(K, choice.tau0)}
    return {
        "K": K,
        "size": parameterizations.size(parameterization, K),
        "ybar": means.ybar,
        "standard_error": means.standard_error,
        **known,
        **_scales(priors),
    }


def apart_program(priors: Priors) -> str:
    """Return the program with centered and noncentered individuals apart."""
    return _with_prior(_APART, priors)


def apart_data(
    data: DataSet, centeredness: NDArray[np.float64], priors: Priors, *, literal: bool
) -> dict[str, Any]:
    """Return the data of `apart_program` for a centeredness (K,) of 0 or 1.

    If `literal`, these are all observations; otherwise they are the group means. Raises ValueError
    if a centeredness is neither 0 nor 1.
    """
    centered, noncentered = split(centeredness)
    K, means = len(centeredness), data.group_means()
    y, sigma, idx = (
        (data.y, data.sigma, data.idx)
        if literal
        else (means.ybar, means.standard_error, np.arange(K))
    )
    return {
        "K": K,
        "K_centered": len(centered),
        "N": len(y),
        # Stan counts from 1
        "centered": centered + 1,
        "noncentered": noncentered + 1,
        "idx": idx + 1,
        "y": y,
        "sigma": sigma,
        **_scales(priors),
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


def _with_prior(program: str, priors: Priors) -> str:
    return program.replace("PRIOR_OF_TAU", _PRIORS_OF_TAU[priors.tau])


def _scales(priors: Priors) -> dict[str, float]:
    return {"mu_sd": priors.mu_sd, "tau_scale": priors.tau_scale}
