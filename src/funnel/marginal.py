"""The posterior distribution of one quantity, as users see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from funnel.group_means import Array

Function = Callable[[Array], Array]


@dataclass(frozen=True, eq=False)
class Marginal:
    """The posterior distribution of one quantity.

    `mean` is nan or infinite, and `sd` nan or infinite, where they do not exist: see
    `exact_posterior`. The methods take a number or an array of any shape, and return the same.

    >>> from funnel import HalfNormal, exact_posterior
    >>> mu = exact_posterior([0.5, 0.1, 0.9], [0.3, 0.2, 0.4], tau=HalfNormal(0.5)).mu
    >>> mu
    Marginal(mean=0.4064, sd=0.2952)
    >>> print(mu.cdf([0.0, 0.4]).round(3))
    [0.06  0.516]
    """

    mean: float
    sd: float
    _density: Function
    _cdf: Function
    _quantile: Function

    def __repr__(self) -> str:
        return f"Marginal(mean={self.mean:.4g}, sd={self.sd:.4g})"

    def density(self, x: ArrayLike) -> Any:
        """Return the posterior density at each value in `x`."""
        return self._density(np.asarray(x, dtype=float))[()]

    def cdf(self, x: ArrayLike) -> Any:
        """Return the posterior probability of values up to each value in `x`."""
        return self._cdf(np.asarray(x, dtype=float))[()]

    def quantile(self, p: ArrayLike) -> Any:
        """Return the posterior quantiles at the probabilities `p`.

        Raises ValueError if one of them is not between 0 and 1, and QuadratureError if the
        inversion of the cdf does not converge.
        """
        p = np.asarray(p, dtype=float)
        outside = p[~((p > 0) & (p < 1))]
        if len(outside):
            raise ValueError(f"p = {outside[0]:g}: must be above 0 and below 1")
        return self._quantile(p)[()]

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return the central interval with this probability.

        Raises ValueError if `level` is not between 0 and 1.
        """
        if not 0 < level < 1:
            raise ValueError(f"level = {level}: must be above 0 and below 1")
        low, high = self.quantile([(1 - level) / 2, (1 + level) / 2])
        return float(low), float(high)
