"""The exact posterior of normal data with a common unknown sigma, as users see it.

The model is y_i ~ Normal(theta_k, sigma) for every observation i of group k, and
theta_k ~ Normal(mu, tau). Nothing is sampled: see the module `exact_unknown_sigma`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from funnel.exact_unknown_sigma import ExactUnknownSigma
from funnel.group_posterior import GroupPosterior, check_priors
from funnel.likelihoods.normal_unknown_sigma import NormalUnknownSigma
from funnel.marginal import Marginal
from funnel.priors import Flat, IndependentPriors, Normal, TauPrior


class NormalPosterior(GroupPosterior):
    """The exact posterior of groups of normal data.

    In addition to those of `GroupPosterior`, it has these attributes:

    Attributes
    ----------
    sigma
        The `Marginal` of the standard deviation of observations within groups.
    likelihood
        The data, as group means, sizes, and the pooled sum of squares.
    error
        The largest relative change of a mean or standard deviation in the last refinement of the
        quadrature. Their errors are smaller.
    """

    def __init__(
        self, likelihood: NormalUnknownSigma, priors: IndependentPriors, sigma: TauPrior
    ) -> None:
        self.likelihood, self.priors = likelihood, priors
        self._exact = ExactUnknownSigma(likelihood, priors, sigma)
        self.error = self._exact.error
        super().__init__(self._exact)
        self.sigma = self._named["sigma"]

    def predictive(self, group: int | None = None, *, observation: bool = False) -> Marginal:
        """Return the posterior of the theta of a group, counted from 0, or a new one.

        With `observation`, it is that of a new observation of this group. Raises ValueError if
        there is no such group.
        """
        name, theta = self._theta_of(group)
        if not observation:
            return theta
        mixture = self._exact.predictive(name)
        sd = float(np.sqrt(theta.sd**2 + self.sigma.sd**2 + self.sigma.mean**2))
        return Marginal(theta.mean, sd, mixture.density, mixture.cdf, mixture.quantile)

    def _in_summary(self) -> dict[str, Marginal]:
        return super()._in_summary() | {"sigma": self.sigma}


def normal_posterior(
    y: ArrayLike,
    group: ArrayLike,
    *,
    tau: TauPrior,
    sigma: TauPrior,
    mu: Normal | Flat | None = None,
) -> NormalPosterior:
    """Return the exact posterior of observations in groups, with a common unknown sigma.

    Parameters
    ----------
    y
        The observations, (N,).
    group
        The group of each, (N,): numbers or names. Groups are sorted.
    tau, sigma
        The priors of the standard deviations between and within groups, in the unit of `y`. That of
        sigma must be proper and without an upper limit: `HalfNormal`, `HalfCauchy`, `HalfT` or
        `Exponential`.
    mu
        The prior of mu: `Normal`, or `Flat`, the default.

    Raises
    ------
    ValueError
        If `y` and `group` are not as many, or `y` is not finite; or if the posterior is improper,
        as if the observations of each group are all the same.
    TypeError
        If a prior is not a prior.
    QuadratureError
        If the posterior cannot be computed.

    Examples
    --------
    >>> from funnel import HalfNormal, normal_posterior
    >>> y = [9.1, 8.7, 10.2, 10.8, 10.1, 7.9]
    >>> posterior = normal_posterior(y, list("aabbbc"), tau=HalfNormal(2), sigma=HalfNormal(1))
    >>> posterior.sigma
    Marginal(mean=0.5577, sd=0.3005)
    """
    if not isinstance(sigma, TauPrior):
        raise TypeError(f"sigma = {sigma!r}: must be a prior, such as HalfNormal(1)")
    data = NormalUnknownSigma.from_observations(y, group)
    return NormalPosterior(data, IndependentPriors(check_priors(tau, mu), tau), sigma)
