"""Likelihoods: what the data of a group say about its theta.

Each likelihood is a module of this package, with one class for the data of all groups, which the
module calls `DATA`:

=====================  ==========================================================================
`normal`               means with known standard errors; theta is the mean
`normal_unknown_sigma` means, sizes and the pooled sum of squares; sigma is unknown and common
`binomial`             successes among trials; theta is the logit of the probability
`poisson`              counts and exposures; theta is the log of the rate
=====================  ==========================================================================

A class has a constructor `from_...` that checks the data, the methods of `Likelihood`, and those of
`StudyLikelihood`, which studies need. One whose theta has a likelihood only given another
parameter, sigma, says with `given(sigma)` what it is.

To add a likelihood whose log is a concave function of theta, write a `ConcaveLikelihood`; see
docs/extending.md. The exact posterior (`funnel.exact_counts`), the normal approximation
(`funnel.working_response`) and the models in PyMC and Stan need nothing else.
"""

from __future__ import annotations

import importlib
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike

from funnel.group_means import Array, Booleans, Indices, Observations


class Likelihood(Protocol):
    """The likelihood of K groups, each with a concave log likelihood of its theta.

    theta has the shape (..., K), and so has what is returned.
    """

    # what `response` returns: "mean", "probability" or "rate"
    response_name: ClassVar[str]

    @property
    def K(self) -> int:
        """The number of groups."""

    @property
    def peak(self) -> Array:
        """The theta at which the likelihood of each group is largest, (K,); it may be infinite."""

    @property
    def bounded(self) -> Booleans:
        """Whether the likelihood of each group decreases to 0 for theta to -inf and inf, (2, K)."""

    def log_likelihood(self, theta: Array) -> Array:
        """Return the log likelihood of each group, up to a constant of the group."""

    def derivatives(self, theta: Array) -> tuple[Array, Array]:
        """Return the score and the information: the first and minus the second derivative."""

    def softened(self, amount: Array | float) -> Likelihood:
        """Return the likelihood with a little more data in each group, so that it has a peak.

        `amount` broadcasts against theta. It is the number of successes and of failures, or of
        counts, that are added; there is nothing to add to normal data.
        """

    def select(self, groups: Indices) -> Likelihood:
        """Return the likelihood of some of the groups, in this order."""

    def distinct(self) -> tuple[Indices, Indices]:
        """Return the first group of each kind with the same data, and the kind of each, (K,)."""

    def response(self, theta: Array) -> Array:
        """Return the mean of an observation (per trial, or unit of exposure) given theta."""

    def response_slope(self, theta: Array) -> Array:
        """Return the derivative of `response`."""

    def link(self, response: Array) -> Array:
        """Return the theta that belongs to a response; the inverse of `response`.

        It is minus infinity or infinity below or above all responses.
        """


class Size(NamedTuple):
    """What a scenario says of its individuals beside the true values.

    `key` is that of the configuration, and `about` explains it. Values are above 0, and whole
    numbers if `whole`.
    """

    key: str
    about: str
    whole: bool = False


class StudyLikelihood(ABC):
    """Data of K individuals that can be simulated, stored, and fitted in PyMC and Stan.

    Those that the parameterization `marginal` can fit have in addition `STAN_MARGINAL`, statements
    of Stan given mu and tau, `marginal_in_pymc(pm, mu, tau, sigma, **data)`, and
    `standard_errors(sigma)` of the means, from which theta is drawn.
    """

    # what a scenario says: the first has a value for each individual, the others one or one each
    SIZES: ClassVar[tuple[Size, ...]]
    # whether sigma is a parameter of the model
    SIGMA: ClassVar[bool] = False
    # whether the data have a unit, such as metres
    UNIT: ClassVar[bool] = False
    # the dimension of each array of a file; the first array varies between replicates
    STORED: ClassVar[Mapping[str, str]]
    # what the models know of the data, (K,) each: attributes of the data
    MODELLED: ClassVar[tuple[str, ...]]
    # statements of Stan, given theta, and sigma if that is a parameter
    STAN: ClassVar[str]
    # the scale of theta, such as "logit"; empty if it is that of the data
    SCALE: ClassVar[str] = ""
    # for figures and reports: the distribution given theta, and what has it
    DISTRIBUTION: ClassVar[str]
    OBSERVED: ClassVar[str]

    # the observations, if they are on the scale of theta
    observations: Observations | None = None

    @property
    @abstractmethod
    def K(self) -> int:
        """The number of groups."""

    @property
    @abstractmethod
    def n_observations(self) -> Array:
        """The number of observations of each individual, such as the trials, (K,)."""

    @classmethod
    @abstractmethod
    def simulate(cls, theta: Array, rng: Any, **sizes: Any) -> StudyLikelihood:
        """Simulate data given theta (K,), sizes, and sigma if that is a parameter."""

    @classmethod
    def largest_theta(cls, **sizes: Any) -> float:
        """Return the theta above which data cannot be simulated, in any individual."""
        return float("inf")

    @classmethod
    @abstractmethod
    def given_data(cls, y: ArrayLike, **sizes: Any) -> StudyLikelihood:
        """Return the data `y` of a configuration; raises ValueError if they are not possible."""

    @abstractmethod
    def stored(self) -> dict[str, Array]:
        """Return the arrays of `STORED`."""

    @classmethod
    @abstractmethod
    def from_stored(cls, **arrays: Array) -> StudyLikelihood:
        """Return the data whose `stored` are these arrays."""

    @classmethod
    @abstractmethod
    def information(cls, theta: float, **sizes: Any) -> Array:
        """Return the expected Fisher information of each individual at `theta`, (K,).

        sigma is among the sizes if it is a parameter.
        """

    @classmethod
    @abstractmethod
    def sizes_for(cls, n: Array, standard_error: float, theta: float) -> dict[str, Any]:
        """Return sizes of which the expected standard errors at `theta` have this geometric mean.

        They are proportional to n^(-1/2), as far as whole numbers allow. The standard error is
        information^(-1/2). What is returned has the keys of `SIZES`, and sigma.
        """

    def new_observation(
        self, k: int, theta: Array, sigma: Array | None, rng: np.random.Generator
    ) -> Array:
        """Draw an observation of individual k, given each theta and sigma.

        Where data are not on the scale of theta, this is theta itself.
        """
        return theta

    def predictive_density(self, exact: Any, k: int, x: Array) -> Array:
        """Return the density of `new_observation` under the exact posterior."""
        density: Array = exact.density(f"theta[{k}]", x)
        return density

    @classmethod
    @abstractmethod
    def in_pymc(cls, pm: Any, theta: Any, sigma: Any, **data: Any) -> None:
        """Add the likelihood to a model in PyMC; `pm` is that package, `data` the `MODELLED`."""


class ConcaveLikelihood(StudyLikelihood):
    """Data whose log likelihood is a concave function of theta.

    A subclass is a dataclass of the arrays of `STORED`, each (..., K). It has the other methods of
    `Likelihood`, and writes its log likelihood once more for PyMC and once for Stan.
    """

    # the log likelihood of each individual, a vector, as an expression of Stan
    STAN_LOG: ClassVar[str]

    def __init_subclass__(cls) -> None:
        cls.STAN = f"target += sum({cls.STAN_LOG});"

    @staticmethod
    @abstractmethod
    def log_in(math: Any, theta: Any, **data: Any) -> Any:
        """Return the log likelihood (..., K) with the functions of `math`, such as `pm.math`."""

    def stored(self) -> dict[str, Array]:
        return {name: getattr(self, name) for name in self.STORED}

    @classmethod
    def from_stored(cls, **arrays: Array) -> StudyLikelihood:
        return cls(**{name: np.asarray(each, dtype=float) for name, each in arrays.items()})

    @property
    def K(self) -> int:
        return len(next(iter(self.stored().values())))

    def select(self, groups: Indices) -> Any:
        return type(self)(**{name: each[..., groups] for name, each in self.stored().items()})

    def distinct(self) -> tuple[Indices, Indices]:
        return distinct_rows(*self.stored().values())

    @classmethod
    def in_pymc(cls, pm: Any, theta: Any, sigma: Any, **data: Any) -> None:
        pm.Potential("log_likelihood", cls.log_in(pm.math, theta, **data).sum())


def names() -> tuple[str, ...]:
    """Return the names of all likelihoods, sorted."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def likelihood_class(name: str) -> type[StudyLikelihood]:
    """Return the class of the data of the likelihood with this name."""
    found: type[StudyLikelihood] = importlib.import_module(f"{__name__}.{name}").DATA
    return found


def distinct_rows(*columns: Array) -> tuple[Indices, Indices]:
    """Return the first of each kind of equal rows, and the kind of each row."""
    _, first, kind = np.unique(
        np.column_stack(columns), axis=0, return_index=True, return_inverse=True
    )
    return first.astype(np.int64), kind.reshape(-1).astype(np.int64)


def checked(name: str, values: ArrayLike) -> Array:
    """Return `values` as an array of at least one finite number, or raise ValueError."""
    try:
        if isinstance(values, np.ma.MaskedArray):  # whose masked values are missing
            values = np.ma.filled(values.astype(float), np.nan)
        numbers = np.array(values, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"{name}: must be a list or an array of numbers") from None
    if numbers.ndim != 1:
        raise ValueError(f"{name} has {numbers.ndim} dimensions: must have one")
    if not len(numbers):
        raise ValueError(f"{name} has no values: must have at least one")
    check(name, numbers, np.isfinite(numbers), "finite")
    return numbers


def check(name: str, values: Array, fine: Booleans, allowed: str) -> None:
    """Raise ValueError with the first of the values that is not fine."""
    if not fine.all():
        k = int(np.argmin(fine))
        raise ValueError(f"{name}[{k}] = {values[k]}: must be {allowed}")


def check_counts(name: str, values: Array, smallest: int) -> None:
    """Raise ValueError if one of the values is not a whole number, `smallest` or above."""
    fine = (values >= smallest) & (values == np.round(values))
    check(name, values, fine, f"a whole number, {smallest} or above")


def check_lengths(name: str, values: Array, other_name: str, other: Array) -> None:
    """Raise ValueError if two arrays are not of the same length."""
    if len(values) != len(other):
        raise ValueError(
            f"{name} has {len(values)} values and {other_name} {len(other)}: must be as many"
        )
