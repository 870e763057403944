"""The binomial likelihood: y_k ~ Binomial(n_k, p_k), where theta_k = logit p_k.

The log likelihood is y theta - n log(1 + exp(theta)), with score y - n p and information
n p (1 - p) (McCullagh and Nelder 1989, Generalized Linear Models, section 4.4).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, logit

from funnel.group_means import Array, Booleans, Indices
from funnel.likelihoods import check, check_counts, check_lengths, checked, distinct_rows


@dataclass(frozen=True)
class BinomialLikelihood:
    """`successes` among `trials`, (K,) each. A `Likelihood`."""

    successes: Array
    trials: Array

    # of tables: what each constructor takes, by the names that people use (* is any text)
    COLUMNS: ClassVar = {
        "from_counts": {
            "y": [
                *("successes", "events", "event", "hits", "r", "xi", "count", "counts", "deaths"),
                *("failures", "cases", "responders", "heads", "positives", "survivors"),
            ],
            "trials": [
                *("trials", "n", "ni", "atbats", "total", "operations", "flips", "tosses"),
                *("population", "pop", "patients", "size"),
            ],
        }
    }
    response_name: ClassVar[str] = "probability"

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
    def simulate(
        cls, theta: Array, trials: ArrayLike, rng: np.random.Generator
    ) -> BinomialLikelihood:
        """Simulate the successes among `trials`, (K,) or one number, given theta (K,)."""
        n = np.broadcast_to(np.asarray(trials, dtype=np.int64), theta.shape)
        return cls(rng.binomial(n, expit(theta)).astype(float), n.astype(float))

    @property
    def K(self) -> int:
        return len(self.successes)

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

    def select(self, groups: Indices) -> BinomialLikelihood:
        return BinomialLikelihood(self.successes[..., groups], self.trials[..., groups])

    def distinct(self) -> tuple[Indices, Indices]:
        return distinct_rows(self.successes, self.trials)

    def response(self, theta: Array) -> Array:
        return np.asarray(expit(theta))

    def response_slope(self, theta: Array) -> Array:
        return np.asarray(expit(theta) * expit(-theta))

    def link(self, response: Array) -> Array:
        return np.asarray(logit(np.clip(response, 0.0, 1.0)))
