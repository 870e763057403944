"""The normal likelihood with a common unknown sigma: y_i ~ Normal(theta_k, sigma).

The means ybar_k, the sizes n_k and the pooled sum of squares within groups,
S = sum_k sum_i (y_i - ybar_k)^2, are sufficient (Box and Tiao 1973, Bayesian Inference in
Statistical Analysis, section 5.2). Given sigma, ybar_k ~ Normal(theta_k, sigma / sqrt(n_k)), and S
contributes the factor sigma^-(N - K) exp(-S / (2 sigma^2)).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from funnel.group_means import Array, Observations
from funnel.likelihoods import StudyLikelihood, check, check_counts, check_lengths, checked
from funnel.likelihoods.normal import SIZES, NormalLikelihood, check_observations
from funnel.priors import TauPrior

# of the sum of squares within groups
_STAN_WITHIN = "target += (K - sum(n)) * log(sigma) - sum(squares) / (2 * square(sigma));"


@dataclass(frozen=True)
class NormalUnknownSigma(StudyLikelihood):
    """Means `y`, sizes `n`, and sums of squares within each group, (K,) each.

    Data of a study also have their `observations`.
    """

    y: Array
    n: Array
    squares: Array
    observations: Observations | None = field(default=None, repr=False, compare=False)

    SIZES = SIZES[:1]
    SIGMA = True
    UNIT = True
    STORED: ClassVar = {"y": "observation", "idx": "observation"}
    MODELLED = ("ybar", "n", "squares")
    STAN = f"ybar ~ normal(theta, sigma ./ sqrt(n)); {_STAN_WITHIN}"
    STAN_MARGINAL = f"ybar ~ normal(mu, hypot(tau, sigma ./ sqrt(n))); {_STAN_WITHIN}"
    DISTRIBUTION = "Normal(theta, sigma)"
    OBSERVED = "observations, sigma unknown"

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
        _, of_each = np.unique(labels, return_inverse=True)
        return cls.from_stored(y=observations, idx=of_each)

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
        return cls(means, sizes, (sizes - 1) * np.where(sizes > 1, sds, 0.0) ** 2)

    @classmethod
    def simulate(
        cls, theta: Array, rng: np.random.Generator, *, n_per_individual: Any, sigma: float
    ) -> NormalUnknownSigma:
        """Simulate the observations of each individual given theta (K,) and sigma."""
        idx = np.repeat(np.arange(len(theta)), n_per_individual)
        return cls.from_stored(y=rng.normal(theta[idx], sigma), idx=idx)

    @classmethod
    def given_data(cls, y: ArrayLike, *, n_per_individual: Any) -> NormalUnknownSigma:
        check_observations(y, n_per_individual)
        of_each = Observations.of_each(y, n_per_individual)
        return cls.from_stored(y=of_each.y, idx=of_each.idx)

    def stored(self) -> dict[str, Any]:
        assert self.observations is not None
        return {"y": self.observations.y, "idx": self.observations.idx}

    @classmethod
    def from_stored(cls, *, y: Array, idx: Any) -> NormalUnknownSigma:
        observations = Observations(y, idx)
        means = observations.means()
        squares = np.bincount(idx, weights=(y - means[idx]) ** 2)
        return cls(means, observations.n.astype(float), squares, observations)

    @classmethod
    def information(cls, theta: float, *, n_per_individual: Any, sigma: float) -> Array:
        return np.asarray(n_per_individual) / sigma**2

    @classmethod
    def sizes_for(cls, n: Array, standard_error: float, theta: float) -> dict[str, Any]:
        return NormalLikelihood.sizes_for(n, standard_error, theta)

    @classmethod
    def in_pymc(cls, pm: Any, theta: Any, sigma: Any, **data: Any) -> None:
        standard_error = sigma / pm.math.sqrt(data["n"])
        pm.Normal("ybar", theta, standard_error, observed=data["ybar"], dims="individual")
        _within_in_pymc(pm, sigma, data)

    @classmethod
    def marginal_in_pymc(cls, pm: Any, mu: Any, tau: Any, sigma: Any, **data: Any) -> None:
        sd = pm.math.sqrt(tau**2 + sigma**2 / data["n"])
        pm.Normal("ybar", mu, sd, observed=data["ybar"], dims="individual")
        _within_in_pymc(pm, sigma, data)

    def new_observation(
        self, k: int, theta: Array, sigma: Array | None, rng: np.random.Generator
    ) -> Array:
        assert sigma is not None
        return rng.normal(theta, sigma)

    def predictive_density(self, exact: Any, k: int, x: Array) -> Array:
        density: Array = exact.predictive(f"theta[{k}]").density(x)
        return density

    def standard_errors(self, sigma: Array) -> Array:
        """Return the standard error of each mean (..., K) given sigma (...)."""
        return np.asarray(sigma)[..., None] / np.sqrt(self.n)

    @property
    def ybar(self) -> Array:
        return self.y

    @property
    def n_observations(self) -> Array:
        return self.n

    @property
    def within(self) -> float:
        """The pooled sum of squares within groups."""
        return float(self.squares.sum())

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


def _within_in_pymc(pm: Any, sigma: Any, data: dict[str, Any]) -> None:
    """Add the log likelihood of the sum of squares within groups to a model in PyMC."""
    of_log_sigma = (1 - data["n"]).sum() * pm.math.log(sigma)
    pm.Potential("within", of_log_sigma - data["squares"].sum() / (2 * sigma**2))


DATA = NormalUnknownSigma
