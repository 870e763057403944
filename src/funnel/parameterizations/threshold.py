"""The threshold parameterization: NUTS samples all theta_k, or all eta_k if the data say little."""

from __future__ import annotations

import numpy as np

from funnel.choice import Problem
from funnel.group_means import Array
from funnel.rough_tau import estimate_of_variance


def centeredness(problem: Problem) -> Array:
    """Return a centeredness (K,) of 1 if an estimate of tau exceeds the median s_k, and 0 if not.

    s_k is the standard error of the mean of individual k. It is the simplest rule that knows the
    data: all individuals are treated alike, and where tau = s_k, data and population weigh the
    same.
    """
    means = problem.means
    typical = np.median(means.standard_error)
    return np.full(means.K, float(estimate_of_variance(means) > typical**2))
