"""The priors of the advice: those of the scale of the data, and those that the user gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Context, Decimal

import numpy as np
from scipy import stats

from funnel.group_means import Array, GroupMeans
from funnel.likelihoods.normal import NormalLikelihood
from funnel.likelihoods.normal_unknown_sigma import NormalUnknownSigma
from funnel.priors import (
    Exponential,
    Flat,
    HalfCauchy,
    HalfNormal,
    HalfT,
    Normal,
    TauPrior,
    Uniform,
)
from funnel.rough_tau import estimate_of_variance
from funnel.working_response import HALF
from funnel_study.advice.csv_file import DataError, number, shown
from funnel_study.advice.groups import Groups
from funnel_study.advice.wording import said

# the priors of tau, and the numbers of each in the order of the option and of the class
_OF_TAU: dict[str, tuple[Callable[..., TauPrior], tuple[str, ...]]] = {
    "half_normal": (HalfNormal, ("SCALE",)),
    "half_cauchy": (HalfCauchy, ("SCALE",)),
    "half_t": (HalfT, ("DF", "SCALE")),
    "exponential": (Exponential, ("SCALE",)),
    "uniform": (Uniform, ("UPPER",)),
}
_OF_MU = {"normal": ("MEAN", "SD"), "flat": ()}
# the laws of the priors of tau, without their scale
_LAWS = {
    HalfNormal: lambda prior: stats.halfnorm(scale=prior.scale),
    HalfCauchy: lambda prior: stats.halfcauchy(scale=prior.scale),
    Exponential: lambda prior: stats.expon(scale=prior.scale),
    Uniform: lambda prior: stats.uniform(scale=prior.upper),
}
# the scale of the default prior of tau, in spreads of the data, and the sd of that of mu in such
# scales: with six groups or more, the posterior is nearly that of flat priors
_TAU_SCALE, _MU_SD = 2.5, 4
_MU_SD_OF_COUNTS = 2.5
# groups with larger standard errors, relative to the smallest, say nothing beside the others
_LARGEST_RATIO = 1e6
# a prior of mu is far from the data beyond so many standard deviations
_FAR = 4.0
# a prior of tau is too narrow if an estimate of tau is above this quantile
_BEYOND = 0.9999
# and too wide if its median is so many times the spread of the data
_WIDE = 20.0
# a prior is on another scale than the data if their standard errors are so many times as large
_NARROW = 20.0


@dataclass(frozen=True)
class ChosenPriors:
    """The priors of mu and tau, and of an unknown sigma.

    `given` are the names of those that the user gave: "mu", "tau", "sigma". `beta` are those of the
    coefficients of covariates.
    """

    mu: Normal | Flat
    tau: TauPrior
    given: frozenset[str] = frozenset()
    sigma: TauPrior | None = None
    beta: Mapping[str, Normal | Flat] = field(default_factory=dict)


def choose(groups: Groups, tau: str = "", mu: str = "", sigma: str = "") -> ChosenPriors:
    """Return the priors of options, or wide ones on the scale of the data for empty options.

    With m and A of `centre_and_scale`, these are mu ~ Normal(m, 4 A) and tau ~ HalfNormal(A), and
    an unknown sigma ~ HalfNormal(2.5 s) with the pooled standard deviation s within groups, rounded
    to two digits. For counts they are mu ~ Normal(m, 2.5) and tau ~ HalfNormal(1), where m is the
    logit or log of the overall rate, rounded to a decimal. A coefficient of a covariate x is
    Normal(0, 4 A / sd(x)), rounded to two digits, or flat if the prior of mu is.

    Raises DataError if an option is invalid.
    """
    likelihood = groups.likelihood
    if isinstance(likelihood, NormalLikelihood | NormalUnknownSigma):
        centre, scale = centre_and_scale(groups.means)
        sd = _MU_SD * scale
    else:
        columns = vars(likelihood).values()
        overall = type(likelihood)(*(each.sum(keepdims=True) for each in columns))
        centre, sd, scale = (
            round(float(overall.softened(HALF).peak[0]), 1) + 0.0,
            _MU_SD_OF_COUNTS,
            1.0,
        )
    of_sigma = None
    if isinstance(likelihood, NormalUnknownSigma):
        default = HalfNormal(float(_rounded(_TAU_SCALE * groups.pooled_sd)))
        of_sigma = prior_of_tau(sigma, "SIGMA_PRIOR") if sigma else default
    elif sigma:
        raise DataError(f"SIGMA_PRIOR = {shown(sigma)}: is only for an unknown sigma")
    of_mu = prior_of_mu(mu) if mu else Normal(centre, sd)
    beta = {
        name: Flat() if isinstance(of_mu, Flat) else _of_beta(sd, each.x)
        for name, each in groups.covariates.items()
    }
    return ChosenPriors(
        of_mu,
        prior_of_tau(tau) if tau else HalfNormal(scale),
        frozenset(name for name, text in {"mu": mu, "tau": tau, "sigma": sigma}.items() if text),
        of_sigma,
        beta,
    )


def _of_beta(sd: float, x: Array) -> Normal:
    """Return the prior of a coefficient, by the prior sd of mu and the spread of the covariate."""
    return Normal(0.0, float(_rounded(sd / (np.std(x) or 1.0))))


def centre_and_scale(means: GroupMeans) -> tuple[float, float]:
    """Return the mean m of the effects and 2.5 times their spread A, in any unit and of any origin.

    The spread is sqrt(tau^2 + s^2), with the estimate of tau^2 by DerSimonian and Laird (1986) and
    the typical variance s^2 of Higgins and Thompson (2002, Statistics in Medicine 21:1539, equation
    9), as in I^2. The weights of the mean are 1 / (tau^2 + se^2). A is rounded to two digits, and m
    to the last of them.
    """
    tau, mean = _estimates(means)
    smallest = means.standard_error.min()
    w = (smallest / _bounded(means.standard_error)) ** 2
    typical = smallest * np.sqrt((means.K - 1) * w.sum() / (w * (w.sum() - w)).sum())
    scale = _rounded(_TAU_SCALE * np.hypot(tau, typical))
    last = Decimal((0, (1,), int(scale.as_tuple().exponent)))
    return float(round(Decimal(f"{mean:.14g}") / last) * last), float(scale)


def _rounded(scale: float) -> Decimal:
    """Return a scale to two digits."""
    # the digits of a float are cut first, so that rounding is the same in any unit
    return Context(prec=2).create_decimal(f"{scale:.14g}")


def _estimates(means: GroupMeans) -> tuple[float, float]:
    """Return estimates of tau and mu from the data alone."""
    y, se = means.ybar, means.standard_error
    tau = float(np.sqrt(estimate_of_variance(GroupMeans(y, _bounded(se)))))
    return tau, float(np.average(y, weights=1 / (tau**2 + se**2)))


def _bounded(se: Array) -> Array:
    """Return standard errors whose ratios do not spoil the digits of sums of weights."""
    return np.minimum(se, _LARGEST_RATIO * se.min())


def prior_of_tau(text: str, option: str = "TAU_PRIOR") -> TauPrior:
    """Return the prior of tau of an option such as half_normal:5; raises DataError if invalid."""
    forms = {name: numbers for name, (_, numbers) in _OF_TAU.items()}
    name, numbers = _parsed(option, text, forms)
    return _OF_TAU[name][0](*numbers)


def prior_of_mu(text: str) -> Normal | Flat:
    """Return the prior of mu, normal:MEAN:SD or flat; raises DataError if it is neither."""
    name, numbers = _parsed("MU_PRIOR", text, _OF_MU)
    return Normal(*numbers) if name == "normal" else Flat()


def in_words(prior: TauPrior | Normal | Flat) -> str:
    """Return a prior as it is written in the model, such as HalfNormal(5)."""
    if isinstance(prior, Flat):
        return "flat"
    lower = ["0"] if isinstance(prior, Uniform) else []
    numbers = [*lower, *(f"{value:.10g}" for value in vars(prior).values())]
    return f"{type(prior).__name__}({', '.join(numbers)})"


def warnings(groups: Groups, priors: ChosenPriors) -> list[str]:
    """Return a sentence for each prior that does not suit the scale of the data.

    Only those that were given, and that of tau for counts, are not on this scale by themselves.
    """
    found = []
    y, se = groups.means.ybar, groups.means.standard_error
    typical = float(np.median(se))
    tau, mean = _estimates(groups.means)
    of_mu, of_tau = in_words(priors.mu), in_words(priors.tau)
    if "mu" in priors.given and isinstance(priors.mu, Normal):
        sd, distance = priors.mu.sd, abs(mean - priors.mu.mean)
        error = np.sum(1 / (tau**2 + se**2)) ** -0.5
        if distance > _FAR * np.hypot(sd, error):
            found.append(said("mu_prior_is_far", of_mu, mean, distance / sd))
        elif typical > _NARROW * sd:
            found.append(said("prior_is_narrow", "mu", of_mu, typical, typical / sd))
    spread = float(np.sqrt(np.var(y, ddof=1) + np.mean(se**2)))
    median = quantile_of_tau(priors.tau, 0.5)
    if tau > quantile_of_tau(priors.tau, _BEYOND):
        found.append(said("tau_prior_is_too_low", of_tau, tau))
    elif "tau" not in priors.given:
        return found
    elif typical > _NARROW * median:
        found.append(said("prior_is_narrow", "tau", of_tau, typical, typical / median))
    elif median > _WIDE * spread:
        found.append(said("tau_prior_is_wide", of_tau, median, spread))
    return found


def suited(groups: Groups, priors: ChosenPriors) -> str:
    """Return the option with a prior that suits the data, if they contradict the default one.

    That is the prior of tau for counts; the others are on the scale of the data by themselves.
    """
    tau, _ = _estimates(groups.means)
    if "tau" in priors.given or tau <= quantile_of_tau(priors.tau, _BEYOND):
        return ""
    return f"TAU_PRIOR=half_normal:{_rounded(_TAU_SCALE * tau):f}"


def quantile_of_tau(prior: TauPrior, p: float) -> float:
    """Return a quantile of a prior of tau."""
    if isinstance(prior, HalfT):
        return float(stats.t.ppf((1 + p) / 2, prior.df, scale=prior.scale))
    return float(_LAWS[type(prior)](prior).ppf(p))


def _parsed(
    option: str, text: str, known: Mapping[str, tuple[str, ...]]
) -> tuple[str, list[float]]:
    """Return the name of a prior and its numbers, all of which are positive but a mean."""
    name, *values = (part.strip() for part in text.split(":"))
    if name not in known or len(values) != len(known[name]):
        forms = ", ".join(":".join([each, *numbers]) for each, numbers in known.items())
        raise DataError(f"{option} = {shown(text)}: must be one of {forms}")
    return name, [
        number(value, f"{option} = {shown(text)}, {each}", positive=each != "MEAN")
        for value, each in zip(values, known[name], strict=True)
    ]
