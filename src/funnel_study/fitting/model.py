"""What a model is compiled for: all that its data sets share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from funnel import parameterizations
from funnel.likelihoods import likelihood_class
from funnel.priors import Priors


@dataclass(frozen=True)
class Model:
    """The model of K individuals with a likelihood, priors and a parameterization, by name."""

    K: int
    priors: Priors
    parameterization: str
    likelihood: str = "normal"

    @property
    def data_class(self) -> Any:
        """The class of the data, a `StudyLikelihood`, which knows itself in PyMC and Stan."""
        return likelihood_class(self.likelihood)

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of the variables in which NUTS moves."""
        return parameterizations.variables(self.parameterization, self.likelihood)

    @property
    def constants(self) -> tuple[str, ...]:
        """The names of the constants of the parameterization, which each data set has its own of.

        These are c and tau0 if the parameterization has a centeredness.
        """
        name = self.parameterization
        if parameterizations.is_ideal(name) or parameterizations.is_marginal(name):
            return ()
        return (
            parameterizations.constants(name) if parameterizations.places(name) else ("c", "tau0")
        )

    @property
    def size(self) -> int:
        """The number of elements of z."""
        return parameterizations.size(self.parameterization, self.K)
