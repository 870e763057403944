"""Means and standard deviations of several quantities, and of their squares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from funnel.group_means import Array, Booleans, Indices

# a fourth moment exists if there is one of a higher order, too, by a margin
_FOURTH = 4.99


@dataclass(frozen=True)
class Moments:
    """Means and standard deviations (E,) of quantities and of their squares."""

    mean: Array
    sd: Array
    mean_of_square: Array
    sd_of_square: Array

    @classmethod
    def of_mixture(
        cls, weights: Array, mean: Array, variance: Array | float, variance_of_square: Array | float
    ) -> Moments:
        """Return the moments of mixtures, given those of each component, (n, E), with weights (n,).

        Variances are sums of variances, since differences of large moments would lose all digits.
        """
        overall = weights @ mean
        squares = variance + mean**2
        of_square = weights @ squares
        within = weights @ np.broadcast_to(variance, mean.shape)
        within_of_square = weights @ np.broadcast_to(variance_of_square, mean.shape)
        return cls(
            overall,
            np.sqrt(within + weights @ (mean - overall) ** 2),
            of_square,
            np.sqrt(within_of_square + weights @ (squares - of_square) ** 2),
        )

    def select(self, quantities: Indices) -> Moments:
        """Return the moments of some of the quantities, in this order."""
        return Moments(*(each[quantities] for each in self.all))

    @property
    def all(self) -> list[Array]:
        """The four arrays."""
        return [self.mean, self.sd, self.mean_of_square, self.sd_of_square]

    def where_they_exist(self, tail_powers: Array, positive: Booleans) -> Moments:
        """Return the moments without those that do not exist.

        `tail_powers` (E,) are the powers d for which the densities decrease as x^-d; moments of an
        order below d - 1 exist. That of the fourth power is also said not to exist if it hardly
        does. A mean that does not exist is infinite for a positive quantity, and otherwise nan.
        """
        mean, sd, mean_of_square, sd_of_square = (each.copy() for each in self.all)
        highest = tail_powers - 1
        sd_of_square[highest <= _FOURTH] = np.nan
        sd[highest <= 2], mean_of_square[highest <= 2] = np.inf, np.nan
        mean[highest <= 1], sd[highest <= 1] = np.nan, np.nan
        mean[(highest <= 1) & positive] = np.inf
        return Moments(mean, sd, mean_of_square, sd_of_square)


def highest_power(tail_power: float) -> int:
    """Return the highest of the powers 4, 2 and 1 whose mean exists, or 0.

    The fourth power is left out if its mean hardly exists.
    """
    highest = tail_power - 1
    return 4 if highest > _FOURTH else 2 if highest > 2 else 1 if highest > 1 else 0


def normal_variance_of_square(mean: Array, variance: Array) -> Array:
    """Return the variance of the square of a normal variable."""
    return np.asarray(4 * mean**2 * variance + 2 * variance**2)
