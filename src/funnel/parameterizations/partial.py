"""The partial parameterization: NUTS samples z_k, between eta_k and theta_k."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from funnel.exact import ExactPosterior
from funnel.group_means import GroupMeans
from funnel.priors import PairOfPriors

# nobody who needs a sampler has the exact posterior
ORACLE = True


def centeredness(
    means: GroupMeans, priors: PairOfPriors, centered_by_config: Sequence[int] | None
) -> NDArray[np.float64]:
    """Return the expected weight of the data of each individual as its centeredness, (K,).

    That is E[tau^2 / (tau^2 + sigma_k^2 / n_k) | y] under the exact posterior. If tau were known to
    be the same, mu and z would be independent a posteriori (Papaspiliopoulos, Roberts and Skold
    2007, doi:10.1214/088342307000000014). Raises QuadratureError if the exact posterior cannot be
    computed.
    """
    return ExactPosterior(means, priors).data_weight()
