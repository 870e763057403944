"""Priors of mu and tau.

A prior of tau is one class, which says all that the exact posterior needs to know: the density, how
fast it decreases for large tau, and where it ends. Priors may be improper: `Flat` of mu, and
`Uniform` of tau without an upper limit.

`Priors` are those of a study. They are limited to what the samplers can fit.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite
from typing import Protocol

import numpy as np
from scipy.special import ndtri, stdtrit

from funnel.group_means import Array


def _check_positive(name: str, value: float) -> None:
    if not (isfinite(value) and value > 0):
        raise ValueError(f"{name} = {value}: must be a finite number above 0")


@dataclass(frozen=True)
class Normal:
    """A normal prior of mu, or of a coefficient, with this mean and standard deviation.

    Raises ValueError if the mean is not finite, or if `sd` is not a finite number above 0.
    """

    mean: float
    sd: float

    def __post_init__(self) -> None:
        if not isfinite(self.mean):
            raise ValueError(f"mean = {self.mean}: must be a finite number")
        _check_positive("sd", self.sd)


@dataclass(frozen=True)
class Flat:
    """The improper prior of mu, or of a coefficient, with a constant density.

    It is a normal prior of infinite variance.
    """

    @property
    def mean(self) -> float:
        return 0.0

    @property
    def sd(self) -> float:
        return inf


class TauPrior(ABC):
    """A prior of tau."""

    @property
    def largest(self) -> float:
        """The largest tau that is possible."""
        return inf

    @property
    def tail_power(self) -> float:
        """The power a for which the density decreases as tau^-a when tau is large.

        It is infinite if the density decreases faster than any power, or ends.
        """
        return inf

    @property
    @abstractmethod
    def median(self) -> float:
        """The median; it is infinite if the prior is improper."""

    @abstractmethod
    def log_kernel(self, tau: Array) -> Array:
        """Return the log density, up to a constant, at each value in `tau`.

        All values must be non-negative. Those above `largest` are not treated in any special way.
        """

    @abstractmethod
    def density(self, tau: Array) -> Array:
        """Return the density at each value in `tau`; all values must be non-negative."""

    @abstractmethod
    def draw(self, rng: np.random.Generator) -> float:
        """Draw tau."""


@dataclass(frozen=True)
class _Scaled(TauPrior):
    """A prior of tau with a scale.

    Raises ValueError if `scale` is not a finite number above 0.
    """

    scale: float

    def __post_init__(self) -> None:
        _check_positive("scale", self.scale)

    def __str__(self) -> str:
        return f"{type(self).__name__}({self.scale:g})"


class HalfNormal(_Scaled):
    """A half-normal prior of tau: the absolute value of a Normal(0, scale) variable.

    Raises ValueError if `scale` is not a finite number above 0.
    """

    @property
    def median(self) -> float:
        return self.scale * float(ndtri(0.75))

    def log_kernel(self, tau: Array) -> Array:
        return np.asarray(-0.5 * (tau / self.scale) ** 2)

    def density(self, tau: Array) -> Array:
        return np.asarray(np.exp(self.log_kernel(tau)) * np.sqrt(2 / np.pi) / self.scale)

    def draw(self, rng: np.random.Generator) -> float:
        return abs(self.scale * rng.standard_normal())


class HalfCauchy(_Scaled):
    """A half-Cauchy prior of tau, whose median is `scale`.

    Raises ValueError if `scale` is not a finite number above 0.
    """

    @property
    def tail_power(self) -> float:
        return 2.0

    @property
    def median(self) -> float:
        return self.scale

    def log_kernel(self, tau: Array) -> Array:
        return np.asarray(-np.log1p((tau / self.scale) ** 2))

    def density(self, tau: Array) -> Array:
        return np.asarray(np.exp(self.log_kernel(tau)) * (2 / np.pi) / self.scale)

    def draw(self, rng: np.random.Generator) -> float:
        return abs(self.scale * rng.standard_cauchy())


@dataclass(frozen=True)
class HalfT(TauPrior):
    """A half-t prior of tau: the absolute value of scale times a t variable.

    `df` are its degrees of freedom: with 1 it is half-Cauchy, and with many almost half-normal.

    Raises ValueError if `df` or `scale` is not a finite number above 0.
    """

    df: float
    scale: float

    def __post_init__(self) -> None:
        _check_positive("df", self.df)
        _check_positive("scale", self.scale)

    @property
    def tail_power(self) -> float:
        return self.df + 1.0

    @property
    def median(self) -> float:
        return self.scale * float(stdtrit(self.df, 0.75))

    def log_kernel(self, tau: Array) -> Array:
        ratio = tau / self.scale
        return np.asarray(-0.5 * (self.df + 1) * np.log1p(ratio**2 / self.df))

    def density(self, tau: Array) -> Array:
        log_norm = (
            math.lgamma((self.df + 1) / 2)
            - math.lgamma(self.df / 2)
            - 0.5 * np.log(self.df * np.pi)
        )
        return np.asarray(2 * np.exp(self.log_kernel(tau) + log_norm) / self.scale)

    def draw(self, rng: np.random.Generator) -> float:
        return abs(self.scale * rng.standard_t(self.df))


class Exponential(_Scaled):
    """An exponential prior of tau, whose mean is `scale`.

    Raises ValueError if `scale` is not a finite number above 0.
    """

    @property
    def median(self) -> float:
        return self.scale * math.log(2.0)

    def log_kernel(self, tau: Array) -> Array:
        return np.asarray(-tau / self.scale)

    def density(self, tau: Array) -> Array:
        return np.asarray(np.exp(self.log_kernel(tau)) / self.scale)

    def draw(self, rng: np.random.Generator) -> float:
        return self.scale * rng.standard_exponential()


@dataclass(frozen=True)
class Uniform(TauPrior):
    """A uniform prior of tau on [0, upper]; it is improper if `upper` is infinite, the default.

    Raises ValueError if `upper` is not above 0. An improper prior has neither a density nor draws,
    and raises ValueError if asked for them.
    """

    upper: float = inf

    def __post_init__(self) -> None:
        if not self.upper > 0:
            raise ValueError(f"upper = {self.upper}: must be above 0")

    @property
    def largest(self) -> float:
        return self.upper

    @property
    def tail_power(self) -> float:
        return inf if isfinite(self.upper) else 0.0

    @property
    def median(self) -> float:
        return self.upper / 2

    def log_kernel(self, tau: Array) -> Array:
        return np.zeros(np.shape(tau))

    def density(self, tau: Array) -> Array:
        self._check_proper()
        return np.where(np.asarray(tau) <= self.upper, 1 / self.upper, 0.0)

    def draw(self, rng: np.random.Generator) -> float:
        self._check_proper()
        return rng.uniform(0.0, self.upper)

    def _check_proper(self) -> None:
        if not isfinite(self.upper):
            raise ValueError("a uniform prior of tau without an upper limit is improper")


class PairOfPriors(Protocol):
    """A prior of mu and an independent prior of tau."""

    @property
    def of_mu(self) -> Normal | Flat: ...
    @property
    def of_tau(self) -> TauPrior: ...


@dataclass(frozen=True)
class IndependentPriors:
    """Any prior of mu and any prior of tau."""

    of_mu: Normal | Flat
    of_tau: TauPrior


def tail_power(K: int, priors: PairOfPriors, beta: Sequence[Normal | Flat] = ()) -> float:
    """Return the power d for which the posterior density of tau decreases as tau^-d.

    K is the number of individuals, and `beta` are the priors of coefficients. The posterior is
    proper if d > 1, and tau has a moment of order m if m < d - 1. It is infinite if the density
    decreases faster than any power, or ends.
    """
    return priors.of_tau.tail_power + K - _count_flat(priors, beta)


def check_proper(K: int, priors: PairOfPriors, beta: Sequence[Normal | Flat] = ()) -> None:
    """Raise ValueError if the posterior of K individuals is improper.

    That is so with few individuals if the prior of tau is improper.
    """
    if tail_power(K, priors, beta) > 1:
        return
    flat = _count_flat(priors, beta)
    prior_of_mu = "a flat prior of mu" if isinstance(priors.of_mu, Flat) else "a normal prior of mu"
    others = f"{flat} flat priors of coefficients" if beta else prior_of_mu
    raise ValueError(
        "the posterior is improper: a uniform prior of tau without an upper limit and "
        f"{others} need at least {flat + 2} groups, not {K}"
    )


def _count_flat(priors: PairOfPriors, beta: Sequence[Normal | Flat]) -> int:
    return sum(isinstance(prior, Flat) for prior in (priors.of_mu, *beta))


# the priors of tau and sigma in a study's configuration: those that all samplers have
_OF_A_STUDY: dict[str, type[HalfNormal | HalfCauchy | Exponential]] = {
    "half_normal": HalfNormal,
    "half_cauchy": HalfCauchy,
    "exponential": Exponential,
}


@dataclass(frozen=True)
class Priors:
    """The priors of mu and tau in a study, and of sigma where it is a parameter.

    mu ~ Normal(mu_mean, mu_sd). tau ~ HalfNormal(tau_scale) if `tau` is "half_normal", and
    tau ~ HalfCauchy(tau_scale) if it is "half_cauchy". `sigma` and `sigma_scale` say the same of
    sigma, which may also be "exponential", with the mean `sigma_scale`.
    """

    mu_sd: float
    tau_scale: float
    tau: str = "half_normal"
    sigma: str | None = None
    sigma_scale: float | None = None
    mu_mean: float = 0.0

    @property
    def of_mu(self) -> Normal:
        return Normal(self.mu_mean, self.mu_sd)

    @property
    def of_tau(self) -> TauPrior:
        return _OF_A_STUDY[self.tau](self.tau_scale)

    @property
    def of_sigma(self) -> TauPrior:
        """The prior of sigma; raises ValueError if it is no parameter."""
        if self.sigma is None or self.sigma_scale is None:
            raise ValueError("sigma is not a parameter")
        return _OF_A_STUDY[self.sigma](self.sigma_scale)

    def draw(self, rng: np.random.Generator) -> tuple[float, float, float]:
        """Draw mu, tau and sigma from their priors; sigma is nan if it is no parameter."""
        mu, tau = rng.normal(self.mu_mean, self.mu_sd), self.of_tau.draw(rng)
        return mu, tau, np.nan if self.sigma is None else self.of_sigma.draw(rng)
