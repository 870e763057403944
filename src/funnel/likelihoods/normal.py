"""The normal likelihood with known sigma: y_i ~ Normal(theta_k, sigma_k).

With n_k observations, the group mean ybar_k ~ Normal(theta_k, sigma_k / sqrt(n_k)) is sufficient.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from funnel.group_means import Array, Booleans, GroupMeans, Indices, Observations
from funnel.likelihoods import Size, StudyLikelihood, check, check_lengths, checked, distinct_rows

SIZES = (
    Size("n_per_individual", "the number of observations of each individual", whole=True),
    Size("sigma", "the known standard deviation of an observation"),
)
# what people call a column of effects (* is any text)
EFFECTS = (
    *("y", "yi", "TE", "estimate", "*effect", "coef", "mean", "SMD"),
    *("logOR", "logRR", "logHR", "lnOR", "lnRR", "lnHR"),
)


@dataclass(frozen=True)
class NormalLikelihood(StudyLikelihood):
    """Group means `y` with known standard errors `se`, (K,) each.

    A `Likelihood`, of which the log is that of Normal(y, se). Data of a study also have their
    `observations`, and the `sigma` (K,) of each individual.
    """

    y: Array
    se: Array
    observations: Observations | None = field(default=None, repr=False, compare=False)
    sigma: Array | None = field(default=None, repr=False, compare=False)

    # of tables: what each constructor takes, by the names that people use
    COLUMNS: ClassVar = {
        "from_effects": {
            "y": EFFECTS,
            "se": [
                *("se", "sei", "seTE", "std.error", "std.err", "standard.error", "sigma"),
                *("est.error", "SE log*", "SE ln*"),
            ],
        },
        "from_variances": {
            "y": EFFECTS,
            "variance": ("vi", "variance", "var"),
        },
    }
    response_name: ClassVar[str] = "mean"
    SIZES = SIZES
    UNIT = True
    STORED: ClassVar = {"y": "observation", "idx": "observation", "sigma": "individual"}
    MODELLED = ("ybar", "standard_error")
    STAN = "ybar ~ normal(theta, standard_error);"
    STAN_MARGINAL = "ybar ~ normal(mu, hypot(tau, standard_error));"
    DISTRIBUTION = "Normal(theta, sigma)"
    OBSERVED = "observations, sigma known"

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
        cls, theta: Array, rng: np.random.Generator, *, n_per_individual: Any, sigma: ArrayLike
    ) -> NormalLikelihood:
        """Simulate the observations of each individual, with one sigma or one each."""
        idx = np.repeat(np.arange(len(theta)), n_per_individual)
        each = np.broadcast_to(np.asarray(sigma, dtype=float), theta.shape)
        return cls.from_stored(y=rng.normal(theta[idx], each[idx]), idx=idx, sigma=each)

    @classmethod
    def given_data(
        cls, y: ArrayLike, *, n_per_individual: Any, sigma: ArrayLike
    ) -> NormalLikelihood:
        check_observations(y, n_per_individual)
        each = np.broadcast_to(np.asarray(sigma, dtype=float), np.shape(n_per_individual))
        of_each = Observations.of_each(y, n_per_individual)
        return cls.from_stored(y=of_each.y, idx=of_each.idx, sigma=each)

    def stored(self) -> dict[str, Any]:
        assert self.observations is not None
        return {
            "y": self.observations.y,
            "idx": self.observations.idx,
            "sigma": np.asarray(self.sigma),
        }

    @classmethod
    def from_stored(cls, *, y: Array, idx: Any, sigma: Array) -> NormalLikelihood:
        observations = Observations(y, idx)
        standard_error = sigma / np.sqrt(observations.n)
        return cls(observations.means(), standard_error, observations, np.array(sigma))

    @classmethod
    def information(cls, theta: float, *, n_per_individual: Any, sigma: ArrayLike) -> Array:
        return np.asarray(n_per_individual / np.asarray(sigma, dtype=float) ** 2)

    @classmethod
    def sizes_for(cls, n: Array, standard_error: float, theta: float) -> dict[str, Any]:
        # the geometric mean of sigma / sqrt(n_k) is the standard error
        sigma = standard_error * math.exp(math.fsum(map(math.log, n)) / len(n) / 2)
        # no more digits than all machines agree on
        return {"n_per_individual": [int(each) for each in n], "sigma": float(f"{sigma:.12g}")}

    @classmethod
    def in_pymc(cls, pm: Any, theta: Any, sigma: Any, **data: Any) -> None:
        ybar, standard_error = data["ybar"], data["standard_error"]
        pm.Normal("ybar", theta, standard_error, observed=ybar, dims="individual")

    @classmethod
    def marginal_in_pymc(cls, pm: Any, mu: Any, tau: Any, sigma: Any, **data: Any) -> None:
        sd = pm.math.sqrt(tau**2 + data["standard_error"] ** 2)
        pm.Normal("ybar", mu, sd, observed=data["ybar"], dims="individual")

    def new_observation(
        self, k: int, theta: Array, sigma: Array | None, rng: np.random.Generator
    ) -> Array:
        return rng.normal(theta, np.asarray(self.sigma)[k])

    def predictive_density(self, exact: Any, k: int, x: Array) -> Array:
        density: Array = exact.predictive(f"theta[{k}]", np.asarray(self.sigma)[k]).density(x)
        return density

    def standard_errors(self, sigma: Array | None) -> Array:
        """Return the standard error of each mean, (K,)."""
        return self.se

    @property
    def ybar(self) -> Array:
        return self.y

    @property
    def standard_error(self) -> Array:
        return self.se

    @property
    def n_observations(self) -> Array:
        return np.ones(self.K) if self.observations is None else self.observations.n.astype(float)

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

    def softened(self, amount: Array | float) -> NormalLikelihood:
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


def check_observations(y: ArrayLike, n_per_individual: Any) -> None:
    """Raise ValueError if observations are not as many as individuals have, and finite."""
    many, total = len(checked("y", y)), int(np.sum(n_per_individual))
    if many != total:
        raise ValueError(f"has length {many}, but n_per_individual adds up to {total}")


DATA = NormalLikelihood
