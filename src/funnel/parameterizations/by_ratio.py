"""The by_ratio parameterization: NUTS samples theta_k of individuals with informative data."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from funnel.group_means import GroupMeans
from funnel.priors import PairOfPriors
from funnel.rough_tau import estimate_of_variance


def centeredness(
    means: GroupMeans, priors: PairOfPriors, centered_by_config: Sequence[int] | None
) -> NDArray[np.float64]:
    """Return a centeredness (K,) of 1 where an estimate of tau exceeds s_k, and 0 elsewhere.

    s_k is the standard error of the mean of individual k. The data of the centered individuals
    weigh more than the population, as far as the estimate is right.
    """
    return (estimate_of_variance(means) > means.standard_error**2).astype(float)
