"""What a parameterization is given to choose by, with draws of the exact posterior as pilot fit."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from funnel import data
from funnel.choice import Choice, PilotDraws, Problem
from funnel.data import DataSet
from funnel.inference import exact_posterior_of
from funnel.likelihoods import names
from funnel.priors import Priors

STEPS = 7  # of every draw of the pilot fit, tuning included
LIKELIHOODS = names()


def problem_of(
    data_set: DataSet, priors: Priors, listed: Sequence[int] | None = None, seed: int = 1
) -> Problem:
    """Return the problem of a data set, in which a pilot fit has independent exact draws."""
    rng = np.random.default_rng(seed)

    def pilot(choice: Choice, tune: int, draws: int) -> PilotDraws:
        assert choice.centeredness.shape == (data_set.K,)
        drawn = exact_posterior_of(data_set.data, priors).draws(draws, rng)
        eta = (drawn["theta"] - drawn["mu"][:, None]) / drawn["tau"][:, None]
        return PilotDraws(drawn["mu"], drawn["tau"], eta, STEPS * (tune + draws))

    return Problem.of(data_set.data, priors, listed, rng, pilot)


def of_means(y: ArrayLike, se: ArrayLike) -> DataSet:
    """Return a data set of one observation of each individual."""
    sizes = {"n_per_individual": [1] * np.size(y), "sigma": se}
    return data.given_data("normal", sizes, y)


def small_data_set(likelihood: str) -> DataSet:
    """Return data of four individuals with a likelihood, of whom some are well-informed."""
    sizes = {
        "normal": {"n_per_individual": [1, 4, 30, 2], "sigma": [2.0, 0.5, 10.0, 3.0]},
        "normal_unknown_sigma": {"n_per_individual": [1, 4, 30, 2]},
        "binomial": {"trials": [1, 4, 300, 20]},
        "poisson": {"exposure": [0.5, 2.0, 80.0, 0.1]},
    }[likelihood]
    return data.simulate_data(likelihood, sizes, 0.5, 1.0, np.random.default_rng(3), sigma=1.5)


def priors_of(likelihood: str, tau: str = "half_normal", sigma: str = "half_normal") -> Priors:
    """Return priors for `small_data_set`, of sigma where it is a parameter."""
    of_sigma = (sigma, 3.0) if likelihood == "normal_unknown_sigma" else ()
    return Priors(4.0, 2.0, tau, *of_sigma, mu_mean=-1.5)
