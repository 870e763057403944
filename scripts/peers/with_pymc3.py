"""The model in PyMC3, sampled by its own NUTS."""

from __future__ import annotations

import time

import numpy as np
import pymc3 as pm
import theano.tensor as tt

from peer import Problem, Result, Sampling, main


def build(problem: Problem) -> pm.Model:
    """Return the model of a data set: centered, noncentered, or mixed if only some are centered."""
    centered, noncentered = np.flatnonzero(problem.centered), np.flatnonzero(~problem.centered)
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, problem.mu_sd)
        tau = pm.HalfNormal("tau", problem.tau_scale)
        if len(noncentered) == 0:
            theta = pm.Normal("theta", mu, tau, shape=problem.K)
        elif len(centered) == 0:
            eta = pm.Normal("eta", 0, 1, shape=problem.K)
            theta = pm.Deterministic("theta", mu + tau * eta)
        else:
            theta_centered = pm.Normal("theta_centered", mu, tau, shape=len(centered))
            eta = pm.Normal("eta", 0, 1, shape=len(noncentered))
            order = np.argsort(np.concatenate([centered, noncentered]))
            joined = tt.concatenate([theta_centered, mu + tau * eta])[order]
            theta = pm.Deterministic("theta", joined)
        pm.Normal("y", theta[problem.idx], problem.sigma, observed=problem.y)
    return model


def fit(problem: Problem, sampling: Sampling, seed: int) -> Result:
    """Sample from the posterior of `problem`."""
    start = time.perf_counter()
    with build(problem):
        trace = pm.sample(
            draws=sampling.draws,
            tune=sampling.tune,
            chains=sampling.chains,
            cores=sampling.cores,
            target_accept=sampling.target_accept,
            random_seed=seed % 2**32,  # the largest that NumPy's legacy generator takes
            progressbar=False,
            compute_convergence_checks=False,
            return_inferencedata=False,
        )
    sampling_seconds = trace.report.t_sampling
    compile_seconds = time.perf_counter() - start - sampling_seconds
    shape = (sampling.chains, sampling.draws)
    return Result(
        mu=trace["mu"].reshape(shape),
        tau=trace["tau"].reshape(shape),
        theta=trace["theta"].reshape(*shape, problem.K),
        leapfrog_steps=int(trace["tree_size"].sum()),
        sampling_seconds=sampling_seconds,
        compile_seconds=compile_seconds,
    )


if __name__ == "__main__":
    main(fit, {"pymc3": pm.__version__})
