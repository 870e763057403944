"""The schema of a configuration, which describes one study.

Constraints between several keys are checked in the module `read`.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable
from typing import Annotated, Literal, TypeGuard

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
)
from pydantic_core import PydanticCustomError

from funnel.fitting import samplers
from funnel.model import parameterizations

NAME_PATTERN = r"[A-Za-z0-9][A-Za-z0-9_.-]*"
NAME_LENGTH = 64
# names of devices on Windows, with or without a suffix
_DEVICES = r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?"
# a folder with such a name could collide with a file of the results, such as index.html
_FILE_ENDINGS = (".html", ".md", ".png", ".svg")
# of a data set, which is held in memory
MAX_OBSERVATIONS = 10_000_000
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


Real = Annotated[
    float, BeforeValidator(_number), Field(ge=-LARGEST, le=LARGEST, allow_inf_nan=False)
]
Positive = Annotated[
    float, BeforeValidator(_number), Field(gt=0, ge=SMALLEST, le=LARGEST, allow_inf_nan=False)
]
Name = Annotated[str, BeforeValidator(_name)]
Observations = Annotated[int, Field(ge=1, le=MAX_OBSERVATIONS)]
Seed = Annotated[int, Field(ge=0, lt=2**128)]
Parameterization = Annotated[str, _known("parameterization", parameterizations.names())]
Sampler = Annotated[str, _known("sampler", samplers.names())]


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
    """The priors mu ~ Normal(0, mu_sd) and tau ~ HalfNormal(tau_sd) or HalfCauchy(tau_sd)."""

    mu_sd: Positive = 5.0
    tau_sd: Positive = 5.0
    tau: Literal["half_normal", "half_cauchy"] = "half_normal"


# one number for all individuals, or a list with one number per individual
SigmaOrSigmas = Annotated[
    Annotated[Positive, Tag("number")]
    | Annotated[list[Positive], Field(min_length=1), Tag("list")],
    Discriminator(lambda value: "list" if isinstance(value, list) else "number"),
]


class Scenario(_Section):
    """A data-generating mechanism."""

    name: Name
    sigma: SigmaOrSigmas
    n_per_individual: Annotated[list[Observations], Field(min_length=1, max_length=10_000)]
    parameterizations: Annotated[list[Parameterization], Field(min_length=1)] | None = None
    mixed: list[Annotated[int, Field(ge=0)]] | None = None
    published_seed: Annotated[int, Field(ge=0, lt=2**32)] | None = None
    y: Annotated[list[Real], Field(min_length=1)] | None = None

    @property
    def K(self) -> int:
        return len(self.n_per_individual)


class Sampling(_Section):
    """The settings of every fit."""

    chains: Annotated[int, Field(ge=1, le=1_000)] = 4
    tune: Annotated[int, Field(ge=1, le=10_000_000)] = 1_000
    draws: Annotated[int, Field(ge=4, le=10_000_000)] = 10_000
    target_accept: Annotated[
        float, BeforeValidator(_number), Field(gt=0, lt=1, allow_inf_nan=False)
    ] = 0.95
    published_seed: Annotated[int, Field(ge=0, lt=2**32)] | None = None


class Drawing(_Section):
    """A selection of fits whose figures are drawn; a list that is left out means all."""

    scenarios: Annotated[list[Name], Field(min_length=1)] | None = None
    parameterizations: Annotated[list[Parameterization], Field(min_length=1)] | None = None
    samplers: Annotated[list[Sampler], Field(min_length=1)] | None = None
    replicates: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1)] = [0]


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
    draw: list[Drawing] = []

    def scenario(self, name: str) -> Scenario:
        """Return the scenario with this name; raises KeyError if there is none."""
        return {scenario.name: scenario for scenario in self.scenarios}[name]

    def parameterizations_of(self, scenario: Scenario) -> list[str]:
        """Return the parameterizations of `scenario`: its own list, or that of the study."""
        return scenario.parameterizations or self.parameterizations


def is_name(value: object) -> TypeGuard[str]:
    """Return whether `value` is text that consists of the characters allowed in names."""
    return isinstance(value, str) and re.fullmatch(NAME_PATTERN, value) is not None
