"""Validation of a configuration, before any job runs.

All errors are reported at once, one line each, with the place in the configuration (such as
`scenarios[1].sigma`), the value and what is allowed.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeGuard

from pydantic import (
    BaseModel,
    ValidationError,
)
from pydantic_core import ErrorDetails

from funnel import parameterizations
from funnel_study.fitting import samplers
from funnel_study.study import sweep
from funnel_study.study.schema import (
    MAX_OBSERVATIONS,
    Drawing,
    OwnSampling,
    Priors,
    Sampling,
    Scenario,
    Study,
    Sweep,
    SweptData,
    SweptSampling,
    Truth,
    is_name,
)
from funnel_study.study.yaml_file import ConfigError, short_repr


def read_study(raw: object) -> Study:
    """Return the study that `raw`, the content of a configuration file, describes.

    Raises ConfigError with one line per error.
    """
    if not isinstance(raw, Mapping):
        found = "empty" if raw is None else short_repr(raw)
        raise ConfigError([f"a configuration must be a mapping of keys, but this is {found}"])
    errors: list[str] = []
    raw = dict(raw)
    if isinstance(raw.get("scenarios"), list):
        raw["scenarios"] = [_with_default_counts(scenario) for scenario in raw["scenarios"]]
    only_swept = sweep.has_swept_data(raw) and raw.get("scenarios") in (None, [])
    try:
        # a sweep makes scenarios, so that none has to be written
        study = Study.model_validate({**raw, "scenarios": [_ANY]} if only_swept else raw)
    except ValidationError as error:
        errors += map(_message, error.errors(include_url=False))
    errors += _inconsistencies(raw)
    if not errors and study.sweep:
        if only_swept:
            study = study.model_copy(update={"scenarios": []})
        study = sweep.expanded(study)
        made = [scenario.model_dump() for scenario in study.scenarios]
        errors += _drawings_not_in_study(raw, made, _lists(raw))
    if errors:
        raise ConfigError(errors)
    return study


# keys of earlier versions
_RENAMED = {"tau_sd": "tau_scale"}
_ANY = {"name": "any", "sigma": 1.0, "n_per_individual": [1]}


def _lists(raw: Mapping[Any, Any]) -> dict[str, list[Any]]:
    """Return the lists of names in the configuration; empty where there is no list."""
    listed = {key: raw.get(key) for key in ("scenarios", "parameterizations", "samplers")}
    return {key: value if isinstance(value, list) else [] for key, value in listed.items()}


def _with_default_counts(scenario: object) -> object:
    """Add the default of `n_per_individual` for given data `y`: one observation per individual."""
    if isinstance(scenario, Mapping) and isinstance(scenario.get("y"), list):
        return {"n_per_individual": [1] * len(scenario["y"]), **scenario}
    return scenario


def _inconsistencies(raw: Mapping[Any, Any]) -> Iterator[str]:
    """Yield one line per error that concerns several keys or the items of a list together.

    `raw` is the configuration before validation, so that these errors are reported together with
    those of single keys. Values of a wrong type are skipped here.
    """
    lists = _lists(raw)
    scenarios = [each if isinstance(each, Mapping) else {} for each in lists["scenarios"]]
    yield from _duplicates("scenarios", ".name", [each.get("name") for each in scenarios])
    for key in ("parameterizations", "samplers"):
        yield from _duplicates(key, "", lists[key])
    for i, scenario in enumerate(scenarios):
        place = f"scenarios[{i}]"
        own = scenario.get("parameterizations")
        yield from _duplicates(
            f"{place}.parameterizations", "", own if isinstance(own, list) else []
        )
        mixed, n = scenario.get("mixed"), scenario.get("n_per_individual")
        if isinstance(mixed, list) and isinstance(n, list):
            yield from _duplicates(f"{place}.mixed", "", mixed)
            for j, k in enumerate(mixed):
                if isinstance(k, int) and k >= len(n) > 0:
                    yield (
                        f"{place}.mixed[{j}] = {short_repr(k)}: must be the index of an "
                        f"individual, from 0 to {len(n) - 1}"
                    )
        y, sigma = scenario.get("y"), scenario.get("sigma")
        if isinstance(n, list) and isinstance(sigma, list) and len(sigma) != len(n):
            yield (
                f"{place}.sigma: has length {len(sigma)}, but the number of individuals is "
                f"{len(n)}; give one number for all or one per individual"
            )
        if _are_integers(n) and sum(n) > MAX_OBSERVATIONS >= max(n):
            yield (
                f"{place}.n_per_individual: adds up to {sum(n):,} observations; at most "
                f"{MAX_OBSERVATIONS:,} are allowed"
            )
        if isinstance(y, list) and _are_integers(n) and len(y) != sum(n):
            yield (
                f"{place}.y: has length {len(y)}, but n_per_individual adds up to "
                f"{short_repr(sum(n))}"
            )
        if y is not None and scenario.get("published_seed") is not None:
            yield (
                f"{place}.published_seed = {short_repr(scenario['published_seed'])}: not allowed "
                "together with y, because given data are not simulated"
            )
        if scenario.get("published_seed") is not None and raw.get("truth") == "prior":
            yield (
                f"{place}.published_seed = {short_repr(scenario['published_seed'])}: not allowed "
                "with truth = 'prior', because the true values of published data are fixed; give "
                "truth: {mu: ..., tau: ...}"
            )
        if scenario.get("tau") is not None and (y is not None or raw.get("truth") == "prior"):
            why = "together with y" if y is not None else "with truth = 'prior'"
            yield f"{place}.tau = {short_repr(scenario['tau'])}: not allowed {why}"

    if raw.get("same_data") is True and raw.get("truth") == "prior":
        yield (
            "same_data = True: not allowed with truth = 'prior', because all replicates would have "
            "the same true values; give truth: {mu: ..., tau: ...}, or leave out same_data"
        )
    yield from _refused(lists, scenarios, literal=raw.get("literal") is True)
    yield from sweep.inconsistencies(raw)
    if raw.get("sweep") is None:  # otherwise only those that a sweep makes can be drawn
        yield from _drawings_not_in_study(raw, scenarios, lists)


def _refused(
    lists: Mapping[str, list[Any]], scenarios: list[Mapping[Any, Any]], *, literal: bool
) -> Iterator[str]:
    """Yield one line per sampler or list of parameterizations that cannot be fitted.

    If `literal`, the model is that of the published study, which few samplers have.
    """
    chosen_samplers = lists["samplers"] or Study.model_fields["samplers"].default
    for i, sampler in enumerate(chosen_samplers):
        if literal and sampler in samplers.names() and sampler not in samplers.LITERAL:
            yield (
                f"samplers[{i}] = {short_repr(sampler)}: not allowed with literal = True, because "
                f"it cannot fit the model as published; allowed: {', '.join(samplers.LITERAL)}"
            )
    own = {f"scenarios[{i}].parameterizations": each for i, each in enumerate(scenarios)}
    chosen = {place: each.get("parameterizations") for place, each in own.items()}
    for place, names in {"parameterizations": lists["parameterizations"], **chosen}.items():
        listed = names if isinstance(names, list) else []
        known = [name for name in listed if name in parameterizations.names()]
        for sampler in lists["samplers"]:
            if not isinstance(sampler, str):
                continue
            if some := samplers.refused(sampler, known, literal=literal):
                model = " with literal = True" if literal else ""
                yield f"{place}: the sampler {sampler} cannot fit {', '.join(some)}{model}"


def _drawings_not_in_study(
    raw: Mapping[Any, Any],
    scenarios: Sequence[Mapping[Any, Any]],
    lists: Mapping[str, list[Any]],
) -> Iterator[str]:
    """Yield one line per item of `draw` that is valid by itself but not part of the study."""
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
            # only those of the selected scenarios, because others would draw nothing
            "parameterizations": [
                parameterization
                for name, fitted in own.items()
                if name in (drawn or own)
                for parameterization in fitted
            ],
            "samplers": lists["samplers"] or defaults["samplers"].default,
        }
        for key, available in known.items():
            chosen = drawing.get(key)
            yield from _duplicates(
                f"draw[{i}].{key}", "", chosen if isinstance(chosen, list) else []
            )
            for j, name in enumerate(chosen if isinstance(chosen, list) else []):
                named = isinstance(name, str) and name in possible.get(key, [name])
                allowed = list(dict.fromkeys(filter(is_name, available)))
                if named and allowed and name not in allowed:
                    selected = drawn and key == "parameterizations"
                    where = "used in the selected scenarios" if selected else "part of the study"
                    yield (
                        f"draw[{i}].{key}[{j}] = {short_repr(name)}: not {where}; allowed: "
                        f"{', '.join(allowed)}"
                    )
        chosen = drawing.get("replicates")
        yield from _duplicates(
            f"draw[{i}].replicates", "", chosen if isinstance(chosen, list) else []
        )
        for j, number in enumerate(chosen if isinstance(chosen, list) else []):
            if _is_integer(number) and _is_integer(replicates) and number >= replicates > 0:
                yield (
                    f"draw[{i}].replicates[{j}] = {short_repr(number)}: must be the number of a "
                    f"replicate, from 0 to {short_repr(replicates - 1)}"
                )


def _is_integer(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _are_integers(values: object) -> TypeGuard[list[int]]:
    return isinstance(values, list) and bool(values) and all(map(_is_integer, values))


def _duplicates(place: str, key: str, names: list[Any]) -> Iterator[str]:
    """Yield one line per repeated name; `place` is that of the list, and `key` that within an item.

    Names that differ only in case are duplicates, because they are the same folder on some systems.
    """
    first: dict[Any, int] = {}
    for i, name in enumerate(names):
        if isinstance(name, str | int):
            same = name.casefold() if isinstance(name, str) else (type(name), name)
            earlier = first.setdefault(same, i)
            if earlier != i:
                note = "" if names[earlier] == name else " (case is ignored)"
                yield (
                    f"{place}[{i}]{key} = {short_repr(name)}: duplicate of {place}[{earlier}]{key}"
                    f"{note}"
                )


# pydantic adds a tag to the location of a value of these keys, which have several possible types
_TAGGED_KEYS = ("truth", "sigma", *SweptData.model_fields)
_TAGS = ("section", "word", "number", "list")
_REWORDED = {
    "should be a valid integer": "must be a whole number",
    "should be a valid boolean": "must be true or false",
    "should be a valid ": "must be a ",
    "should be greater than or equal to": "must be at least",
    "should be less than or equal to": "must be at most",
    "should ": "must ",
    "Input ": "",
    "List ": "",
    "String ": "",
    " after validation": "",
    "1 items": "1 item",
}


def _message(detail: ErrorDetails) -> str:
    """Return one line for an error that pydantic found."""
    location = [
        part
        for previous, part in zip((None, *detail["loc"]), detail["loc"], strict=False)
        if not (previous in _TAGGED_KEYS and part in _TAGS)
    ]
    place = _place(location)
    if detail["type"] == "missing":
        return f"{place}: missing; this key is required"
    if detail["type"] == "extra_forbidden":
        if location[-1] in _RENAMED:
            return f"{place}: this key is now called {_RENAMED[location[-1]]}"
        known = _allowed_keys(location)
        near = difflib.get_close_matches(str(location[-1]), known, n=1)
        hint = f" (did you mean '{near[0]}'?)" if near else ""
        return f"{place}: unknown key{hint}; allowed: {', '.join(known)}"
    if detail["type"] in ("invalid_key", "string_unicode"):
        # for text that is not valid Unicode, the location is that of the section
        within = location[:-1] if detail["type"] == "invalid_key" else location
        section = _place(within) or "the configuration"
        return f"{section}: the key {short_repr(detail['input'])} must be valid text"
    message = detail["msg"]
    if detail["type"] in ("model_type", "model_attributes_type"):
        message = f"must be a mapping with keys among {', '.join(_allowed_keys([*location, '']))}"
    if place == "truth":
        message = "must be 'prior' or a mapping with the keys mu and tau"
    # reword pydantic's messages, which are about inputs of Python functions
    for pydantic_words, words in _REWORDED.items():
        message = message.replace(pydantic_words, words)
    # write powers of ten as 1e+100
    message = re.sub(r"\b(10{19,}|0\.0{19,}1)\b", lambda power: f"{float(power[0]):g}", message)
    return f"{place} = {short_repr(detail['input'])}: {message}"


def _place(location: Iterable[int | str]) -> str:
    """Return a location as text, such as `scenarios[1].sigma`."""
    text = ""
    for part in location:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            # an unknown key may contain anything, even line breaks
            key = part if re.fullmatch(r"\w[\w-]*", part) else short_repr(part)
            text += f".{key}" if text else key
    return text


def _allowed_keys(location: list[int | str]) -> list[str]:
    """Return the keys that are allowed in the section that contains `location`."""
    sections: dict[tuple[str, ...], type[BaseModel]] = {
        (): Study,
        ("scenarios",): Scenario,
        ("scenarios", "sampling"): OwnSampling,
        ("truth",): Truth,
        ("priors",): Priors,
        ("sampling",): Sampling,
        ("sweep",): Sweep,
        ("sweep", "data"): SweptData,
        ("sweep", "sampling"): SweptSampling,
        ("draw",): Drawing,
    }
    within = tuple(str(part) for part in location[:-1] if not isinstance(part, int))
    return list(sections[within].model_fields)
