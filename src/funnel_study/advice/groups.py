"""The groups of a user's data, with the likelihood of what was observed of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from funnel.group_means import Array, GroupMeans, Indices
from funnel.likelihoods.binomial import BinomialLikelihood
from funnel.likelihoods.normal import NormalLikelihood
from funnel.likelihoods.normal_unknown_sigma import NormalUnknownSigma
from funnel.likelihoods.poisson import PoissonLikelihood
from funnel.working_response import empirical
from funnel_study.advice.columns import (
    ROLES,
    AnyLikelihood,
    Reading,
    identify,
    label_column,
)
from funnel_study.advice.csv_file import INDEX, CsvFile, DataError, number, read_csv_file, shown
from funnel_study.advice.wording import said

# the memory and time that the exact posterior needs grow with their number
MOST_GROUPS, MOST_GROUPS_OF_COUNTS = 10_000, 2_000
# the options that say how to read a file
OPTIONS = ("Y", *(role.upper() for role in ROLES if role != "y"), "X", "SIGMA", "DECIMAL", "DROP")
# the data of a group in tables and programs, if these are not all that its likelihood has
_DATA = {"normal": ("y", "se"), "normal_unknown_sigma": ("y", "n")}
# without a value other than 0 in these columns, a row says nothing
_SIZES = ("trials", "exposure", "n")
_POSITIVE = ("se", "variance", "exposure")
# a column for TRIALS=1 or EXPOSURE=1
_ONE = "1 per row"
# names of a last row that is not a group
_TOTALS = ("total", "totals", "sum", "overall", "pooled", "summary")
_ZERO = re.compile(r"0+([.,]0*)?", re.ASCII)


class Observations(NamedTuple):
    """Single observations `y` (N,), and the number of the group of each (N,), counted from 0."""

    y: Array
    group: Indices


class Covariate(NamedTuple):
    """A covariate `x` (K,), and the value near its mean at which mu is the mean of groups."""

    x: Array
    centre: float

    @classmethod
    def centred(cls, x: Array) -> Covariate:
        """Return a covariate whose centre has a digit more than its standard deviation."""
        digits = 1 - int(np.floor(np.log10(np.std(x) or 1.0)))
        return cls(x, round(float(x.mean()), digits))


@dataclass(frozen=True)
class Groups:
    """The groups of a data set by their labels, and the likelihood of the data.

    `read` says how the file was read, in sentences. `observations` are there if the file has one of
    them per row, and `sigma` is their standard deviation if it was given.
    `covariates` are those of groups, by their names.
    """

    labels: list[str]
    likelihood: AnyLikelihood
    read: str = ""
    observations: Observations | None = None
    sigma: float | None = None
    covariates: Mapping[str, Covariate] = field(default_factory=dict)

    @property
    def x(self) -> dict[str, Array]:
        """The covariates less their centres, (K,) each, by their names."""
        return {name: each.x - each.centre for name, each in self.covariates.items()}

    @property
    def K(self) -> int:
        return len(self.labels)

    @property
    def kind(self) -> str:
        """The name of the likelihood: normal, normal_unknown_sigma, binomial or poisson."""
        return type(self.likelihood).__module__.rpartition(".")[-1]

    @property
    def data(self) -> dict[str, Array]:
        """The data of each group, (K,) each, by their names."""
        found = vars(self.likelihood)
        return {name: found[name] for name in _DATA.get(self.kind, found)}

    @property
    def pooled_sd(self) -> float:
        """The pooled standard deviation within groups of unknown sigma."""
        likelihood = self.likelihood
        assert isinstance(likelihood, NormalUnknownSigma)
        return float((likelihood.within / likelihood.degrees_of_freedom) ** 0.5)

    @cached_property
    def means(self) -> GroupMeans:
        """The effects in the data and their standard errors, on the scale of theta.

        They are roughly so for counts (empirical logits and logs), and if sigma is unknown.
        """
        likelihood = self.likelihood
        if isinstance(likelihood, NormalLikelihood):
            return likelihood.means
        if isinstance(likelihood, NormalUnknownSigma):
            return likelihood.given(self.pooled_sd).means
        return empirical(likelihood)


def read_groups(path: Path, options: Mapping[str, str] | None = None) -> Groups:
    """Read a CSV file with data of groups.

    `options` are those of `OPTIONS` that were given. Most are the name of a column; SIGMA is the
    standard deviation of an observation, DECIMAL the decimal mark, and with DROP=1 rows without a
    value are left out. Raises DataError, with one line, if the file or an option cannot be used.
    """
    options = {name: text for name, text in (options or {}).items() if text}
    for name in options:
        if name not in OPTIONS:
            raise DataError(f"{name}: is no option; the options are {', '.join(OPTIONS)}")
    decimal, sigma = options.get("DECIMAL", ""), options.get("SIGMA", "")
    if decimal not in ("", ".", ","):
        raise DataError(f"DECIMAL = {shown(decimal)}: must be . or ,")
    known = number(sigma, "SIGMA", positive=True) if sigma not in ("", "unknown") else None
    file = read_csv_file(path, decimal)
    for name in {"TRIALS", "EXPOSURE"} & {name for name, text in options.items() if text == "1"}:
        options[name] = _ONE
        file = replace(file, columns={**file.columns, _ONE: ["1"] * len(file.lines)})
    given = {
        name.lower(): _column(file, name, text)
        for name, text in options.items()
        if name.lower() in ROLES
    }
    covariates = [_column(file, "X", name) for name in options.get("X", "").split(",") if name]
    free = {name: texts for name, texts in file.columns.items() if name not in covariates}
    others = replace(file, columns=free)
    reading = identify(others, given, observations=bool(sigma))
    if covariates and reading.form.key not in ("se", "variance"):
        raise DataError("X: is only for effects with known standard errors")
    label = given.get("group") or reading.columns.get("group")
    label = label or label_column(others, [*reading.columns.values()])
    if label and file.columns[label][-1].casefold() in _TOTALS:
        last = len(file.lines) - 1
        text = shown(file.columns[label][last])
        raise DataError(f"{file.place(last, label)}: {text} is no group; delete this line")
    file = _with_sd_of_one(file, reading.columns)
    dropped = _without_value(file, reading, label, covariates)
    if dropped and options.get("DROP", "0") in ("0", ""):
        raise DataError(f"{path}: {said('missing', [*dropped.values()])}")
    file = file.without(dropped)
    groups = _groups_of(file, reading, label, known, [*dropped.values()], covariates)
    most = MOST_GROUPS_OF_COUNTS if reading.form.is_of_counts else MOST_GROUPS
    if not 2 <= groups.K <= most:
        raise DataError(f"{path}: has {groups.K:,} groups; from 2 to {most:,} are allowed")
    return groups


def _column(file: CsvFile, option: str, name: str) -> str:
    for column in file.columns:
        if column.lower() == name.strip().lower():
            return column
    names = ", ".join(map(shown, file.columns))
    raise DataError(f"{option} = {shown(name)}: {file.name} has the columns {names}")


def _with_sd_of_one(file: CsvFile, columns: Mapping[str, str]) -> CsvFile:
    """Return the file with 0 for the standard deviation of one observation, which needs none."""
    if "sd" not in columns:
        return file
    sd, n = columns["sd"], file.columns[columns["n"]]
    alone = {row for row in file.missing(sd) if n[row] == "1"}
    texts = ["0" if row in alone else text for row, text in enumerate(file.columns[sd])]
    return replace(file, columns={**file.columns, sd: texts})


def _without_value(
    file: CsvFile, reading: Reading, label: str | None, covariates: Sequence[str]
) -> dict[int, int]:
    """Return the rows without a value, or of size 0, with their lines."""
    rows = {row for row, text in enumerate(file.columns[label]) if not text} if label else set()
    for column in covariates:
        rows |= file.missing(column)
    for role, column in reading.columns.items():
        texts = file.columns[column]
        if role in _SIZES:
            rows |= {row for row, text in enumerate(texts) if _ZERO.fullmatch(text)}
        if role != "group":
            rows |= file.missing(column)
    return {row: file.lines[row] for row in sorted(rows)}


def _groups_of(
    file: CsvFile,
    reading: Reading,
    label: str | None,
    sigma: float | None,
    dropped: list[int],
    covariates: Sequence[str],
) -> Groups:
    """Return the groups of a file without missing values; `dropped` are the lines left out."""
    form, columns = reading.form, dict(reading.columns)
    group = columns.pop("group", None)
    positive = [columns[role] for role in _POSITIVE if role in columns]
    numbers = file.numbers([*columns.values(), *covariates], positive)
    x = {name: Covariate.centred(numbers[name]) for name in covariates}
    values = {role: numbers[column] for role, column in columns.items()}
    labels = [str(row + 1) for row in range(len(file.lines))]
    if label is not None:
        labels = [" ".join(text.split()) for text in file.columns[label]]
    of_row, names = pd.factorize(pd.Series(labels))
    observations = None
    likelihood: AnyLikelihood
    if group is not None:
        observations = Observations(values["y"], of_row)
        unknown = NormalUnknownSigma.from_observations(*observations)
        likelihood = unknown if sigma is None else unknown.given(sigma)
    else:
        likelihood = _constructed(file, reading, values)
        if len(names) < len(labels):
            likelihood = _added_up(file, likelihood, of_row, str(label))
    if isinstance(likelihood, NormalUnknownSigma):
        _check_sigma(file.name, likelihood)
    used = {*reading.columns.values(), label, *covariates, INDEX, ""}
    read = said(
        "read",
        said(f"of_{form.key}", reading.columns, sigma),
        *(len(labels), len(names), label),
        [name for name in file.columns if name not in used],
        dropped,
        x,
        [*([("", labels[0])] if label else []), *((name, numbers[name][0]) for name in numbers)],
    )
    return Groups(names.tolist(), likelihood, read, observations, sigma, x)


def _constructed(file: CsvFile, reading: Reading, values: Mapping[str, Array]) -> AnyLikelihood:
    """Return the likelihood of rows; raises DataError with the place of what is wrong."""
    form = reading.form
    try:
        made: AnyLikelihood = getattr(form.likelihood, form.constructor)(*values.values())
    except ValueError as error:
        found = re.fullmatch(r"(\w+)\[(\d+)\] = (.*): (.*)", str(error))
        if not found:
            raise DataError(f"{file.name}: {error}") from None
        name, row, value, must = found.groups()
        place = file.place(int(row), reading.columns.get(name, reading.columns["y"]))
        value, must = (re.sub(r"\[\d+\]|\.0$", "", text) for text in (value, must))
        raise DataError(
            f"{place}: {value} {must}; {said(f'of_{form.key}', reading.columns)}"
        ) from None
    return made


def _added_up(file: CsvFile, rows: AnyLikelihood, of_row: Indices, label: str) -> AnyLikelihood:
    """Return the likelihood of groups of several rows, of which counts are added up."""
    if not isinstance(rows, BinomialLikelihood | PoissonLikelihood):
        row = int(np.argmax(pd.Series(of_row).duplicated()))
        text = shown(file.columns[label][row])
        why = "is given twice, and each group must have one row; add GROUP=NAME for other names"
        raise DataError(f"{file.place(row, label)}: {text} {why}")
    return type(rows)(*(np.bincount(of_row, weights=each) for each in vars(rows).values()))


def _check_sigma(name: str, likelihood: NormalUnknownSigma) -> None:
    """Raise DataError if the data say nothing about sigma."""
    if not likelihood.degrees_of_freedom:
        raise DataError(f"{name}: {said('no_errors')}")
    if not likelihood.within:
        raise DataError(f"{name}: {said('no_differences')}")
