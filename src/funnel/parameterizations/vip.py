"""The vip parameterization: NUTS samples z_k as the best mean-field normal approximation has it."""

from __future__ import annotations

from funnel.choice import Choice, Problem
from funnel.group_means import Array
from funnel.mean_field import MeanField, maximise

# its z is that of the published method, in a form with a unit in it
UNIT_FREE = False
STEPS, DRAWS_PER_STEP, RATE = 1_000, 4, 0.2


def choose(problem: Problem) -> Choice:
    """Return the centeredness (K,) that maximises the ELBO of a mean-field normal approximation.

    It is learned together with the approximation by Adam (the variationally inferred
    parameterization of Gorinova, Moore and Hoffman 2020, arXiv:1906.03028). Each draw of each step
    costs one gradient of the log density. As published, z_k ~ Normal(c_k mu, tau^c_k): the scale
    tau0 is 1 in whatever unit the data are.
    """
    field = MeanField(problem.likelihood, problem.means, problem.priors)

    def gradient(parameters: Array) -> Array:
        draws = problem.rng.standard_normal((DRAWS_PER_STEP, 2 + problem.means.K))
        return field.elbo(parameters, draws)[1]

    found = maximise(gradient, field.start(), STEPS, RATE)
    return Choice(field.centeredness(found), 1.0, STEPS * DRAWS_PER_STEP)
