"""The model in PyMC, sampled by its own NUTS."""

from __future__ import annotations

import time

import pymc as pm

from model_in_pymc import build, result_of
from peer import Problem, Result, Sampling, main


def fit(problem: Problem, sampling: Sampling, seed: int) -> Result:
    """Sample from the posterior of `problem`."""
    start = time.perf_counter()
    with build(problem, pm):
        result = pm.sample(
            **vars(sampling),
            random_seed=seed,
            nuts_sampler="pymc",
            discard_tuned_samples=False,
            progressbar=False,
            compute_convergence_checks=False,
        )
    sampling_seconds = result["posterior"].attrs["sampling_time"]
    return result_of(result, sampling_seconds, time.perf_counter() - start - sampling_seconds)


if __name__ == "__main__":
    main(fit, {"pymc": pm.__version__})
