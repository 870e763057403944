"""The schema of a configuration, which describes one study.

`python scripts/study_info.py --schema` writes it as JSON to config/schema.json, for editors.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import chain
from typing import Annotated, Any, Literal

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

from funnel_study.fitting import samplers
from funnel_study.study.scenario import Scenario, Truth
from funnel_study.study.section import (
    LEFT_OUT,
    Count,
    Index,
    Iterations,
    Name,
    Parameterization,
    Positive,
    PublishedSeed,
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

# distinguished by type, so that an error message refers to the alternative that was meant
TruthOrPrior = Annotated[
    Annotated[Truth, Tag("section")] | Annotated[Literal["prior"], Tag("word")],
    Discriminator(lambda value: "word" if isinstance(value, str) else "section"),
]


class Priors(Section):
    """The priors of the model."""

    mu_sd: Positive = 5.0
    """mu ~ Normal(0, mu_sd)"""
    tau_scale: Positive = 5.0
    """the scale of the prior of tau"""
    tau: Literal["half_normal", "half_cauchy"] = "half_normal"
    """tau ~ HalfNormal(tau_scale) or HalfCauchy(tau_scale)"""


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
        json_schema_extra={"anyOf": [{"required": ["scenarios"]}, {"required": ["sweep"]}]}
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
    scenarios: Annotated[list[Scenario], Unique, Field(validate_default=True)] = []
    """the scenarios; required unless sweep.data makes some"""
    parameterizations: Several[Parameterization] = ["centered", "noncentered", "mixed"]
    """the parameterizations by which every scenario is fitted"""
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
        if not {"truth", "sweep"} <= info.data.keys():
            return written
        truth, sweep = info.data["truth"], info.data["sweep"]
        if not written and not (sweep and sweep.data):
            refuse([problem("must have at least one scenario, unless sweep.data makes some")])
        if truth == "prior":
            why = "not allowed with truth = 'prior'; give truth: {mu: ..., tau: ...}"
            refuse(
                problem(why, i, key, value=value)
                for i, each in enumerate(written)
                for key, value in each.of_fixed_truth().items()
            )
        return written if sweep is None else expanded(written, sweep, truth)

    def _problems(self) -> Iterator[InitErrorDetails]:
        fitted = {each.name: self.parameterizations_of(each) for each in self.scenarios}
        used = list(dict.fromkeys([*self.parameterizations, *chain(*fitted.values())]))
        for i, sampler in enumerate(self.samplers):
            if self.literal and sampler not in samplers.LITERAL:
                message = f"the sampler {sampler} cannot fit the model as published; allowed:"
                yield problem(f"{message} {', '.join(samplers.LITERAL)}", "literal", value=True)
            elif some := samplers.refused(sampler, used, literal=self.literal):
                as_published = " as published" if self.literal else ""
                message = f"cannot fit {', '.join(some)}{as_published}"
                yield problem(message, "samplers", i, value=sampler)
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

    @field_serializer("scenarios", mode="wrap")
    def _as_written(self, _: list[Scenario], serialize: SerializerFunctionWrapHandler) -> Any:
        return serialize(self.written)

    @property
    def written(self) -> list[Scenario]:
        """The scenarios that are written in the configuration, not made by a sweep."""
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

    def priors_of(self, scenario: Scenario) -> Priors:
        """Return the priors of the model in the unit of `scenario`."""
        scaled = {key: scenario.scaled(getattr(self.priors, key)) for key in ("mu_sd", "tau_scale")}
        return self.priors.model_copy(update=scaled)

    def truth_of(self, scenario: Scenario) -> Truth | Literal["prior"]:
        """Return the true values of `scenario` in its unit, or that they are drawn from priors."""
        if isinstance(self.truth, str):
            return self.truth
        tau = self.truth.tau if scenario.tau is None else scenario.tau
        scaled = {"mu": scenario.scaled(self.truth.mu), "tau": scenario.scaled(tau)}
        return self.truth.model_copy(update=scaled)

    def parameterizations_of(self, scenario: Scenario) -> list[str]:
        """Return the parameterizations of `scenario`: its own list, or that of the study."""
        return scenario.parameterizations or self.parameterizations
