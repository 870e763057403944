"""Which columns of a file are which, by the names that people give them or by options.

Each likelihood has `COLUMNS`: for each constructor of it, the columns that this takes, in its
order, and the names that people give them. Case and signs in names make no difference.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import chain, product
from typing import Any, NamedTuple

from funnel.likelihoods.binomial import BinomialLikelihood
from funnel.likelihoods.normal import NormalLikelihood
from funnel.likelihoods.normal_unknown_sigma import NormalUnknownSigma
from funnel.likelihoods.poisson import PoissonLikelihood
from funnel_study.advice.csv_file import INDEX, CsvFile, DataError, shown
from funnel_study.advice.wording import said

AnyLikelihood = NormalLikelihood | NormalUnknownSigma | BinomialLikelihood | PoissonLikelihood
LIKELIHOODS: tuple[Any, ...] = (
    *(NormalLikelihood, NormalUnknownSigma, BinomialLikelihood, PoissonLikelihood),
)
LABELS = (
    *("label", "slab", "study", "school", "group", "trial", "author", "authors", "name"),
    "hospital",
)
# the names of columns with data of any kind
_ANY = ("y", "x")
_WHOLE = re.compile(r"\d+([.,]0*)?", re.ASCII)
_DECIMAL = re.compile(r"[+-]?\d*[.,]\d*", re.ASCII)
_LETTER = re.compile(r"[^\W\d_]")


class Form(NamedTuple):
    """A constructor of a likelihood, and the names of the columns that it takes, in its order."""

    likelihood: Any
    constructor: str
    names: Mapping[str, Sequence[str]]

    @property
    def key(self) -> str:
        """The column that this form has and no other: "se", "variance", "trials", ..."""
        return [*self.names][-1]

    @property
    def is_of_counts(self) -> bool:
        return getattr(self.likelihood, "response_name", "mean") != "mean"


class Reading(NamedTuple):
    """A form with its columns in a file; it is `weak` if the name of the data says nothing."""

    form: Form
    columns: Mapping[str, str]
    weak: bool


FORMS = [
    Form(likelihood, constructor, names)
    for likelihood in LIKELIHOODS
    for constructor, names in likelihood.COLUMNS.items()
]
ROLES = sorted({role for form in FORMS for role in form.names})


def identify(file: CsvFile, given: Mapping[str, str], *, observations: bool = False) -> Reading:
    """Return how to read a file.

    `given` are columns by what they are. `observations` says that it has one of them per row.
    Raises DataError, with one line that says what to add, if there is no way or more than one.
    """
    forms = [form for form in FORMS if {*given} - {"group"} <= {*form.names}]
    found = [reading for form in forms for reading in _readings(form, file, given)]
    for each in found if observations else []:
        if not each.weak and each.form.key != "group":
            how = said(f"of_{each.form.key}", each.columns)
            raise DataError(f"SIGMA: is only for one observation per row; in {file.name}, {how}")
    found = [each for each in found if each.form.key == "group" or not observations]
    found = [each for each in found if not each.weak] or found
    found = [each for each in found if not any(_is_better(other, each, file) for other in found)]
    if not found:
        names = ", ".join(map(shown, file.columns))
        interval = any(_is(name, "*low*") for name in file.columns)
        how = said("columns", observations, interval)
        raise DataError(f"{file.name}: the columns are {names}; {how}")
    if len(found) > 1:
        shared = set.intersection(*({*each.columns.items()} for each in found))
        ways = (
            f"{' '.join(_options(each, shared))} ({said(f'of_{each.form.key}', each.columns)})"
            for each in found
        )
        raise DataError(f"{file.name}: can be read in several ways; add {' or '.join(ways)}")
    only = found[0]
    doubtful = only.form.key == "group" and not observations
    if doubtful and {*file.columns[only.columns["y"]]} == {"0", "1"}:
        group = shlex.quote(f"GROUP={only.columns['group']}")
        raise DataError(f"{file.name}: {said('zero_or_one', only.columns['y'], group)}")
    return only


def label_column(file: CsvFile, used: Sequence[str]) -> str | None:
    """Return the column with the names of groups in a file with one row for each.

    It is one with a usual name, or else the first of texts that all differ and start with a letter,
    or the first column if that has whole numbers or texts that all differ.
    """
    free = [name for name in file.columns if name and name not in used]
    usual = [name for label in LABELS for name in free if _plain(name) == label]
    differ = [name for name in free if len({*file.columns[name]}) == len(file.lines)]
    texts = [name for name in differ if all(map(_LETTER.match, file.columns[name]))]
    distinct = [name for known in (texts, differ) for name in usual if name in known]
    named = [name for name in file.columns if name != INDEX][:1]
    numbers = [
        name
        for name in [*named, INDEX]
        if name in differ and not any(map(_DECIMAL.fullmatch, file.columns[name]))
    ]
    return next(iter([*distinct, *usual, *texts, *numbers]), None)


def _readings(form: Form, file: CsvFile, given: Mapping[str, str]) -> Iterator[Reading]:
    """Yield the ways to read a file in one form."""
    taken = {column for role, column in given.items() if role in form.names}
    choices, weak = [], False
    for role, names in form.names.items():
        free = [column for column in file.columns if column and column not in taken]
        named = [[column for column in free if _is(column, name)] for name in names]
        if role in given:
            found = [given[role]]
            named = [[given[role]] if any(_is(given[role], name) for name in names) else []]
        else:
            # the first name is not doubtful
            found = named[0] or sorted({*chain(*named)}, key=free.index)
        if role == "y":
            weak = not any(named)
            found = found or [column for column in free if _plain(column) in _ANY]
            if form.is_of_counts and weak:
                found = [column for column in found if _is_whole(file, column)]
        choices.append(found)
    for columns in product(*choices):
        if len({*columns}) == len(columns):
            yield Reading(form, dict(zip(form.names, columns, strict=True)), weak)


def _is_better(one: Reading, other: Reading, file: CsvFile) -> bool:
    """Return whether a file that can be read in one way should not be read in the other."""
    first, second = {*one.columns.values()}, {*other.columns.values()}
    if other.form.key == "group" and one.form.key != "group":
        labels = file.columns[other.columns["group"]]
        return len({*labels}) == len(labels)
    if one.form.likelihood is other.form.likelihood and one.form is not other.form:
        return FORMS.index(one.form) < FORMS.index(other.form) and first != second
    return first > second


def _options(reading: Reading, shared: set[tuple[str, str]]) -> list[str]:
    """Return the options that say that a file is to be read in this way."""
    if reading.form.key == "group":
        return ["SIGMA=unknown"]
    own = [each for each in reading.columns.items() if each not in shared]
    return [shlex.quote(f"{role.upper()}={column}") for role, column in own]


def _is_whole(file: CsvFile, column: str) -> bool:
    missing = file.missing(column)
    texts = enumerate(file.columns[column])
    return all(_WHOLE.fullmatch(text) for row, text in texts if row not in missing)


def _is(column: str, name: str) -> bool:
    return fnmatchcase(_plain(column), _plain(name))


def _plain(name: str) -> str:
    """Return a name in lower case, without a unit in parentheses and signs other than *."""
    return re.sub(r"\s\(.*|[^a-z0-9*]+", "", name.lower()) or name
