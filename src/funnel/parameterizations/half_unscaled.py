"""The half_unscaled parameterization: NUTS samples the z_k of half in a form with a unit in it."""

from __future__ import annotations

import numpy as np

from funnel.choice import Choice, Problem

# another unit of the data is another parameterization
UNIT_FREE = False


def choose(problem: Problem) -> Choice:
    """Return a centeredness (K,) of 1/2 with the scale 1, in whatever unit the data are.

    This is z_k ~ Normal(mu / 2, sqrt(tau)), the form of Gorinova, Moore and Hoffman (2020,
    arXiv:1906.03028) and of NumPyro's LocScaleReparam(0.5). It is here to be compared with `half`.
    """
    return Choice(np.full(problem.means.K, 0.5), tau0=1.0)
