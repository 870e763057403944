"""The mixed parameterization: NUTS samples theta_k of some individuals and eta_k of the others."""

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
    """Return a centeredness (K,) of 1 for some individuals and 0 for the others.

    The centered individuals are those in `centered_by_config`. If it is None, they are those with
    E[tau^2 / (tau^2 + sigma_k^2 / n_k) | y] > 1/2 under the exact posterior, that is, those for
    which the data have more weight than the population. Raises QuadratureError if the exact
    posterior cannot be computed.
    """
    if centered_by_config is not None:
        c = np.zeros(means.K)
        c[list(centered_by_config)] = 1.0
        return c
    return (ExactPosterior(means, priors).data_weight() > 0.5).astype(float)
