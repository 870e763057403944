"""Samplers: one module each, behind one interface, chosen by name.

To add a sampler, add a module here with a class `Sampler` that follows the protocol below; its
name in a configuration is the module's. Modules are imported only when they are used.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from funnel.model.data import DataSet, Priors


@dataclass(frozen=True)
class Sampling:
    """What a fit is run with: iterations are a chain's, `tune` of them before `draws`."""

    chains: int
    tune: int
    draws: int
    target_accept: float


@dataclass(frozen=True)
class Draws:
    """What a sampler hands back, without its tuning iterations.

    `posterior` holds mu and tau (chain, draw) and z (chain, draw, K); `sample_stats` holds, each
    (chain, draw) and by ArviZ's names, diverging, energy, step_size, tree_depth,
    reached_max_treedepth, n_steps and acceptance_rate. step_size is what the draws were made with;
    the samplers of PyMC and PyMC3 add the one that their tuning tried last, last_tuned_step_size,
    which they themselves call step_size. `versions` names what produced them. `seconds` is what
    sampling took, where the sampler compiles for every data set and says what is left of it.
    """

    posterior: Mapping[str, NDArray[np.float64]]
    sample_stats: Mapping[str, NDArray[np.generic]]
    versions: Mapping[str, str]
    seconds: float | None = None


class Sampler(Protocol):
    """NUTS for one model size, compiled when it is made and used for any data of that size."""

    def __init__(self, K: int, priors: Priors, sampling: Sampling) -> None: ...

    def sample(self, data: DataSet, centeredness: NDArray[np.float64], seed: int) -> Draws:
        """Draws from the posterior of `data`; whatever goes wrong is raised."""
        ...


def names() -> tuple[str, ...]:
    """The names of all samplers."""
    modules = pkgutil.iter_modules(__path__)
    return tuple(sorted(module.name for module in modules))


def make(name: str, K: int, priors: Priors, sampling: Sampling) -> Sampler:
    """The sampler called `name`, ready for data sets of K individuals."""
    sampler: Sampler = importlib.import_module(f"{__name__}.{name}").Sampler(K, priors, sampling)
    return sampler
