"""Parameterizations, which set the centeredness of each individual.

The centeredness c_k in [0, 1] of individual k determines what is sampled in place of theta_k: with
c_k = 1 it is theta_k itself, with c_k = 0 it is eta_k = (theta_k - mu) / tau, and values in between
interpolate (Papaspiliopoulos, Roberts and Skold 2007, doi:10.1214/088342307000000014).

Each parameterization is a module of this package. To add one, add a module with a function
`centeredness` that has the same arguments as the existing ones. The name of the module is the name
of the parameterization in a configuration.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from funnel.model.data import GroupMeans, Priors

Centeredness = NDArray[np.float64]


def names() -> tuple[str, ...]:
    """Return the names of all parameterizations, sorted."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def centeredness(
    parameterization: str, means: GroupMeans, priors: Priors, listed: Sequence[int] | None
) -> Centeredness:
    """Return the centeredness (K,) of the individuals of a data set under `parameterization`.

    `listed` are the individuals in the list `mixed` of the scenario, or None without such a list.
    """
    module = importlib.import_module(f"{__name__}.{parameterization}")
    c: Centeredness = module.centeredness(means, priors, listed)
    return c
