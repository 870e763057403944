"""Fits: the draws of a block of replicates, by one parameterization and one sampler."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from funnel.fitting import samplers
from funnel.fitting.samplers import Draws, Sampler, Sampling
from funnel.model import data
from funnel.model.data import Array, DataSet, Priors
from funnel.model.parameterizations import centeredness
from funnel.model.seeds import fit_seed

# a stored draw may be off by this part of the posterior's standard deviation
_STORED_PRECISION = 1e-3


@dataclass(frozen=True)
class Fit:
    """One fit: its draws, or the message of what was raised instead of them."""

    replicate: int
    seed: int
    centeredness: Array
    sampling_seconds: float
    draws: Draws | None = None
    message: str = ""

    @property
    def status(self) -> str:
        return "ok" if self.draws else "failed"


@dataclass(frozen=True)
class FitSpec:
    """What the fits of a cell depend on besides their data; `design.fit` makes its fields."""

    seed: int
    scenario: str
    parameterization: str
    sampler: str
    priors: Priors
    sampling: Sampling
    mixed: Sequence[int] | None = None
    published_seed: int | None = None

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> FitSpec:
        """The specification that `values`, parsed from JSON, hold."""
        priors, sampling = Priors(**values["priors"]), Sampling(**values["sampling"])
        return cls(**{**values, "priors": priors, "sampling": sampling})

    def seed_of(self, replicate: int) -> int:
        """The sampler's seed: the published one for replicate 0, where there is one."""
        if replicate == 0 and self.published_seed is not None:
            return self.published_seed
        cell = (self.scenario, self.parameterization, self.sampler)
        return fit_seed(self.seed, *cell, replicate)


def fit_block(
    spec: FitSpec, block: xr.Dataset, unavailable: str = "", report: Callable[[str], None] = print
) -> dict[str, xr.Dataset]:
    """Fits every replicate of a block of data and gives the groups of their file.

    The model is compiled once. A fit that raises is recorded as failed, with its message, and the
    others go on; what is the machine's fault (memory, disk) is raised. If the sampler is
    `unavailable`, for the reason given, all of them are recorded as failed.
    """
    K = block.sizes["individual"]
    replicates = block["replicate"].to_numpy().tolist()
    starting_seconds = time.process_time()  # of this process, so nearly all of it so far
    if unavailable:
        report(unavailable)
        nothing = np.full(K, np.nan)
        failed = (Fit(n, spec.seed_of(n), nothing, np.nan, message=unavailable) for n in replicates)
        return to_xarray(spec, replicates, failed, K, starting_seconds)
    start = time.perf_counter()
    sampler = samplers.make(spec.sampler, K, spec.priors, spec.sampling)
    preparing_seconds = time.perf_counter() - start

    def fits() -> Iterator[Fit]:
        for replicate in replicates:
            fit = fit_one(spec, sampler, data.from_xarray(block, replicate), replicate)
            report(
                f"{spec.scenario}, {spec.parameterization}, {spec.sampler}, replicate {replicate}: "
                f"{fit.message or fit.status}, {fit.sampling_seconds:.2f} s"
            )
            yield fit

    return to_xarray(spec, replicates, fits(), K, starting_seconds, preparing_seconds)


def fit_one(spec: FitSpec, sampler: Sampler, data_set: DataSet, replicate: int) -> Fit:
    """The fit of one replicate."""
    seed = spec.seed_of(replicate)
    c = np.full(len(data_set.sigma), np.nan)
    start = time.perf_counter()
    try:
        c = centeredness(spec.parameterization, data_set.group_means(), spec.priors, spec.mixed)
        start = time.perf_counter()
        draws = sampler.sample(data_set, c, seed)
    except (MemoryError, OSError):
        raise
    except Exception as error:
        message = " ".join(f"{type(error).__name__}: {error}".split())
        return Fit(replicate, seed, c, time.perf_counter() - start, message=message)
    seconds = time.perf_counter() - start if draws.seconds is None else draws.seconds
    return Fit(replicate, seed, c, seconds, draws)


def theta_of(mu: Array, tau: Array, z: Array, centeredness: Array) -> Array:
    """Theta (..., K) from mu and tau (...), z (..., K) and centeredness (K,)."""
    mu, tau = mu[..., None], tau[..., None]
    return mu + tau ** (1 - centeredness) * (z - centeredness * mu)


def to_xarray(
    spec: FitSpec,
    replicates: Sequence[int],
    fits: Iterable[Fit],
    K: int,
    starting_seconds: float = 0.0,
    preparing_seconds: float = 0.0,
) -> dict[str, xr.Dataset]:
    """The groups of a file of fits: what was done at the root, posterior and sample_stats.

    `fits` are those of `replicates`, in that order; each is let go once it is stored, so that a
    block takes little more memory than its draws. `starting_seconds` is what starting Python and
    reading took, `preparing_seconds` what importing and compiling the sampler did.

    A failed fit has missing values in the posterior and in every statistic but `diverging` and
    the counts, which have none to hold and are zero.
    """
    shape = (spec.sampling.chains, spec.sampling.draws)
    dims = ("replicate", "chain", "draw", "individual")
    size = (len(replicates), *shape, K)
    posterior = {
        name: np.empty(size if name in _BY_INDIVIDUAL else size[:3]) for name in _POSTERIOR
    }
    stats = {name: np.empty(size[:3], dtype=kind) for name, kind in _STAT_TYPES.items()}
    root: dict[str, list[Any]] = {name: [] for name in _ROOT}
    versions: dict[str, str] = {}
    for i, fit in enumerate(fits):
        for name, values in _posterior(fit, shape, K).items():
            posterior[name][i] = values
        for name, values in _stats(fit, shape).items():
            stats[name][i] = values
        for name, column in root.items():
            column.append(getattr(fit, name))
        if fit.draws:
            versions = dict(fit.draws.versions)
    coords = {
        "replicate": np.array(replicates, dtype=np.int64),
        "chain": np.arange(shape[0]),
        "draw": np.arange(shape[1]),
    }
    individuals = {"individual": np.arange(K)}
    return {
        "/": xr.Dataset(
            {
                name: ((dims[0], dims[3])[: 1 + (name == "centeredness")], np.array(column, kind))
                for (name, kind), column in zip(_ROOT.items(), root.values(), strict=True)
            },
            coords={"replicate": coords["replicate"], **individuals},
            attrs={
                "scenario": spec.scenario,
                "parameterization": spec.parameterization,
                "sampler": spec.sampler,
                "starting_seconds": starting_seconds,
                "preparing_seconds": preparing_seconds,
                **{f"{package}_version": version for package, version in versions.items()},
            },
        ),
        "posterior": xr.Dataset(
            {name: (dims[: values.ndim], values) for name, values in posterior.items()},
            coords={**coords, **individuals},
        ),
        "sample_stats": xr.Dataset(
            {name: (dims[:3], values) for name, values in stats.items()}, coords=coords
        ),
    }


_ROOT: dict[str, type] = {
    "status": object,
    "message": object,
    "seed": np.int64,
    "sampling_seconds": np.float64,
    "centeredness": np.float64,
}
_POSTERIOR = ("mu", "tau", "theta", "z")
_BY_INDIVIDUAL = ("theta", "z")
_STAT_TYPES: dict[str, type[np.generic]] = {
    "diverging": np.int8,
    "energy": np.float64,
    "step_size": np.float64,
    "last_tuned_step_size": np.float64,
    "tree_depth": np.int16,
    "reached_max_treedepth": np.int8,
    "n_steps": np.int32,
    "acceptance_rate": np.float64,
}


def _posterior(fit: Fit, shape: tuple[int, int], K: int) -> dict[str, Array]:
    if fit.draws is None:
        missing = np.full((*shape, K), np.nan)
        return {"mu": missing[..., 0], "tau": missing[..., 0], "theta": missing, "z": missing}
    mu, tau, z = (fit.draws.posterior[name] for name in ("mu", "tau", "z"))
    theta = theta_of(mu, tau, z, fit.centeredness)
    return {
        "mu": _rounded(mu),
        "tau": _rounded(tau),
        "theta": _rounded(theta),
        "z": _rounded(z),
    }


def _stats(fit: Fit, shape: tuple[int, int]) -> dict[str, NDArray[Any]]:
    if fit.draws is None:
        return {
            name: np.full(shape, np.nan if kind is np.float64 else 0, dtype=kind)
            for name, kind in _STAT_TYPES.items()
        }
    missing = np.full(shape, np.nan)
    stats = {
        name: fit.draws.sample_stats.get(name, missing).astype(kind)
        for name, kind in _STAT_TYPES.items()
    }
    return {**stats, "energy": _rounded(stats["energy"])}


def _rounded(values: Array) -> Array:
    """`values` at single precision, which halves their file, where no posterior is blurred by it.

    Decided for each fit alone, so that a fit has the same draws in whatever block it stands.
    """
    single = values.astype(np.float32).astype(np.float64)
    error = np.abs(single - values).max(axis=(0, 1))
    spread = values.std(axis=(0, 1))
    return single if np.all(error <= _STORED_PRECISION * spread) else values
