"""Stan's NUTS, run by stanli, which interprets a Stan program and so needs no C++ compiler.

Every chain is run by itself, in this thread, so that its draws do not depend on the number of
cores, on other chains or on earlier fits.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from funnel.choice import Choice
from funnel.data import DataSet
from funnel_study.fitting import stan_program
from funnel_study.fitting.model import Model
from funnel_study.fitting.samplers import Draws, Sampling

try:
    import stanli
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"the sampler stan needs the package stanli, which cannot be imported: {error}"
    ) from error

# the draws of a chain (draw, variable), and its statistics, each (iteration,) with tuning included
Chain = tuple[NDArray[np.float64], dict[str, NDArray[np.generic]]]

# the statistics of `Draws`, and their names in Stan
_STATS = {
    "diverging": "divergent__",
    "energy": "energy__",
    "step_size": "stepsize__",
    "tree_depth": "treedepth__",
    "n_steps": "n_leapfrog__",
    "acceptance_rate": "accept_stat__",
}
_MAX_TREE_DEPTH = 10  # Stan's default
# the unconstrained initial values are Uniform(-1, 1), as those of PyMC and nutpie are around their
# initial point, so that all samplers start alike; Stan's default is Uniform(-2, 2)
_INITIAL_RADIUS = 1.0


class Sampler:
    """NUTS of Stan; a program is compiled once and used for all data sets.

    If `literal`, the model is that of the published study.
    """

    metric = "diag_e"
    versions: ClassVar = {"stanli": stanli.__version__}
    load: Callable[..., Any] = stanli.Model

    def __init__(self, model: Model, sampling: Sampling, *, literal: bool = False) -> None:
        self._model, self._sampling, self._literal = model, sampling, literal

    def sample(
        self, data: DataSet, choice: Choice, seed: int, sampling: Sampling | None = None
    ) -> Draws:
        sampling = sampling or self._sampling
        model, order = self._prepared(data, choice)
        start = time.process_time()
        chains = [
            self.chain(model, stan_seed, initial, sampling)
            for stan_seed, initial in starts(seed, sampling.chains, self.size(model))
        ]
        seconds = time.process_time() - start
        values = np.stack([draws for draws, _ in chains])
        stats = {name: np.stack([each[name] for _, each in chains]) for name in chains[0][1]}
        # in the order of the program, in which z is the last one
        names = self._model.variables
        posterior = {name: values[..., i] for i, name in enumerate(names) if name != "z"}
        if "z" in names:
            posterior["z"] = values[..., len(names) - 1 :][..., order]
        return Draws(
            posterior=posterior,
            sample_stats={name: each[:, sampling.tune :] for name, each in stats.items()},
            tuning_leapfrog_steps=stats["n_steps"][:, : sampling.tune].sum(axis=1).astype(np.int64),
            versions=self.versions,
            seconds=seconds,
        )

    def chain(
        self, model: Any, seed: int, initial: NDArray[np.float64], sampling: Sampling
    ) -> Chain:
        """Return a chain that starts at `initial` (size,) on the unconstrained scale."""
        fit = model.sample(
            chains=1,
            seed=seed,
            inits=initial,
            warmup=sampling.tune,
            samples=sampling.draws,
            save_warmup=True,
            delta=sampling.target_accept,
            max_depth=_MAX_TREE_DEPTH,
            metric=self.metric,
            parallel_chains=1,
            refresh=0,
        )
        (values,), (found,) = fit.draws(), fit.sampler_stats
        stats = {name: found[:, stanli.SAMPLER_COLUMNS.index(_STATS[name])] for name in _STATS}
        stats["reached_max_treedepth"] = stats["tree_depth"] >= _MAX_TREE_DEPTH
        return values[sampling.tune :], stats

    def size(self, model: Any) -> int:
        """Return the number of unconstrained variables of a model that `load` returned."""
        return int(model.n_unconstrained)

    def _prepared(self, data: DataSet, choice: Choice) -> tuple[Any, NDArray[np.intp]]:
        """Return the model of `data`, and the place of each individual among the z of its draws.

        Raises ValueError if the centeredness does not suit the program.
        """
        model, c = self._model, choice.centeredness
        if self._literal or stan_program.is_apart(c):
            program = stan_program.apart_program(model, literal=self._literal)
            values = stan_program.apart_data(data, c, model, literal=self._literal)
            order = np.argsort(np.concatenate(stan_program.split(c)))
        else:
            program = stan_program.program(model)
            values = stan_program.program_data(data, choice, model)
            order = np.arange(model.size)
        return self.load(mir=_compiled(program), data=values), order


@cache
def _compiled(program: str) -> str:
    """Return a program in the form that stanli runs."""
    compiled: str = stanli.stan_to_mir(program)
    return compiled


def starts(seed: int, chains: int, size: int) -> list[tuple[int, NDArray[np.float64]]]:
    """Return the seed and the initial values (size,) of each chain.

    Seeds of Stan have only 32 bits. Every chain gets its own, and its own initial values, from a
    generator that is seeded with all bits of `seed`. Two chains that happen to have the same seed
    of Stan therefore still differ.
    """
    generators = map(np.random.default_rng, np.random.SeedSequence(seed).spawn(chains))
    return [
        (int(rng.integers(1, 2**32)), rng.uniform(-_INITIAL_RADIUS, _INITIAL_RADIUS, size))
        for rng in generators
    ]
