"""The low_tau parameterization: NUTS samples z_k, centered as the data outweigh even a low tau."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from funnel.choice import Choice, Problem
from funnel.group_means import Array
from funnel.parameterizations import pilot

# tau at this quantile is low. Of 5, 10 and 25 %, this took the least work for the
# worst estimand in four scenarios of twelve data sets each, but within the errors
LOW = 0.1


def choose(problem: Problem) -> Choice:
    """Return the `centeredness_by` (K,) of the draws of tau in a pilot fit."""
    drawn = pilot.run(problem)
    quantile = partial(np.quantile, drawn.tau)
    c = centeredness_by(quantile, problem.means.standard_error)
    return Choice(c, low(quantile), drawn.leapfrog_steps)


def low(quantile: Callable[[float], float]) -> float:
    """Return the low tau, which is also tau0: there, this centeredness makes mu and z independent.

    `quantile` is that of an approximation of the posterior of tau, or of the posterior itself.
    """
    return float(quantile(LOW))


def centeredness_by(quantile: Callable[[float], float], standard_error: Array) -> Array:
    """Return the weight of the data of each individual (K,) at a low tau.

    That is tau^2 / (tau^2 + s_k^2) at the `low` tau, where s_k (K,) is the standard error of the
    mean of individual k. Given mu and tau, the standard deviation of z_k is proportional to
    tau^c s_k / sqrt(tau^2 + s_k^2), whose derivative by log tau, on the log scale, is c minus the
    weight. With this c, z_k is therefore no funnel where tau is low, which is where step sizes that
    suit the rest of the posterior are too large.
    """
    return np.asarray(1 / (1 + (standard_error / low(quantile)) ** 2))
