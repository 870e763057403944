"""The exact posterior of probabilities or rates of groups, as users see it.

The models are

    y_k ~ Binomial(n_k, p_k)     with logit p_k = theta_k, or
    y_k ~ Poisson(e_k lambda_k)  with log lambda_k = theta_k,

and theta_k ~ Normal(mu, tau). Nothing is sampled: see the module `exact_counts`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from funnel.exact_counts import ExactCounts
from funnel.group_means import Array
from funnel.group_posterior import GroupPosterior, check_priors
from funnel.likelihoods import Likelihood
from funnel.likelihoods.binomial import BinomialLikelihood
from funnel.likelihoods.poisson import PoissonLikelihood
from funnel.marginal import Marginal
from funnel.priors import Flat, IndependentPriors, Normal, TauPrior


class CountPosterior(GroupPosterior):
    """The exact posterior of groups of counts.

    In addition to those of `GroupPosterior`, where theta is the logit of a probability or the log
    of a rate, it has these attributes:

    Attributes
    ----------
    likelihood
        The data.
    error
        The largest relative change of a mean or standard deviation in the last refinement of the
        quadrature. Their errors are smaller.
    """

    def __init__(self, likelihood: Likelihood, priors: IndependentPriors) -> None:
        self.likelihood, self.priors = likelihood, priors
        self._exact = ExactCounts(likelihood, priors)
        self.error = self._exact.error
        super().__init__(self._exact)

    def response(self, group: int | None = None) -> Marginal:
        """Return the posterior of the probability or rate of a group, counted from 0, or a new one.

        Its mean and standard deviation are nan for the rate of a new group, which rarely has them.
        Raises ValueError if there is no such group.
        """
        likelihood = self.likelihood
        name, _ = self._theta_of(group)
        mean, sd = np.nan, np.nan
        if group is not None or likelihood.response_name != "rate":
            mean, sd = self._exact.moments_of(name, likelihood.response)

        def density(x: Array) -> Array:
            with np.errstate(divide="ignore", invalid="ignore"):
                theta = likelihood.link(x)
                values = self._exact.density(name, theta) / likelihood.response_slope(theta)
            return np.where(np.isfinite(theta), values, 0.0)

        return Marginal(
            mean,
            sd,
            density,
            lambda x: self._exact.cdf(name, likelihood.link(x)),
            lambda p: likelihood.response(self._exact.quantile(name, p)),
        )

    def predictive(self) -> Marginal:
        """Return the posterior of the theta of a new group; see `response` for its response."""
        return self._new_theta()

    def _in_summary(self) -> dict[str, Marginal]:
        responses = {f"[{k}]": self.response(k) for k in range(len(self.theta))}
        responses["[new]"] = self.response()
        name = self.likelihood.response_name
        return super()._in_summary() | {f"{name}{k}": each for k, each in responses.items()}


def binomial_posterior(
    successes: ArrayLike, trials: ArrayLike, *, tau: TauPrior, mu: Normal | Flat | None = None
) -> CountPosterior:
    """Return the exact posterior of the probabilities of groups.

    Parameters
    ----------
    successes, trials
        The numbers of successes and of trials, one for each group, (K,).
    tau
        The prior of tau, the standard deviation of the logits of the probabilities: `HalfNormal`,
        `HalfCauchy`, `HalfT`, `Exponential` or `Uniform`.
    mu
        The prior of mu, the mean of the logits: `Normal`, or `Flat`, the default.

    Returns
    -------
    CountPosterior
        mu, tau and theta are on the scale of logits, and `response(k)` is the probability of a
        group.

    Raises
    ------
    ValueError
        If the data are not whole numbers with 0 <= successes <= trials and at least one trial; or
        if the posterior is improper, as with a flat prior of mu if all groups are at the same end
        of the scale.
    TypeError
        If `tau` or `mu` is not a prior.
    QuadratureError
        If the posterior cannot be computed.

    Examples
    --------
    Three hospitals, of which one has had no deaths:

    >>> from funnel import HalfNormal, Normal, binomial_posterior
    >>> deaths, operations = [0, 18, 8], [47, 148, 119]
    >>> posterior = binomial_posterior(deaths, operations, tau=HalfNormal(1), mu=Normal(0, 2))
    >>> posterior.response(0)
    Marginal(mean=0.03272, sd=0.02543)
    >>> print(posterior.response(0).quantile(0.9).round(3))
    0.07
    """
    data = BinomialLikelihood.from_counts(successes, trials)
    return CountPosterior(data, IndependentPriors(check_priors(tau, mu), tau))


def poisson_posterior(
    counts: ArrayLike, exposure: ArrayLike, *, tau: TauPrior, mu: Normal | Flat | None = None
) -> CountPosterior:
    """Return the exact posterior of the rates of groups.

    Parameters
    ----------
    counts, exposure
        The counts and what they are to be divided by, such as times, one for each group, (K,).
    tau
        The prior of tau, the standard deviation of the logs of the rates.
    mu
        The prior of mu, the mean of the logs of the rates: `Normal`, or `Flat`, the default.

    Returns
    -------
    CountPosterior
        mu, tau and theta are on the scale of logs, and `response(k)` is the rate of a group.

    Raises
    ------
    ValueError
        If the counts are not whole numbers, 0 or above, or the exposures not above 0; or if the
        posterior is improper, as with a flat prior of mu if all counts are 0.
    TypeError
        If `tau` or `mu` is not a prior.
    QuadratureError
        If the posterior cannot be computed.
    """
    data = PoissonLikelihood.from_counts(counts, exposure)
    return CountPosterior(data, IndependentPriors(check_priors(tau, mu), tau))
