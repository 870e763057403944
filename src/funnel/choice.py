"""What a parameterization chooses for a data set, and what it may use to choose it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from funnel.group_means import Array, GroupMeans
from funnel.priors import Priors


@dataclass(frozen=True)
class Choice:
    """The centeredness (K,) of the individuals, and what it cost to choose it.

    `gradients` is the number of evaluations of the gradient of the log density. It is part of the
    work of the fit.
    """

    centeredness: Array
    gradients: int = 0


@dataclass(frozen=True)
class PilotDraws:
    """The draws of a short fit: mu (draw,), tau (draw,) and eta = (theta - mu) / tau (draw, K).

    `leapfrog_steps` is the number of leapfrog steps that the fit took, tuning included.
    """

    mu: Array
    tau: Array
    eta: Array
    leapfrog_steps: int

    def z(self, centeredness: float | Array) -> Array:
        """Return z = c mu + tau^c eta (draw, K), for one c or one c per individual (K,)."""
        tau, mu = self.tau[:, None], self.mu[:, None]
        return np.asarray(centeredness * mu + tau**centeredness * self.eta)


@dataclass(frozen=True)
class Problem:
    """A data set and its priors, with what else a parameterization may use to choose.

    `counts` (K,) are the numbers of observations. `centered_by_config` are the individuals in the
    list `mixed` of the scenario, or None without such a list. `rng` is seeded for the choice of
    this fit alone.

    `pilot(centeredness, tune, draws)` runs one chain of the sampler of the fit, with its
    `target_accept`, and returns its draws. It raises the exceptions of the sampler.
    """

    means: GroupMeans
    counts: NDArray[np.int64]
    priors: Priors
    centered_by_config: Sequence[int] | None
    rng: np.random.Generator
    pilot: Callable[[Array, int, int], PilotDraws]
