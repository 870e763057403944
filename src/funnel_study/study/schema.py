"""The schema of a configuration, which describes one study.

Constraints between several keys are checked in the module `read`.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable
from functools import cached_property
from typing import Annotated, Any, Literal, TypeGuard, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PrivateAttr,
    SerializerFunctionWrapHandler,
    Tag,
    field_serializer,
)
from pydantic_core import PydanticCustomError

from funnel import parameterizations
from funnel_study.fitting import samplers

NAME_PATTERN = r"[A-Za-z0-9][A-Za-z0-9_.-]*"
NAME_LENGTH = 64
# names of devices on Windows, with or without a suffix
_DEVICES = r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?"
# a folder with such a name could collide with a file of the results, such as index.html
_FILE_ENDINGS = (".html", ".md", ".png", ".svg")
# of a data set, which is held in memory
MAX_OBSERVATIONS = 10_000_000
MOST_INDIVIDUALS = 10_000
# the squares of these numbers neither overflow nor underflow
LARGEST, SMALLEST = 1e100, 1e-100


def _number(value: object) -> object:
    """Convert text such as `1e-3`, which YAML 1.1 reads as a string; refuse inf and nan."""
    if isinstance(value, str) and re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)[eE][+-]?\d+", value):
        return float(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise PydanticCustomError("finite", "must be a finite number")
    return value


def _name(value: object) -> object:
    """Check that `value` can be the name of a folder on all systems."""
    if not isinstance(value, str):
        # YAML reads the unquoted names no, on, 12 and 1.0 as booleans or numbers
        raise PydanticCustomError("name", "must be text; put the name in quotes")
    if len(value) > NAME_LENGTH or not is_name(value):
        raise PydanticCustomError(
            "name",
            "must be a valid folder name: at most {length} letters, digits, '_', '-' or '.', "
            "the first one a letter or digit",
            {"length": NAME_LENGTH},
        )
    if re.fullmatch(_DEVICES, value.lower()) or value.lower().endswith((".", *_FILE_ENDINGS)):
        raise PydanticCustomError(
            "name",
            "must be a valid folder name: not a device name (con, nul, ...), and not ending in any "
            "of {endings}",
            {"endings": ", ".join(map(repr, (".", *_FILE_ENDINGS)))},
        )
    return value


def _known(kind: str, known: Iterable[str]) -> BeforeValidator:
    """Return a validator that accepts only the names in `known`."""
    known = tuple(known)

    def check(value: object) -> object:
        if value not in known:
            near = difflib.get_close_matches(str(value), known, n=1)
            raise PydanticCustomError(
                "unknown",
                "unknown {kind}{hint}; allowed: {known}",
                {
                    "kind": kind,
                    "hint": f" (did you mean '{near[0]}'?)" if near else "",
                    "known": ", ".join(known),
                },
            )
        return value

    return BeforeValidator(check)


T = TypeVar("T")
Real = Annotated[
    float, BeforeValidator(_number), Field(ge=-LARGEST, le=LARGEST, allow_inf_nan=False)
]
Positive = Annotated[
    float, BeforeValidator(_number), Field(gt=0, ge=SMALLEST, le=LARGEST, allow_inf_nan=False)
]
Name = Annotated[str, BeforeValidator(_name)]
Individuals = Annotated[int, Field(ge=1, le=MOST_INDIVIDUALS)]
Observations = Annotated[int, Field(ge=1, le=MAX_OBSERVATIONS)]
Seed = Annotated[int, Field(ge=0, lt=2**128)]
Parameterization = Annotated[str, _known("parameterization", parameterizations.names())]
Sampler = Annotated[str, _known("sampler", samplers.names())]


# of a key that is not part of the dump if it has no value
_LEFT_OUT = Field(exclude_if=lambda value: value is None)


class _Section(BaseModel):
    # unknown keys are errors, and so are `replicates: "10"` and `sigma: true`
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Truth(_Section):
    """The true values of mu and tau from which data are simulated."""

    mu: Real = 4.5
    tau: Positive = 3.5


# distinguished by type, so that an error message refers to the alternative that was meant
TruthOrPrior = Annotated[
    Annotated[Truth, Tag("section")] | Annotated[Literal["prior"], Tag("word")],
    Discriminator(lambda value: "word" if isinstance(value, str) else "section"),
]


class Priors(_Section):
    """The priors mu ~ Normal(0, mu_sd) and tau ~ HalfNormal(tau_scale) or HalfCauchy(tau_scale)."""

    mu_sd: Positive = 5.0
    tau_scale: Positive = 5.0
    tau: Literal["half_normal", "half_cauchy"] = "half_normal"


# one number, or a list of numbers
OneOrSeveral = Annotated[
    Annotated[T, Tag("number")] | Annotated[list[T], Field(min_length=1), Tag("list")],
    Discriminator(lambda value: "list" if isinstance(value, list) else "number"),
]
Tune = Annotated[int, Field(ge=1, le=10_000_000)]
TargetAccept = Annotated[float, BeforeValidator(_number), Field(gt=0, lt=1, allow_inf_nan=False)]


class OwnSampling(_Section):
    """The settings of the fits of one scenario that differ from those of the study."""

    tune: Annotated[Tune | None, _LEFT_OUT] = None
    target_accept: Annotated[TargetAccept | None, _LEFT_OUT] = None


class Scenario(_Section):
    """A data-generating mechanism, and how its data are fitted."""

    name: Name
    sigma: OneOrSeveral[Positive]  # of all individuals, or one per individual
    n_per_individual: Annotated[
        list[Observations], Field(min_length=1, max_length=MOST_INDIVIDUALS)
    ]
    parameterizations: Annotated[list[Parameterization], Field(min_length=1)] | None = None
    mixed: list[Annotated[int, Field(ge=0)]] | None = None
    published_seed: Annotated[int, Field(ge=0, lt=2**32)] | None = None
    y: Annotated[list[Real], Field(min_length=1)] | None = None
    tau: Annotated[Positive | None, _LEFT_OUT] = None
    sampling: Annotated[OwnSampling | None, _LEFT_OUT] = None
    # of a point of a sweep, by `study.sweep.expanded`
    _swept: dict[str, float | int] = PrivateAttr(default_factory=dict)
    _base: Scenario | None = PrivateAttr(default=None)

    @property
    def K(self) -> int:
        return len(self.n_per_individual)

    @property
    def swept(self) -> dict[str, float | int]:
        """The values of a point of a sweep by their keys; empty for any other scenario."""
        return self._swept

    @property
    def base(self) -> Scenario:
        """The scenario whose data this one has: itself, unless only the settings of fits differ."""
        return self._base or self


class Sampling(_Section):
    """The settings of every fit."""

    chains: Annotated[int, Field(ge=1, le=1_000)] = 4
    tune: Tune = 1_000
    draws: Annotated[int, Field(ge=4, le=10_000_000)] = 10_000
    target_accept: TargetAccept = 0.95
    published_seed: Annotated[int, Field(ge=0, lt=2**32)] | None = None


class Drawing(_Section):
    """A selection of fits whose figures are drawn; a list that is left out means all."""

    scenarios: Annotated[list[Name], Field(min_length=1)] | None = None
    parameterizations: Annotated[list[Parameterization], Field(min_length=1)] | None = None
    samplers: Annotated[list[Sampler], Field(min_length=1)] | None = None
    replicates: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1)] = [0]


class SweptData(_Section):
    """The values of which every combination is a scenario; a single number is that of all."""

    ratio: Annotated[OneOrSeveral[Positive] | None, _LEFT_OUT] = None
    sigma: Annotated[OneOrSeveral[Positive] | None, _LEFT_OUT] = None
    K: Annotated[OneOrSeveral[Individuals] | None, _LEFT_OUT] = None
    n: Annotated[OneOrSeveral[Observations] | None, _LEFT_OUT] = None
    imbalance: Annotated[OneOrSeveral[Observations] | None, _LEFT_OUT] = None
    tau: Annotated[OneOrSeveral[Positive] | None, _LEFT_OUT] = None


class SweptSampling(_Section):
    """The settings of fits of which every combination is a scenario, for every scenario."""

    target_accept: Annotated[list[TargetAccept] | None, Field(min_length=1), _LEFT_OUT] = None
    tune: Annotated[list[Tune] | None, Field(min_length=1), _LEFT_OUT] = None


class Sweep(_Section):
    """Scenarios that are made from lists of values, see the module `sweep`."""

    data: Annotated[SweptData | None, _LEFT_OUT] = None
    sampling: Annotated[SweptSampling | None, _LEFT_OUT] = None


class Study(_Section):
    """One configuration: scenarios x parameterizations x samplers x replicates."""

    study: Name
    seed: Seed = 20210716
    truth: TruthOrPrior = Truth()
    priors: Priors = Priors()
    scenarios: Annotated[list[Scenario], Field(min_length=1)]
    parameterizations: Annotated[list[Parameterization], Field(min_length=1)] = [
        *("centered", "noncentered", "mixed")
    ]
    samplers: Annotated[list[Sampler], Field(min_length=1)] = ["nutpie"]
    replicates: Annotated[int, Field(ge=1, le=1_000_000)] = 10
    replicates_per_job: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    same_data: bool = False
    keep_draws: bool = True
    literal: bool = False
    sampling: Sampling = Sampling()
    sweep: Annotated[Sweep | None, _LEFT_OUT] = None
    draw: list[Drawing] = []
    # the scenarios as they are written in the configuration; `scenarios` has the points of a sweep
    _written: list[Scenario] = PrivateAttr(default_factory=list)

    @field_serializer("scenarios", mode="wrap")
    def _as_written(
        self, scenarios: list[Scenario], serialize: SerializerFunctionWrapHandler
    ) -> Any:
        return serialize(scenarios if self.sweep is None else self._written)

    @property
    def written(self) -> list[Scenario]:
        """The scenarios that are written in the configuration, not made by a sweep."""
        return self.scenarios if self.sweep is None else self._written

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

    def parameterizations_of(self, scenario: Scenario) -> list[str]:
        """Return the parameterizations of `scenario`: its own list, or that of the study."""
        return scenario.parameterizations or self.parameterizations


def is_name(value: object) -> TypeGuard[str]:
    """Return whether `value` is text that consists of the characters allowed in names."""
    return isinstance(value, str) and re.fullmatch(NAME_PATTERN, value) is not None
