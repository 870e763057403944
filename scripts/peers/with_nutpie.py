"""The model in PyMC, sampled by nutpie."""

from __future__ import annotations

import time

import nutpie
import pymc as pm

from model_in_pymc import build, result_of
from peer import Problem, Result, Sampling, main


def fit(problem: Problem, sampling: Sampling, seed: int) -> Result:
    """Sample from the posterior of `problem`."""
    start = time.perf_counter()
    compiled = nutpie.compile_pymc_model(build(problem, pm))
    ready = time.perf_counter()
    result = nutpie.sample(compiled, **vars(sampling), seed=seed, progress_bar=False)
    end = time.perf_counter()
    return result_of(result, end - ready, ready - start)


if __name__ == "__main__":
    main(fit, {"nutpie": nutpie.__version__, "pymc": pm.__version__})
