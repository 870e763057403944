"""Summary tables of a study: the diagnostics of every job, collated and counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from funnel.diagnosis.diagnostics import CHAIN_COLUMNS, ESTIMATE_COLUMNS, FIT_COLUMNS
from funnel.diagnosis.exact_errors import DENSITY_COLUMNS
from funnel.model.data import CELL, FIT, estimands
from funnel.storage.records import UnusableFileError
from funnel.study.design import cells
from funnel.study.schema import Study

BLOCK_COLUMNS = [
    *CELL,
    "first_replicate",
    "replicates",
    "starting_seconds",
    "preparing_seconds",
]
VERSION_COLUMNS = ["sampler", "package", "version"]
COUNTS = ("divergences", "max_tree_depth_hits", "leapfrog_steps")


class IncompleteError(UnusableFileError):
    """A table that does not hold exactly the rows that the study's design asks for."""


def collate(
    study: Study, diagnoses: Iterable[Mapping[str, list[dict[str, Any]]]]
) -> dict[str, pd.DataFrame]:
    """The tables of fits, chains, estimates, densities, versions and blocks, in design's order.

    Densities are those of log tau of each cell's replicate 0, where its fit ended; versions those
    of what ran the fits; blocks are the jobs that did.

    Raises IncompleteError, which names the rows, if any is missing, superfluous or double.
    """
    columns = {
        "fits": [*FIT, *FIT_COLUMNS],
        "chains": [*FIT, "chain", *CHAIN_COLUMNS],
        "estimates": [*FIT, "estimand", *ESTIMATE_COLUMNS],
        "densities": [*FIT, *DENSITY_COLUMNS],
        "blocks": BLOCK_COLUMNS,
        "versions": VERSION_COLUMNS,
    }
    # a file's rows become columns at once: they take a tenth of the memory of their dictionaries
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
    for cell in cells(study):
        names = estimands(study.scenario(cell.scenario).K)
        for replicate in range(study.replicates):
            key = (cell.scenario, cell.parameterization, cell.sampler, replicate)
            expected_fits.append(key)
            expected_chains += [(*key, chain) for chain in range(study.sampling.chains)]
            expected_estimates += [(*key, name) for name in names]
    return {
        "fits": _whole("fits", tables["fits"], FIT, expected_fits),
        "chains": _whole("chains", tables["chains"], [*FIT, "chain"], expected_chains),
        "estimates": _whole(
            "estimates", tables["estimates"], [*FIT, "estimand"], expected_estimates
        ),
        "densities": tables["densities"],
        "blocks": tables["blocks"],
        "versions": tables["versions"].drop_duplicates(),
    }


def _whole(
    what: str, table: pd.DataFrame, keys: list[str], expected: list[tuple[Any, ...]]
) -> pd.DataFrame:
    """`table` in the order of its `expected` keys, all of which it must have once."""
    table = table.set_index(keys)
    found = table.index
    problems = {
        "missing": sorted(set(expected) - set(found)),
        "not of this study": sorted(set(found) - set(expected)),
        "twice": sorted(set(found[found.duplicated()])),
    }
    if any(problems.values()):
        lines = [
            f"{len(keys_)} {problem}, the first {keys_[0]}"
            for problem, keys_ in problems.items()
            if keys_
        ]
        raise IncompleteError(
            f"{what}: {len(found)} rows where the design has {len(expected)}: {'; '.join(lines)}"
        )
    table = table.loc[expected].reset_index()
    # counts stay whole numbers beside the missing ones of failed fits
    return table.astype({count: "Int64" for count in COUNTS if count in table})
