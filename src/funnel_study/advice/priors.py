"""The priors of the advice, as text, and whether they suit the scale of the data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats

from funnel.group_means import GroupMeans
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
from funnel_study.advice.csv_file import DataError, number, shown
from funnel_study.advice.groups import Groups
from funnel_study.advice.wording import said

DEFAULT_TAU, DEFAULT_MU = "half_normal:5", "normal:0:5"
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
    """The priors of mu and tau."""

    mu: Normal | Flat
    tau: TauPrior


def prior_of_tau(text: str) -> TauPrior:
    """Return the prior of tau of an option such as half_normal:5; raises DataError if invalid."""
    forms = {name: numbers for name, (_, numbers) in _OF_TAU.items()}
    name, numbers = _parsed("TAU_PRIOR", text, forms)
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
    numbers = [*lower, *(f"{value:g}" for value in vars(prior).values())]
    return f"{type(prior).__name__}({', '.join(numbers)})"


def warnings(groups: Groups, priors: ChosenPriors) -> list[str]:
    """Return a sentence for each prior that does not suit the scale of the data."""
    found = []
    typical = float(np.median(groups.se))
    tau = float(np.sqrt(estimate_of_variance(GroupMeans(groups.y, groups.se))))
    of_mu, of_tau = in_words(priors.mu), in_words(priors.tau)
    if isinstance(priors.mu, Normal):
        sd, weights = priors.mu.sd, 1 / (tau**2 + groups.se**2)
        mean = float(np.average(groups.y, weights=weights))
        distance = abs(mean - priors.mu.mean)
        if distance > _FAR * np.hypot(sd, weights.sum() ** -0.5):
            found.append(said("mu_prior_is_far", of_mu, mean, distance / sd))
        elif typical > _NARROW * sd:
            found.append(said("prior_is_narrow", "mu", of_mu, typical, typical / sd))
    spread = float(np.sqrt(np.var(groups.y, ddof=1) + np.mean(groups.se**2)))
    median = quantile_of_tau(priors.tau, 0.5)
    if tau > quantile_of_tau(priors.tau, _BEYOND):
        found.append(said("tau_prior_is_too_low", of_tau, tau))
    elif typical > _NARROW * median:
        found.append(said("prior_is_narrow", "tau", of_tau, typical, typical / median))
    elif median > _WIDE * spread:
        found.append(said("tau_prior_is_wide", of_tau, median, spread))
    return found


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
