"""The group means of a data set, which are all that its posterior depends on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Indices = NDArray[np.integer[Any]]
Booleans = NDArray[np.bool_]


def estimands(K: int, sigma: bool = False) -> list[str]:
    """Return the names of the estimands of a data set with K individuals.

    The last one is sigma if it is a parameter.
    """
    names = ["mu", "tau", "log_tau", *(f"theta[{k}]" for k in range(K))]
    return [*names, "sigma"] if sigma else names


@dataclass(frozen=True)
class GroupMeans:
    """The mean of each individual's observations and its standard error, each of shape (K,).

    Because sigma is known, these are sufficient statistics: ybar_k ~ Normal(theta_k,
    standard_error_k) leads to the same posterior as all observations do.
    """

    ybar: Array
    standard_error: Array

    @property
    def K(self) -> int:
        return len(self.ybar)


@dataclass(frozen=True)
class Observations:
    """The observations `y` (N,), sorted by individual, and the individual `idx` (N,) of each."""

    y: Array
    idx: NDArray[np.int64]

    @classmethod
    def of_each(cls, y: ArrayLike, n: Any) -> Observations:
        """Return observations of which each individual has `n` (K,)."""
        return cls(np.asarray(y, dtype=float), np.repeat(np.arange(np.size(n)), n))

    @property
    def n(self) -> NDArray[np.int64]:
        """The number of observations of each individual, (K,)."""
        return np.bincount(self.idx).astype(np.int64)

    def means(self) -> Array:
        """Return the mean of the observations of each individual, (K,)."""
        return np.asarray(np.bincount(self.idx, weights=self.y) / self.n)
