"""Data sets: simulation and sufficient statistics.

The model has K individuals and N observations: theta_k ~ Normal(mu, tau) for each individual k, and
y_i ~ Normal(theta[idx_i], sigma[idx_i]) for each observation i. Observations are sorted by
individual.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from funnel.group_means import Array, GroupMeans


@dataclass(frozen=True)
class DataSet:
    """The data of one replicate, with the true values that they were simulated from.

    `y` (N,) are the observations, and `idx` (N,) is the individual of each of them. `sigma` (K,) is
    the known standard deviation of each individual's observations. The true values `theta` (K,),
    `mu` and `tau` are nan if the data were not simulated.
    """

    y: Array
    idx: NDArray[np.int64]
    sigma: Array
    theta: Array
    mu: float
    tau: float

    @property
    def counts(self) -> NDArray[np.int64]:
        """The number of observations of each individual, (K,)."""
        return np.bincount(self.idx, minlength=len(self.sigma)).astype(np.int64)

    def group_means(self) -> GroupMeans:
        """Return the mean of each individual's observations and its standard error."""
        n = self.counts
        total = np.bincount(self.idx, weights=self.y, minlength=len(self.sigma))
        return GroupMeans(total / n, self.sigma / np.sqrt(n))


def simulate(
    n_per_individual: Sequence[int],
    sigma: ArrayLike,
    mu: float,
    tau: float,
    rng: np.random.Generator | np.random.RandomState,
) -> DataSet:
    """Simulate one data set from the model.

    `sigma` is one number, or one number per individual. All theta are drawn first, then all y, as
    in the published study: with `numpy.random.RandomState(published_seed)` as `rng`, the published
    data set is reproduced bit for bit.
    """
    K = len(n_per_individual)
    sigma, idx = _of_individuals(n_per_individual, sigma)
    theta = rng.normal(mu, tau, size=K)
    y = rng.normal(theta[idx], sigma[idx])
    return DataSet(y=y, idx=idx, sigma=sigma, theta=theta, mu=mu, tau=tau)


def from_observations(n_per_individual: Sequence[int], sigma: ArrayLike, y: ArrayLike) -> DataSet:
    """Return a data set of real observations `y`, sorted by individual, without true values."""
    sigma, idx = _of_individuals(n_per_individual, sigma)
    unknown = np.full(len(sigma), np.nan)
    return DataSet(np.asarray(y, dtype=float), idx, sigma, unknown, mu=np.nan, tau=np.nan)


def _of_individuals(
    n_per_individual: Sequence[int], sigma: ArrayLike
) -> tuple[Array, NDArray[np.int64]]:
    """Return sigma of each individual (K,) and the individual of each observation (N,)."""
    K = len(n_per_individual)
    sigmas = np.broadcast_to(np.asarray(sigma, dtype=float), (K,)).copy()
    return sigmas, np.repeat(np.arange(K), n_per_individual)
