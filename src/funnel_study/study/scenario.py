"""The sections of a configuration that describe data: the scenarios and the true values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import ConfigDict, Field, PrivateAttr, model_validator
from pydantic_core import InitErrorDetails

from funnel_study.study.section import (
    LEFT_OUT,
    MAX_OBSERVATIONS,
    MOST_INDIVIDUALS,
    Index,
    Iterations,
    Name,
    Observations,
    OneOrEach,
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


class Truth(Section):
    """The true values of mu and tau from which data are simulated."""

    mu: Real = 4.5
    """the true mean of the thetas"""
    tau: Positive = 3.5
    """the true standard deviation of the thetas"""


class OwnSampling(Section):
    """The settings of the fits of one scenario that differ from those of the study."""

    tune: Annotated[Iterations | None, LEFT_OUT] = None
    """the number of tuning iterations per chain"""
    target_accept: Annotated[TargetAccept | None, LEFT_OUT] = None
    """the target acceptance rate"""


class Scenario(Section):
    """A data-generating mechanism, and how its data are fitted."""

    model_config = ConfigDict(
        json_schema_extra={
            "required": ["name", "sigma"],
            "anyOf": [{"required": ["n_per_individual"]}, {"required": ["y"]}],
        }
    )

    name: Name
    """the name of the scenario and of its folders"""
    sigma: OneOrEach[Positive]
    """the known standard deviation of an observation: one number, or one per individual"""
    n_per_individual: Annotated[
        list[Observations], Field(min_length=1, max_length=MOST_INDIVIDUALS)
    ]
    """the number of observations of each individual; ones by default if y is given"""
    parameterizations: Several[Parameterization] | None = None
    """the parameterizations that fit this scenario; by default those of the study"""
    mixed: Annotated[list[Index], Unique] | None = None
    """the individuals, from 0, that 'mixed' centers; by default the data choose them"""
    published_seed: PublishedSeed | None = None
    """the seed of NumPy's legacy generator for the data of replicate 0"""
    y: Annotated[list[Real], Field(min_length=1)] | None = None
    """given observations, in the order of the individuals, instead of simulated ones"""
    tau: Annotated[Positive | None, LEFT_OUT] = None
    """the true tau of this scenario; by default that of truth"""
    unit: Annotated[Unit | None, LEFT_OUT] = None
    """the same data, sigma, truth and priors, multiplied by this number"""
    sampling: Annotated[OwnSampling | None, LEFT_OUT] = None
    """the settings of the fits of this scenario; by default those of the study"""
    # of a point of a sweep, by `study.sweep.points`
    _swept: dict[str, float | int] = PrivateAttr(default_factory=dict)
    _base: Scenario | None = PrivateAttr(default=None)

    @model_validator(mode="before")
    @classmethod
    def _one_observation_each(cls, raw: Any) -> Any:
        y = raw.get("y") if isinstance(raw, dict) else None
        return {"n_per_individual": [1] * len(y), **raw} if isinstance(y, list) else raw

    def _problems(self) -> Iterator[InitErrorDetails]:
        observations = sum(self.n_per_individual)
        if isinstance(self.sigma, list) and len(self.sigma) != self.K:
            message = f"has length {len(self.sigma)}, but the number of individuals is {self.K}"
            yield problem(f"{message}; give one number for all or one per individual", "sigma")
        if observations > MAX_OBSERVATIONS:
            message = f"adds up to {observations:,} observations; at most {MAX_OBSERVATIONS:,} are"
            yield problem(f"{message} allowed", "n_per_individual")
        for j, k in enumerate(self.mixed or ()):
            if k >= self.K:
                message = f"must be the index of an individual, from 0 to {self.K - 1}"
                yield problem(message, "mixed", j, value=k)
        if self.y is not None:
            if len(self.y) != observations:
                message = f"has length {len(self.y)}, but n_per_individual adds up to"
                yield problem(f"{message} {observations}", "y")
            for key, value in self.of_fixed_truth().items():
                yield problem("not allowed together with y", key, value=value)

    def of_fixed_truth(self) -> dict[str, float]:
        """The keys that say how data are simulated from fixed true values."""
        keys = {"published_seed": self.published_seed, "tau": self.tau}
        return {key: value for key, value in keys.items() if value is not None}

    def scaled(self, value: Any) -> Any:
        """Return a number or a list of numbers times `unit`."""
        unit = 1.0 if self.unit is None else self.unit
        return [each * unit for each in value] if isinstance(value, list) else value * unit

    @property
    def K(self) -> int:
        """The number of individuals."""
        return len(self.n_per_individual)

    @property
    def swept(self) -> dict[str, float | int]:
        """The values of a point of a sweep by their keys; empty for any other scenario."""
        return self._swept

    @property
    def base(self) -> Scenario:
        """The scenario from whose seed the data are: itself, or that whose variant it is.

        Variants differ in the unit and the settings of fits only.
        """
        return self._base or self
