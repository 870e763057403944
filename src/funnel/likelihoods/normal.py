"""The normal likelihood with known sigma: y_i ~ Normal(theta_k, sigma_k).

With n_k observations, the group mean ybar_k ~ Normal(theta_k, sigma_k / sqrt(n_k)) is sufficient.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from funnel.data import from_observations
from funnel.group_means import Array, Booleans, GroupMeans, Indices
from funnel.likelihoods import check, check_lengths, checked, distinct_rows


@dataclass(frozen=True)
class NormalLikelihood:
    """Group means `y` with known standard errors `se`, (K,) each.

    A `Likelihood`, of which the log is that of Normal(y, se).
    """

    y: Array
    se: Array

    # of tables: what each constructor takes, by the names that people use (* is any text)
    COLUMNS: ClassVar = {
        "from_effects": {
            "y": ("y", "yi", "TE", "estimate", "effect", "coef", "mean"),
            "se": ("se", "sei", "seTE", "std.error", "std.err", "standard.error", "sigma"),
        },
        "from_variances": {
            "y": ("y", "yi", "TE", "estimate", "effect", "coef", "mean"),
            "variance": ("vi", "variance", "var"),
        },
    }
    response_name: ClassVar[str] = "mean"

    @classmethod
    def from_effects(cls, y: ArrayLike, se: ArrayLike) -> NormalLikelihood:
        """Return the likelihood of effects and standard errors.

        Raises ValueError if they are not as many finite numbers, or if a standard error is not
        above 0.
        """
        effects, errors = checked("y", y), checked("se", se)
        check_lengths("y", effects, "se", errors)
        check("se", errors, errors > 0, "above 0")
        return cls(effects, errors)

    @classmethod
    def from_variances(cls, y: ArrayLike, variance: ArrayLike) -> NormalLikelihood:
        """Return the likelihood of effects and their variances, the squares of standard errors."""
        squares = checked("variance", variance)
        check("variance", squares, squares > 0, "above 0")
        return cls.from_effects(y, np.sqrt(squares))

    @classmethod
    def simulate(
        cls, theta: Array, n: Sequence[int], sigma: ArrayLike, rng: np.random.Generator
    ) -> NormalLikelihood:
        """Simulate `n` (K,) observations, with one sigma or one per group, and take their means."""
        y = rng.normal(np.repeat(theta, n), np.repeat(np.broadcast_to(sigma, theta.shape), n))
        means = from_observations(n, sigma, y).group_means()
        return cls(means.ybar, means.standard_error)

    @property
    def K(self) -> int:
        return len(self.y)

    @property
    def means(self) -> GroupMeans:
        """The group means, as other modules know them."""
        return GroupMeans(self.y, self.se)

    @property
    def peak(self) -> Array:
        return self.y

    @property
    def bounded(self) -> Booleans:
        return np.ones((2, self.K), dtype=bool)

    def log_likelihood(self, theta: Array) -> Array:
        return np.asarray(-0.5 * ((theta - self.y) / self.se) ** 2)

    def derivatives(self, theta: Array) -> tuple[Array, Array]:
        information = self.se**-2
        score = information * (self.y - theta)
        return score, np.broadcast_to(information, score.shape)

    def softened(self, amount: Array | float) -> NormalLikelihood:  # noqa: ARG002
        return self

    def select(self, groups: Indices) -> NormalLikelihood:
        return NormalLikelihood(self.y[groups], self.se[groups])

    def distinct(self) -> tuple[Indices, Indices]:
        return distinct_rows(self.y, self.se)

    def response(self, theta: Array) -> Array:
        return theta

    def response_slope(self, theta: Array) -> Array:
        return np.ones_like(theta)

    def link(self, response: Array) -> Array:
        return response
