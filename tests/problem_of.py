"""What a parameterization is given to choose by, with draws of the exact posterior as pilot fit."""

from collections.abc import Sequence

import numpy as np

from funnel.choice import Choice, PilotDraws, Problem
from funnel.data import DataSet
from funnel.exact import ExactPosterior
from funnel.priors import Priors

STEPS = 7  # of every draw of the pilot fit, tuning included


def problem_of(
    data_set: DataSet, priors: Priors, listed: Sequence[int] | None = None, seed: int = 1
) -> Problem:
    """Return the problem of a data set, in which a pilot fit has independent exact draws."""
    means, rng = data_set.group_means(), np.random.default_rng(seed)

    def pilot(choice: Choice, tune: int, draws: int) -> PilotDraws:
        assert choice.centeredness.shape == (means.K,)
        drawn = ExactPosterior(means, priors).draws(draws, rng)
        eta = (drawn["theta"] - drawn["mu"][:, None]) / drawn["tau"][:, None]
        return PilotDraws(drawn["mu"], drawn["tau"], eta, STEPS * (tune + draws))

    return Problem(means, data_set.counts, priors, listed, rng, pilot)
