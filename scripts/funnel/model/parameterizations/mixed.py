"""Well-informed individuals are centered, the others are not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from funnel.model.data import GroupMeans, Priors
from funnel.model.exact import ExactPosterior


def centeredness(
    means: GroupMeans, priors: Priors, listed: Sequence[int] | None
) -> NDArray[np.float64]:
    """Centers the listed individuals, or those whose data outweigh the population.

    These are those of E[tau^2 / (tau^2 + sigma_k^2 / n_k) | y] > 1/2 under the exact posterior.
    """
    if listed is not None:
        c = np.zeros(means.K)
        c[list(listed)] = 1.0
        return c
    return (ExactPosterior(means, priors).data_weight() > 0.5).astype(float)
