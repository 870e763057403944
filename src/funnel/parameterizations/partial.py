"""The partial parameterization: NUTS samples z_k, between eta_k and theta_k."""

from __future__ import annotations

from funnel.choice import Problem
from funnel.group_means import Array


def centeredness(problem: Problem) -> Array:
    """Return the expected weight of the data of each individual as its centeredness, (K,).

    That is E[tau^2 / (tau^2 + s_k^2) | y] under the exact posterior. If tau were known to
    be the same, mu and z would be independent a posteriori (Papaspiliopoulos, Roberts and Skold
    2007, doi:10.1214/088342307000000014). Raises QuadratureError if the exact posterior cannot be
    computed.
    """
    return problem.exact().data_weight()
