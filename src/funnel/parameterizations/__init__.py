"""Parameterizations: what NUTS moves in besides mu and tau, and how theta follows from it.

Each parameterization is a module of this package, whose name is that of the parameterization in a
configuration. The first line of its docstring says what NUTS samples. There are four kinds:

- A module with a function `centeredness(means, priors, centered_by_config)` sets the centeredness
  c_k in [0, 1] of each individual k. NUTS moves in z_k ~ Normal(c_k mu, tau^c_k), and
  theta_k = mu + tau^(1 - c_k) (z_k - c_k mu). With c_k = 1 this is theta_k itself (centered), with
  c_k = 0 it is eta_k = (theta_k - mu) / tau (noncentered), and values in between interpolate
  (Papaspiliopoulos, Roberts and Skold 2007, doi:10.1214/088342307000000014).
- A module with `CENTEREDNESS = c` sets the same centeredness for all individuals.
- A module with a function `choose(problem)` does the same, but may also use the numbers of
  observations, random numbers and a short pilot fit. It returns a `funnel.choice.Choice`, in which
  the centeredness stands with the number of gradients that it cost.
- A module with `MARGINAL = True` integrates theta out. NUTS moves in mu and tau only, and theta is
  drawn afterwards from its exact distribution given mu, tau and the data.

A module with `ORACLE = True` uses the exact posterior, which is not known where one needs a
sampler.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from funnel.choice import Choice, Problem
from funnel.group_means import Array, GroupMeans
from funnel.priors import PairOfPriors

Centeredness = NDArray[np.float64]


def names() -> tuple[str, ...]:
    """Return the names of all parameterizations, sorted."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def summary(parameterization: str) -> str:
    """Return what NUTS samples: the first line of the module's docstring, after the colon."""
    first = (_module(parameterization).__doc__ or "").partition("\n")[0]
    return first.partition(": ")[2].removesuffix(".")


def is_marginal(parameterization: str) -> bool:
    """Return whether theta is integrated out, so that NUTS moves in mu and tau only."""
    return bool(getattr(_module(parameterization), "MARGINAL", False))


def constant(parameterization: str) -> float | None:
    """Return the centeredness of all individuals, or None if it is not always the same."""
    c = getattr(_module(parameterization), "CENTEREDNESS", None)
    return None if c is None else float(c)


def kind(parameterization: str) -> str:
    """Return "constant", "marginal", "oracle" or, for one that anyone can apply, "rule"."""
    if constant(parameterization) is not None:
        return "constant"
    if is_marginal(parameterization):
        return "marginal"
    return "oracle" if getattr(_module(parameterization), "ORACLE", False) else "rule"


def choose(parameterization: str, problem: Problem) -> Choice:
    """Return the centeredness (K,) of the individuals of a data set, and what it cost to choose it.

    It is nan for a parameterization that integrates theta out. Raises any exception of the
    parameterization, or of the sampler that it runs.
    """
    module = _module(parameterization)
    if hasattr(module, "choose"):
        choice: Choice = module.choose(problem)
        return choice
    c = centeredness(parameterization, problem.means, problem.priors, problem.centered_by_config)
    return Choice(c)


def centeredness(
    parameterization: str,
    means: GroupMeans,
    priors: PairOfPriors,
    centered_by_config: Sequence[int] | None,
) -> Centeredness:
    """Return the centeredness (K,) under a parameterization that needs no more than this.

    See `choose`. Raises AttributeError for a parameterization that may need more.
    """
    if is_marginal(parameterization):
        return np.full(means.K, np.nan)
    if (same := constant(parameterization)) is not None:
        return np.full(means.K, same)
    c: Centeredness = _module(parameterization).centeredness(means, priors, centered_by_config)
    return c


def theta_from_z(mu: Array, tau: Array, z: Array, centeredness: Centeredness) -> Array:
    """Return theta (..., K) given mu (...), tau (...), z (..., K) and centeredness (K,)."""
    mu, tau = mu[..., None], tau[..., None]
    return mu + tau ** (1 - centeredness) * (z - centeredness * mu)


def draw_theta(mu: Array, tau: Array, means: GroupMeans, rng: np.random.Generator) -> Array:
    """Draw theta (..., K) from its distribution given mu (...), tau (...) and the data.

    Given these, theta_k is normal with mean w_k ybar_k + (1 - w_k) mu and variance w_k s_k^2, where
    s_k is the standard error of ybar_k and w_k = tau^2 / (tau^2 + s_k^2) (Gelman et al. 2013,
    Bayesian Data Analysis, section 5.4).
    """
    mu, tau = mu[..., None], tau[..., None]
    with np.errstate(divide="ignore", over="ignore"):  # the weight is 0 where tau underflows
        weight = 1 / (1 + (means.standard_error / tau) ** 2)
    mean = weight * means.ybar + (1 - weight) * mu
    return rng.normal(mean, np.sqrt(weight) * means.standard_error)


def _module(parameterization: str) -> ModuleType:
    return importlib.import_module(f"{__name__}.{parameterization}")
