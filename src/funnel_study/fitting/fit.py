"""Fits of a block of replicates with one parameterization and one sampler."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import xarray as xr

from funnel.choice import Choice, PilotDraws, Problem
from funnel.data import DataSet
from funnel.group_means import Array
from funnel.likelihoods import likelihood_class
from funnel.parameterizations import choose, restore
from funnel.priors import Priors
from funnel.seeds import fit_seed, seed_sequence
from funnel_study.files import data_sets
from funnel_study.fitting import samplers
from funnel_study.fitting.model import Model
from funnel_study.fitting.samplers import Draws, Sampler, Sampling

# the largest rounding error of a stored draw, as a fraction of the posterior standard deviation
_STORED_PRECISION = 1e-3


@dataclass(frozen=True)
class Fit:
    """One fit: its draws, or the message of the error that prevented them.

    `choice` has a centeredness and a tau0 of nan if they could not be computed.
    `sampling_seconds` are CPU seconds, so that they do not depend on what else the machine does.
    `posterior` has what was sampled, and mu and tau (chain, draw) and theta (chain, draw, K).
    """

    replicate: int
    seed: int
    choice: Choice
    sampling_seconds: float
    draws: Draws | None = None
    posterior: Mapping[str, Array] = field(default_factory=dict)
    message: str = ""

    @property
    def status(self) -> str:
        return "ok" if self.draws else "failed"


@dataclass(frozen=True)
class FitSpec:
    """The settings of all fits of a cell, as `study.jobs.fit_job` returns them."""

    seed: int
    scenario: str
    parameterization: str
    sampler: str
    priors: Priors
    sampling: Sampling
    likelihood: str = "normal"
    mixed: Sequence[int] | None = None
    published_seed: int | None = None
    literal: bool = False

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> FitSpec:
        """Return the specification with these `values`, which were parsed from JSON."""
        priors, sampling = Priors(**values["priors"]), Sampling(**values["sampling"])
        return cls(**{**values, "priors": priors, "sampling": sampling})

    def seed_of(self, replicate: int) -> int:
        """Return the seed of the sampler: for replicate 0 the published seed, if there is one."""
        if replicate == 0 and self.published_seed is not None:
            return self.published_seed
        return fit_seed(self.seed, *self._cell, replicate)

    def rng_of(self, purpose: str, replicate: int) -> np.random.Generator:
        """Return the generator of the "choice", or of what the sampler does not draw, "theta"."""
        return np.random.default_rng(seed_sequence(self.seed, purpose, *self._cell, replicate))

    @property
    def _cell(self) -> tuple[str, str, str]:
        return self.scenario, self.parameterization, self.sampler


def fit_block(
    spec: FitSpec, block: xr.Dataset, unavailable: str = "", report: Callable[[str], None] = print
) -> dict[str, xr.Dataset]:
    """Fit all replicates of a block of data and return the groups of their netCDF file.

    The model is compiled once. If a fit raises an exception, it is recorded as failed, with the
    message, and the other fits are run. If the environment of the sampler is missing, `unavailable`
    is the reason, and all fits are recorded as failed with this message. So they are if a library
    of the sampler is not installed. `report` is called with one line per fit.

    Raises MemoryError or OSError if a fit does, and ImportError if a library is installed but
    cannot be loaded, because these are problems of the machine.
    """
    K = block.sizes["individual"]
    replicates = block["replicate"].to_numpy().tolist()
    starting_seconds = time.process_time()  # the CPU time of this process so far
    start = time.perf_counter()
    sampler = None
    if not unavailable:
        try:
            model = Model(K, spec.priors, spec.parameterization, spec.likelihood)
            sampler = samplers.make(spec.sampler, model, spec.sampling, literal=spec.literal)
        except ModuleNotFoundError as error:
            unavailable = " ".join(str(error).split())
    if sampler is None:
        report(unavailable)
        none = Choice(np.full(K, np.nan), np.nan)
        failed = (Fit(n, spec.seed_of(n), none, np.nan, message=unavailable) for n in replicates)
        return to_xarray(spec, replicates, failed, K, starting_seconds)
    preparing_seconds = time.perf_counter() - start

    def fits() -> Iterator[Fit]:
        for replicate in replicates:
            fit = fit_one(spec, sampler, data_sets.from_xarray(block, replicate), replicate)
            report(
                f"{spec.scenario}, {spec.parameterization}, {spec.sampler}, replicate {replicate}: "
                f"{fit.message or fit.status}, {fit.sampling_seconds:.2f} s"
            )
            yield fit

    return to_xarray(spec, replicates, fits(), K, starting_seconds, preparing_seconds)


def fit_one(spec: FitSpec, sampler: Sampler, data_set: DataSet, replicate: int) -> Fit:
    """Fit one replicate; an exception other than MemoryError or OSError makes it a failed fit."""
    seed = spec.seed_of(replicate)
    choice = Choice(np.full(data_set.K, np.nan), np.nan)
    start = time.process_time()
    try:
        choice = choose(spec.parameterization, _problem(spec, sampler, data_set, replicate))
        start = time.process_time()
        draws = sampler.sample(data_set, choice, seed)
        mu, tau, theta = restore(
            spec.parameterization,
            draws.posterior,
            choice,
            data_set.data,
            spec.priors,
            spec.rng_of("theta", replicate),
        )
    except (MemoryError, OSError):
        raise
    except Exception as error:
        message = " ".join(f"{type(error).__name__}: {error}".split())
        return Fit(replicate, seed, choice, time.process_time() - start, message=message)
    seconds = time.process_time() - start if draws.seconds is None else draws.seconds
    posterior = {**draws.posterior, "mu": mu, "tau": tau, "theta": theta}
    return Fit(replicate, seed, choice, seconds, draws, posterior)


def _problem(spec: FitSpec, sampler: Sampler, data_set: DataSet, replicate: int) -> Problem:
    """Return what the parameterization of a fit may use to choose its centeredness."""
    rng = spec.rng_of("choice", replicate)

    def pilot(choice: Choice, tune: int, draws: int) -> PilotDraws:
        sampling = replace(spec.sampling, chains=1, tune=tune, draws=draws)
        drawn = sampler.sample(data_set, choice, int(rng.integers(2**63)), sampling)
        mu, tau, z = (drawn.posterior[name][0] for name in ("mu", "tau", "z"))
        steps_of_draws = drawn.sample_stats["n_steps"].astype(np.int64)
        steps = drawn.tuning_leapfrog_steps.sum() + steps_of_draws.sum()
        c, tau0 = choice.centeredness, choice.tau0
        eta = (z - c * mu[:, None]) / (tau0 * (tau[:, None] / tau0) ** c)
        return PilotDraws(mu, tau, eta, int(steps))

    return Problem.of(data_set.data, spec.priors, spec.mixed, rng, pilot)


def to_xarray(
    spec: FitSpec,
    replicates: Sequence[int],
    fits: Iterable[Fit],
    K: int,
    starting_seconds: float = 0.0,
    preparing_seconds: float = 0.0,
) -> dict[str, xr.Dataset]:
    """Return the groups of the netCDF file of a block of fits.

    The groups are the root, with one status, message, seed, time and `Choice` per replicate,
    `posterior` and `sample_stats`. The root also has the leapfrog steps of tuning of each chain.
    `fits` are the fits of `replicates`, in this order; it may be a generator, so that the draws of
    only one fit are in memory twice. `starting_seconds` is the time for starting Python and reading
    the data, `preparing_seconds` that for importing the sampler and compiling the model.

    For a failed fit, all values in the posterior and all floating-point statistics are nan, and all
    integer statistics are 0. z is nan, too, if theta is integrated out, and the last element of a
    shorter z. A statistic that the sampler does not have is nan, or left out if it is an integer.
    """
    dims = ("replicate", "chain", "draw", "individual")
    size = (len(replicates), spec.sampling.chains, spec.sampling.draws, K)
    names = [*_POSTERIOR, *(["sigma"] if likelihood_class(spec.likelihood).SIGMA else [])]
    posterior = {
        name: np.full(size[: 4 if name in _BY_INDIVIDUAL else 3], np.nan) for name in names
    }
    stats = {
        name: np.full(size[:3], np.nan if kind is np.float64 else 0, dtype=kind)
        for name, kind in _STAT_TYPES.items()
    }
    tuning = np.zeros(size[:2], dtype=np.int64)
    rows: list[dict[str, Any]] = []
    versions: dict[str, str] = {}
    for i, fit in enumerate(fits):
        rows.append(
            {
                **{name: getattr(fit, name) for name in _OF_FIT},
                "centeredness": fit.choice.centeredness,
                "tau0": fit.choice.tau0,
                "choosing_gradients": fit.choice.gradients,
            }
        )
        if fit.draws is None:
            continue
        for name in posterior.keys() & fit.posterior.keys():
            # z can have fewer elements than individuals
            drawn = fit.posterior[name]
            posterior[name][i][..., : drawn.shape[-1]] = _rounded(drawn)
        for name in list(stats):
            if name in fit.draws.sample_stats:
                stats[name][i] = fit.draws.sample_stats[name]
            elif stats[name].dtype.kind == "i":
                del stats[name]
        stats["energy"][i] = _rounded(stats["energy"][i])
        tuning[i] = fit.draws.tuning_leapfrog_steps
        versions = dict(fit.draws.versions)
    root: dict[str, np.ndarray[Any, Any]] = {
        name: np.array([row[name] for row in rows], kind)
        for name, kind in {**_OF_FIT, **_OF_CHOICE}.items()
    }
    coords = {
        "replicate": np.array(replicates, dtype=np.int64),
        "chain": np.arange(size[1]),
        "draw": np.arange(size[2]),
    }
    individuals = {"individual": np.arange(K)}
    return {
        "/": xr.Dataset(
            {
                # the centeredness has a value per individual
                **{name: (dims[::3][: values.ndim], values) for name, values in root.items()},
                "tuning_leapfrog_steps": (dims[:2], tuning),
            },
            coords={name: coords[name] for name in ("replicate", "chain")} | individuals,
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


_OF_FIT: dict[str, type] = {
    "status": object,
    "message": object,
    "seed": np.int64,
    "sampling_seconds": np.float64,
}
_OF_CHOICE: dict[str, type] = {
    "centeredness": np.float64,
    "tau0": np.float64,
    "choosing_gradients": np.int64,
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


def _rounded(values: Array) -> Array:
    """Return `values` (chain, draw, ...) rounded to single precision, to make their file smaller.

    They are returned unchanged if rounding would move any draw by more than `_STORED_PRECISION`
    posterior standard deviations. The decision depends on this fit alone, so that a fit has the
    same draws in every block.
    """
    single = values.astype(np.float32).astype(np.float64)
    error = np.abs(single - values).max(axis=(0, 1))
    spread = values.std(axis=(0, 1))
    return single if np.all(error <= _STORED_PRECISION * spread) else values
