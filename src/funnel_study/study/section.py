"""What the sections of a configuration have in common: the types of values, and their errors.

A section reports all of its errors at once: unknown keys, the errors of each key, and, if there are
none of these, those that concern several keys together.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Self, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    ModelWrapValidatorHandler,
    Tag,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from funnel import parameterizations
from funnel_study.fitting import samplers
from funnel_study.study.yaml_file import short_repr

NAME_LENGTH = 64
NAME_PATTERN = r"[A-Za-z0-9][A-Za-z0-9_.-]*"
# names of devices on Windows, and of files of the results, such as index.html
_RESERVED = r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?|.*(\.|\.html|\.md|\.png|\.svg)"
# of a data set, which is held in memory
MAX_OBSERVATIONS = 10_000_000
MOST_INDIVIDUALS = 10_000
# the squares of these numbers neither overflow nor underflow
LARGEST, SMALLEST = 1e100, 1e-100
# keys of earlier versions
_RENAMED = {"tau_sd": "tau_scale"}
_NO_VALUE = object()


def problem(message: str, *place: int | str, value: object = _NO_VALUE) -> InitErrorDetails:
    """Return an error of the `value` at a place within a section, or of the place as a whole."""
    kind = "place" if value is _NO_VALUE else "value"
    error = PydanticCustomError(kind, "{message}", {"message": message})
    return InitErrorDetails(type=error, loc=place, input=value)


def problems_of(error: ValidationError, *place: int | str) -> list[InitErrorDetails]:
    """Return the errors that pydantic found at a place, to be raised together with others."""
    return [
        InitErrorDetails(
            type=PydanticCustomError(each["type"], "{message}", {"message": each["msg"]}),
            loc=(*place, *each["loc"]),
            input=each["input"],
        )
        for each in error.errors(include_url=False, include_context=False)
    ]


def refuse(problems: Iterable[InitErrorDetails]) -> None:
    """Raise a ValidationError if there are any problems."""
    if found := list(problems):
        raise ValidationError.from_exception_data("configuration", found)


class Section(BaseModel):
    """A mapping in a configuration. Unknown keys are errors, and so is text for a number."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True
    )

    def problems(self) -> Iterator[InitErrorDetails]:
        """Yield the errors that concern several keys together, each of which is valid by itself."""
        return iter(())

    @model_validator(mode="wrap")
    @classmethod
    def _validated(cls, raw: Any, validate: ModelWrapValidatorHandler[Self]) -> Self:
        known = cls.model_fields
        if not isinstance(raw, Mapping):
            message = f"must be a mapping with keys among {', '.join(known)}"
            refuse([problem(message, value=raw)])
        found = [_unknown_key(key, known) for key in raw if key not in known]
        try:
            section = validate({key: value for key, value in raw.items() if key in known})
        except ValidationError as error:
            refuse([*found, *problems_of(error)])
            raise
        refuse([*found, *section.problems()])
        return section


def _unknown_key(key: object, known: Iterable[str]) -> InitErrorDetails:
    if key in _RENAMED:
        return problem(f"this key is now called {_RENAMED[str(key)]}", str(key))
    # an unknown key may be anything, even a number or text with line breaks
    place = key if isinstance(key, str) and re.fullmatch(r"\w[\w-]*", key) else short_repr(key)
    return problem(f"unknown key{_hint(key, known)}; allowed: {', '.join(known)}", place)


def _hint(name: object, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(str(name), known, n=1)
    return f" (did you mean '{near[0]}'?)" if near else ""


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
        raise PydanticCustomError("name", "must be text; put the name in quotes")
    if len(value) > NAME_LENGTH or not re.fullmatch(NAME_PATTERN, value):
        raise PydanticCustomError(
            "name",
            "must be a valid folder name: at most {length} letters, digits, '_', '-' or '.', "
            "the first one a letter or digit",
            {"length": NAME_LENGTH},
        )
    if re.fullmatch(_RESERVED, value.lower()):
        raise PydanticCustomError(
            "name",
            "must be a valid folder name: not a device name (con, nul, ...), and not ending in any "
            "of '.', '.html', '.md', '.png', '.svg'",
        )
    return value


def _known(kind: str, known: tuple[str, ...]) -> BeforeValidator:
    """Return a validator that accepts only the names in `known`."""

    def check(value: object) -> object:
        if value not in known:
            message = f"unknown {kind}{_hint(value, known)}; allowed: {', '.join(known)}"
            refuse([problem(message, value=value)])
        return value

    return BeforeValidator(check)


def _repeated(items: Iterable[object]) -> Iterator[InitErrorDetails]:
    """Yield an error for each item, or item with a name, that is equal to an earlier one.

    Names that differ only in case are equal, because they are the same folder on some systems.
    """
    first: dict[object, tuple[int, object]] = {}
    for i, item in enumerate(items):
        value, *place = (item.get("name"), "name") if isinstance(item, Mapping) else (item,)
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            same = value.casefold() if isinstance(value, str) else value
            earlier, given = first.setdefault(same, (i, value))
            if earlier != i:
                note = "" if given == value else " (case is ignored)"
                yield problem(f"duplicate of item {earlier}{note}", i, *place, value=value)


def _unique(values: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    """Refuse repeated items of a list, together with those that are not valid."""
    found = list(_repeated(values if isinstance(values, list) else ()))
    try:
        valid = validate(values)
    except ValidationError as error:
        refuse([*problems_of(error), *found])
        raise
    refuse(found)
    return valid


T = TypeVar("T")
Unique = WrapValidator(_unique)
Several = Annotated[list[T], Field(min_length=1), Unique]
# distinguished by type, so that an error message refers to the alternative that was meant
_BY_TYPE = Discriminator(lambda value: "list" if isinstance(value, list) else "number")
OneOrEach = Annotated[
    Annotated[T, Tag("number")] | Annotated[list[T], Field(min_length=1), Tag("list")], _BY_TYPE
]
OneOrSeveral = Annotated[Annotated[T, Tag("number")] | Annotated[Several[T], Tag("list")], _BY_TYPE]

_FLOAT = BeforeValidator(_number)
Real = Annotated[float, Field(ge=-LARGEST, le=LARGEST), _FLOAT]
Positive = Annotated[float, Field(ge=SMALLEST, le=LARGEST), _FLOAT]
TargetAccept = Annotated[float, Field(gt=0, lt=1), _FLOAT]
Index = Annotated[int, Field(ge=0)]
Count = Annotated[int, Field(ge=1, le=1_000_000)]
Iterations = Annotated[int, Field(ge=1, le=10_000_000)]
Individuals = Annotated[int, Field(ge=1, le=MOST_INDIVIDUALS)]
Observations = Annotated[int, Field(ge=1, le=MAX_OBSERVATIONS)]
Seed = Annotated[int, Field(ge=0, lt=2**128)]
# of NumPy's legacy generator, and of PyMC3
PublishedSeed = Annotated[int, Field(ge=0, lt=2**32)]
Name = Annotated[
    str,
    BeforeValidator(_name),
    WithJsonSchema({"type": "string", "pattern": f"^{NAME_PATTERN}$", "maxLength": NAME_LENGTH}),
]
Parameterization = Annotated[
    str,
    _known("parameterization", tuple(parameterizations.names())),
    WithJsonSchema({"enum": list(parameterizations.names())}),
]
Sampler = Annotated[
    str, _known("sampler", samplers.names()), WithJsonSchema({"enum": list(samplers.names())})
]
# of a key that is not part of the dump if it has no value
LEFT_OUT = Field(exclude_if=lambda value: value is None)
