"""Parameterizations: from a scenario's data to the centeredness of every individual.

A parameterization is a function from what is known of a data set to a vector c in [0, 1]^K:
1 samples theta_k itself, 0 samples eta_k = (theta_k - mu) / tau (Papaspiliopoulos, Roberts and
Skold 2007, doi:10.1214/088342307000000014).

To add one, add a module here with a function `centeredness` that takes what those beside it take;
its name in a configuration is the module's.
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
    """The names of all parameterizations."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def centeredness(
    parameterization: str, means: GroupMeans, priors: Priors, listed: Sequence[int] | None
) -> Centeredness:
    """The centeredness (K,) that `parameterization` gives to a data set.

    `listed` are the individuals that the scenario's `mixed` names, or None.
    """
    module = importlib.import_module(f"{__name__}.{parameterization}")
    c: Centeredness = module.centeredness(means, priors, listed)
    return c
