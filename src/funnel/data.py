"""Data sets: data of any likelihood, with the true values that they were simulated from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from funnel.group_means import Array
from funnel.likelihoods import StudyLikelihood, likelihood_class

Rng = np.random.Generator | np.random.RandomState


@dataclass(frozen=True)
class DataSet:
    """The data of one replicate, with the true values that they were simulated from.

    `data` are those of K individuals, whose class is that of their likelihood. The true values
    `theta` (K,), `mu` and `tau` are nan if the data were not simulated, and so is `sigma` unless it
    is a parameter of the model.
    """

    data: StudyLikelihood
    theta: Array
    mu: float
    tau: float
    sigma: float = np.nan

    @property
    def K(self) -> int:
        return len(self.theta)


def simulate_data(
    likelihood: str,
    sizes: Mapping[str, Any],
    mu: float,
    tau: float,
    rng: Rng,
    sigma: float = np.nan,
) -> DataSet:
    """Simulate one data set from a model.

    `sizes` are what a scenario says of the `likelihood` beside the true values, by their keys, such
    as the trials of each individual. `sigma` is the true one if it is a parameter. All theta are
    drawn first, then the data.
    """
    kind = likelihood_class(likelihood)
    theta = rng.normal(mu, tau, size=len(sizes[kind.SIZES[0].key]))
    unknown = {"sigma": sigma} if kind.SIGMA else {}
    return DataSet(kind.simulate(theta, rng, **sizes, **unknown), theta, mu, tau, sigma)


def given_data(likelihood: str, sizes: Mapping[str, Any], y: ArrayLike) -> DataSet:
    """Return a data set of real data `y`, in the order of the individuals, without true values.

    Raises ValueError if the data are not possible.
    """
    data = likelihood_class(likelihood).given_data(y, **sizes)
    return DataSet(data, np.full(data.K, np.nan), np.nan, np.nan)


def simulate(
    n_per_individual: Sequence[int], sigma: ArrayLike, mu: float, tau: float, rng: Rng
) -> DataSet:
    """Simulate normal data with known sigma, one number or one for each individual.

    As in the published study, all theta are drawn first, then all observations: with
    `numpy.random.RandomState(published_seed)` as `rng`, the published data set is reproduced bit
    for bit.
    """
    sizes = {"n_per_individual": n_per_individual, "sigma": sigma}
    return simulate_data("normal", sizes, mu, tau, rng)
