"""The model in PyMC or PyMC3, as their users would write it."""

from __future__ import annotations

from typing import Any

import numpy as np

from peer import Problem, Result


def build(problem: Problem, pm: Any) -> Any:
    """Return the model of a data set: centered, noncentered, or mixed if only some are centered.

    `pm` is the module pymc or pymc3.
    """
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
            joined = pm.math.concatenate([theta_centered, mu + tau * eta])[order]
            theta = pm.Deterministic("theta", joined)
        if problem.trials is None:
            pm.Normal("y", theta[problem.idx], problem.sigma, observed=problem.y)
        else:
            p = pm.math.invlogit(theta[problem.idx])
            pm.Binomial("y", problem.trials, p, observed=problem.y)
    return model


def result_of(found: Any, sampling_seconds: float, compile_seconds: float) -> Result:
    """Return the result of PyMC or nutpie, which have the same groups of draws."""
    draws = {name: found["posterior"][name].to_numpy() for name in ("mu", "tau", "theta")}
    groups = ("warmup_sample_stats", "sample_stats")
    steps = sum(int(found[group]["n_steps"].sum()) for group in groups)
    return Result(
        **draws,
        leapfrog_steps=steps,
        sampling_seconds=sampling_seconds,
        compile_seconds=compile_seconds,
    )
