"""Parameterizations: what NUTS moves in besides mu and tau, and how theta follows from it.

Each parameterization is a module of this package, whose name is that of the parameterization in a
configuration. The first line of its docstring says what NUTS samples. There are five kinds:

- A module with a function `centeredness(problem)` sets the centeredness c_k in [0, 1] of each
  individual k. With a typical tau of the data set, tau0, NUTS moves in
  z_k ~ Normal(c_k mu, tau0 (tau / tau0)^c_k), and
  theta_k = mu + (tau / tau0)^(1 - c_k) (z_k - c_k mu). With c_k = 1 this is theta_k itself
  (centered), with c_k = 0 it is tau0 times eta_k = (theta_k - mu) / tau (noncentered), and values
  in between interpolate (Papaspiliopoulos, Roberts and Skold 2007,
  doi:10.1214/088342307000000014). If every c_k is 0 or 1, tau0 is 1.
- A module with `CENTEREDNESS = c` sets the same centeredness for all individuals.
- A module with a function `choose(problem)` does the same, but sets tau0, too. It may use random
  numbers and a short pilot fit, and returns a `funnel.choice.Choice`, with the number of gradients
  that it cost.
- A module with `MARGINAL = True` integrates theta out. NUTS moves in mu and tau only, and theta is
  drawn afterwards from its exact distribution given mu, tau and the data. The data are normal.
- A module with a function `place` says itself where mu and theta are, given tau, a number z_mu and
  a vector z, in which NUTS moves; see `funnel.placement`. The text `STAN` says the same in Stan:
  it declares theta and adds the log density to the target. `CONSTANTS` are the names of what it
  needs to know of each individual: "m" and "s" of the normal approximation Normal(m_k, s_k) of
  the likelihood, or what a function `constants(problem)` returns. If sigma is a parameter, the
  constant "s" is multiplied by sigma in the model. z has `size(K)` elements, by default K. If
  there is a function `draw_mu`, mu is drawn afterwards by it, and `place` returns the mean of theta
  instead.

The module `ideal` is for comparison: NUTS samples independent standard normal variables, of which
the exact posterior makes mu, tau and theta.

A module with `UNIT_FREE = False` depends on the unit of the data, and one with
`LIKELIHOODS` fits only these.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np

from funnel.choice import Choice, Problem
from funnel.group_means import Array
from funnel.inference import draw_theta
from funnel.likelihoods import StudyLikelihood, likelihood_class
from funnel.placement import Placement
from funnel.priors import Flat, Normal, Priors
from funnel.rough_tau import typical_tau


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


def fits(parameterization: str, likelihood: str) -> bool:
    """Return whether the parameterization can fit data with this likelihood."""
    only = getattr(_module(parameterization), "LIKELIHOODS", None)
    return only is None or likelihood in only


def is_unit_free(parameterization: str) -> bool:
    """Return whether it does the same whatever the unit of the data is."""
    return bool(getattr(_module(parameterization), "UNIT_FREE", True))


def variables(parameterization: str, likelihood: str = "normal") -> tuple[str, ...]:
    """Return the names of the variables in which NUTS moves; z is the last one, if it is there."""
    if is_ideal(parameterization):
        return ("z_tau", "z_mu", "z")
    sigma = ("sigma",) if likelihood_class(likelihood).SIGMA else ()
    if places(parameterization):
        return ("tau", *sigma, "z_mu", "z")
    return ("mu", "tau", *sigma, *(() if is_marginal(parameterization) else ("z",)))


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


def choose(parameterization: str, problem: Problem) -> Choice:
    """Return what a parameterization chooses for a data set, and what it cost to choose it.

    The centeredness is nan for one that integrates theta out or places it itself. Raises any
    exception of the parameterization, or of the sampler that it runs.
    """
    module = _module(parameterization)
    if hasattr(module, "choose"):
        choice: Choice = module.choose(problem)
    elif (same := _without_data(parameterization)) is not None:
        return Choice(np.full(problem.means.K, same), tau0=1.0)
    elif places(parameterization):
        known = {"m": problem.means.ybar, "s": problem.means.standard_error}
        if hasattr(module, "constants"):
            known = module.constants(problem)
        if "s" in known:
            known = {**known, "s": known["s"] / problem.sigma}
        choice = Choice(np.full(problem.means.K, np.nan), tau0=1.0, constants=known)
    else:
        c = centeredness(parameterization, problem)
        between = np.any((c > 0) & (c < 1))
        tau0 = typical_tau(problem.means, problem.priors.of_tau) if between else 1.0
        choice = Choice(c, tau0)
    return replace(choice, gradients=choice.gradients + problem.gradients)


def _without_data(parameterization: str) -> float | None:
    """Return the centeredness that needs no look at the data, or None if there is such a look."""
    if is_marginal(parameterization) or is_ideal(parameterization):
        return np.nan
    if places(parameterization):
        return None if constants(parameterization) else np.nan
    c = constant(parameterization)
    return c if c in (0.0, 1.0) else None


def centeredness(parameterization: str, problem: Problem) -> Array:
    """Return the centeredness (K,) under a parameterization that chooses neither it nor tau0."""
    if (same := constant(parameterization)) is not None:
        return np.full(problem.means.K, same)
    c: Array = _module(parameterization).centeredness(problem)
    return c


def restore(
    parameterization: str,
    drawn: Mapping[str, Array],
    choice: Choice,
    data: StudyLikelihood,
    priors: Priors,
    rng: np.random.Generator,
) -> tuple[Array, Array, Array]:
    """Return mu (...), tau (...) and theta (..., K) given the draws of the `variables`.

    z has the shape (..., size), the other variables (...). `rng` draws what NUTS does not move in.
    """
    module = _module(parameterization)
    if is_ideal(parameterization):
        found: tuple[Array, Array, Array] = module.transport(**drawn, data=data, priors=priors)
        return found
    tau, sigma = drawn["tau"], drawn.get("sigma")
    if is_marginal(parameterization):
        return drawn["mu"], tau, draw_theta(data, drawn["mu"], tau, sigma, rng)
    if not places(parameterization):
        theta = theta_from_z(drawn["mu"], tau, drawn["z"], choice.centeredness, choice.tau0)
        return drawn["mu"], tau, theta
    prior, known = priors.of_mu, dict(choice.constants or {})
    if sigma is not None and "s" in known:
        known["s"] = known["s"] * sigma[..., None]
    known = {name: known[name] for name in constants(parameterization)}
    at = (tau[..., None], drawn["z_mu"][..., None], drawn["z"])
    mu, theta, _ = place(parameterization, np, *at, prior, known)
    if hasattr(module, "draw_mu"):
        return module.draw_mu(mu[..., 0], tau, data.K, prior, rng), tau, theta
    return mu[..., 0], tau, theta


def theta_from_z(mu: Array, tau: Array, z: Array, centeredness: Array, tau0: float = 1.0) -> Array:
    """Return theta (..., K) given mu (...), tau (...), z (..., K) and centeredness (K,)."""
    mu, ratio = mu[..., None], tau[..., None] / tau0
    return mu + ratio ** (1 - centeredness) * (z - centeredness * mu)


def _module(parameterization: str) -> ModuleType:
    return importlib.import_module(f"{__name__}.{parameterization}")
