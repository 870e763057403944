"""The schema of a configuration, which describes one study.

`python scripts/study_info.py --schema` writes it as JSON to config/schema.json, for editors.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import chain
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import (
    ConfigDict,
    Discriminator,
    Field,
    SerializerFunctionWrapHandler,
    Tag,
    ValidationInfo,
    field_serializer,
    field_validator,
)
from pydantic_core import InitErrorDetails
from scipy.special import ndtr

from funnel import parameterizations, priors
from funnel_study.fitting import samplers
from funnel_study.study.points import Design
from funnel_study.study.scenario import PriorOfSigma, Scenario, Truth
from funnel_study.study.section import (
    LEFT_OUT,
    Count,
    Index,
    Iterations,
    Name,
    Parameterization,
    Positive,
    PublishedSeed,
    Real,
    Sampler,
    Section,
    Seed,
    Several,
    TargetAccept,
    Unique,
    problem,
    refuse,
)
from funnel_study.study.sweep import Sweep, expanded

# the probability that a study may have of a theta whose data are too large to simulate
RARE = 1e-6

# distinguished by type, so that an error message refers to the alternative that was meant
TruthOrPrior = Annotated[
    Annotated[Truth, Tag("section")] | Annotated[Literal["prior"], Tag("word")],
    Discriminator(lambda value: "word" if isinstance(value, str) else "section"),
]


class Priors(Section):
    """The priors of the model."""

    mu_sd: Positive = 5.0
    """mu ~ Normal(mu_mean, mu_sd)"""
    mu_mean: Annotated[Real | None, LEFT_OUT] = None
    """the prior mean of mu, 0 by default"""
    tau_scale: Positive = 5.0
    """the scale of the prior of tau"""
    tau: Literal["half_normal", "half_cauchy"] = "half_normal"
    """tau ~ HalfNormal(tau_scale) or HalfCauchy(tau_scale)"""


class PriorsOfScenario(Priors):
    """The priors of a model, of which sigma may be a parameter."""

    sigma: Annotated[PriorOfSigma | None, LEFT_OUT] = None
    """the prior of sigma"""
    sigma_scale: Annotated[Positive | None, LEFT_OUT] = None
    """its scale"""


class Sampling(Section):
    """The settings of every fit."""

    chains: Annotated[int, Field(ge=1, le=1_000)] = 4
    """the number of chains"""
    tune: Iterations = 1_000
    """the number of tuning iterations per chain"""
    draws: Annotated[int, Field(ge=4, le=10_000_000)] = 10_000
    """the number of draws per chain"""
    target_accept: TargetAccept = 0.95
    """the target acceptance rate"""
    published_seed: PublishedSeed | None = None
    """the seed of the sampler for replicate 0; by default derived from seed"""


class ChosenFits(Section):
    """A selection of fits whose figures are drawn; a list that is left out means all."""

    scenarios: Several[Name] | None = None
    """names of scenarios, of a sweep's, too"""
    parameterizations: Several[Parameterization] | None = None
    """parameterizations that the scenarios have"""
    samplers: Several[Sampler] | None = None
    """samplers of the study"""
    replicates: Several[Index] = [0]
    """numbers of replicates, from 0"""


class Study(Section):
    """One configuration: scenarios x parameterizations x samplers x replicates."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [{"required": [key]} for key in ("scenarios", "sweep", "design")]
        }
    )

    study: Name
    """the name of the study and of its folder in results/"""
    seed: Seed = 20210716
    """all random numbers are derived from it and the names of each cell"""
    truth: TruthOrPrior = Truth()
    """the true values, or 'prior', which draws them from their priors for every replicate"""
    priors: Priors = Priors()
    """the priors of the model"""
    sweep: Annotated[Sweep | None, LEFT_OUT] = None
    """scenarios that are made from lists of values"""
    design: Annotated[Design | None, LEFT_OUT] = None
    """a space-filling design, of which every replicate is a point, instead of scenarios"""
    scenarios: Annotated[list[Scenario], Unique, Field(validate_default=True)] = []
    """the scenarios; required unless sweep.data or design makes some"""
    parameterizations: Several[Parameterization] = ["centered", "noncentered", "mixed"]
    """the parameterizations by which every scenario is fitted, if they can fit its likelihood"""
    samplers: Several[Sampler] = ["nutpie"]
    """the samplers that fit every scenario in every parameterization"""
    replicates: Count = 10
    """the number of data sets per scenario"""
    replicates_per_job: Count = 1
    """the number of replicates that one job simulates or fits, one after the other"""
    same_data: bool = False
    """whether all replicates have the data of replicate 0 and other seeds of the sampler"""
    keep_draws: bool = True
    """whether draws are kept after they are diagnosed"""
    literal: bool = False
    """whether the model is fitted as published: with the likelihood of all observations"""
    sampling: Sampling = Sampling()
    """the settings of every fit"""
    draw: list[ChosenFits] = []
    """the fits whose figures are drawn as part of the study"""

    @field_validator("sweep")
    @classmethod
    def _sweeps_what_is_fixed(cls, sweep: Sweep | None, info: ValidationInfo) -> Sweep | None:
        data = sweep.data if sweep and info.data.get("truth") == "prior" else None
        why = "with truth = 'prior', because every replicate has another tau"
        refuse(
            problem(f"not allowed {why}", "data", key, value=value)
            for key in ("ratio", "tau")
            if (value := getattr(data, key, None)) is not None
        )
        return sweep

    @field_validator("scenarios")
    @classmethod
    def _scenarios(cls, written: list[Scenario], info: ValidationInfo) -> list[Scenario]:
        if not {"truth", "sweep", "design"} <= info.data.keys():
            return written
        truth, sweep = info.data["truth"], info.data["sweep"]
        design: Design | None = info.data["design"]
        if design:
            if written or sweep or truth != Truth():
                why = "scenarios, sweep and truth are not allowed together with design"
                refuse([problem(why)])
            return design.scenarios()
        if not written and not (sweep and sweep.data):
            refuse(
                [problem("must have at least one scenario, unless sweep.data or design makes some")]
            )
        if truth == "prior":
            why = "not allowed with truth = 'prior'; give truth: {mu: ..., tau: ...}"
            refuse(
                problem(why, i, *place, value=value)
                for i, each in enumerate(written)
                for place, value in each.of_fixed_truth()
            )
        return written if sweep is None else expanded(written, sweep, truth)

    def _problems(self) -> Iterator[InitErrorDetails]:
        fitted = {each.name: self.parameterizations_of(each) for each in self.scenarios}
        used = list(dict.fromkeys([*self.parameterizations, *chain(*fitted.values())]))
        yield from self._problems_of_likelihoods()
        yield from self._problems_of_truth()
        for i, sampler in enumerate(self.samplers):
            if self.literal and sampler not in samplers.LITERAL:
                message = f"the sampler {sampler} cannot fit the model as published; allowed:"
                yield problem(f"{message} {', '.join(samplers.LITERAL)}", "literal", value=True)
            elif some := samplers.refused(sampler, used, literal=self.literal):
                as_published = " as published" if self.literal else ""
                message = f"cannot fit {', '.join(some)}{as_published}"
                yield problem(message, "samplers", i, value=sampler)
        if self.same_data and self.design:
            why = "because every replicate is another point"
            yield problem(f"not allowed with a design, {why}", "same_data", value=True)
        if self.same_data and self.truth == "prior":
            why = "because all replicates would have the same true values"
            yield problem(f"not allowed with truth = 'prior', {why}", "same_data", value=True)
        for i, chosen in enumerate(self.draw):
            names = [name for name in chosen.scenarios or () if name in fitted] or fitted
            allowed: dict[str, Sequence[Any]] = {
                "scenarios": list(fitted),
                "parameterizations": list(dict.fromkeys(chain(*(fitted[name] for name in names)))),
                "samplers": self.samplers,
                "replicates": range(self.replicates),
            }
            for key, there in allowed.items():
                for j, value in enumerate(getattr(chosen, key) or ()):
                    if value not in there:
                        listed = (
                            f"0 to {there[-1]}" if key == "replicates" else ", ".join(there[:20])
                        )
                        message = f"not among the fits of the study; allowed: {listed}"
                        yield problem(message, "draw", i, key, j, value=value)

    def _problems_of_likelihoods(self) -> Iterator[InitErrorDetails]:
        """Yield an error for each sampler and parameterization that cannot fit some scenario."""
        used = {each.likelihood for each in self.scenarios}
        for i, sampler in enumerate(self.samplers):
            for name in samplers.refused_likelihoods(sampler, used, literal=self.literal):
                message = f"cannot fit the likelihood {name}"
                as_published = " as published" if self.literal else ""
                yield problem(f"{message}{as_published}", "samplers", i, value=sampler)
        for i, each in enumerate(self.scenarios):
            for j, name in enumerate(each.parameterizations or ()):
                if not parameterizations.fits(name, each.likelihood):
                    place = (*self._place(i), "parameterizations", j)
                    yield problem(
                        f"cannot fit the likelihood {each.likelihood}", *place, value=name
                    )
            if not self.parameterizations_of(each):
                message = f"none can fit the likelihood {each.likelihood} of {each.name}"
                yield problem(message, "parameterizations", value=self.parameterizations)

    def _problems_of_truth(self) -> Iterator[InitErrorDetails]:
        """Yield an error for each scenario whose data cannot be simulated from the truth."""
        for i, each in enumerate(self.scenarios):
            if each.y is not None or self.design:
                continue
            truth = self.truth_of(each)
            if not isinstance(truth, str) and each.unknown_sigma and truth.sigma is None:
                message = "has no true value; give truth in it, or sigma in the truth of the study"
                yield problem(message, *self._place(i), "sigma")
            largest = each.data.largest_theta(**each.scaled_sizes)
            if math.isfinite(largest) and (above := self._share_above(each, largest)) > RARE:
                key = each.data.SIZES[0].key
                message = f"too large to simulate: theta is above {largest:.3g} with probability"
                message += f" {above:.1g}; lower {key} or the truth"
                yield problem(message, *self._place(i), key, value=getattr(each, key))

    def _share_above(self, scenario: Scenario, theta: float) -> float:
        """Return the probability that a true theta of a scenario is above a value."""
        truth = self.truth_of(scenario)
        if not isinstance(truth, str):
            return float(ndtr((truth.mu - theta) / truth.tau))
        of_tau = priors.Priors(**self.priors.model_dump()).of_tau
        share = (np.arange(1_000) + 0.5) / 1_000
        tau = of_tau.median * share / (1 - share)
        weight = of_tau.density(tau) * of_tau.median / (1 - share) ** 2
        away = (self.priors.mu_mean or 0.0) - theta
        return float(np.mean(weight * ndtr(away / np.hypot(self.priors.mu_sd, tau))))

    def _place(self, i: int) -> tuple[str, int | str]:
        """Return the place of a scenario in messages: its name if it may be that of a sweep."""
        return ("scenarios", i if self.sweep is None else self.scenarios[i].name)

    @field_serializer("scenarios", mode="wrap")
    def _as_written(self, _: list[Scenario], serialize: SerializerFunctionWrapHandler) -> Any:
        return serialize(self.written)

    @property
    def written(self) -> list[Scenario]:
        """The scenarios that are written in the configuration, not made by a sweep or a design."""
        if self.design:
            return []
        bases = {each.base.name: each.base for each in self.scenarios if not each.base.swept}
        return list(bases.values())

    @cached_property
    def _by_name(self) -> dict[str, Scenario]:
        return {scenario.name: scenario for scenario in self.scenarios}

    def scenario(self, name: str) -> Scenario:
        """Return the scenario with this name; raises KeyError if there is none."""
        return self._by_name[name]

    def sampling_of(self, scenario: Scenario) -> Sampling:
        """Return the settings of the fits of `scenario`: those of the study, and its own."""
        if scenario.sampling is None:
            return self.sampling
        return self.sampling.model_copy(update=scenario.sampling.model_dump())

    def priors_of(self, scenario: Scenario) -> PriorsOfScenario:
        """Return the priors of the model in the unit of `scenario`."""
        own = {"mu_sd": self.priors.mu_sd, "tau_scale": self.priors.tau_scale}
        rest: dict[str, Any] = {"tau": self.priors.tau}
        if self.priors.mu_mean is not None:
            own["mu_mean"] = self.priors.mu_mean
        if unknown := scenario.unknown_sigma:
            own["sigma_scale"], rest["sigma"] = unknown.scale, unknown.prior
        scaled = {key: scenario.scaled(value) for key, value in own.items()}
        return PriorsOfScenario.model_construct(None, **scaled, **rest)

    def truth_of(self, scenario: Scenario) -> Truth | Literal["prior"]:
        """Return the true values of `scenario` in its unit, or that they are drawn from priors.

        sigma is there if it is unknown.
        """
        if isinstance(self.truth, str):
            return self.truth
        own: dict[str, float | None] = {"mu": self.truth.mu, "sigma": None}
        own["tau"] = scenario.tau or self.truth.tau
        if unknown := scenario.unknown_sigma:
            own["sigma"] = unknown.truth or self.truth.sigma
        scaled = {key: value and scenario.scaled(value) for key, value in own.items()}
        return self.truth.model_copy(update=scaled)

    def parameterizations_of(self, scenario: Scenario) -> list[str]:
        """Return the parameterizations of `scenario`: its own list, or those that can fit it."""
        if scenario.parameterizations:
            return scenario.parameterizations
        fits, likelihood = parameterizations.fits, scenario.likelihood
        return [name for name in self.parameterizations if fits(name, likelihood)]
