"""Space-filling designs: data sets whose true values and sizes differ from replicate to replicate.

Every likelihood with every number of individuals is a scenario, and each of its replicates is a
point of a scrambled Sobol sequence (Owen 1998, Journal of Complexity 14:466) over the other keys.
Point i depends neither on the number of points nor on other scenarios, so more replicates change no
earlier one. The priors are those of the study: it is the truth that varies relative to them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from pydantic import Discriminator, Field, Tag
from pydantic_core import InitErrorDetails

from funnel.group_means import Array
from funnel.likelihoods import likelihood_class
from funnel.seeds import seed_sequence
from funnel_study.study.scenario import NORMAL, Scenario, UnknownSigma, needed, standard_error
from funnel_study.study.section import (
    LEFT_OUT,
    Individuals,
    Likelihood,
    OneOrSeveral,
    Real,
    Section,
    Seed,
    Several,
    Unit,
    as_list,
    problem,
)

Kind = Literal["equal", "geometric", "one_large", "one_small", "halves"]


class Range(Section):
    """A range of values, evenly filled on its scale."""

    low: Real
    """the smallest value"""
    high: Real
    """the largest value"""
    scale: Literal["log", "linear"] = "log"
    """on which scale points are evenly spread"""

    def _problems(self) -> Iterator[InitErrorDetails]:
        if self.low >= self.high:
            yield problem(f"must be above low = {self.low:g}", "high", value=self.high)
        if self.scale == "log" and self.low <= 0:
            yield problem("must be above 0 on a log scale", "low", value=self.low)


_NUMBER = Annotated[Real, Tag("number")]
Varied = Annotated[
    _NUMBER | Annotated[Range, Tag("section")],
    Discriminator(lambda value: "section" if isinstance(value, dict | Range) else "number"),
]


class Design(Section):
    """A space-filling design, of which each replicate of a study is a point."""

    likelihood: OneOrSeveral[Likelihood] = NORMAL
    """likelihoods"""
    K: OneOrSeveral[Individuals] = 9
    """numbers of individuals; each is a scenario for every likelihood"""
    unit: OneOrSeveral[Unit] = 1.0
    """units of data that have one, which the numbers of individuals take in turn"""
    ratio: Varied = 1.0
    """s / tau: the geometric mean of the individuals' expected standard errors at the true mu,
    divided by the true tau; sigma, the trials or the exposures follow from it"""
    prior_scale: Varied = 1.0
    """the scale of the prior of tau, divided by the true tau"""
    mu: Varied = 0.0
    """the true mu, divided by its prior standard deviation"""
    kind: Annotated[Several[Kind], Field(default_factory=lambda: ["equal"])]
    """kinds of imbalance"""
    imbalance: Varied = 1.0
    """the largest number of observations of an individual, divided by the smallest"""
    n: Varied = 1.0
    """the smallest number of observations of an individual, where sigma is unknown"""
    sigma: Annotated[UnknownSigma | None, LEFT_OUT] = None
    """the prior of an unknown sigma"""
    seed: Annotated[Seed | None, LEFT_OUT] = None
    """the seed of the points; by default that of the study"""

    def _problems(self) -> Iterator[InitErrorDetails]:
        for key, least in (("ratio", 0.0), ("prior_scale", 0.0), ("imbalance", 1.0), ("n", 1.0)):
            value = getattr(self, key)
            low = value.low if isinstance(value, Range) else value
            if low < least or low == 0:
                allowed = f"at least {least:g}" if least else "above 0"
                place = (key, "low") if isinstance(value, Range) else (key,)
                yield problem(f"must be {allowed}", *place, value=low)
        unknown = [name for name in as_list(self.likelihood) if likelihood_class(name).SIGMA]
        if unknown and self.sigma is None:
            yield problem(f"missing; the likelihood {unknown[0]} needs it", "sigma")
        if self.sigma is not None and (not unknown or self.sigma.truth is not None):
            place = ("sigma", "truth") if unknown else ("sigma",)
            why = "because it follows from the ratio" if unknown else "as no sigma is unknown"
            yield problem(f"not allowed, {why}", *place, value=self.sigma)

    def scenarios(self) -> list[Scenario]:
        """Return the scenarios, in which sizes stand for those of the points."""
        units = as_list(self.unit)
        return [
            self._scenario(name, K, units[i % len(units)])
            for name in as_list(self.likelihood)
            for i, K in enumerate(as_list(self.K))
        ]

    def _scenario(self, likelihood: str, K: int, unit: float) -> Scenario:
        kind = likelihood_class(likelihood)
        first, *_ = (size.key for size in kind.SIZES)
        keys: dict[str, Any] = {"name": f"{likelihood}-K-{K}", "likelihood": likelihood}
        keys[first] = [1] * K
        if "sigma" in needed(likelihood):
            keys["sigma"] = self.sigma if kind.SIGMA else 1.0
        if kind.UNIT and unit != 1:
            keys["unit"] = unit
        return Scenario(**keys)

    def job(self, scenario: Scenario, seed: int, priors: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the points of a scenario depend on, as JSON.

        `seed` is that of the study, and `priors` are its priors in the unit 1.
        """
        keys = ("ratio", "prior_scale", "mu", "kind", "imbalance", "n")
        return {
            "seed": seed if self.seed is None else self.seed,
            "scenario": scenario.name,
            **{"likelihood": scenario.likelihood, "K": scenario.K, "unit": scenario.unit or 1.0},
            **{key: self.model_dump()[key] for key in keys},
            **{key: priors[key] for key in ("mu_sd", "tau_scale")},
        }


class Point(NamedTuple):
    """The true values and the sizes of a data set, in its unit, and what describes it.

    `sigma` is nan unless it is a parameter. `features` have the columns of
    `analysis.regression.FEATURES`, and more.
    """

    sizes: dict[str, Any]
    mu: float
    tau: float
    sigma: float
    features: dict[str, float | str]


def point(job: Mapping[str, Any], number: int) -> Point:
    """Return the point with this number of the scenario with this `Design.job`.

    Whole numbers cannot give every ratio, so it is computed anew from the sizes.

    Raises ValueError if a data set would be too large.
    """
    # the order is that of the axes of the sequence: a new one is the last
    axes = ("ratio", "prior_scale", "imbalance", "mu", "kind", "n")
    at = dict(zip(axes, _sobol(job, number, len(axes)), strict=True))
    value = {key: _value(job[key], at[key]) for key in axes if key != "kind"}
    kind = job["kind"][int(at["kind"] * len(job["kind"]))]
    likelihood, unit = likelihood_class(job["likelihood"]), job["unit"]
    least = round(value["n"]) if likelihood.SIGMA else 1
    n = least * observations(kind, job["K"], value["imbalance"])
    mu, tau = value["mu"] * job["mu_sd"], job["tau_scale"] / value["prior_scale"]
    sizes = likelihood.sizes_for(n, value["ratio"] * tau, mu)
    error = standard_error(job["likelihood"], mu, sizes)
    first = np.array(sizes[likelihood.SIZES[0].key])
    whole = {size.key for size in likelihood.SIZES if size.whole}
    scaled = {key: each if key in whole else np.multiply(each, unit) for key, each in sizes.items()}
    sigma = scaled.pop("sigma", np.nan) if likelihood.SIGMA else np.nan
    features = {
        **{"likelihood": job["likelihood"], "ratio": error / tau, "K": job["K"]},
        **{"prior_scale": value["prior_scale"], "unit": unit, "kind": kind},
        **{"imbalance": float(first.max() / first.min()), "mu": value["mu"]},
    }
    return Point(scaled, mu * unit, tau * unit, float(sigma), features)


def observations(kind: str, K: int, imbalance: float) -> Array:
    """Return numbers of observations (K,) from 1 to `imbalance`, rounded to whole numbers."""
    k = np.arange(K)
    exponents = {
        "equal": 0 * k,
        "geometric": k / max(K - 1, 1),
        "one_large": k == K - 1,
        "one_small": k > 0,
        "halves": k >= (K + 1) // 2,
    }
    return np.asarray(np.round(imbalance ** exponents[kind].astype(float)))


def _sobol(job: Mapping[str, Any], number: int, axes: int) -> Array:
    # takes half a second to import, which no other study needs
    from scipy.stats import qmc

    seed = seed_sequence(job["seed"], "design", job["scenario"])
    sequence = qmc.Sobol(axes, rng=np.random.default_rng(seed))
    if number:
        sequence.fast_forward(number)
    return np.asarray(sequence.random(1)[0])


def _value(varied: Mapping[str, Any] | float, at: float) -> float:
    """Return the value at a place between 0 and 1."""
    if not isinstance(varied, Mapping):
        return varied
    low, high = varied["low"], varied["high"]
    return float(low * (high / low) ** at if varied["scale"] == "log" else low + (high - low) * at)
