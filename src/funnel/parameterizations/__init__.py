"""Parameterizations: what NUTS moves in besides mu and tau, and how theta follows from it.

Each parameterization is a module of this package, whose name is that of the parameterization in a
configuration. The first line of its docstring says what NUTS samples. There are five kinds:

- A module with a function `centeredness(means, priors, centered_by_config)` sets the centeredness
  c_k in [0, 1] of each individual k. With a typical tau of the data set, tau0, NUTS moves in
  z_k ~ Normal(c_k mu, tau0 (tau / tau0)^c_k), and
  theta_k = mu + (tau / tau0)^(1 - c_k) (z_k - c_k mu). With c_k = 1 this is theta_k itself
  (centered), with c_k = 0 it is tau0 times eta_k = (theta_k - mu) / tau (noncentered), and values
  in between interpolate (Papaspiliopoulos, Roberts and Skold 2007,
  doi:10.1214/088342307000000014). If every c_k is 0 or 1, tau0 is 1.
- A module with `CENTEREDNESS = c` sets the same centeredness for all individuals.
- A module with a function `choose(problem)` does the same, but may also use the numbers of
  observations, random numbers and a short pilot fit. It returns a `funnel.choice.Choice`, in which
  the centeredness stands with tau0 and the number of gradients that it cost.
- A module with `MARGINAL = True` integrates theta out. NUTS moves in mu and tau only, and theta is
  drawn afterwards from its exact distribution given mu, tau and the data.
- A module with a function `place` says itself where mu and theta are, given tau, a number z_mu and
  a vector z, in which NUTS moves; see `funnel.placement`. The text `STAN` says the same in Stan:
  it declares theta and adds the log density to the target. `CONSTANTS` are the names of what it
  needs to know of each individual, which a function `constants(problem)` returns. z has `size(K)`
  elements, by default K. If there is a function `draw_mu`, mu is drawn afterwards by it, and
  `place` returns the mean of theta instead.

The module `ideal` is for comparison: NUTS samples independent standard normal variables, of which
the exact posterior makes mu, tau and theta.

A module with `ORACLE = True` uses the exact posterior, which is not known where one needs a
sampler. One with `UNIT_FREE = False` depends on the unit of the data.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from funnel.choice import Choice, Problem
from funnel.group_means import Array, GroupMeans
from funnel.placement import Placement
from funnel.priors import Flat, Normal, PairOfPriors
from funnel.rough_tau import typical_tau

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


def places(parameterization: str) -> bool:
    """Return whether the parameterization says itself where mu and theta are."""
    return hasattr(_module(parameterization), "place")


def is_ideal(parameterization: str) -> bool:
    """Return whether NUTS samples standard normal variables, for comparison with the others."""
    return bool(getattr(_module(parameterization), "IDEAL", False))


def is_unit_free(parameterization: str) -> bool:
    """Return whether it does the same whatever the unit of the data is."""
    return bool(getattr(_module(parameterization), "UNIT_FREE", True))


def variables(parameterization: str) -> tuple[str, ...]:
    """Return the names of the variables in which NUTS moves."""
    if places(parameterization):
        return ("tau", "z_mu", "z")
    if is_ideal(parameterization):
        return ("z_tau", "z_mu", "z")
    return ("mu", "tau") if is_marginal(parameterization) else ("mu", "tau", "z")


def constants(parameterization: str) -> tuple[str, ...]:
    """Return the names of the constants of `place`."""
    return tuple(getattr(_module(parameterization), "CONSTANTS", ()))


def size(parameterization: str, K: int) -> int:
    """Return the number of elements of z for K individuals."""
    module = _module(parameterization)
    return int(module.size(K)) if hasattr(module, "size") else K


def stan(parameterization: str) -> str:
    """Return what `place` does as statements of Stan."""
    return str(_module(parameterization).STAN)


def place(
    parameterization: str,
    math: Any,
    tau: Any,
    z_mu: Any,
    z: Any,
    prior: Normal | Flat,
    constants: Mapping[str, Any],
) -> Placement:
    """Return where mu and theta are; see `funnel.placement`."""
    placement: Placement = _module(parameterization).place(math, tau, z_mu, z, prior, **constants)
    return placement


def constant(parameterization: str) -> float | None:
    """Return the centeredness of all individuals, or None if it is not always the same."""
    c = getattr(_module(parameterization), "CENTEREDNESS", None)
    return None if c is None else float(c)


def kind(parameterization: str) -> str:
    """Return "constant", "marginal", "placed", "oracle" or, for a rule for anyone, "rule"."""
    if constant(parameterization) is not None:
        return "constant"
    if is_marginal(parameterization):
        return "marginal"
    if places(parameterization):
        return "placed"
    return "oracle" if getattr(_module(parameterization), "ORACLE", False) else "rule"


def choose(parameterization: str, problem: Problem) -> Choice:
    """Return what a parameterization chooses for a data set, and what it cost to choose it.

    The centeredness is nan for one that integrates theta out or places it itself. Raises any
    exception of the parameterization, or of the sampler that it runs.
    """
    module = _module(parameterization)
    if hasattr(module, "choose"):
        choice: Choice = module.choose(problem)
        return choice
    if places(parameterization):
        known = module.constants(problem) if constants(parameterization) else {}
        known = {name: known[name] for name in constants(parameterization)}
        return Choice(np.full(problem.means.K, np.nan), tau0=1.0, constants=known)
    c = centeredness(parameterization, problem.means, problem.priors, problem.centered_by_config)
    between = np.any((c > 0) & (c < 1))
    return Choice(c, typical_tau(problem.means, problem.priors.of_tau) if between else 1.0)


def centeredness(
    parameterization: str,
    means: GroupMeans,
    priors: PairOfPriors,
    centered_by_config: Sequence[int] | None,
) -> Centeredness:
    """Return the centeredness (K,) under a parameterization that needs no more than this.

    See `choose`. Raises AttributeError for a parameterization that may need more.
    """
    if any(has(parameterization) for has in (is_marginal, places, is_ideal)):
        return np.full(means.K, np.nan)
    if (same := constant(parameterization)) is not None:
        return np.full(means.K, same)
    c: Centeredness = _module(parameterization).centeredness(means, priors, centered_by_config)
    return c


def restore(
    parameterization: str,
    drawn: Mapping[str, Array],
    choice: Choice,
    means: GroupMeans,
    priors: PairOfPriors,
    rng: np.random.Generator,
) -> tuple[Array, Array, Array]:
    """Return mu (...), tau (...) and theta (..., K) given the draws of the `variables`.

    z has the shape (..., size), the other variables (...). `rng` draws what NUTS does not move in.
    """
    module = _module(parameterization)
    if is_ideal(parameterization):
        found: tuple[Array, Array, Array] = module.transport(**drawn, means=means, priors=priors)
        return found
    tau = drawn["tau"]
    if is_marginal(parameterization):
        return drawn["mu"], tau, draw_theta(drawn["mu"], tau, means, rng)
    if not places(parameterization):
        theta = theta_from_z(drawn["mu"], tau, drawn["z"], choice.centeredness, choice.tau0)
        return drawn["mu"], tau, theta
    prior = priors.of_mu
    at = (tau[..., None], drawn["z_mu"][..., None], drawn["z"])
    mu, theta, _ = place(parameterization, np, *at, prior, choice.constants or {})
    if hasattr(module, "draw_mu"):
        return module.draw_mu(mu[..., 0], tau, means.K, prior, rng), tau, theta
    return mu[..., 0], tau, theta


def theta_from_z(
    mu: Array, tau: Array, z: Array, centeredness: Centeredness, tau0: float = 1.0
) -> Array:
    """Return theta (..., K) given mu (...), tau (...), z (..., K) and centeredness (K,)."""
    mu, ratio = mu[..., None], tau[..., None] / tau0
    return mu + ratio ** (1 - centeredness) * (z - centeredness * mu)


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
