"""Covariates of groups, such as the latitude of trials: theta_k ~ Normal(mu + x_k beta, tau)."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import orth

from funnel.group_means import Array
from funnel.likelihoods import check_lengths, checked
from funnel.priors import Flat, Normal

# columns whose shares that are independent of each other are smaller have lost most digits
_SMALLEST_SHARE = 1e-10


@dataclass(frozen=True)
class Covariates:
    """The covariates `x` (K, p) of groups, and the `names` and priors of their p coefficients."""

    names: tuple[Hashable, ...]
    x: Array
    priors: tuple[Normal | Flat, ...]

    @classmethod
    def none(cls, K: int) -> Covariates:
        """Return no covariates."""
        return cls((), np.empty((K, 0)), ())

    @classmethod
    def from_user(cls, x: Any, beta: Any, y: Array, mu: Normal | Flat) -> Covariates:
        """Return the covariates of the groups with the effects `y` (K,).

        `x` and `beta` are those of `exact_posterior`, and `mu` is the prior of mu. Raises
        ValueError if there is not one finite number for each group and one prior for each
        covariate, or if the groups do not determine the coefficients with flat priors. Raises
        TypeError if a prior is not a prior.
        """
        if x is None:
            if beta is not None:
                raise ValueError("beta: needs covariates x")
            return cls.none(len(y))
        found = {name: checked(f"x[{name}]", values) for name, values in _columns(x).items()}
        for name, values in found.items():
            check_lengths("y", y, f"x[{name}]", values)
        names = tuple(found)
        columns = np.column_stack([np.empty((len(y), 0)), *found.values()])
        covariates = cls(names, columns, _priors(beta, names))
        covariates._check_determined(mu)
        return covariates

    @property
    def design(self) -> Array:
        """A column of ones, and then the covariates, (K, 1 + p)."""
        return np.insert(self.x, 0, 1.0, axis=1)

    def of_new_group(self, x: ArrayLike | Mapping[Any, float]) -> Array:
        """Return the covariates of a new group, (p,).

        `x` is a number, a list in the order of the names, or a mapping by name. Raises ValueError
        if there is not one finite number for each covariate.
        """
        if isinstance(x, Mapping):
            x = _by_name("x", x, self.names)
        values = checked("x", np.atleast_1d(np.asanyarray(x)))
        check_lengths("x", values, "beta", self.x[0])
        return values

    def _check_determined(self, mu: Normal | Flat) -> None:
        """Raise ValueError if the groups do not determine the coefficients with flat priors."""
        names = np.array(["mu", *(f"beta[{name}]" for name in self.names)])
        flat = np.array([isinstance(prior, Flat) for prior in (mu, *self.priors)])
        columns = self.design[:, flat]
        K, count = columns.shape
        if count > K:
            raise ValueError(
                f"{count} flat priors of coefficients need at least {count} groups, not {K}"
            )
        if count and basis(columns, _SMALLEST_SHARE).shape[1] < count:
            raise ValueError(
                f"x: {', '.join(names[flat])} cannot be told apart, because a column of x "
                "is constant or a combination of others; leave it out or give it a normal prior"
            )


def basis(columns: Array, smallest: float | None = None) -> Array:
    """Return an orthonormal basis of columns (K, n), which has as many columns as their rank.

    Directions that have less than the share `smallest` of the largest are left out.
    """
    largest = np.abs(columns).max(axis=0)
    return np.asarray(orth(columns / np.where(largest > 0, largest, 1.0), smallest))


def _columns(x: Any) -> dict[Hashable, Any]:
    """Return the columns of a mapping, a data frame or an array by name or number."""
    if isinstance(x, Mapping) or hasattr(x, "columns"):
        return {name: x[name] for name in (x if isinstance(x, Mapping) else x.columns)}
    values = np.asanyarray(x)
    if values.ndim not in (1, 2):
        raise ValueError(f"x has {values.ndim} dimensions: must have one or two")
    return dict(enumerate(values.reshape(len(values), -1).T))


def _priors(beta: Any, names: Sequence[Hashable]) -> tuple[Normal | Flat, ...]:
    """Return the prior of each coefficient: `Flat` by default, or one for all, or one for each."""
    if beta is None or isinstance(beta, (Normal, Flat)):
        beta = [beta or Flat()] * len(names)
    elif isinstance(beta, Mapping):
        beta = _by_name("beta", beta, names)
    elif not isinstance(beta, Sequence):
        raise TypeError(f"beta = {beta!r}: must be Normal(mean, sd) or Flat(), or one for each x")
    if len(beta) != len(names):
        raise ValueError(f"beta has {len(beta)} priors and x {len(names)} columns: must be as many")
    for prior in beta:
        if not isinstance(prior, (Normal, Flat)):
            raise TypeError(f"beta = {prior!r}: must be Normal(mean, sd) or Flat()")
    return tuple(beta)


def _by_name(what: str, values: Mapping[Any, Any], names: Sequence[Hashable]) -> list[Any]:
    """Return the values in the order of names. Raises ValueError if the names are others."""
    if set(values) != set(names):
        raise ValueError(f"{what} is for {[*values]}: must be for {[*names]}")
    return [values[name] for name in names]
