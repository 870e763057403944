"""Data sets: how they are simulated, what the samplers need of them, how a block is stored.

mu and tau are given or drawn from their priors, theta_k ~ Normal(mu, tau), and
y_i ~ Normal(theta[idx_i], sigma) with the observations in the order of the individuals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from funnel.model.seeds import data_seed

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Priors:
    """mu ~ Normal(0, mu_sd); tau ~ HalfNormal(tau_sd), or HalfCauchy(tau_sd) by `tau`."""

    mu_sd: float
    tau_sd: float
    tau: str = "half_normal"

    def log_density_of_tau(self, tau: Array) -> Array:
        """The log density of tau, up to a constant, at each of `tau`."""
        ratio = tau / self.tau_sd
        return -np.log1p(ratio**2) if self.tau == "half_cauchy" else -0.5 * ratio**2

    def density_of_tau(self, tau: Array) -> Array:
        """The density of tau at each of `tau`, none of them negative."""
        norm = 2 / np.pi if self.tau == "half_cauchy" else np.sqrt(2 / np.pi)
        return np.asarray(np.exp(self.log_density_of_tau(tau)) * norm / self.tau_sd)

    def draw(self, rng: np.random.Generator) -> tuple[float, float]:
        """Mu and tau, drawn."""
        mu = rng.normal(0.0, self.mu_sd)
        draw = rng.standard_cauchy() if self.tau == "half_cauchy" else rng.standard_normal()
        return mu, abs(self.tau_sd * draw)


# the names that a cell and a fit go by, in every table
CELL = ["scenario", "parameterization", "sampler"]
FIT = [*CELL, "replicate"]


def estimands(K: int) -> list[str]:
    """The names of what is estimated in a data set of K individuals."""
    return ["mu", "tau", "log_tau", *(f"theta[{k}]" for k in range(K))]


@dataclass(frozen=True)
class GroupMeans:
    """The sufficient statistics of theta when sigma is known.

    ybar_k ~ Normal(theta_k, standard_error_k), both (K,), gives the posterior that all the
    observations give.
    """

    ybar: Array
    standard_error: Array

    @property
    def K(self) -> int:
        return len(self.ybar)


@dataclass(frozen=True)
class DataSet:
    """One replicate: the observations y (N,), whose they are idx (N,), and the truth behind them.

    sigma and theta are (K,): one value an individual.
    """

    y: Array
    idx: NDArray[np.int64]
    sigma: Array
    theta: Array
    mu: float
    tau: float

    def group_means(self) -> GroupMeans:
        """The mean of every individual's observations and its standard error."""
        n = np.bincount(self.idx, minlength=len(self.sigma))
        total = np.bincount(self.idx, weights=self.y, minlength=len(self.sigma))
        return GroupMeans(total / n, self.sigma / np.sqrt(n))


def replicate(spec: Mapping[str, Any], number: int) -> DataSet:
    """The data set of a replicate, by the specification that `design.simulation` makes.

    mu and tau are those of the truth, or, where that is "prior", drawn from their priors. Data that
    are given are the same in every replicate, and the truth behind them is missing; with
    `same_data` all have those of replicate 0.
    """
    if "y" in spec:
        return given(spec["n_per_individual"], spec["sigma"], spec["y"])
    if spec["same_data"]:
        number = 0
    rng: np.random.Generator | np.random.RandomState
    rng = np.random.default_rng(data_seed(spec["seed"], spec["scenario"], number))
    if spec["truth"] == "prior":
        mu, tau = Priors(**spec["priors"]).draw(rng)
    else:
        mu, tau = spec["truth"]["mu"], spec["truth"]["tau"]
    if number == 0 and spec["published_seed"] is not None:
        rng = np.random.RandomState(spec["published_seed"])
    return simulate(spec["n_per_individual"], spec["sigma"], mu, tau, rng)


def simulate(
    n_per_individual: Sequence[int],
    sigma: ArrayLike,
    mu: float,
    tau: float,
    rng: np.random.Generator | np.random.RandomState,
) -> DataSet:
    """One data set of the model.

    With `numpy.random.RandomState(seed)` as `rng` this is the published recipe, to the last bit:
    the legacy generator draws all theta, then all y.
    """
    K = len(n_per_individual)
    sigma, idx = _of_individuals(n_per_individual, sigma)
    theta = rng.normal(mu, tau, size=K)
    y = rng.normal(theta[idx], sigma[idx])
    return DataSet(y=y, idx=idx, sigma=sigma, theta=theta, mu=mu, tau=tau)


def given(n_per_individual: Sequence[int], sigma: ArrayLike, y: ArrayLike) -> DataSet:
    """A data set of observations that were made, in the order of the individuals."""
    sigma, idx = _of_individuals(n_per_individual, sigma)
    unknown = np.full(len(sigma), np.nan)
    return DataSet(np.asarray(y, dtype=float), idx, sigma, unknown, mu=np.nan, tau=np.nan)


def _of_individuals(
    n_per_individual: Sequence[int], sigma: ArrayLike
) -> tuple[Array, NDArray[np.int64]]:
    """Sigma of every individual (K,) and the individual of every observation (N,)."""
    K = len(n_per_individual)
    every = np.broadcast_to(np.asarray(sigma, dtype=float), (K,)).copy()
    return every, np.repeat(np.arange(K), n_per_individual)


def to_xarray(data_sets: Mapping[int, DataSet]) -> xr.Dataset:
    """A block of data sets of one scenario, by replicate number."""
    first = next(iter(data_sets.values()))
    every = data_sets.values()
    return xr.Dataset(
        {
            "y": (("replicate", "observation"), np.stack([each.y for each in every])),
            "idx": ("observation", first.idx),
            "theta": (("replicate", "individual"), np.stack([each.theta for each in every])),
            "mu": ("replicate", np.array([each.mu for each in every], dtype=float)),
            "tau": ("replicate", np.array([each.tau for each in every], dtype=float)),
            "sigma": ("individual", first.sigma),
        },
        coords={
            "replicate": np.array(list(data_sets), dtype=np.int64),
            "individual": np.arange(len(first.sigma)),
        },
    )


def from_xarray(block: xr.Dataset, replicate: int) -> DataSet:
    """The data set of `replicate` in a block; KeyError if the block does not hold it."""
    one = block.sel(replicate=replicate)
    return DataSet(
        y=one["y"].to_numpy(),
        idx=one["idx"].to_numpy(),
        sigma=one["sigma"].to_numpy(),
        theta=one["theta"].to_numpy(),
        mu=float(one["mu"]),
        tau=float(one["tau"]),
    )
