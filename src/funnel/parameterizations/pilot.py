"""The pilot parameterization: NUTS samples z_k as suits the draws of a pilot fit best."""

from __future__ import annotations

import numpy as np

from funnel.choice import Choice, PilotDraws, Problem
from funnel.group_means import Array
from funnel.rough_tau import typical_tau

# the centeredness, tuning iterations and draws of the pilot fit
PILOT_CENTEREDNESS, TUNE, DRAWS = 0.5, 300, 300
# the values of the centeredness that are compared
GRID = np.linspace(0.0, 1.0, 101)


def choose(problem: Problem) -> Choice:
    """Return the centeredness (K,) of the lowest `losses` of a pilot fit.

    Raises ValueError if a draw of the pilot fit is not finite, or if it did not move.
    """
    drawn = run(problem)
    with np.errstate(invalid="ignore"):
        spread = drawn.eta.std(axis=0)
    if not (np.all(np.isfinite(spread)) and np.all(spread > 0)):
        raise ValueError("the draws of the pilot fit are not finite, or are all equal")
    tau0 = float(np.median(drawn.tau))
    c = GRID[np.argmin([losses(drawn, c, tau0) for c in GRID], axis=0)]
    return Choice(c, tau0, drawn.leapfrog_steps)


def run(problem: Problem) -> PilotDraws:
    """Return the draws of the pilot fit, in which all individuals are centered halfway."""
    tau0 = typical_tau(problem.means, problem.priors.of_tau)
    half = Choice(np.full(problem.means.K, PILOT_CENTEREDNESS), tau0)
    return problem.pilot(half, TUNE, DRAWS)


def losses(drawn: PilotDraws, c: float, tau0: float) -> Array:
    """Return log sd(z_k) - mean(c log(tau / tau0)) over the draws, for each individual (K,).

    Up to a constant, the sum over the individuals is the Kullback-Leibler divergence of the best
    approximation of the posterior of mu, log tau and z by independent normal variables: the log of
    their standard deviations, less the entropy of the posterior. This entropy is that of mu, log
    tau and theta plus the mean of the log of dz_k / dtheta_k = (tau / tau0)^(c - 1). The
    package WarmupHMC minimises the same criterion (Nikolas Siccha,
    github.com/nsiccha/WarmupHMC.jl).
    """
    return np.asarray(np.log(drawn.z(c, tau0).std(axis=0)) - c * np.log(drawn.tau / tau0).mean())
