"""The binomial likelihood: y_k ~ Binomial(n_k, p_k), where theta_k = logit p_k.

The log likelihood is y theta - n log(1 + exp(theta)), with score y - n p and information
n p (1 - p) (McCullagh and Nelder 1989, Generalized Linear Models, section 4.4).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, logit

from funnel.group_means import Array, Booleans
from funnel.likelihoods import ConcaveLikelihood, Size, check, check_counts, check_lengths, checked


@dataclass(frozen=True)
class BinomialLikelihood(ConcaveLikelihood):
    """`successes` among `trials`, (K,) each. A `Likelihood`."""

    successes: Array
    trials: Array

    # of tables: what each constructor takes, by the names that people use (* is any text)
    COLUMNS: ClassVar = {
        "from_counts": {
            "y": [
                *("successes", "events", "event", "hits", "r", "xi", "count", "counts", "deaths"),
                *("failures", "cases", "responders", "heads", "positives", "survivors", "wins"),
            ],
            "trials": [
                *("trials", "n", "ni", "atbats", "total", "operations", "flips", "tosses"),
                *("population", "pop", "patients", "size", "cases", "games"),
            ],
        }
    }
    response_name: ClassVar[str] = "probability"
    SIZES = (Size("trials", "the number of trials of each individual", whole=True),)
    STORED: ClassVar = {"successes": "individual", "trials": "individual"}
    MODELLED = ("successes", "trials")
    STAN_LOG = "successes .* theta - trials .* log1p_exp(theta)"
    SCALE = "logit"
    DISTRIBUTION = "Binomial(trials, logit^-1(theta))"
    OBSERVED = "successes among the trials"

    @classmethod
    def from_counts(cls, successes: ArrayLike, trials: ArrayLike) -> BinomialLikelihood:
        """Return the likelihood of counts.

        Raises ValueError if they are not as many whole numbers, with at least one trial per group
        and no more successes than trials.
        """
        y, n = checked("successes", successes), checked("trials", trials)
        check_lengths("successes", y, "trials", n)
        check_counts("successes", y, 0)
        check_counts("trials", n, 1)
        k = int(np.argmax(y > n))
        check("successes", y, y <= n, f"at most trials[{k}] = {n[k]:g}")
        return cls(y, n)

    @classmethod
    def simulate(cls, theta: Array, rng: np.random.Generator, *, trials: Any) -> BinomialLikelihood:
        """Simulate the successes among `trials`, (K,) or one number, given theta (K,)."""
        n = np.broadcast_to(np.asarray(trials, dtype=np.int64), theta.shape)
        return cls(rng.binomial(n, expit(theta)).astype(float), n.astype(float))

    @classmethod
    def given_data(cls, y: ArrayLike, *, trials: ArrayLike) -> BinomialLikelihood:
        return cls.from_counts(y, trials)

    @classmethod
    def information(cls, theta: float, *, trials: ArrayLike) -> Array:
        return np.asarray(np.asarray(trials, dtype=float) * expit(theta) * expit(-theta))

    @classmethod
    def sizes_for(cls, n: Array, standard_error: float, theta: float) -> dict[str, Any]:
        scale = 1 / (expit(theta) * expit(-theta) * standard_error**2)
        trials = scale * n / np.exp(np.log(n).mean())
        return {"trials": np.maximum(1, np.round(trials)).astype(int).tolist()}

    @staticmethod
    def log_in(math: Any, theta: Any, *, successes: Any, trials: Any) -> Any:
        return successes * theta - trials * math.log1pexp(theta)

    @property
    def n_observations(self) -> Array:
        return self.trials

    @property
    def peak(self) -> Array:
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(self.successes) - np.log(self.trials - self.successes))

    @property
    def bounded(self) -> Booleans:
        return np.stack([self.successes > 0, self.successes < self.trials])

    def log_likelihood(self, theta: Array) -> Array:
        """Return the log likelihood, relative to that at the empirical logit m.

        With d = theta - m and p = expit(m) this is y d - n log(1 + p (exp(d) - 1)), which keeps the
        digits that the difference of two log likelihoods would lose where n is large. For d > 0 it
        is written in terms of the failures.
        """
        y, n = self.successes, self.trials
        failures = n - y
        p = (y + 0.5) / (n + 1)
        d = theta - np.log((y + 0.5) / (failures + 0.5))
        above = d > 0
        relative = np.where(above, 1 - p, p) * np.expm1(-np.abs(d))
        return np.asarray(np.where(above, -failures, y) * d - n * np.log1p(relative))

    def derivatives(self, theta: Array) -> tuple[Array, Array]:
        p, q = expit(theta), expit(-theta)
        failures = self.trials - self.successes
        return self.successes * q - failures * p, self.trials * p * q

    def softened(self, amount: Array | float) -> BinomialLikelihood:
        return BinomialLikelihood(self.successes + amount, self.trials + 2 * amount)

    def response(self, theta: Array) -> Array:
        return np.asarray(expit(theta))

    def response_slope(self, theta: Array) -> Array:
        return np.asarray(expit(theta) * expit(-theta))

    def link(self, response: Array) -> Array:
        return np.asarray(logit(np.clip(response, 0.0, 1.0)))


DATA = BinomialLikelihood
