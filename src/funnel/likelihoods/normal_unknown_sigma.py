"""The normal likelihood with a common unknown sigma: y_i ~ Normal(theta_k, sigma).

The means ybar_k, the sizes n_k and the pooled sum of squares within groups,
S = sum_k sum_i (y_i - ybar_k)^2, are sufficient (Box and Tiao 1973, Bayesian Inference in
Statistical Analysis, section 5.2). Given sigma, ybar_k ~ Normal(theta_k, sigma / sqrt(n_k)), and S
contributes the factor sigma^-(N - K) exp(-S / (2 sigma^2)).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from funnel.group_means import Array
from funnel.likelihoods import check, check_counts, check_lengths, checked
from funnel.likelihoods.normal import NormalLikelihood
from funnel.priors import TauPrior


@dataclass(frozen=True)
class NormalUnknownSigma:
    """Group means `y` and sizes `n`, (K,) each, and the pooled sum of squares within groups."""

    y: Array
    n: Array
    within: float

    # of tables: what each constructor takes, by the names that people use (* is any text)
    COLUMNS: ClassVar = {
        "from_observations": {
            "y": ("value", "observation", "measurement", "score"),
            "group": ("group", "label", "study", "school", "slab", "batch", "subject", "county"),
        },
        "from_summaries": {
            "y": ("mean", "y", "yi", "mi", "m", "ybar", "average"),
            "n": ("n", "ni", "size"),
            "sd": ("sd", "sdi", "std", "stdev", "std.dev", "standard.deviation"),
        },
    }

    @classmethod
    def from_observations(cls, y: ArrayLike, group: ArrayLike) -> NormalUnknownSigma:
        """Return the likelihood of observations, given the group of each, sorted by group.

        Raises ValueError if they are not as many, or if an observation is not a finite number.
        """
        observations, labels = checked("y", y), np.asarray(group)
        check_lengths("y", observations, "group", labels)
        _, of_each, n = np.unique(labels, return_inverse=True, return_counts=True)
        means = np.bincount(of_each, weights=observations) / n
        residuals = observations - means[of_each]
        return cls(means, n.astype(float), float(residuals @ residuals))

    @classmethod
    def from_summaries(cls, y: ArrayLike, n: ArrayLike, sd: ArrayLike) -> NormalUnknownSigma:
        """Return the likelihood of the mean, size and standard deviation of each group.

        The standard deviations have the divisor n - 1; that of a group of one is not used. Raises
        ValueError if they are not as many numbers, n is not at least 1, or sd is negative.
        """
        means, sizes, sds = checked("y", y), checked("n", n), np.asarray(sd, dtype=float)
        check_lengths("y", means, "n", sizes)
        check_lengths("y", means, "sd", sds)
        check_counts("n", sizes, 1)
        check("sd", sds, (sizes == 1) | ((sds >= 0) & np.isfinite(sds)), "finite, 0 or above")
        return cls(means, sizes, float(((sizes - 1) * np.where(sizes > 1, sds, 0.0) ** 2).sum()))

    @classmethod
    def simulate(
        cls, theta: Array, n: Sequence[int], sigma: float, rng: np.random.Generator
    ) -> NormalUnknownSigma:
        """Simulate `n` (K,) observations of each group given theta (K,) and sigma."""
        y = rng.normal(np.repeat(theta, n), sigma)
        return cls.from_observations(y, np.repeat(np.arange(len(theta)), n))

    @property
    def K(self) -> int:
        return len(self.y)

    @property
    def degrees_of_freedom(self) -> int:
        """N - K, those of the sum of squares within groups."""
        return int(self.n.sum()) - self.K

    def rough_sigma(self, prior: TauPrior) -> float:
        """Return a rough sigma: the pooled standard deviation within groups.

        If each group has one observation, it is that of all observations, but at most the median
        of the prior.
        """
        if self.degrees_of_freedom and self.within > 0:
            return float((self.within / self.degrees_of_freedom) ** 0.5)
        spread = float(np.std(self.y))
        return min(spread, prior.median) if spread > 0 else prior.median

    def given(self, sigma: float) -> NormalLikelihood:
        """Return the likelihood given sigma."""
        return NormalLikelihood(self.y, sigma / np.sqrt(self.n))

    def log_within(self, log_sigma: Array) -> Array:
        """Return the log likelihood of the sum of squares within groups, up to a constant.

        At each log sigma, relative to that at its peak, so that no digits are lost.
        """
        df = self.degrees_of_freedom
        if not df or self.within == 0:
            return np.asarray(-df * log_sigma)
        d = log_sigma - 0.5 * np.log(self.within / df)
        with np.errstate(over="ignore"):
            return np.asarray(-df * (d + 0.5 * np.expm1(-2 * d)))
