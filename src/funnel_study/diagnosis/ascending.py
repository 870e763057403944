"""Draws in ascending order, from which quantiles, ranks and normal scores follow.

Sorting takes most of their time. So the draws of a quantity are sorted once, and a quantity that
has the order of another one, as log tau has that of tau, is not sorted.
"""

from __future__ import annotations

from functools import cache, cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from funnel.group_means import Array

Positions = NDArray[np.intp]


class Ascending:
    """Draws in ascending order.

    `values` (n,) are the draws, with nan at the end, and `order` (n,) their positions before they
    were sorted, in any order for equal draws.
    """

    def __init__(self, values: Array, order: Positions) -> None:
        self.values, self.order = values, order

    @classmethod
    def of(cls, draws: Array, like: Ascending | None = None) -> Ascending:
        """Sort `draws`, an array of any shape. It is fast if they have the order of `like`."""
        flat = draws.ravel()
        if like is not None:
            values = flat[like.order]
            if np.all(values[:-1] <= values[1:]):
                return cls(values, like.order)
        order = np.argsort(flat)
        return cls(flat[order], order)

    def stable_order(self) -> Positions:
        """Return `order` with the positions of equal draws in ascending order."""
        order = self.order.copy()
        tied = self._tied
        order[tied] = order[tied][np.lexsort((order[tied], self.values[tied]))]
        return order

    def quantiles(self, p: ArrayLike) -> Array:
        """Return the quantiles at probabilities `p`, as `numpy.quantile` does."""
        p = np.asarray(p, dtype=float)
        if np.isnan(self.values[-1]):
            return np.full(p.shape, np.nan)
        last = len(self.values) - 1
        below = np.floor(last * p).astype(int)
        low, high = self.values[below], self.values[np.minimum(below + 1, last)]
        weight, step = last * p - below, high - low
        return np.asarray(np.where(weight < 0.5, low + step * weight, high - step * (1 - weight)))

    def folded(self) -> Ascending:
        """Return the distances of the draws from their median."""
        n = len(self.values)
        distances = np.abs(self.values - (self.values[(n - 1) // 2] + self.values[n // 2]) / 2)
        # they fall and then rise: the stable method merges these two runs
        nearest = np.argsort(distances, kind="stable")
        return Ascending(distances[nearest], self.order[nearest])

    def ranks(self) -> Array:
        """Return the ranks (n,), from 1, of the draws as they were before they were sorted.

        Equal draws have the mean of their ranks. If a draw is nan, so are all ranks. These are the
        ranks of `scipy.stats.rankdata`.
        """
        return self._or_nan(1 + self._half_ranks / 2)

    def normal_scores(self) -> Array:
        """Return the normal scores (n,) of the draws as they were before they were sorted.

        This is the rank normalisation of Vehtari et al. (2021), equation 14.
        """
        return self._or_nan(_scores_of_half_ranks(len(self.values))[self._half_ranks])

    @cached_property
    def _half_ranks(self) -> Positions:
        """How many steps of 1/2 the rank of each draw is above 1, (n,).

        These are whole numbers, for which normal scores can be looked up.
        """
        ascending, tied = 2 * np.arange(len(self.values)), self._tied
        values = self.values[tied]
        first = np.flatnonzero(np.append(True, values[1:] != values[:-1])[: len(tied)])
        count = np.diff(first, append=len(tied))
        ascending[tied] = np.repeat(ascending[tied[first]] + count - 1, count)
        half_ranks = np.empty_like(ascending)
        half_ranks[self.order] = ascending
        return half_ranks

    @cached_property
    def _tied(self) -> Positions:
        """The positions in `values` of draws that equal another draw."""
        equal = self.values[:-1] == self.values[1:]
        return np.flatnonzero(np.append(equal, False) | np.append(False, equal))

    def _or_nan(self, of_draws: Array) -> Array:
        return np.full_like(of_draws, np.nan) if np.isnan(self.values[-1]) else of_draws


@cache
def _scores_of_half_ranks(n: int) -> Array:
    """Return the normal scores of the ranks 1, 3/2, 2, ... n among `n` draws, (2 n - 1,)."""
    ranks = 1 + np.arange(2 * n - 1) / 2
    return np.asarray(ndtri((ranks - 3 / 8) / (n + 1 / 4)))
