"""The Poisson likelihood: y_k ~ Poisson(e_k exp(theta_k)), with the exposure e_k.

The log likelihood is y theta - e exp(theta), with score y - e exp(theta) and information
e exp(theta) (McCullagh and Nelder 1989, Generalized Linear Models, section 6.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from funnel.group_means import Array, Booleans
from funnel.likelihoods import ConcaveLikelihood, Size, check, check_counts, check_lengths, checked


@dataclass(frozen=True)
class PoissonLikelihood(ConcaveLikelihood):
    """`counts` in an `exposure`, such as a time, (K,) each. A `Likelihood`."""

    counts: Array
    exposure: Array

    # of tables: what each constructor takes, by the names that people use (* is any text)
    COLUMNS: ClassVar = {
        "from_counts": {
            "y": [
                *("counts", "count", "events", "event", "xi", "failures", "deaths", "cases"),
                *("observed", "obs", "o", "infections"),
            ],
            "exposure": [
                *("exposure", "expected", "e", "ti", "t", "population", "pop"),
                *("*hours", "*days", "*months", "*years", "*time"),
            ],
        }
    }
    response_name: ClassVar[str] = "rate"
    SIZES = (Size("exposure", "what each individual's rate is multiplied by, such as a time"),)
    STORED: ClassVar = {"counts": "individual", "exposure": "individual"}
    MODELLED = ("counts", "exposure")
    STAN_LOG = "counts .* theta - exposure .* exp(theta)"
    SCALE = "log"
    DISTRIBUTION = "Poisson(exposure exp(theta))"
    OBSERVED = "counts"

    @classmethod
    def from_counts(cls, counts: ArrayLike, exposure: ArrayLike) -> PoissonLikelihood:
        """Return the likelihood of counts.

        Raises ValueError if there are not as many finite numbers, if a count is not a whole number,
        0 or above, or if an exposure is not above 0.
        """
        y, e = checked("counts", counts), checked("exposure", exposure)
        check_lengths("counts", y, "exposure", e)
        check_counts("counts", y, 0)
        check("exposure", e, e > 0, "above 0")
        return cls(y, e)

    @classmethod
    def simulate(
        cls, theta: Array, rng: np.random.Generator, *, exposure: Any
    ) -> PoissonLikelihood:
        """Simulate the counts in an `exposure`, (K,) or one number, given theta (K,)."""
        e = np.broadcast_to(np.asarray(exposure, dtype=float), theta.shape)
        return cls(rng.poisson(e * np.exp(theta)).astype(float), e)

    @classmethod
    def largest_theta(cls, *, exposure: ArrayLike) -> float:
        # NumPy draws counts with means up to almost 2^63
        return float(np.log(9e18) - np.log(np.max(np.asarray(exposure))))

    @classmethod
    def given_data(cls, y: ArrayLike, *, exposure: ArrayLike) -> PoissonLikelihood:
        return cls.from_counts(y, exposure)

    @classmethod
    def information(cls, theta: float, *, exposure: Any) -> Array:
        return np.asarray(np.asarray(exposure, dtype=float) * np.exp(theta))

    @classmethod
    def sizes_for(cls, n: Array, standard_error: float, theta: float) -> dict[str, Any]:
        exposure = np.exp(-theta) / standard_error**2 * n / np.exp(np.log(n).mean())
        # no more digits than all machines agree on
        return {"exposure": [float(f"{each:.12g}") for each in exposure]}

    @staticmethod
    def log_in(math: Any, theta: Any, *, counts: Any, exposure: Any) -> Any:
        return counts * theta - exposure * math.exp(theta)

    @property
    def n_observations(self) -> Array:
        return self.counts

    @property
    def peak(self) -> Array:
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(self.counts) - np.log(self.exposure))

    @property
    def bounded(self) -> Booleans:
        return np.stack([self.counts > 0, np.ones(self.counts.shape, dtype=bool)])

    def log_likelihood(self, theta: Array) -> Array:
        """Return the log likelihood, relative to that at m = log((y + 1/2) / e).

        With d = theta - m this is y d - (y + 1/2) (exp(d) - 1), which keeps the digits that the
        difference of two log likelihoods would lose where y is large.
        """
        larger = self.counts + 0.5
        d = theta - (np.log(larger) - np.log(self.exposure))
        with np.errstate(over="ignore"):
            return np.asarray(self.counts * d - larger * np.expm1(d))

    def derivatives(self, theta: Array) -> tuple[Array, Array]:
        with np.errstate(over="ignore"):
            mean = self.exposure * np.exp(theta)
        return self.counts - mean, mean

    def softened(self, amount: Array | float) -> PoissonLikelihood:
        return PoissonLikelihood(self.counts + amount, self.exposure)

    def response(self, theta: Array) -> Array:
        with np.errstate(over="ignore"):
            return np.asarray(np.exp(theta))

    def response_slope(self, theta: Array) -> Array:
        return self.response(theta)

    def link(self, response: Array) -> Array:
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(np.maximum(response, 0.0)))


DATA = PoissonLikelihood
