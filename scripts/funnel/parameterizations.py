"""Parameterizations: from a scenario's data to the centeredness of every individual.

A parameterization is a function from what is known of a data set to a vector c in [0, 1]^K:
1 samples theta_k itself, 0 samples eta_k = (theta_k - mu) / tau (Papaspiliopoulos, Roberts and
Skold 2007, doi:10.1214/088342307000000014). To add one, write its function and list it in
`_CENTEREDNESS`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from funnel.data import GroupMeans, Priors

Centeredness = NDArray[np.float64]


def _centered(means: GroupMeans, priors: Priors, listed: Sequence[int] | None) -> Centeredness:
    return np.ones(means.K)


def _noncentered(means: GroupMeans, priors: Priors, listed: Sequence[int] | None) -> Centeredness:
    return np.zeros(means.K)


def _mixed(means: GroupMeans, priors: Priors, listed: Sequence[int] | None) -> Centeredness:
    """Centers the listed individuals, or those whose data outweigh the population."""
    if listed is not None:
        c = np.zeros(means.K)
        c[list(listed)] = 1.0
        return c
    from funnel.exact import ExactPosterior  # only this parameterization needs it

    weight = ExactPosterior(means, priors).data_weight()
    return (weight > 0.5).astype(float)


_CENTEREDNESS: dict[str, Callable[[GroupMeans, Priors, Sequence[int] | None], Centeredness]] = {
    "centered": _centered,
    "noncentered": _noncentered,
    "mixed": _mixed,
}

NAMES = tuple(_CENTEREDNESS)


def centeredness(
    parameterization: str, means: GroupMeans, priors: Priors, listed: Sequence[int] | None
) -> Centeredness:
    """The centeredness (K,) that `parameterization` gives to a data set.

    `listed` are the individuals that the scenario's `mixed` names, or None.
    """
    return _CENTEREDNESS[parameterization](means, priors, listed)
