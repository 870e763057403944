"""The tables of a study, collated from the diagnostics of all its jobs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import pandas as pd

from funnel.group_means import estimands
from funnel_study.diagnosis.columns import (
    CHAIN_COLUMNS,
    DENSITY_COLUMNS,
    ESTIMATE_COLUMNS,
    FIT_COLUMNS,
)
from funnel_study.files.tables import CELL_KEYS, FIT_KEYS
from funnel_study.files.whole_files import UnusableFileError

BLOCK_COLUMNS = [
    *CELL_KEYS,
    "first_replicate",
    "replicates",
    "starting_seconds",
    "preparing_seconds",
]
VERSION_COLUMNS = ["sampler", "package", "version"]
COUNTS = (
    "divergences",
    "max_tree_depth_hits",
    "leapfrog_steps",
    "tuning_leapfrog_steps",
    "choosing_gradients",
)


class IncompleteError(UnusableFileError):
    """A table does not have exactly the rows that the design of the study asks for."""


class ExpectedCell(NamedTuple):
    """A cell of the study, with the number K of individuals in its data sets."""

    scenario: str
    parameterization: str
    sampler: str
    K: int


def collate(
    cells: Iterable[ExpectedCell],
    replicates: int,
    chains: int,
    diagnoses: Iterable[Mapping[str, list[dict[str, Any]]]],
) -> dict[str, pd.DataFrame]:
    """The tables of fits, chains, estimates, densities, blocks and versions, by name.

    `replicates` is the number of fits per cell, `chains` the number of chains per fit, and
    `diagnoses` are the rows of each diagnose job, by table, in any order. Rows are returned in the
    order of the cells. Densities are those of log tau in replicate 0 of each cell, unless its fit
    failed; blocks are the fit jobs; versions are those of the samplers' software.

    Raises IncompleteError, which names the rows, if any are missing, duplicated or not of a cell.
    """
    columns = {
        "fits": [*FIT_KEYS, *FIT_COLUMNS],
        "chains": [*FIT_KEYS, "chain", *CHAIN_COLUMNS],
        "estimates": [*FIT_KEYS, "estimand", *ESTIMATE_COLUMNS],
        "densities": [*FIT_KEYS, *DENSITY_COLUMNS],
        "blocks": BLOCK_COLUMNS,
        "versions": VERSION_COLUMNS,
    }
    # the rows of a file become columns at once: as dictionaries they take ten times the memory
    pieces: dict[str, list[pd.DataFrame]] = {name: [] for name in columns}
    for diagnosis in diagnoses:
        for name, rows in diagnosis.items():
            if rows:
                pieces[name].append(pd.DataFrame(rows, columns=columns[name]))
    tables = {
        name: pd.concat(pieces.pop(name) or [pd.DataFrame(columns=of_it)], ignore_index=True)
        for name, of_it in columns.items()
    }
    expected_fits, expected_chains, expected_estimates = [], [], []
    for *names, K in cells:
        for replicate in range(replicates):
            key = (*names, replicate)
            expected_fits.append(key)
            expected_chains += [(*key, chain) for chain in range(chains)]
            expected_estimates += [(*key, estimand) for estimand in estimands(K)]
    return {
        "fits": _complete("fits", tables["fits"], FIT_KEYS, expected_fits),
        "chains": _complete("chains", tables["chains"], [*FIT_KEYS, "chain"], expected_chains),
        "estimates": _complete(
            "estimates", tables["estimates"], [*FIT_KEYS, "estimand"], expected_estimates
        ),
        "densities": tables["densities"],
        "blocks": tables["blocks"],
        "versions": tables["versions"].drop_duplicates(),
    }


def _complete(
    what: str, table: pd.DataFrame, keys: list[str], expected: list[tuple[Any, ...]]
) -> pd.DataFrame:
    """Sort `table` by its `expected` keys, or raise IncompleteError: each must occur once."""
    table = table.set_index(keys)
    found = table.index
    problems = {
        "missing": sorted(set(expected) - set(found)),
        "not of this study": sorted(set(found) - set(expected)),
        "duplicated": sorted(set(found[found.duplicated()])),
    }
    if any(problems.values()):
        lines = [
            f"{len(rows)} {problem}, the first {rows[0]}"
            for problem, rows in problems.items()
            if rows
        ]
        raise IncompleteError(
            f"{what}: {len(found)} rows instead of {len(expected)}: {'; '.join(lines)}"
        )
    table = table.loc[expected].reset_index()
    # counts remain integers although those of failed fits are missing
    return table.astype({count: "Int64" for count in COUNTS if count in table})
