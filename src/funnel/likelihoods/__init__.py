"""Likelihoods: what the data of a group say about its theta.

Each likelihood is a module of this package, with one class for the data of all groups:

=====================  ==========================================================================
`normal`               means with known standard errors; theta is the mean
`normal_unknown_sigma` means, sizes and the pooled sum of squares; sigma is unknown and common
`binomial`             successes among trials; theta is the logit of the probability
`poisson`              counts and exposures; theta is the log of the rate
=====================  ==========================================================================

A class has a constructor `from_...` that checks the data, a class method `simulate(theta, ...,
rng)` that draws data given theta (K,), and the methods of `Likelihood`. One whose theta has a
likelihood only given another parameter, sigma, says with `given(sigma)` what it is.

To add a likelihood, write a class with these methods. The exact posterior (`funnel.exact_counts`)
and the normal approximation (`funnel.working_response`) need nothing else, if its log likelihood is
a concave function of theta.
"""

from __future__ import annotations

from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import ArrayLike

from funnel.group_means import Array, Booleans, Indices


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
