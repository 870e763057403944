"""Rough estimates of tau, which need no sampling."""

from __future__ import annotations

import numpy as np

from funnel.group_means import GroupMeans
from funnel.priors import TauPrior


def estimate_of_variance(means: GroupMeans) -> float:
    """Return the estimate of tau^2 by the method of moments, in the squared unit of the data.

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


def typical_tau(means: GroupMeans, prior: TauPrior) -> float:
    """Return a tau that is typical of the posterior, in the unit of the data.

    It is the root of `estimate_of_variance`, but at least the median standard error, since smaller
    values cannot be told from 0, and at most twice the median of the prior.
    """
    estimate: float = max(
        estimate_of_variance(means) ** 0.5, float(np.median(means.standard_error))
    )
    return min(estimate, 2 * prior.median)
