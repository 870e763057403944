"""mu and the coefficients of covariates, given tau.

Given tau, ybar_k ~ Normal(mu + x_k beta, v_k) with v_k = tau^2 + s_k^2, and with normal or flat
priors, mu and beta are normal given the data. A prior is one more row of the regression: the
coefficient was observed to be the mean of its prior, with the variance of its prior, which is
infinite if the prior is flat. The columns of the design are made orthogonal, one after another, by
modified Gram-Schmidt (Bjorck 1967, BIT 7:1), and the coefficients of orthogonal columns are
independent. This amounts to the Cholesky decomposition of the precision matrix, but covariates that
are far from 0 cost no digits. Without covariates there is one column, of ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import NamedTuple

import numpy as np

from funnel.group_means import Array, GroupMeans
from funnel.priors import Flat, Normal

_MAX_LOG_VARIANCE = 600.0


class GivenTau(NamedTuple):
    """The coefficients of orthogonal columns, given tau: independent normal variables.

    `mean` and `precision` (..., 1 + p) are those of the coefficients, and `columns` are 1 + p
    arrays (..., R). A row of the columns is a linear function of mu and beta: first mu + x_k beta
    of each group k, then mu and each beta, then others. `weights` (..., K) are 1 / v_k, and
    `squares` (...) is the sum of the squares of standardised residuals, over groups and priors.
    """

    mean: Array
    precision: Array
    columns: list[Array]
    weights: Array
    squares: Array

    def rows(self, coefficients: Array, which: slice) -> Array:
        """Return rows (..., r) given the coefficients of the orthogonal columns (..., 1 + p)."""
        terms = (
            column[..., which] * coefficients[..., j, None] for j, column in enumerate(self.columns)
        )
        return reduce(np.add, terms)

    def moments(self, which: slice) -> tuple[Array, Array]:
        """Return mean and variance of rows, (..., r) each."""
        terms = (
            column[..., which] ** 2 / self.precision[..., j, None]
            for j, column in enumerate(self.columns)
        )
        return self.rows(self.mean, which), reduce(np.add, terms)


class Coefficients:
    """mu and beta of group means, with the priors of mu and of each beta, and x (K, p)."""

    def __init__(self, means: GroupMeans, priors: Sequence[Normal | Flat], x: Array) -> None:
        self._K = means.K
        self._design = np.vstack([np.insert(x, 0, 1.0, axis=1), np.eye(len(priors))])
        self._observed = np.append(means.ybar, [prior.mean for prior in priors])
        self._is_group = np.append(np.ones(means.K), np.zeros(len(priors)))
        with np.errstate(over="ignore"):
            errors = np.append(means.standard_error, [prior.sd for prior in priors])
            self._variance = errors**2

    def given(self, t: Array, x: Array | None = None) -> GivenTau:
        """Return the coefficients given log tau, for arrays `t` of any shape.

        With `x` (p,), the last row is mu + x beta.
        """
        observed, variance, is_group = self._observed, self._variance, self._is_group
        design = self._design
        if x is not None:  # a row that is not observed
            design = np.vstack([design, np.insert(x, 0, 1.0)])
            observed, is_group = np.append(observed, 0.0), np.append(is_group, 0.0)
            variance = np.append(variance, np.inf)
        # tau^2 has an end, because infinity times 0 is not a number
        weights = np.exp(np.minimum(2 * t, _MAX_LOG_VARIANCE))[..., None] * is_group
        weights += variance
        np.divide(1.0, weights, out=weights)  # large arrays are reused, which saves a third
        residual = observed
        columns: list[Array] = []
        mean: list[Array] = []
        precision: list[Array] = []
        for column in design.T:
            for earlier, its_precision in zip(columns, precision, strict=True):
                share = _total(weights, earlier * column) / its_precision
                column = column - share[..., None] * earlier
            columns.append(column)
            precision.append(_total(weights, column**2))
            mean.append(_total(weights, column * residual) / precision[-1])
            fitted = mean[-1][..., None] * column
            residual = np.subtract(residual, fitted, out=fitted)
        squares = _total(weights, np.square(residual, out=residual))
        stacked = np.stack(mean, axis=-1), np.stack(precision, axis=-1)
        return GivenTau(*stacked, columns, weights[..., : self._K], squares)


def _total(weights: Array, values: Array) -> Array:
    """Return the weighted sum over the last axis."""
    return np.asarray(np.einsum("...r,...r->...", weights, values))
