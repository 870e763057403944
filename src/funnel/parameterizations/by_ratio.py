"""The by_ratio parameterization: NUTS samples theta_k of individuals with informative data."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from funnel.group_means import GroupMeans
from funnel.priors import PairOfPriors


def centeredness(
    means: GroupMeans, priors: PairOfPriors, centered_by_config: Sequence[int] | None
) -> NDArray[np.float64]:
    """Return a centeredness (K,) of 1 where an estimate of tau exceeds s_k, and 0 elsewhere.

    s_k is the standard error of the mean of individual k. The data of the centered individuals
    weigh more than the population, as far as the estimate is right.
    """
    return (estimate_of_variance(means) > means.standard_error**2).astype(float)


def estimate_of_variance(means: GroupMeans) -> float:
    """Return the estimate of tau^2 by the method of moments, which needs no sampling.

    With the weights w_k = 1 / s_k^2, the weighted mean m of the ybar_k and
    Q = sum_k w_k (ybar_k - m)^2, it is

        max(0, (Q - (K - 1)) / (sum_k w_k - sum_k w_k^2 / sum_k w_k))

    (DerSimonian and Laird 1986, Controlled Clinical Trials 7:177). It is 0 for one individual,
    whose data say nothing about tau.
    """
    if means.K == 1:
        return 0.0
    # relative to the largest weight, because weights may overflow
    smallest = means.standard_error.min()
    w = (smallest / means.standard_error) ** 2
    deviations = means.ybar - np.average(means.ybar, weights=w)
    excess = np.sum(w * deviations**2) - (means.K - 1) * smallest**2
    return float(max(0.0, excess / (w.sum() - np.sum(w**2) / w.sum())))
