"""The by_ratio parameterization: NUTS samples theta_k of individuals with informative data."""

from __future__ import annotations

from funnel.choice import Problem
from funnel.group_means import Array
from funnel.rough_tau import estimate_of_variance


def centeredness(problem: Problem) -> Array:
    """Return a centeredness (K,) of 1 where an estimate of tau exceeds s_k, and 0 elsewhere.

    s_k is the standard error of the mean of individual k. The data of the centered individuals
    weigh more than the population, as far as the estimate is right.
    """
    means = problem.means
    return (estimate_of_variance(means) > means.standard_error**2).astype(float)
