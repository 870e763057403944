"""The tables of a study, collated from the diagnostics of all its jobs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import pandas as pd

from funnel.group_means import estimands
from funnel_study.diagnosis.columns import TABLES
from funnel_study.files.tables import FIT_KEYS
from funnel_study.files.whole_files import UnusableFileError

COUNTS = {
    *("divergences", "max_tree_depth_hits"),
    *("leapfrog_steps", "tuning_leapfrog_steps", "choosing_gradients"),
}


class IncompleteError(UnusableFileError):
    """A table does not have exactly the rows that the design of the study asks for."""


class ExpectedCell(NamedTuple):
    """A cell of the study, with the number K of individuals, and whether sigma is a parameter."""

    scenario: str
    parameterization: str
    sampler: str
    K: int
    has_sigma: bool = False


def collate(
    cells: Iterable[ExpectedCell],
    replicates: int,
    chains: int,
    diagnoses: Iterable[Mapping[str, list[dict[str, Any]]]],
) -> dict[str, pd.DataFrame]:
    """Return the tables of fits, chains, estimates, densities, blocks and versions, by name.

    `replicates` is the number of fits per cell, `chains` the number of chains per fit, and
    `diagnoses` are the rows of each diagnose job, by table, in any order. Rows are returned in the
    order of the cells. Densities are those of log tau in replicate 0 of each cell, unless its fit
    failed; blocks are the fit jobs; versions are those of the samplers' software.

    Raises IncompleteError, which names the rows, if any are missing, duplicated or not of a cell.
    """
    # the rows of a file become columns at once: as dictionaries they take ten times the memory
    pieces: dict[str, list[pd.DataFrame]] = {name: [] for name in TABLES}
    for diagnosis in diagnoses:
        for name, rows in diagnosis.items():
            if rows:
                pieces[name].append(pd.DataFrame(rows, columns=TABLES[name]))
    tables = {
        name: pd.concat(pieces.pop(name) or [pd.DataFrame(columns=columns)], ignore_index=True)
        for name, columns in TABLES.items()
    }
    fits = [
        ((*cell[:3], i), estimands(cell.K, cell.has_sigma))
        for cell in cells
        for i in range(replicates)
    ]
    expected: dict[str, list[tuple[Any, ...]]] = {
        "fits": [fit for fit, _ in fits],
        "chains": [(*fit, chain) for fit, _ in fits for chain in range(chains)],
        "estimates": [(*fit, name) for fit, names in fits for name in names],
    }
    tables |= {name: _complete(name, tables[name], rows) for name, rows in expected.items()}
    tables["versions"] = tables["versions"].drop_duplicates()
    return tables


def _complete(what: str, table: pd.DataFrame, expected: list[tuple[Any, ...]]) -> pd.DataFrame:
    """Return `table` in the order of its `expected` keys, each of which must occur once."""
    table = table.set_index(TABLES[what][: len(FIT_KEYS) + (what != "fits")])
    found = table.index
    problems = {
        "missing": sorted(set(expected) - set(found)),
        "not of this study": sorted(set(found) - set(expected)),
        "duplicated": sorted(set(found[found.duplicated()])),
    }
    if any(problems.values()):
        counts = [
            f"{len(rows)} {problem}, the first {rows[0]}"
            for problem, rows in problems.items()
            if rows
        ]
        raise IncompleteError(
            f"{what}: {len(found)} rows instead of {len(expected)}: {'; '.join(counts)}"
        )
    # counts remain integers although those of failed fits are missing
    return table.loc[expected].reset_index().astype(dict.fromkeys(COUNTS & set(table), "Int64"))
