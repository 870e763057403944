"""Reading a configuration: every error in it is found before any job runs.

`read_study` turns what pydantic finds into one line per error, each with its place
(`scenarios[1].sigma`), the value and what is allowed.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, TypeGuard

from pydantic import (
    BaseModel,
    ValidationError,
)
from pydantic_core import ErrorDetails

from funnel.fitting import samplers
from funnel.model import parameterizations
from funnel.study.schema import (
    MOST_OBSERVATIONS,
    Drawing,
    Priors,
    Sampling,
    Scenario,
    Study,
    Truth,
    is_name,
)
from funnel.study.yaml_file import ConfigError, shown


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
                there = list(dict.fromkeys(filter(is_name, there)))
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
