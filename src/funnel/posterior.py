"""Bayesian random-effects meta-analysis: the exact posterior given effects and standard errors.

The model is that of a study, for any effects y_k with known standard errors se_k:

    y_k ~ Normal(theta_k, se_k)   and   theta_k ~ Normal(mu, tau),

with a normal or flat prior of mu and one of several priors of tau. With covariates x_k it is a
meta-regression: theta_k ~ Normal(mu + x_k beta, tau). The groups are the trials of a meta-analysis,
schools, laboratories or individuals. Nothing is sampled: see the module `exact`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from funnel.covariates import Covariates, basis
from funnel.exact import ExactPosterior
from funnel.group_means import Array, GroupMeans
from funnel.group_posterior import GroupPosterior, check_priors
from funnel.likelihoods.normal import NormalLikelihood
from funnel.marginal import Marginal as Marginal
from funnel.priors import Flat, IndependentPriors, Normal, TauPrior


class Posterior(GroupPosterior):
    """The exact posterior of a random-effects meta-analysis, made by `exact_posterior`.

    Attributes
    ----------
    y, se
        The effects and their standard errors, each (K,).
    mu, tau, log_tau
        The `Marginal` of the mean of the population, of its standard deviation, and of its log.
        With covariates, mu is the mean where all of them are 0.
    beta
        The `Marginal` of the coefficient of each covariate: a dictionary by its name or number.
    theta
        The `Marginal` of the effect of each group: a list of length K.
    data_weight
        E[tau^2 / (tau^2 + se_k^2) | y] of each group, (K,): the weight of y_k, as opposed to
        mu + x_k beta, in the posterior mean of theta_k given mu, beta and tau. One minus this
        weight is the shrinkage of the group.
    """

    def __init__(
        self, y: Array, se: Array, priors: IndependentPriors, covariates: Covariates | None = None
    ) -> None:
        self.y, self.se = y, se
        self.priors = priors
        self._covariates = covariates or Covariates.none(len(y))
        self._exact = ExactPosterior(GroupMeans(y, se), priors, self._covariates)
        super().__init__(self._exact)
        self.beta = {name: self._named[f"beta[{name}]"] for name in self._covariates.names}

    def predictive(
        self,
        se: float = 0.0,
        group: int | None = None,
        x: ArrayLike | Mapping[Any, float] | None = None,
    ) -> Marginal:
        """Return the posterior predictive distribution of a new effect.

        Parameters
        ----------
        se
            0 for the true effect theta, or the standard error of a new observation of it.
        group
            The group that the effect is of, counted from 0; by default a new one.
        x
            The covariates of a new group: a number, a list, or a dictionary by name. By default
            they are 0.

        Raises
        ------
        ValueError
            If `se` is negative or not finite, if there is no such group, or if `x` is not one
            finite number for each covariate.
        """
        if not (np.isfinite(se) and se >= 0):
            raise ValueError(f"se = {se}: must be a finite number, 0 or above")
        if x is not None:
            if group is not None:
                raise ValueError(f"group = {group} has its own covariates: leave out x")
            return self._at("theta[new]", self._covariates.of_new_group(x), se, heavy=True)
        name, effect = self._theta_of(group)
        mixture = self._exact.predictive(name, se)
        sd = float(np.hypot(effect.sd, se))
        return Marginal(effect.mean, sd, mixture.density, mixture.cdf, mixture.quantile)

    def mean_at(self, x: ArrayLike | Mapping[Any, float]) -> Marginal:
        """Return the posterior of mu + x beta, the mean of groups with covariates x.

        `x` is as in `predictive`; raises ValueError as it does.
        """
        at = self._covariates.of_new_group(x)
        priors = (self.priors.of_mu, *self._covariates.priors)
        return self._at("mu", at, 0.0, any(isinstance(each, Flat) for each in priors))

    def _at(self, name: str, x: Array, se: float, heavy: bool) -> Marginal:
        """Return the posterior of mu or a new theta with covariates x (p,), with an error `se`.

        It has no moment that tau does not have if it is `heavy`.
        """
        mixture = self._exact.predictive(name, se, x)
        mean, sd = mixture.moments()
        if heavy and not np.isfinite(self.tau.sd):
            mean, sd = mean if np.isfinite(self.tau.mean) else np.nan, self.tau.sd
        return Marginal(mean, sd, mixture.density, mixture.cdf, mixture.quantile)

    def _in_summary(self) -> dict[str, Marginal]:
        return super()._in_summary() | {f"beta[{name}]": each for name, each in self.beta.items()}

    @property
    def i_squared(self) -> Marginal:
        """The posterior distribution of I^2, the share of heterogeneity in the variance of y.

        I^2 = tau^2 / (tau^2 + s^2), where the typical variance within groups is

            s^2 = (K - 1) sum_k w_k / ((sum_k w_k)^2 - sum_k w_k^2)   with   w_k = 1 / se_k^2

        (Higgins and Thompson 2002, Statistics in Medicine 21:1539, equation 9). With covariates it
        is the share in the variance of y given x, and s^2 = (K - r) / sum_k w_k (1 - h_k), where r
        is the number of coefficients and h_k is the leverage of group k in the regression with
        weights w; without covariates this is the same. Raises ValueError if there are no more
        groups than coefficients, for which it is not defined.
        """
        w = (self.se.min() / self.se) ** 2
        orthonormal = basis(self._covariates.design * np.sqrt(w)[:, None])
        K, r = orthonormal.shape
        if r >= K:
            raise ValueError(f"I^2 needs at least {r + 1} groups, not {K}")
        rest = w @ (1 - (orthonormal**2).sum(axis=1))
        log_s = np.log(self.se.min()) + 0.5 * np.log((K - r) / rest)

        def log_tau(share: Array) -> Array:
            with np.errstate(divide="ignore"):
                inside = np.clip(share, 0.0, 1.0)
                return np.asarray(log_s + 0.5 * (np.log(inside) - np.log1p(-inside)))

        def density(share: Array) -> Array:
            inside = (share > 0) & (share < 1)
            at = np.where(inside, share, 0.5)
            values = self._exact.density("log_tau", log_tau(at)) / (2 * at * (1 - at))
            return np.where(inside, values, 0.0)

        def share(t: Array) -> Array:
            return np.asarray(expit(2 * (t - log_s)))

        mean = self._exact.expectation(share)
        sd = np.sqrt(self._exact.expectation(lambda t: (share(t) - mean) ** 2))
        return Marginal(
            mean,
            float(sd),
            density,
            lambda x: self._exact.cdf("log_tau", log_tau(x)),
            lambda p: share(self._exact.quantile("log_tau", p)),
        )


def exact_posterior(
    y: ArrayLike,
    se: ArrayLike,
    *,
    tau: TauPrior,
    mu: Normal | Flat | None = None,
    x: Any = None,
    beta: Normal | Flat | Sequence[Normal | Flat] | Mapping[Any, Normal | Flat] | None = None,
) -> Posterior:
    """Return the exact posterior of a random-effects meta-analysis or meta-regression.

    Parameters
    ----------
    y
        The effects, one for each group, (K,).
    se
        Their standard errors, (K,), in the unit of `y`.
    tau
        The prior of tau, in the unit of `y`: `HalfNormal`, `HalfCauchy`, `HalfT`, `Exponential` or
        `Uniform`. There is no default, because with few groups the posterior depends on it.
    mu
        The prior of mu: `Normal`, or `Flat`, the default.
    x
        Covariates of the groups: an array, (K,) or (K, p), or a dictionary or a data frame with one
        column, (K,), for each covariate. None by default. mu is the mean where all of them are 0,
        so subtract from each a value that is of interest.
    beta
        The priors of the coefficients of the covariates: `Normal`, in the unit of `y` per unit of
        `x`, or `Flat`, the default. One for all, a list with one for each, or a dictionary by name.

    Returns
    -------
    Posterior
        It has the mean, sd, density, cdf and quantiles of mu, of tau, of every beta and theta and
        of new effects, and draws.

        Means and standard deviations do not always exist. Let tau have a prior density that
        decreases as tau^-a: a = 2 for `HalfCauchy`, df + 1 for `HalfT`, 0 for `Uniform` without an
        upper limit, and infinite for all others. With d = a + K - f, where f is the number of flat
        priors of mu and beta, tau and the effect of a new group have a mean if d > 2 and a standard
        deviation if d > 3; so has mu or a beta if its prior is flat. Otherwise the mean of tau is
        infinite, and that of mu, of a beta or of a new effect is nan. The standard deviation is
        infinite if there is a mean, and nan if there is none. Quantiles always exist.

    Raises
    ------
    ValueError
        If `y`, `se` and columns of `x` are not arrays of the same length, at least 1, of finite
        numbers with se > 0; if there is not one prior of beta for each covariate; if mu and
        beta with flat priors are more than K or cannot be told apart; or if the posterior is
        improper, which it is under a uniform prior of tau without an upper limit for K < f + 2.
    TypeError
        If `tau`, `mu` or `beta` is not a prior.
    QuadratureError
        If the posterior cannot be computed: the numbers are too large or too small (tau must be
        between e^-80 and e^80), the effects differ by less than about 1e-8 of their size, data and
        priors conflict too strongly, or a `HalfT` with a fractional df has a moment that hardly
        exists.

    Examples
    --------
    Effects of coaching in eight schools (Rubin 1981):

    >>> from funnel import HalfCauchy, Normal, exact_posterior
    >>> y = [28.39, 7.94, -2.75, 6.82, -0.64, 0.63, 18.01, 12.16]
    >>> se = [14.9, 10.2, 16.3, 11.0, 9.4, 11.4, 10.4, 17.6]
    >>> posterior = exact_posterior(y, se, tau=HalfCauchy(25), mu=Normal(0, 50))
    >>> posterior.mu
    Marginal(mean=7.986, sd=4.996)
    >>> print(posterior.tau.quantile(0.95).round(3))
    15.166
    >>> low, high = posterior.theta[0].interval(0.9)
    >>> print(f"{low:.1f} to {high:.1f}")
    0.2 to 25.7
    """
    mu = check_priors(tau, mu)
    data = NormalLikelihood.from_effects(y, se)
    covariates = Covariates.from_user(x, beta, data.y, mu)
    return Posterior(data.y, data.se, IndependentPriors(mu, tau), covariates)
