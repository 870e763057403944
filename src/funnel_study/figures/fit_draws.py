"""What figures of single fits show: draws, data sets and the exact posterior."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from arviz_stats.base import array_stats
from numpy.typing import NDArray

from funnel.data import DataSet
from funnel.group_means import Array
from funnel.inference import Exact, exact_posterior_of
from funnel.priors import Priors
from funnel_study.figures.theme import colours

MOST_INDIVIDUALS = 24  # a figure has panels for at most this many
_HIGHEST_LOWER_LIMIT = -2.0  # of log tau axes


@dataclass(frozen=True)
class FitDraws:
    """The draws of one fit.

    `mu`, `tau` and `diverging` have the shape (chain, draw), `theta` and `z` (chain, draw, K), and
    `centeredness` (K,). `z` and `centeredness` are nan if theta was integrated out. `message` is
    the reason why the fit failed, and empty if it did not. `sigma` (chain, draw) is None if it is
    no parameter. `reports_divergences` is whether the sampler does; otherwise no draw is
    `diverging`.
    """

    parameterization: str
    centeredness: Array
    mu: Array
    tau: Array
    theta: Array
    z: Array
    diverging: NDArray[np.bool_]
    message: str = ""
    sigma: Array | None = None
    reports_divergences: bool = True

    @property
    def of_population(self) -> dict[str, Array]:
        """The draws of the parameters that all individuals share, by name."""
        found = {"mu": self.mu, "tau": self.tau}
        return found if self.sigma is None else {**found, "sigma": self.sigma}

    @property
    def divergences(self) -> str:
        """The number of divergent draws, in words."""
        return f"{self.diverging.sum():,}" if self.reports_divergences else "an unknown number"

    def values(self, name: str) -> Array:
        """Return the draws (chain, draw) of mu, tau, sigma, log_tau, theta[k] or eta[k]."""
        if name in self.of_population:
            return self.of_population[name]
        with np.errstate(divide="ignore", invalid="ignore"):
            if name == "log_tau":
                return np.log(self.tau)
            kind, k = name.rstrip("]").split("[")
            theta = self.theta[..., int(k)]
            # a sampled eta is exact, whereas computing it from theta loses digits at small tau
            sampled = kind == "eta" and self.centeredness[int(k)] == 0
            eta = self.z[..., int(k)] if sampled else (theta - self.mu) / self.tau
        return theta if kind == "theta" else eta

    def sampled(self, kind: str) -> list[str]:
        """Return the names of the quantities of a kind, theta or eta, that NUTS sampled."""
        c = {"theta": 1, "eta": 0}[kind]
        return [f"{kind}[{k}]" for k in np.flatnonzero(self.centeredness == c)]

    def shown(self) -> list[str]:
        """Return the name of the quantity that represents each individual.

        It is eta if NUTS sampled eta, and theta otherwise.
        """
        c = self.centeredness.tolist()
        return [f"{'eta' if c_k == 0 else 'theta'}[{k}]" for k, c_k in enumerate(c)]


@dataclass(frozen=True)
class View:
    """What a figure shows: a data set, the priors, and fits of the data set by one sampler."""

    scenario: str
    replicate: int
    data_set: DataSet
    priors: Priors
    sampler: str = ""
    fits: Sequence[FitDraws] = ()

    @cached_property
    def exact(self) -> Exact:
        return exact_posterior_of(self.data_set.data, self.priors)

    def label(self, name: str) -> str:
        """Return the label of an axis of theta or mu, with their scale if it is not that of y."""
        scale = self.data_set.data.SCALE
        return f"{name} ({scale})" if scale else name

    @property
    def names(self) -> list[str]:
        return [fit.parameterization for fit in self.fits]

    def title(self, title: str) -> str:
        """Return the title of a figure, with the scenario, fit and replicate that it shows."""
        cell = [self.scenario, *(self.names if len(self.fits) == 1 else []), self.sampler]
        return f"{title}: {', '.join(filter(None, cell))}, replicate {self.replicate}"

    def log_tau_limits(self) -> tuple[float, float]:
        """Return limits that contain all but 1 in 10,000 exact draws, the lower at most -2."""
        low, high = self.exact.quantile("log_tau", [5e-5, 1 - 5e-5])
        return min(float(np.floor(low)), _HIGHEST_LOWER_LIMIT), float(np.ceil(high))


def kernel_density(values: Array, low: float = -np.inf) -> tuple[Array, Array]:
    """Return a grid and the density of `values` on it, by ArviZ's kernel density estimator.

    Points of the grid below `low` are left out.
    """
    values = values[np.isfinite(values)]
    if np.ptp(values) == 0:
        return values[:1], np.zeros(1)
    at, density, _ = array_stats.kde(values, grid_len=256)
    inside = at >= low
    return np.asarray(at[inside]), np.asarray(density[inside])


def exact_range(exact: Exact, name: str) -> tuple[float, float]:
    """Return an interval that contains all but 2 in 10,000 exact draws."""
    low, high = exact.quantile(name, [1e-4, 1 - 1e-4])
    return float(low), float(high)


def left_out_note(fit: FitDraws) -> str:
    """Return a note on the individuals that a figure leaves out, or an empty text."""
    K = len(fit.centeredness)
    return f"Shows the first {MOST_INDIVIDUALS} of {K} individuals." if K > MOST_INDIVIDUALS else ""


def fit_colour(fit: FitDraws) -> str:
    return colours([fit.parameterization])[fit.parameterization]
