"""The model as programs in Stan's language, and the data that each of them takes.

There are three programs. `any_program` has the group-mean likelihood and takes any centeredness,
like `fitting.pymc_model`. `marginal_program` has only mu and tau, with every theta integrated out.
`apart_program` has centered and noncentered individuals in vectors of their own, as the published
model has; with a centeredness of 0 or 1 it takes two thirds of the time of `any_program`. Its
observations are those of the data, or the group means.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from funnel.data import DataSet
from funnel.group_means import GroupMeans
from funnel.priors import Priors

# a `~` statement leaves out constants, such as the log 2 by which a half-normal density is larger
# than that of the normal distribution
_PRIORS_OF_TAU = {
    "half_normal": "tau ~ normal(0, tau_scale);",
    "half_cauchy": "tau ~ cauchy(0, tau_scale);",
}

_ANY = """
data {
  int<lower=1> K;                          // number of individuals
  vector[K] ybar;                          // mean of the observations of each individual
  vector<lower=0>[K] standard_error;       // standard error of each mean
  vector<lower=0, upper=1>[K] centeredness;
  real<lower=0> mu_sd;
  real<lower=0> tau_scale;
}
parameters {
  real mu;
  real<lower=0> tau;
  vector[K] z;
}
model {
  real log_tau = log(tau);
  vector[K] z_mean = centeredness * mu;
  // exp(c log tau) is tau^c in less time
  vector[K] theta = mu + exp((1 - centeredness) * log_tau) .* (z - z_mean);
  mu ~ normal(0, mu_sd);
  PRIOR_OF_TAU
  z ~ normal(z_mean, exp(centeredness * log_tau));
  ybar ~ normal(theta, standard_error);
}
"""

_MARGINAL = """
data {
  int<lower=1> K;                          // number of individuals
  vector[K] ybar;                          // mean of the observations of each individual
  vector<lower=0>[K] standard_error;       // standard error of each mean
  real<lower=0> mu_sd;
  real<lower=0> tau_scale;
}
parameters {
  real mu;
  real<lower=0> tau;
}
model {
  mu ~ normal(0, mu_sd);
  PRIOR_OF_TAU
  ybar ~ normal(mu, hypot(tau, standard_error));
}
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


def any_program(priors: Priors) -> str:
    """Return the program of the model with the group-mean likelihood and any centeredness."""
    return _with_prior(_ANY, priors)


def marginal_program(priors: Priors) -> str:
    """Return the program of the model of mu and tau, with every theta integrated out."""
    return _with_prior(_MARGINAL, priors)


def apart_program(priors: Priors) -> str:
    """Return the program with centered and noncentered individuals apart."""
    return _with_prior(_APART, priors)


def any_data(
    means: GroupMeans, centeredness: NDArray[np.float64], priors: Priors
) -> dict[str, Any]:
    """Return the data of `any_program` for a centeredness (K,)."""
    return {**marginal_data(means, priors), "centeredness": centeredness}


def marginal_data(means: GroupMeans, priors: Priors) -> dict[str, Any]:
    """Return the data of `marginal_program`."""
    return {
        "K": means.K,
        "ybar": means.ybar,
        "standard_error": means.standard_error,
        **_scales(priors),
    }


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
