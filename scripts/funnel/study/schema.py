"""The schema of a configuration, which describes one study."""

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
# devices of Windows, whatever follows a dot
_DEVICES = r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?"
# a folder called index.html or bias.png would stand where such a file does
_FILES = (".html", ".md", ".png", ".svg")
# all observations of a data set, which lies in memory
MOST_OBSERVATIONS = 10_000_000
# beyond which squares overflow or vanish
LARGEST, SMALLEST = 1e100, 1e-100


def _number(value: object) -> object:
    """YAML 1.1 reads `1e-3` as a string; it is the number that whoever wrote it meant."""
    if isinstance(value, str) and re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)[eE][+-]?\d+", value):
        return float(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise PydanticCustomError("finite", "must be a finite number")
    return value


def _name(value: object) -> object:
    if not isinstance(value, str):
        # `no`, `on`, `12` and `1.0` are not strings in YAML
        raise PydanticCustomError("name", "a name is text: put it in quotes")
    if len(value) > NAME_LENGTH or not is_name(value):
        raise PydanticCustomError(
            "name",
            "a name becomes a folder: use letters, digits, '_', '-' and '.', "
            "starting with a letter or digit, at most {length} characters",
            {"length": NAME_LENGTH},
        )
    if re.fullmatch(_DEVICES, value.lower()) or value.lower().endswith((".", *_FILES)):
        raise PydanticCustomError(
            "name",
            "a name becomes a folder: it must not be that of a device (con, nul, ...) "
            "nor end in '.' or like a file ({endings})",
            {"endings": ", ".join(_FILES)},
        )
    return value


def _known(kind: str, known: Iterable[str]) -> BeforeValidator:
    known = tuple(known)

    def check(value: object) -> object:
        if value not in known:
            near = difflib.get_close_matches(str(value), known, n=1)
            raise PydanticCustomError(
                "unknown",
                "unknown {kind}; {hint}known: {known}",
                {
                    "kind": kind,
                    "hint": f"did you mean '{near[0]}'? " if near else "",
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
Observations = Annotated[int, Field(ge=1, le=MOST_OBSERVATIONS)]
Seed = Annotated[int, Field(ge=0, lt=2**128)]
Parameterization = Annotated[str, _known("parameterization", parameterizations.names())]
Sampler = Annotated[str, _known("sampler", samplers.names())]


class _Section(BaseModel):
    # strict: `replicates: "10"` and `sigma: true` are mistakes, not numbers
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Truth(_Section):
    """The population that every replicate is drawn from."""

    mu: Real = 4.5
    tau: Positive = 3.5


# told apart by their type, so that an error speaks of the one that was meant
TruthOrPrior = Annotated[
    Annotated[Truth, Tag("section")] | Annotated[Literal["prior"], Tag("word")],
    Discriminator(lambda value: "word" if isinstance(value, str) else "section"),
]


class Priors(_Section):
    """mu ~ Normal(0, mu_sd), tau ~ HalfNormal(tau_sd) or HalfCauchy(tau_sd)."""

    mu_sd: Positive = 5.0
    tau_sd: Positive = 5.0
    tau: Literal["half_normal", "half_cauchy"] = "half_normal"


# one sigma for all individuals, or a list of one each
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
    """What every fit is run with."""

    chains: Annotated[int, Field(ge=1, le=1_000)] = 4
    tune: Annotated[int, Field(ge=1, le=10_000_000)] = 1_000
    draws: Annotated[int, Field(ge=4, le=10_000_000)] = 10_000
    target_accept: Annotated[
        float, BeforeValidator(_number), Field(gt=0, lt=1, allow_inf_nan=False)
    ] = 0.95
    published_seed: Annotated[int, Field(ge=0, lt=2**32)] | None = None


class Drawing(_Section):
    """Fits whose draws are drawn; a list that is left out means all."""

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
    sampling: Sampling = Sampling()
    draw: list[Drawing] = []

    def scenario(self, name: str) -> Scenario:
        """The scenario called `name`; KeyError if there is none."""
        return {scenario.name: scenario for scenario in self.scenarios}[name]

    def parameterizations_of(self, scenario: Scenario) -> list[str]:
        """Those that `scenario` is fitted by: its own list, or the study's."""
        return scenario.parameterizations or self.parameterizations


def is_name(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and re.fullmatch(NAME_PATTERN, value) is not None
