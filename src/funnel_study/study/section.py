"""What the sections of a configuration have in common: the types of values, and their errors."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from funnel import likelihoods, parameterizations
from funnel_study.fitting import samplers

NAME_LENGTH = 64
NAME_PATTERN = r"[A-Za-z0-9][A-Za-z0-9_.-]*"
# names of devices on Windows, and of files of the results, such as index.html
_RESERVED = r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?|.*(\.|\.html|\.md|\.png|\.svg)"
# of a data set, which is held in memory
MAX_OBSERVATIONS = 10_000_000
MOST_INDIVIDUALS = 10_000
# the squares of these numbers neither overflow nor underflow
LARGEST, SMALLEST = 1e100, 1e-100
_NO_VALUE = object()


def problem(message: str, *place: int | str, value: object = _NO_VALUE) -> InitErrorDetails:
    """Return an error of the `value` at a place within a section, or of the place as a whole."""
    kind = "place" if value is _NO_VALUE else "value"
    error = PydanticCustomError(kind, "{message}", {"message": message})
    if isinstance(value, BaseModel):
        value = value.model_dump()
    return InitErrorDetails(type=error, loc=place, input=value)


def refuse(problems: Iterable[InitErrorDetails]) -> None:
    """Raise a ValidationError if there are any problems."""
    if found := list(problems):
        raise ValidationError.from_exception_data("configuration", found)


class Section(BaseModel):
    """A mapping in a configuration. Unknown keys are errors, and so is text for a number."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True
    )

    def _problems(self) -> Iterator[InitErrorDetails]:
        """Yield the errors that concern several keys together, each of which is valid by itself."""
        return iter(())

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        refuse(self._problems())
        return self


def hint(name: object, known: Iterable[str]) -> str:
    """Return which of the `known` names may be meant, for a message; empty if none is near."""
    near = difflib.get_close_matches(str(name), known, n=1)
    return f" (did you mean '{near[0]}'?)" if near else ""


def _number(value: object) -> object:
    """Convert text such as `1e-3`, which YAML 1.1 reads as a string."""
    if isinstance(value, str) and re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)[eE][+-]?\d+", value):
        return float(value)
    return value


def _name(value: str) -> str:
    """Check that `value` can be the name of a folder on all systems."""
    valid = len(value) <= NAME_LENGTH and re.fullmatch(NAME_PATTERN, value)
    if not valid or re.fullmatch(_RESERVED, value.lower()):
        raise PydanticCustomError(
            "value",
            "must be a valid folder name: at most 64 letters, digits, '_', '-' or '.', the first "
            "one a letter or digit; not a device (con, nul), nor ending in '.', '.html', '.png'",
        )
    return value


def _known(kind: str, known: tuple[str, ...]) -> BeforeValidator:
    """Return a validator that accepts only the names in `known`."""

    def check(value: object) -> object:
        if value not in known:
            message = f"unknown {kind}{hint(value, known)}; allowed: {', '.join(known)}"
            refuse([problem(message, value=value)])
        return value

    return BeforeValidator(check)


def _repeated(items: list[Any]) -> Iterator[InitErrorDetails]:
    """Yield an error for each item, or item with a name, that is equal to an earlier one.

    Names that differ only in case are equal, because they are the same folder on some systems.
    """
    first: dict[object, int] = {}
    for i, item in enumerate(items):
        value, *place = (item.name, "name") if hasattr(item, "name") else (item,)
        same = value.casefold() if isinstance(value, str) else value
        if (earlier := first.setdefault(same, i)) != i:
            yield problem(f"duplicate of item {earlier} (case is ignored)", i, *place, value=value)


def _unique(values: list[Any]) -> list[Any]:
    refuse(_repeated(values))
    return values


def _kind(value: object) -> str:
    return "list" if isinstance(value, list) else "number"


def _kind_or_section(value: object) -> str:
    return "section" if isinstance(value, dict | Section) else _kind(value)


def as_list(values: object) -> list[Any]:
    """Return a list as it is, and any other value as the only one of a list."""
    return values if isinstance(values, list) else [values]


T = TypeVar("T")
S = TypeVar("S")
Unique = AfterValidator(_unique)
Several = Annotated[list[T], Field(min_length=1), Unique]
# distinguished by type, so that an error message refers to the alternative that was meant
_One = Annotated[T, Tag("number")]
_Each = Annotated[list[T], Field(min_length=1), Tag("list")]
_Several = Annotated[Several[T], Tag("list")]
_Section = Annotated[S, Tag("section")]
OneOrEach = Annotated[_One[T] | _Each[T], Discriminator(_kind)]
OneOrSeveral = Annotated[_One[T] | _Several[T], Discriminator(_kind)]
OneOrEachOrSection = Annotated[_One[T] | _Each[T] | _Section[S], Discriminator(_kind_or_section)]
OneOrSeveralOrSection = Annotated[
    _One[T] | _Several[T] | _Section[S], Discriminator(_kind_or_section)
]

_FLOAT = BeforeValidator(_number)
Real = Annotated[float, Field(ge=-LARGEST, le=LARGEST, allow_inf_nan=False), _FLOAT]
Positive = Annotated[float, Field(ge=SMALLEST, le=LARGEST, allow_inf_nan=False), _FLOAT]
# its products with the numbers above have squares that neither overflow nor underflow, either
Unit = Annotated[float, Field(ge=1e-30, le=1e30), _FLOAT]
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
    AfterValidator(_name),
    WithJsonSchema({"type": "string", "pattern": f"^{NAME_PATTERN}$", "maxLength": NAME_LENGTH}),
]
Likelihood = Annotated[
    str,
    _known("likelihood", likelihoods.names()),
    WithJsonSchema({"enum": list(likelihoods.names())}),
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
