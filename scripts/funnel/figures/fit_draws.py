"""What figures of single fits are drawn from: draws, data and the exact posterior."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import plotnine as p9
from numpy.typing import NDArray

from funnel.figures.catalogue import KINDS as CATALOGUE
from funnel.model.data import Array, DataSet, Priors
from funnel.model.exact import ExactPosterior

_LONGEST_NECK = -2.0  # log tau axes reach down to here at least


@dataclass(frozen=True)
class FitDraws:
    """The draws of one fit: mu, tau and diverging (chain, draw), z and theta (chain, draw, K)."""

    parameterization: str
    centeredness: Array
    mu: Array
    tau: Array
    theta: Array
    z: Array
    diverging: NDArray[np.bool_]
    message: str = ""  # why it failed, empty if it did not

    def values(self, name: str) -> Array:
        """The draws (chain, draw) of mu, tau, log_tau, a theta or an eta."""
        if name in ("mu", "tau"):
            return self.mu if name == "mu" else self.tau
        with np.errstate(divide="ignore", invalid="ignore"):
            if name == "log_tau":
                return np.log(self.tau)
            kind, k = name.rstrip("]").split("[")
            theta = self.theta[..., int(k)]
            # what was sampled itself keeps its digits, however small tau was
            sampled = kind == "eta" and self.centeredness[int(k)] == 0
            eta = self.z[..., int(k)] if sampled else (theta - self.mu) / self.tau
        return theta if kind == "theta" else eta

    def sampled(self) -> list[str]:
        """What NUTS moved in place of each individual: its theta or, if noncentered, its eta."""
        return [
            f"{'eta' if c == 0 else 'theta'}[{k}]" for k, c in enumerate(self.centeredness.tolist())
        ]


@dataclass(frozen=True)
class View:
    """What a figure shows: a data set, the priors, and the fits of it by one sampler."""

    scenario: str
    replicate: int
    data_set: DataSet
    priors: Priors
    sampler: str = ""
    fits: Sequence[FitDraws] = ()

    @cached_property
    def exact(self) -> ExactPosterior:
        return ExactPosterior(self.data_set.group_means(), self.priors)

    @property
    def names(self) -> list[str]:
        return [fit.parameterization for fit in self.fits]

    def title(self, kind: str) -> p9.labs:
        """The title of a figure: what it is, and of what."""
        cell = [self.scenario, *self.names[:1]] if len(self.fits) == 1 else [self.scenario]
        if self.sampler:
            cell.append(self.sampler)
        what = ", ".join([*cell, f"replicate {self.replicate}"])
        return p9.labs(title=f"{CATALOGUE[kind].title}: {what}")

    def log_tau_limits(self) -> tuple[float, float]:
        """Down to where one of 20,000 exact draws lies, and to -2 at least."""
        low, high = self.exact.quantile("log_tau", [5e-5, 1 - 5e-5])
        return min(float(np.floor(low)), _LONGEST_NECK), float(np.ceil(high))
