"""PyMC's own NUTS."""

from __future__ import annotations

import numpy as np
import pymc as pm

from funnel.choice import Choice
from funnel.data import DataSet
from funnel_study.fitting import pymc_model
from funnel_study.fitting.model import Model
from funnel_study.fitting.samplers import Draws, Sampling

# the statistics of `Draws`, and their names in PyMC
_STATS = {
    "diverging": "diverging",
    "energy": "energy",
    # PyMC's step_size is the last one tried during tuning, not the one used for the draws
    "step_size": "step_size_bar",
    "last_tuned_step_size": "step_size",
    "tree_depth": "tree_depth",
    "reached_max_treedepth": "reached_max_treedepth",
    "n_steps": "n_steps",
    "acceptance_rate": "acceptance_rate",
}


class Sampler:
    """NUTS of PyMC; the model is built once, and `pymc.sample` reuses its compiled functions."""

    def __init__(self, model: Model, sampling: Sampling) -> None:
        self._sampling, self._model = sampling, model
        self._built = pymc_model.build(model)

    def sample(
        self, data: DataSet, choice: Choice, seed: int, sampling: Sampling | None = None
    ) -> Draws:
        sampling = sampling or self._sampling
        with self._built:
            pm.set_data({pymc_model.DATA: pymc_model.pack(data, choice, self._model)})
            result = pm.sample(
                chains=sampling.chains,
                tune=sampling.tune,
                draws=sampling.draws,
                target_accept=sampling.target_accept,
                random_seed=chain_seeds(seed, sampling.chains),
                nuts_sampler="pymc",
                cores=1,
                progressbar=False,
                discard_tuned_samples=False,
                compute_convergence_checks=False,
            )
        seconds = result["posterior"].attrs["sampling_time"]
        versions = {"pymc": pm.__version__}
        return pymc_model.draws_of(result, self._model, _STATS, versions=versions, seconds=seconds)


def chain_seeds(seed: int, chains: int) -> list[int]:
    """Return one seed below 2^63 per chain; from one seed, PyMC would derive seeds below 2^30."""
    state = np.random.SeedSequence(seed).generate_state(chains, np.uint64)
    return [int(each) >> 1 for each in state]
