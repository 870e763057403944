"""Validation of a configuration, before any job runs.

All errors are reported at once, one line each, with the place in the configuration (such as
`scenarios[1].sigma`), the value and what is allowed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from funnel_study.study.scenario import Scenario
from funnel_study.study.schema import Study
from funnel_study.study.section import hint
from funnel_study.study.sweep import SweptData
from funnel_study.study.yaml_file import ConfigError, short_repr

# pydantic adds a tag to the location of a value of these keys, which have several possible types
_TAGGED_KEYS = ("truth", *Scenario.model_fields, *SweptData.model_fields)
_TAGS = ("section", "word", "number", "list")
_RENAMED = {"tau_sd": "tau_scale"}
# pydantic's messages are about inputs of Python functions
_REWORDED = {
    "should be a valid integer": "must be a whole number",
    "should be a valid string": "must be text; put it in quotes",
    "should be a valid boolean": "must be true or false",
    "should be a valid ": "must be a ",
    "should be greater than or equal to": "must be at least",
    "should be less than or equal to": "must be at most",
    "should ": "must ",
    "Input ": "",
    "List ": "",
    " after validation": "",
    "1 items": "1 item",
}


def read_study(raw: object) -> Study:
    """Return the study that `raw`, the content of a configuration file, describes.

    Raises ConfigError with one line per error.
    """
    if not isinstance(raw, Mapping):
        found = "empty" if raw is None else short_repr(raw)
        raise ConfigError([f"a configuration must be a mapping of keys, but this is {found}"])
    try:
        return Study.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(map(_line, error.errors(include_url=False))) from None


def _line(detail: ErrorDetails) -> str:
    """Return one line for an error that pydantic found."""
    place = ""
    for previous, part in zip((None, *detail["loc"]), detail["loc"], strict=False):
        if isinstance(part, int):
            place += f"[{part}]"
        elif not (previous in _TAGGED_KEYS and part in _TAGS):
            name = part if re.fullmatch(r"\w[\w.-]*", part) else short_repr(part)
            place += f".{name}" if place else name
    if detail["type"] == "extra_forbidden":
        return f"{place}: {_unknown(*detail['loc'])}"
    if detail["type"] == "missing":
        return f"{place}: missing; this key is required"
    message = detail["msg"]
    if detail["type"] == "place":
        return f"{place}: {message}"
    if detail["type"] == "model_type":
        message = "must be a mapping of keys"
    if place == "truth":
        message = "must be 'prior' or a mapping with the keys mu, tau and sigma"
    for pydantic_words, words in _REWORDED.items():
        message = message.replace(pydantic_words, words)
    # write powers of ten as 1e+100
    message = re.sub(r"\b(10{19,}|0\.0{19,}1)\b", lambda power: f"{float(power[0]):g}", message)
    return f"{place} = {short_repr(detail['input'])}: {message}"


def _unknown(*place: int | str) -> str:
    """Return what to say of the unknown key at a place."""
    *parents, key = place
    if key in _RENAMED:
        return f"this key is now called {_RENAMED[key]}"
    section = Study.model_json_schema()
    sections = section["$defs"]
    for parent in parents:
        inner = re.search(r"#/\$defs/(\w+)", str(section["properties"].get(parent)))
        section = sections[inner[1]] if inner else section
    allowed = section["properties"]
    # a key of another section is right as it is written, but not here
    is_elsewhere = any(key in each["properties"] for each in sections.values())
    near = "" if is_elsewhere else hint(key, allowed)
    return f"unknown key{near}; allowed: {', '.join(allowed)}"
