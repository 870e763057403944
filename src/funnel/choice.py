"""What a parameterization chooses for a data set, and what it may use to choose it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from funnel.group_means import Array, GroupMeans
from funnel.inference import Exact, approximation_of, exact_posterior_of, given_rough_sigma
from funnel.likelihoods import Likelihood, StudyLikelihood
from funnel.priors import Priors


@dataclass(frozen=True)
class Choice:
    """What a parameterization chose, and what it cost to choose it.

    `centeredness` (K,) is that of the individuals. `tau0` is the scale of z, in the unit of the
    data: a typical tau, or 1 if every centeredness is 0 or 1, where the scale would only multiply
    z. A parameterization that places mu and theta itself has a centeredness of nan and `constants`
    instead, of which each has a value per individual (K,). `gradients` is the number of evaluations
    of the gradient of the log density that the choice took. It is part of the work of the fit.
    """

    centeredness: Array
    tau0: float
    gradients: int = 0
    constants: Mapping[str, Array] | None = None


@dataclass(frozen=True)
class PilotDraws:
    """The draws of a short fit: mu (draw,), tau (draw,) and eta = (theta - mu) / tau (draw, K).

    `leapfrog_steps` is the number of leapfrog steps that the fit took, tuning included.
    """

    mu: Array
    tau: Array
    eta: Array
    leapfrog_steps: int

    def z(self, centeredness: float | Array, tau0: float) -> Array:
        """Return z = c mu + tau0 (tau / tau0)^c eta (draw, K), for one c or one each (K,)."""
        tau, mu = self.tau[:, None], self.mu[:, None]
        scale = tau0 * (tau / tau0) ** centeredness
        return np.asarray(centeredness * mu + scale * self.eta)


@dataclass(frozen=True)
class Problem:
    """A data set and its priors, with what else a parameterization may use to choose.

    `likelihood` is that of theta, and `exact` returns the exact posterior. `means` is the normal
    approximation of the likelihood, which is exact for normal data, and took `gradients`
    evaluations of the gradient. Where sigma is a parameter, likelihood and approximation are given
    the rough `sigma`, which is 1 where it is none.

    `n_observations` (K,) are the numbers of observations. `centered_by_config` are the individuals
    in the list `mixed` of the scenario, or None without such a list. `rng` is seeded for the choice
    of this fit alone.

    `pilot(choice, tune, draws)` runs one chain of the sampler of the fit, with its `target_accept`,
    and returns its draws. It raises the exceptions of the sampler.
    """

    likelihood: Likelihood
    exact: Callable[[], Exact]
    means: GroupMeans
    gradients: int
    sigma: float
    n_observations: Array
    priors: Priors
    centered_by_config: Sequence[int] | None
    rng: np.random.Generator
    pilot: Callable[[Choice, int, int], PilotDraws]

    @classmethod
    def of(
        cls,
        data: StudyLikelihood,
        priors: Priors,
        centered_by_config: Sequence[int] | None,
        rng: np.random.Generator,
        pilot: Callable[[Choice, int, int], PilotDraws],
    ) -> Problem:
        """Return the problem of data with any likelihood."""
        likelihood, sigma = given_rough_sigma(data, priors)
        found = approximation_of(likelihood, priors)
        exact = partial(exact_posterior_of, data, priors)
        of_data = (likelihood, exact, found.means, found.evaluations, sigma, data.n_observations)
        return cls(*of_data, priors, centered_by_config, rng, pilot)
