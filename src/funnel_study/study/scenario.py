"""The sections of a configuration that describe data: the scenarios and the true values.

The keys of a scenario that say how many observations there are, and so on, are those that the
likelihoods name in their `SIZES`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import ConfigDict, Field, PrivateAttr, create_model, model_validator
from pydantic_core import InitErrorDetails

from funnel.likelihoods import StudyLikelihood, likelihood_class, names
from funnel_study.study.section import (
    LEFT_OUT,
    MAX_OBSERVATIONS,
    MOST_INDIVIDUALS,
    Index,
    Iterations,
    Likelihood,
    Name,
    Observations,
    OneOrEach,
    OneOrEachOrSection,
    Parameterization,
    Positive,
    PublishedSeed,
    Real,
    Section,
    Several,
    TargetAccept,
    Unique,
    Unit,
    problem,
)

NORMAL = "normal"
# what the name of a likelihood ends in if its sigma is unknown
UNKNOWN = "_unknown_sigma"
PriorOfSigma = Literal["half_normal", "half_cauchy", "exponential"]


class Truth(Section):
    """The true values from which data are simulated."""

    mu: Real = 4.5
    """the true mean of the thetas"""
    tau: Positive = 3.5
    """the true standard deviation of the thetas"""
    sigma: Annotated[Positive | None, LEFT_OUT] = None
    """the true standard deviation of an observation, where it is unknown"""


class UnknownSigma(Section):
    """The prior of a sigma that is unknown, and its true value."""

    prior: PriorOfSigma = "half_normal"
    """sigma ~ HalfNormal(scale), HalfCauchy(scale) or Exponential with the mean scale"""
    scale: Positive
    """the scale of the prior"""
    truth: Annotated[Positive | None, LEFT_OUT] = None
    """the true sigma of this scenario; by default that of truth"""


class OwnSampling(Section):
    """The settings of the fits of one scenario that differ from those of the study."""

    tune: Annotated[Iterations | None, LEFT_OUT] = None
    """the number of tuning iterations per chain"""
    target_accept: Annotated[TargetAccept | None, LEFT_OUT] = None
    """the target acceptance rate"""


class _Named(Section):
    name: Name
    """the name of the scenario and of its folders"""
    likelihood: Annotated[Likelihood, Field(exclude_if=lambda name: name == NORMAL)] = NORMAL
    """the distribution of the observations given theta"""
    sigma: Annotated[OneOrEachOrSection[Positive, UnknownSigma] | None, LEFT_OUT] = None
    """the standard deviation of an observation, one number or one each; or its prior if unknown"""


# by whether the values are whole numbers; the first size, and the others
_LENGTH = Field(min_length=1, max_length=MOST_INDIVIDUALS)
_FIRST = {
    True: Annotated[Annotated[list[Observations], _LENGTH] | None, LEFT_OUT],
    False: Annotated[Annotated[list[Positive], _LENGTH] | None, LEFT_OUT],
}
_Counts = OneOrEach[Observations]
_Numbers = OneOrEach[Positive]
_OTHER = {True: Annotated[_Counts | None, LEFT_OUT], False: Annotated[_Numbers | None, LEFT_OUT]}
_SIZES: dict[str, Any] = {
    size.key: ((_OTHER if i else _FIRST)[size.whole], Field(default=None, description=size.about))
    for name in names()
    for i, size in enumerate(likelihood_class(name).SIZES)
    if size.key not in _Named.model_fields
}
# the keys of a scenario that belong to some likelihood
KEYS = ("sigma", *_SIZES)
if TYPE_CHECKING:
    _Sized = _Named
else:
    _Sized = create_model("_Sized", __base__=_Named, **_SIZES)


def needed(likelihood: str) -> list[str]:
    """Return the keys that a scenario of a likelihood needs, the one of each individual first."""
    data = likelihood_class(likelihood)
    return [*(size.key for size in data.SIZES), *(["sigma"] if data.SIGMA else [])]


def _stores_observations(data: type[StudyLikelihood]) -> bool:
    """Whether data have every observation, so that they may be one for each individual."""
    return "observation" in data.STORED.values()


def _schema_of(likelihood: str) -> dict[str, Any]:
    """Return what the schema for editors requires of a scenario of a likelihood."""
    first, *others = needed(likelihood)
    if likelihood != NORMAL:
        others.append("likelihood")
    either = [[first], ["y"]] if _stores_observations(likelihood_class(likelihood)) else [[first]]
    return {
        "properties": {"likelihood": {"const": likelihood}},
        "required": others,
        "anyOf": [{"required": keys} for keys in either],
    }


class Scenario(_Sized):
    """A data-generating mechanism, and how its data are fitted."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [_schema_of(name) for name in names()]})

    parameterizations: Several[Parameterization] | None = None
    """the parameterizations that fit this scenario; by default those of the study"""
    mixed: Annotated[list[Index], Unique] | None = None
    """the individuals, from 0, that 'mixed' centers; by default the data choose them"""
    published_seed: PublishedSeed | None = None
    """the seed of NumPy's legacy generator for the data of replicate 0"""
    y: Annotated[list[Real], Field(min_length=1)] | None = None
    """given data, in the order of the individuals, instead of simulated ones"""
    tau: Annotated[Positive | None, LEFT_OUT] = None
    """the true tau of this scenario; by default that of truth"""
    unit: Annotated[Unit | None, LEFT_OUT] = None
    """the same data, sigma, truth and priors, multiplied by this number"""
    sampling: Annotated[OwnSampling | None, LEFT_OUT] = None
    """the settings of the fits of this scenario; by default those of the study"""
    # of a point of a sweep, by `study.sweep.points`
    _swept: dict[str, float | int | str] = PrivateAttr(default_factory=dict)
    _base: Scenario | None = PrivateAttr(default=None)

    @model_validator(mode="before")
    @classmethod
    def _meant(cls, raw: Any) -> Any:
        """Say which likelihood is meant if sigma is unknown, and that observations are single."""
        if not isinstance(raw, dict):
            return raw
        name = raw.get("likelihood", NORMAL)
        if isinstance(raw.get("sigma"), dict) and f"{name}{UNKNOWN}" in names():
            name = f"{name}{UNKNOWN}"
            raw = {**raw, "likelihood": name}
        if isinstance(y := raw.get("y"), list) and name in names():
            data = likelihood_class(name)
            if _stores_observations(data):
                return {data.SIZES[0].key: [1] * len(y), **raw}
        return raw

    def _problems(self) -> Iterator[InitErrorDetails]:
        if found := list(self._problems_of_keys()):
            yield from found
            return
        first, *others = needed(self.likelihood)
        for key in others:
            value = getattr(self, key)
            if isinstance(value, list) and len(value) != self.K:
                message = f"has length {len(value)}, but the number of individuals is {self.K}"
                yield problem(f"{message}; give one number for all or one per individual", key)
        observations = sum(getattr(self, first))
        if _stores_observations(self.data) and observations > MAX_OBSERVATIONS:
            message = f"adds up to {observations:,} observations; at most {MAX_OBSERVATIONS:,} are"
            yield problem(f"{message} allowed", first)
        for j, k in enumerate(self.mixed or ()):
            if k >= self.K:
                message = f"must be the index of an individual, from 0 to {self.K - 1}"
                yield problem(message, "mixed", j, value=k)
        if self.unit is not None and not self.data.UNIT:
            message = f"not allowed with the likelihood {self.likelihood}, whose data have no unit"
            yield problem(message, "unit", value=self.unit)
        if self.y is not None:
            try:
                self.data.given_data(self.y, **self.sizes)
            except ValueError as error:
                yield problem(str(error), "y")
            for place, value in self.of_fixed_truth():
                yield problem("not allowed together with y", *place, value=value)

    def _problems_of_keys(self) -> Iterator[InitErrorDetails]:
        keys = needed(self.likelihood)
        given = [key for key in KEYS if getattr(self, key) is not None]
        for key in given:
            if key not in keys:
                others = " and ".join(name for name in names() if key in needed(name))
                message = f"a key of {others}, not of {self.likelihood}; allowed:"
                yield problem(f"{message} {', '.join(keys)}", key, value=getattr(self, key))
        if set(given) < set(keys):
            for key in keys:
                if key not in given:
                    yield problem(f"missing; the likelihood {self.likelihood} needs it", key)
        is_section = isinstance(self.sigma, UnknownSigma)
        if "sigma" in given and "sigma" in keys and is_section != self.data.SIGMA:
            kind = "a mapping with the keys prior and scale" if self.data.SIGMA else "a number"
            message = f"must be {kind} for the likelihood {self.likelihood}"
            yield problem(message, "sigma", value=self.sigma)

    def of_fixed_truth(self) -> list[tuple[tuple[str, ...], float]]:
        """The keys that say how data are simulated from fixed true values, and these."""
        unknown = self.unknown_sigma
        keys: list[tuple[tuple[str, ...], float | None]] = [
            (("published_seed",), self.published_seed),
            (("tau",), self.tau),
            (("sigma", "truth"), None if unknown is None else unknown.truth),
        ]
        return [(place, value) for place, value in keys if value is not None]

    def scaled(self, value: Any) -> Any:
        """Return a number or a list of numbers times `unit`."""
        unit = 1.0 if self.unit is None else self.unit
        return [each * unit for each in value] if isinstance(value, list) else value * unit

    @property
    def data(self) -> type[StudyLikelihood]:
        """The class of the data."""
        return likelihood_class(self.likelihood)

    @property
    def sizes(self) -> dict[str, Any]:
        """What the likelihood needs to know beside the true values."""
        return {size.key: getattr(self, size.key) for size in self.data.SIZES}

    @property
    def scaled_sizes(self) -> dict[str, Any]:
        """The `sizes` in the unit of the scenario, which those that are no whole numbers have."""
        whole = {size.key for size in self.data.SIZES if size.whole}
        return {
            key: each if key in whole else self.scaled(each) for key, each in self.sizes.items()
        }

    @property
    def unknown_sigma(self) -> UnknownSigma | None:
        """The prior and the truth of sigma if it is unknown."""
        return self.sigma if isinstance(self.sigma, UnknownSigma) else None

    @property
    def K(self) -> int:
        """The number of individuals."""
        return len(getattr(self, self.data.SIZES[0].key))

    @property
    def swept(self) -> dict[str, float | int | str]:
        """The values of a point of a sweep by their keys; empty for any other scenario."""
        return self._swept

    @property
    def base(self) -> Scenario:
        """The scenario from whose seed the data are: itself, or that whose variant it is.

        Variants differ in the unit and the settings of fits only.
        """
        return self._base or self


def standard_error(likelihood: str, mu: float, sizes: dict[str, Any]) -> float:
    """Return the geometric mean of the individuals' expected standard errors at theta = `mu`.

    They are information^(-1/2). `sizes` are those of the likelihood, with sigma if it is unknown.
    """
    information = likelihood_class(likelihood).information(mu, **sizes)
    with np.errstate(divide="ignore"):
        return float(np.exp(-np.log(information).mean() / 2))
