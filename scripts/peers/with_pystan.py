"""The noncentered model in PyStan, with one Stan program per likelihood in this folder."""

from __future__ import annotations

import time
from importlib.metadata import version
from pathlib import Path

import stan

from peer import Problem, Result, Sampling, main


def fit(problem: Problem, sampling: Sampling, seed: int) -> Result:
    """Sample from the posterior of `problem`."""
    data = {name: value for name, value in vars(problem).items() if value is not None}
    del data["centered"]
    data.update(N=len(problem.y), K=problem.K, idx=problem.idx + 1)
    program = "normal" if problem.trials is None else "binomial"
    code = Path(__file__).with_name(f"{program}.stan").read_text(encoding="utf-8")
    start = time.perf_counter()
    # PyStan stores the programs that it has built and does not build them again
    posterior = stan.build(code, data=data, random_seed=seed % 2**31)
    ready = time.perf_counter()
    result = posterior.sample(
        num_chains=sampling.chains,
        num_warmup=sampling.tune,
        num_samples=sampling.draws,
        save_warmup=True,
        delta=sampling.target_accept,
    )
    end = time.perf_counter()
    shape = (-1, sampling.chains)  # the order in which PyStan returns draws
    return Result(
        mu=result["mu"].reshape(shape)[sampling.tune :].T,
        tau=result["tau"].reshape(shape)[sampling.tune :].T,
        theta=result["theta"].reshape(problem.K, *shape)[:, sampling.tune :].T,
        leapfrog_steps=int(result["n_leapfrog__"].sum()),
        sampling_seconds=end - ready,
        compile_seconds=ready - start,
    )


if __name__ == "__main__":
    main(fit, {name: version(name) for name in ("pystan", "httpstan")})
