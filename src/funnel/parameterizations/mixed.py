"""The mixed parameterization: NUTS samples theta_k of some individuals and eta_k of the others."""

from __future__ import annotations

import numpy as np

from funnel.choice import Problem
from funnel.group_means import Array


def centeredness(problem: Problem) -> Array:
    """Return a centeredness (K,) of 1 for some individuals and 0 for the others.

    The centered individuals are those in `centered_by_config`. If it is None, they are those with
    E[tau^2 / (tau^2 + s_k^2) | y] > 1/2 under the exact posterior, that is, those for which
    the data have more weight than the population. Raises QuadratureError if the exact posterior
    cannot be computed.
    """
    if problem.centered_by_config is not None:
        c = np.zeros(problem.means.K)
        c[list(problem.centered_by_config)] = 1.0
        return c
    return (problem.exact().data_weight() > 0.5).astype(float)
