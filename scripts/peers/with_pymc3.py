"""The model in PyMC3, sampled by its own NUTS."""

from __future__ import annotations

import time

import pymc3 as pm

from model_in_pymc import build
from peer import Problem, Result, Sampling, main


def fit(problem: Problem, sampling: Sampling, seed: int) -> Result:
    """Sample from the posterior of `problem`."""
    start = time.perf_counter()
    with build(problem, pm):
        trace = pm.sample(
            **vars(sampling),
            random_seed=seed % 2**32,  # the largest that NumPy's legacy generator takes
            progressbar=False,
            discard_tuned_samples=False,
            compute_convergence_checks=False,
            return_inferencedata=False,
        )
    sampling_seconds = trace.report.t_sampling
    compile_seconds = time.perf_counter() - start - sampling_seconds
    leapfrog_steps = int(trace["tree_size"].sum())  # before the tuning is removed
    trace = trace[sampling.tune :]
    shape = (sampling.chains, sampling.draws)
    return Result(
        mu=trace["mu"].reshape(shape),
        tau=trace["tau"].reshape(shape),
        theta=trace["theta"].reshape(*shape, problem.K),
        leapfrog_steps=leapfrog_steps,
        sampling_seconds=sampling_seconds,
        compile_seconds=compile_seconds,
    )


if __name__ == "__main__":
    main(fit, {"pymc3": pm.__version__})
