"""Samplers, one module per sampler, with a common interface.

To add a sampler, add a module to this package with a class `Sampler` that implements the protocol
below. The name of the module is the name of the sampler in a configuration. A module is imported
only when its sampler is used, because each needs libraries of its own.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from funnel.choice import Choice
from funnel.data import DataSet
from funnel_study.fitting.model import Model


@dataclass(frozen=True)
class Sampling:
    """The settings of a fit: each chain has `tune` tuning iterations, then `draws` draws."""

    chains: int
    tune: int
    draws: int
    target_accept: float


@dataclass(frozen=True)
class Draws:
    """The draws and statistics of one fit, without tuning iterations.

    `posterior` has the `funnel.parameterizations.variables`, z with the shape (chain, draw, size)
    and the others (chain, draw). `sample_stats` has diverging, energy, step_size, tree_depth,
    reached_max_treedepth, n_steps and acceptance_rate, each (chain, draw) and named as in ArviZ.
    n_steps is the number of leapfrog steps; the others are missing if the sampler has none.
    step_size is the step size with which the draws were made. PyMC and PyMC3 use that name for the
    last step size that was tried during tuning; their samplers return it, too, as
    last_tuned_step_size.

    `tuning_leapfrog_steps` (chain,) is the number of leapfrog steps of the tuning iterations.

    `versions` has the version of each package that the sampler uses. `seconds` is the time
    for sampling, of samplers whose call to `sample` also compiles: CPU time, or the wall time that
    the library reports. It is None for the others.
    """

    posterior: Mapping[str, NDArray[np.float64]]
    sample_stats: Mapping[str, NDArray[np.generic]]
    tuning_leapfrog_steps: NDArray[np.int64]
    versions: Mapping[str, str]
    seconds: float | None = None


class Sampler(Protocol):
    """NUTS for data sets of a model; the constructor compiles what all of them share.

    The samplers in `LITERAL` have a further argument `literal`: whether the model is that of the
    published study.
    """

    def __init__(self, model: Model, sampling: Sampling) -> None: ...

    def sample(
        self, data: DataSet, choice: Choice, seed: int, sampling: Sampling | None = None
    ) -> Draws:
        """Return draws from the posterior of `data`, or raise any exception if sampling fails.

        `choice` is that of the parameterization. `seed` is an integer below 2^63. `sampling`
        replaces the settings given to the constructor.
        """
        ...


# the samplers that can fit the model as published: with the likelihood of all observations, and
# with centered and noncentered individuals apart; pymc3 always does
LITERAL = ("pymc3", "stan")
_PUBLISHED = ("centered", "noncentered", "mixed")
# the parameterizations that a sampler can fit; a sampler that is not listed here can fit all
_ONLY = {"pymc3": _PUBLISHED}


def names() -> tuple[str, ...]:
    """Return the names of all samplers, sorted."""
    modules = pkgutil.iter_modules(__path__)
    return tuple(sorted(module.name for module in modules))


def refused(sampler: str, parameterizations: Iterable[str], *, literal: bool = False) -> list[str]:
    """Return those of the `parameterizations` that a sampler cannot fit.

    If `literal`, the model is that of the published study.
    """
    only = _PUBLISHED if literal else _ONLY.get(sampler)
    return [name for name in parameterizations if only and name not in only]


def refused_likelihoods(
    sampler: str, likelihoods: Iterable[str], *, literal: bool = False
) -> list[str]:
    """Return those of the `likelihoods` that a sampler cannot fit: the published one is normal."""
    return [name for name in likelihoods if (literal or sampler in _ONLY) and name != "normal"]


def make(name: str, model: Model, sampling: Sampling, *, literal: bool = False) -> Sampler:
    """Return the sampler with this name, ready for data sets of a model.

    If `literal`, the model is that of the published study; only the samplers in `LITERAL` can fit
    it. Raises ModuleNotFoundError if one of its libraries is not installed.
    """
    module = importlib.import_module(f"{__name__}.{name}")
    options = {"literal": True} if literal else {}
    sampler: Sampler = module.Sampler(model, sampling, **options)
    return sampler
