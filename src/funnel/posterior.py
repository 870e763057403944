"""Bayesian random-effects meta-analysis: the exact posterior given effects and standard errors.

The model is that of a study, for any effects y_k with known standard errors se_k:

    y_k ~ Normal(theta_k, se_k)   and   theta_k ~ Normal(mu, tau),

with a normal or flat prior of mu and one of several priors of tau. The groups are the trials of a
meta-analysis, schools, laboratories or individuals. Nothing is sampled: see the module `exact`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from operator import index
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from funnel.exact import ExactPosterior
from funnel.group_means import Array, GroupMeans
from funnel.priors import Flat, IndependentPriors, Normal, TauPrior

Function = Callable[[Array], Array]


@dataclass(frozen=True, eq=False)
class Marginal:
    """The posterior distribution of one quantity.

    `mean` is nan or infinite, and `sd` nan or infinite, where they do not exist: see
    `exact_posterior`. The methods take a number or an array of any shape, and return the same.

    >>> from funnel import HalfNormal, exact_posterior
    >>> mu = exact_posterior([0.5, 0.1, 0.9], [0.3, 0.2, 0.4], tau=HalfNormal(0.5)).mu
    >>> mu
    Marginal(mean=0.4064, sd=0.2952)
    >>> print(mu.cdf([0.0, 0.4]).round(3))
    [0.06  0.516]
    """

    mean: float
    sd: float
    _density: Function
    _cdf: Function
    _quantile: Function

    def __repr__(self) -> str:
        return f"Marginal(mean={self.mean:.4g}, sd={self.sd:.4g})"

    def density(self, x: ArrayLike) -> Any:
        """Return the posterior density at each value in `x`."""
        return self._density(np.asarray(x, dtype=float))[()]

    def cdf(self, x: ArrayLike) -> Any:
        """Return the posterior probability of values up to each value in `x`."""
        return self._cdf(np.asarray(x, dtype=float))[()]

    def quantile(self, p: ArrayLike) -> Any:
        """Return the posterior quantiles at the probabilities `p`.

        Raises ValueError if one of them is not between 0 and 1, and QuadratureError if the
        inversion of the cdf does not converge.
        """
        p = np.asarray(p, dtype=float)
        outside = p[~((p > 0) & (p < 1))]
        if len(outside):
            raise ValueError(f"p = {outside[0]:g}: must be above 0 and below 1")
        return self._quantile(p)[()]

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return the central interval with this probability.

        Raises ValueError if `level` is not between 0 and 1.
        """
        if not 0 < level < 1:
            raise ValueError(f"level = {level}: must be above 0 and below 1")
        low, high = self.quantile([(1 - level) / 2, (1 + level) / 2])
        return float(low), float(high)


class Posterior:
    """The exact posterior of a random-effects meta-analysis, made by `exact_posterior`.

    Attributes
    ----------
    y, se
        The effects and their standard errors, each (K,).
    mu, tau, log_tau
        The `Marginal` of the mean of the population, of its standard deviation, and of its log.
    theta
        The `Marginal` of the effect of each group: a list of length K.
    data_weight
        E[tau^2 / (tau^2 + se_k^2) | y] of each group, (K,): the weight of y_k, as opposed to mu, in
        the posterior mean of theta_k given mu and tau. One minus this weight is the shrinkage of
        the group.
    """

    def __init__(self, y: Array, se: Array, priors: IndependentPriors) -> None:
        self.y, self.se = y, se
        self.priors = priors
        self._exact = ExactPosterior(GroupMeans(y, se), priors)
        marginals = self._marginals()
        self.mu, self.tau, self.log_tau = (marginals.pop(name) for name in ("mu", "tau", "log_tau"))
        self.theta = list(marginals.values())
        self.data_weight = self._exact.data_weight()

    def __repr__(self) -> str:
        return f"Posterior(groups={len(self.y)}, mu={self.mu!r}, tau={self.tau!r})"

    def predictive(self, se: float = 0.0, group: int | None = None) -> Marginal:
        """Return the posterior predictive distribution of a new effect.

        Parameters
        ----------
        se
            0 for the true effect theta, or the standard error of a new observation of it.
        group
            The group that the effect is of, counted from 0; by default a new one.

        Raises
        ------
        ValueError
            If `se` is negative or not finite, or if there is no such group.
        """
        if not (np.isfinite(se) and se >= 0):
            raise ValueError(f"se = {se}: must be a finite number, 0 or above")
        if group is not None:
            if not 0 <= index(group) < len(self.y):
                raise ValueError(f"group = {group}: must be between 0 and {len(self.y) - 1}")
            mean, sd, name = self.theta[group].mean, self.theta[group].sd, f"theta[{group}]"
        else:
            mean, name = self.mu.mean if np.isfinite(self.tau.mean) else np.nan, "theta[new]"
            # infinite or nan where the sd of tau is
            sd = float(np.sqrt(self.mu.sd**2 + self.tau.sd**2 + self.tau.mean**2))
        mixture = self._exact.predictive(name, se)
        sd = float(np.hypot(sd, se))
        return Marginal(mean, sd, mixture.density, mixture.cdf, mixture.quantile)

    @property
    def i_squared(self) -> Marginal:
        """The posterior distribution of I^2, the share of heterogeneity in the variance of y.

        I^2 = tau^2 / (tau^2 + s^2), where the typical variance within groups is

            s^2 = (K - 1) sum_k w_k / ((sum_k w_k)^2 - sum_k w_k^2)   with   w_k = 1 / se_k^2

        (Higgins and Thompson 2002, Statistics in Medicine 21:1539, equation 9). Raises ValueError
        for a single group, for which it is not defined.
        """
        K = len(self.y)
        if K < 2:
            raise ValueError("I^2 needs at least two groups")
        w = (self.se.min() / self.se) ** 2
        # the denominator as a sum of positive terms
        log_s = np.log(self.se.min()) + 0.5 * np.log((K - 1) * w.sum() / (w * (w.sum() - w)).sum())

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

    def draws(self, n: int, seed: int | np.random.Generator) -> dict[str, Array]:
        """Return independent draws from the joint posterior.

        Parameters
        ----------
        n
            The number of draws.
        seed
            A seed, or a generator of random numbers.

        Returns
        -------
        dict
            `mu` (n,), `tau` (n,), `theta` (n, K), and `theta_new` (n,), the effect of a new group.
        """
        rng = np.random.default_rng(seed)
        draws = self._exact.draws(n, rng)
        return {**draws, "theta_new": rng.normal(draws["mu"], draws["tau"])}

    def summary(self) -> dict[str, dict[str, float]]:
        """Return mean, sd and five quantiles of mu, tau, every theta and the theta of a new group.

        The keys are `mu`, `tau`, `theta[0]`, ..., `theta[new]`, and within each `mean`, `sd`,
        `q025`, `q25`, `q50`, `q75` and `q975`.
        """
        marginals = {"mu": self.mu, "tau": self.tau}
        marginals |= {f"theta[{k}]": theta for k, theta in enumerate(self.theta)}
        marginals["theta[new]"] = self.predictive()
        return {
            name: {
                "mean": each.mean,
                "sd": each.sd,
                **dict(
                    zip(_QUANTILES, each.quantile([*_QUANTILES.values()]).tolist(), strict=True)
                ),
            }
            for name, each in marginals.items()
        }

    def _marginals(self) -> dict[str, Marginal]:
        """Return the marginals of mu, tau, log tau and every theta, in this order."""
        exact, sd = self._exact, self._exact.sd()
        return {
            name: Marginal(
                mean,
                sd[name],
                partial(exact.density, name),
                partial(exact.cdf, name),
                partial(exact.quantile, name),
            )
            for name, mean in exact.mean().items()
        }


_QUANTILES = {"q025": 0.025, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q975": 0.975}


def exact_posterior(
    y: ArrayLike, se: ArrayLike, *, tau: TauPrior, mu: Normal | Flat | None = None
) -> Posterior:
    """Return the exact posterior of a random-effects meta-analysis.

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

    Returns
    -------
    Posterior
        It has the mean, sd, density, cdf and quantiles of mu, of tau, of every theta and of new
        effects, and draws.

        Means and standard deviations do not always exist. Let tau have a prior density that
        decreases as tau^-a: a = 2 for `HalfCauchy`, df + 1 for `HalfT`, 0 for `Uniform` without an
        upper limit, and infinite for all others. With d = a + K for a normal and d = a + K - 1 for
        a flat prior of mu, tau and the effect of a new group have a mean if d > 2 and a standard
        deviation if d > 3; so has mu if its prior is flat. Otherwise the mean of tau is infinite,
        and that of mu or of a new effect is nan. The standard deviation is infinite if there is a
        mean, and nan if there is none. Quantiles always exist.

    Raises
    ------
    ValueError
        If `y` and `se` are not arrays of the same length, at least 1, of finite numbers with
        se > 0; or if the posterior is improper, which it is under a uniform prior of tau without an
        upper limit for K < 2, and for K < 3 if the prior of mu is flat.
    TypeError
        If `tau` or `mu` is not a prior.
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
    if not isinstance(tau, TauPrior):
        raise TypeError(f"tau = {tau!r}: must be a prior of tau, such as HalfNormal(1)")
    mu = Flat() if mu is None else mu
    if not isinstance(mu, (Normal, Flat)):
        raise TypeError(f"mu = {mu!r}: must be Normal(mean, sd) or Flat()")
    effects, errors = _numbers("y", y), _numbers("se", se)
    if len(effects) != len(errors):
        raise ValueError(f"y has {len(effects)} values and se {len(errors)}: must be as many")
    if not len(effects):
        raise ValueError("y has no values: must have at least one")
    for name, values, allowed, fine in (
        ("y", effects, "finite", np.isfinite(effects)),
        ("se", errors, "finite", np.isfinite(errors)),
        ("se", errors, "above 0", errors > 0),
    ):
        if not fine.all():
            k = int(np.argmin(fine))
            raise ValueError(f"{name}[{k}] = {values[k]}: must be {allowed}")
    return Posterior(effects, errors, IndependentPriors(mu, tau))


def _numbers(name: str, values: ArrayLike) -> Array:
    """Return `values` as a new array of numbers, or raise ValueError if they are not."""
    try:
        if isinstance(values, np.ma.MaskedArray):  # whose masked values are missing
            values = np.ma.filled(values.astype(float), np.nan)
        numbers = np.array(values, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"{name}: must be a list or an array of numbers") from None
    if numbers.ndim != 1:
        raise ValueError(f"{name} has {numbers.ndim} dimensions: must have one")
    return numbers
