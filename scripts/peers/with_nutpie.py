"""The model in PyMC, sampled by nutpie."""

from __future__ import annotations

import time

import nutpie
import pymc as pm

from model_in_pymc import build
from peer import Problem, Result, Sampling, main


def fit(problem: Problem, sampling: Sampling, seed: int) -> Result:
    """Sample from the posterior of `problem`."""
    start = time.perf_counter()
    compiled = nutpie.compile_pymc_model(build(problem, pm))
    ready = time.perf_counter()
    result = nutpie.sample(
        compiled,
        **vars(sampling),
        seed=seed,
        progress_bar=False,
    )
    end = time.perf_counter()
    return Result(
        mu=result["posterior"]["mu"].to_numpy(),
        tau=result["posterior"]["tau"].to_numpy(),
        theta=result["posterior"]["theta"].to_numpy(),
        leapfrog_steps=sum(
            int(result[group]["n_steps"].sum()) for group in ("warmup_sample_stats", "sample_stats")
        ),
        sampling_seconds=end - ready,
        compile_seconds=ready - start,
    )


if __name__ == "__main__":
    main(fit, {"nutpie": nutpie.__version__, "pymc": pm.__version__})
