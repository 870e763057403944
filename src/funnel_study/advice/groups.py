"""The groups of a user's data: effects with standard errors, or observations."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from funnel.group_means import Array
from funnel_study.advice.csv_file import CsvFile, DataError, read_csv_file, shown

# the memory that the exact posterior needs grows with their number
MOST_GROUPS = 10_000
_FORMS = "must have y and se (one row per group), or group and y (one row per observation)"


@dataclass(frozen=True)
class Groups:
    """The effects `y` (K,) of groups, and their standard errors `se` (K,).

    Of single observations, `counts` (K,) has the numbers, and `observations` (N,) the values sorted
    by group; their standard deviation `sigma` is `estimated` or was given. Otherwise each group
    counts as one observation, and `sigma` is None.
    """

    labels: list[str]
    y: Array
    se: Array
    counts: NDArray[np.int64]
    observations: Array
    sigma: float | None = None
    estimated: bool = False

    @property
    def K(self) -> int:
        return len(self.labels)


def read_groups(path: Path, sigma: float | None = None) -> Groups:
    """Read a CSV file with the columns y and se, or group and y.

    With y and se there is one row per group, whose name is in the column `label` or `group` if
    there is one. With group and y there is one row per observation, whose standard deviation is
    `sigma` or estimated. Raises DataError, with one line, if the file or `sigma` cannot be used.
    """
    file = read_csv_file(path)
    found = file.columns
    if "y" not in found or not ("se" in found or "group" in found):
        names = ", ".join(map(shown, found))
        raise DataError(f"{path}: the columns are {names}; the file {_FORMS}")
    groups = _of_effects(file, sigma) if "se" in found else _of_observations(file, sigma)
    if not 2 <= groups.K <= MOST_GROUPS:
        raise DataError(f"{path}: has {groups.K:,} groups; from 2 to {MOST_GROUPS:,} are allowed")
    return groups


def _of_effects(file: CsvFile, sigma: float | None) -> Groups:
    if sigma is not None:
        raise DataError(f"SIGMA = {sigma:g}: is only for observations; {file.name} has a column se")
    y, se = np.array(file.numbers("y")), np.array(file.numbers("se", positive=True))
    column = next((name for name in ("label", "group") if name in file.columns), None)
    labels = [str(k + 1) for k in range(len(y))] if column is None else _labels(file, column)
    for row in np.flatnonzero(pd.Series(labels).duplicated())[:1]:
        where = f"{file.place(row, str(column))}: {shown(labels[row])}"
        raise DataError(f"{where} is given twice; with a column se, each group must have one row")
    return Groups(labels, y, se, np.ones(len(y), dtype=np.int64), y)


def _of_observations(file: CsvFile, sigma: float | None) -> Groups:
    y, labels = np.array(file.numbers("y")), _labels(file, "group")
    of_row, names = pd.factorize(pd.Series(labels))
    counts = np.bincount(of_row)
    means = np.bincount(of_row, weights=y) / counts
    estimated = sigma is None
    if sigma is None:
        sigma = _pooled(file.name, y - means[of_row], len(names))
    observations = y[np.argsort(of_row, kind="stable")]
    se = sigma / np.sqrt(counts)
    return Groups(names.tolist(), means, se, counts, observations, sigma, estimated)


def _pooled(name: str, deviations: Array, K: int) -> float:
    """Return the pooled standard deviation within K groups of the `deviations` from their means."""
    if not deviations.any():
        why = "no group has observations that differ, so sigma cannot be estimated"
        raise DataError(f"{name}: {why}; give SIGMA=NUMBER")
    return float(np.sqrt((deviations**2).sum() / (len(deviations) - K)))


def _labels(file: CsvFile, column: str) -> list[str]:
    """Return the names of the groups, each on one line."""
    labels = [" ".join(text.split()) for text in file.columns[column]]
    if "" in labels:
        raise DataError(f"{file.place(labels.index(''), column)}: the value is missing")
    return labels
