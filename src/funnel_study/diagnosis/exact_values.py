"""What diagnosis needs of the exact posterior of a data set, in a form that can be stored.

The exact posterior of counts takes longer than anything else in the diagnosis of a fit. So it is
computed once for every data set.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from funnel.data import DataSet
from funnel.group_means import Array, estimands
from funnel.inference import Exact, exact_posterior_of
from funnel.priors import Priors
from funnel.quadrature import QuadratureError
from funnel_study.diagnosis.interpolated import Interpolated, interpolate

MOMENTS = ("mean", "sd", "mean_of_square", "sd_of_square")
_OF_POINTS = ("x", "cdf", "density")


def exact_values(data_set: DataSet, priors: Priors) -> xr.Dataset:
    """Return the exact posterior of a data set beside its true values, for `ExactValues`.

    The dataset has the variables `truth` and the `MOMENTS` (estimand), `data_weight` (individual),
    the `error` of the quadrature, and `x`, `cdf` and `density` (estimand, point), from which the
    distribution of every estimand is interpolated.

    What does not exist or cannot be computed is nan; for the latter, `message` has the reason.
    """
    names = estimands(data_set.K, sigma=data_set.data.SIGMA)
    truth = [data_set.mu, data_set.tau, np.log(data_set.tau), *data_set.theta, data_set.sigma]
    values: dict[str, Any] = {
        "truth": ("estimand", truth[: len(names)]),
        **dict.fromkeys(MOMENTS, ("estimand", np.full(len(names), np.nan))),
        "data_weight": ("individual", np.full(data_set.K, np.nan)),
        "error": np.nan,
    }
    try:
        exact = exact_posterior_of(data_set.data, priors)
    except QuadratureError as error:
        found = [(np.empty((3, 0)), str(error))] * len(names)
    else:
        moments = [list(getattr(exact, name)().values()) for name in MOMENTS]
        values |= {name: ("estimand", each) for name, each in zip(MOMENTS, moments, strict=True)}
        values |= {"data_weight": ("individual", exact.data_weight()), "error": exact.error}
        # individuals with the same data have the same moments, and the same distribution
        of_each = list(zip(*moments, strict=True))
        distinct = dict(zip(of_each, names, strict=True))
        known = {key: _points(exact, name) for key, name in distinct.items()}
        found = [known[key] for key in of_each]
    longest = max(1, *(points.shape[1] for points, _ in found))
    table = np.full((len(_OF_POINTS), len(names), longest), np.nan)
    for i, (points, _) in enumerate(found):
        table[:, i, : points.shape[1]] = points
    for variable, of_all in zip(_OF_POINTS, table, strict=True):
        values[variable] = ("estimand", "point"), of_all
    reason = next((reason for _, reason in found if reason), "")
    values["message"] = f"QuadratureError: {reason}" if reason else ""
    return xr.Dataset(values, coords={"estimand": names, "point": range(longest)})


def _points(exact: Exact, estimand: str) -> tuple[Array, str]:
    """Return x, cdf and density at points of an estimand, (3, point), or none and the reason."""
    try:
        return np.stack(interpolate(exact, estimand)), ""
    except QuadratureError as error:
        return np.empty((3, 0)), str(error)


class ExactValues:
    """The exact posterior of a data set, as `exact_values` returned it.

    The attributes are the `estimands`, their `truth` and, by name, their `moments`, all
    (estimand,), `data_weight` (individual,), and the `message`, which is empty if all could be
    computed. What could not is nan, in the results of the methods, too.
    """

    def __init__(self, stored: xr.Dataset) -> None:
        self.estimands = [str(name) for name in stored["estimand"].to_numpy()]
        self.truth: Array = stored["truth"].to_numpy()
        self.moments: dict[str, Array] = {name: stored[name].to_numpy() for name in MOMENTS}
        self.data_weight: Array = stored["data_weight"].to_numpy()
        self.message = str(stored["message"].item())
        self._points = np.stack([stored[name].to_numpy() for name in _OF_POINTS])
        self._distribution = cache(self._uncached_distribution)

    def cdf(self, estimand: str, x: ArrayLike) -> Array:
        """Return the posterior cdf of one estimand at each value in `x`."""
        return self._of("cdf", estimand, x)

    def density(self, estimand: str, x: ArrayLike) -> Array:
        """Return the posterior density of one estimand at each value in `x`."""
        return self._of("density", estimand, x)

    def quantile(self, estimand: str, p: ArrayLike) -> Array:
        """Return the posterior quantiles of one estimand at probabilities `p`, all in (0, 1)."""
        return self._of("quantile", estimand, p)

    def _of(self, what: str, estimand: str, at: ArrayLike) -> Array:
        distribution, at = self._distribution(estimand), np.asarray(at, dtype=float)
        if distribution is None:
            return np.full(at.shape, np.nan)
        return np.asarray(getattr(distribution, what)(at))

    def _uncached_distribution(self, estimand: str) -> Interpolated | None:
        points = self._points[:, self.estimands.index(estimand)]
        points = points[:, np.isfinite(points[0])]
        return Interpolated(*points) if points.size else None
