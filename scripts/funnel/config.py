"""The study's configuration: its schema and every error in it, before any job runs.

A configuration describes one study. Pydantic checks it whole; `read_study` turns what it
finds into one line an error, each with its place (`scenarios[1].sigma`), the value and what
is allowed.
"""

import difflib
import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal, TypeGuard

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from funnel import parameterizations, samplers
from funnel.config_file import ConfigError, shown

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
    if len(value) > NAME_LENGTH or not _is_name(value):
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


def read_study(raw: object) -> Study:
    """The study that the mapping `raw` describes.

    Raises ConfigError, which lists every error found.
    """
    if not isinstance(raw, Mapping):
        raise ConfigError([f"a configuration is a mapping of keys, not {shown(raw)}"])
    errors: list[str] = []
    raw = dict(raw)
    if isinstance(raw.get("scenarios"), list):
        raw["scenarios"] = [_one_observation_each(scenario) for scenario in raw["scenarios"]]
    try:
        study = Study.model_validate(raw)
    except ValidationError as error:
        errors += map(_line, error.errors(include_url=False))
    errors += _contradictions(raw)
    if errors:
        raise ConfigError(errors)
    return study


def _one_observation_each(scenario: object) -> object:
    """A scenario as its section has it; given data have one observation each unless said."""
    if isinstance(scenario, Mapping) and isinstance(scenario.get("y"), list):
        return {"n_per_individual": [1] * len(scenario["y"]), **scenario}
    return scenario


def _contradictions(raw: Mapping[Any, Any]) -> Iterator[str]:
    """What is wrong although every key by itself is right.

    Looks at the file itself, so that these are found beside any other errors.
    """
    listed = {key: raw.get(key) for key in ("scenarios", "parameterizations", "samplers")}
    lists = {key: value if isinstance(value, list) else [] for key, value in listed.items()}
    scenarios = [each if isinstance(each, Mapping) else {} for each in lists["scenarios"]]
    yield from _doubles("scenarios", ".name", [each.get("name") for each in scenarios])
    for key in ("parameterizations", "samplers"):
        yield from _doubles(key, "", lists[key])
    for i, scenario in enumerate(scenarios):
        place = f"scenarios[{i}]"
        own = scenario.get("parameterizations")
        yield from _doubles(f"{place}.parameterizations", "", own if isinstance(own, list) else [])
        mixed, n = scenario.get("mixed"), scenario.get("n_per_individual")
        if isinstance(mixed, list) and isinstance(n, list):
            yield from _doubles(f"{place}.mixed", "", mixed)
            for j, k in enumerate(mixed):
                if isinstance(k, int) and k >= len(n) > 0:
                    yield (
                        f"{place}.mixed[{j}] = {shown(k)}: must be the number of an individual, "
                        f"0 to {len(n) - 1}"
                    )
        y, sigma = scenario.get("y"), scenario.get("sigma")
        if isinstance(n, list) and isinstance(sigma, list) and len(sigma) != len(n):
            yield f"{place}.sigma: {len(sigma)} values for {len(n)} individuals"
        if _are_counts(n) and sum(n) > MOST_OBSERVATIONS >= max(n):
            yield (
                f"{place}.n_per_individual: {shown(sum(n))} observations in all; at most "
                f"{MOST_OBSERVATIONS} are allowed"
            )
        if isinstance(y, list) and _are_counts(n) and len(y) != sum(n):
            yield f"{place}.y: {len(y)} observations where n_per_individual has {shown(sum(n))}"
        if y is not None and scenario.get("published_seed") is not None:
            yield f"{place}.published_seed: the data are given by y, so there is nothing to draw"
        if scenario.get("published_seed") is not None and raw.get("truth") == "prior":
            yield (
                f"{place}.published_seed = {shown(scenario['published_seed'])}: a published data "
                "set has a known truth; give truth: {mu: ..., tau: ...} instead of 'prior'"
            )

    if raw.get("same_data") is True and raw.get("truth") == "prior":
        yield (
            "same_data = True: all replicates would have the one truth that was drawn; give "
            "truth: {mu: ..., tau: ...} instead of 'prior', or leave same_data out"
        )
    yield from _unknown_drawings(raw, scenarios, lists)


def _unknown_drawings(
    raw: Mapping[Any, Any], scenarios: list[Mapping[Any, Any]], lists: Mapping[str, list[Any]]
) -> Iterator[str]:
    """Fits to draw that the study does not have; what is no name at all is found elsewhere."""
    defaults = Study.model_fields
    names = [each.get("name") for each in scenarios]
    common = lists["parameterizations"] or defaults["parameterizations"].default
    own = {
        name: each["parameterizations"]
        if isinstance(each.get("parameterizations"), list)
        else common
        for name, each in zip(names, scenarios, strict=True)
        if isinstance(name, str)
    }
    possible: dict[str, Collection[Any]] = {
        "parameterizations": parameterizations.names(),
        "samplers": samplers.names(),
    }
    replicates = raw.get("replicates", defaults["replicates"].default)
    drawings = raw.get("draw")
    for i, drawing in enumerate(drawings if isinstance(drawings, list) else []):
        if not isinstance(drawing, Mapping):
            continue
        some = drawing.get("scenarios")
        drawn = [name for name in some if name in names] if isinstance(some, list) else []
        known = {
            "scenarios": list(own),
            # those of the scenarios that are drawn: another would silently draw nothing
            "parameterizations": [
                each for name, its in own.items() if name in (drawn or own) for each in its
            ],
            "samplers": lists["samplers"] or defaults["samplers"].default,
        }
        for key, there in known.items():
            chosen = drawing.get(key)
            yield from _doubles(f"draw[{i}].{key}", "", chosen if isinstance(chosen, list) else [])
            for j, name in enumerate(chosen if isinstance(chosen, list) else []):
                named = isinstance(name, str) and name in possible.get(key, [name])
                there = list(dict.fromkeys(filter(_is_name, there)))
                if named and there and name not in there:
                    place = f"draw[{i}].{key}[{j}] = {shown(name)}"
                    narrow = drawn and key == "parameterizations"
                    whose = "these scenarios have" if narrow else "the study has"
                    yield f"{place}: {whose} {', '.join(there)}"
        chosen = drawing.get("replicates")
        yield from _doubles(f"draw[{i}].replicates", "", chosen if isinstance(chosen, list) else [])
        for j, number in enumerate(chosen if isinstance(chosen, list) else []):
            if _is_count(number) and _is_count(replicates) and number >= replicates > 0:
                yield (
                    f"draw[{i}].replicates[{j}] = {shown(number)}: must be the number of a "
                    f"replicate, 0 to {shown(replicates - 1)}"
                )


def _is_name(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and re.fullmatch(NAME_PATTERN, value) is not None


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _are_counts(values: object) -> TypeGuard[list[int]]:
    return isinstance(values, list) and bool(values) and all(map(_is_count, values))


def _doubles(place: str, key: str, names: list[Any]) -> Iterator[str]:
    first: dict[Any, int] = {}
    for i, name in enumerate(names):
        if isinstance(name, str | int):
            # folders whose names differ only in case are one folder on some systems
            same = name.casefold() if isinstance(name, str) else (type(name), name)
            earlier = first.setdefault(same, i)
            if earlier != i:
                yield f"{place}[{i}]{key} = {shown(name)}: already used by {place}[{earlier}]"


# what pydantic puts into a place where a value may have one of several forms
_TAGS = ("section", "word", "number", "list")


def _line(detail: ErrorDetails) -> str:
    location = [part for part in detail["loc"] if part not in _TAGS]
    place = _place(location)
    if detail["type"] == "missing":
        return f"{place}: missing, and it has no default"
    if detail["type"] == "extra_forbidden":
        known = _keys_beside(location)
        near = difflib.get_close_matches(str(location[-1]), known, n=1)
        hint = f"did you mean '{near[0]}'? " if near else ""
        return f"{place}: unknown key; {hint}known: {', '.join(known)}"
    if detail["type"] in ("invalid_key", "string_unicode"):
        # a key that is half a character has no place of its own
        within = location[:-1] if detail["type"] == "invalid_key" else location
        section = _place(within) or "the configuration"
        return f"{section}: the key {shown(detail['input'])} is not text"
    message = detail["msg"]
    if detail["type"] in ("model_type", "model_attributes_type"):
        message = "must be a section with keys of its own"
    if place == "truth":
        message = "must be 'prior' or a section of mu and tau"
    # pydantic speaks of inputs and of validity; whoever reads this wrote a file
    message = re.sub(r"^(Input|List|String) should ", "must ", message)
    message = message.replace("a valid integer", "a whole number").replace("a valid ", "a ")
    message = message.replace(" after validation", "").replace("1 items", "1 item")
    # nor does anybody count zeros
    message = re.sub(r"\b(10{19,}|0\.0{19,}1)\b", lambda power: f"{float(power[0]):g}", message)
    return f"{place} = {shown(detail['input'])}: {message}"


def _place(location: Iterable[int | str]) -> str:
    text = ""
    for part in location:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            # a stray key may hold anything, line breaks too
            key = part if re.fullmatch(r"\w[\w-]*", part) else shown(part)
            text += f".{key}" if text else key
    return text


def _keys_beside(location: list[int | str]) -> list[str]:
    """The known keys of the section in which `location` lies."""
    sections: dict[str, type[BaseModel]] = {
        "scenarios": Scenario,
        "truth": Truth,
        "priors": Priors,
        "sampling": Sampling,
        "draw": Drawing,
    }
    section = sections[str(location[0])] if len(location) > 1 else Study
    return list(section.model_fields)
