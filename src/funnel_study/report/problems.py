"""What a reader of the report must know first: failed fits, stuck chains, missing parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from funnel_study.files.tables import CELL_KEYS
from funnel_study.report.parts import words
from funnel_study.study.design import is_calibration, several_samplers
from funnel_study.study.schema import Study

STUCK = 0.01  # a chain that moved in a smaller fraction of its transitions is stuck


def lead(study: Study, fits: pd.DataFrame) -> str:
    """Return one sentence on the size of the study."""
    # scenarios that differ only in the settings of their fits have the same data
    bases = {each.name: each.base for each in study.scenarios}
    shared = [each.name for each in bases.values() if study.same_data or each.y is not None]
    names = fits["scenario"].map({name: base.name for name, base in bases.items()})
    data_sets = sum(
        1 if base in shared else len(group["replicate"].unique())
        for base, group in fits.groupby(names)
    )
    return words("problems", "lead", len(fits), data_sets)


def first_few(lines: list[str], what: str = "chains") -> list[str]:
    """Return the first of many lines, and a line on how many more there are."""
    if len(lines) <= 6:
        return lines
    return [*lines[:5], words("problems", "more", len(lines) - 5, what)]


def problems(fits: pd.DataFrame) -> list[str]:
    """Return one line per cell with fits that failed or cannot be judged, with the reason."""
    failed = fits["status"] != "ok"
    unjudged = ~failed & (fits["message"].fillna("") != "")
    sizes: dict[Any, int] = fits.groupby(CELL_KEYS).size().to_dict()
    lines = [words("problems", "failed", failed.sum(), len(fits))] if failed.any() else []
    for macro, are_such in (("failed_in", failed), ("unjudged", unjudged)):
        for names, group in fits[are_such].groupby(CELL_KEYS, sort=False):
            counts = (len(group), sizes[names])
            message = group["message"].iloc[0]
            lines.append(words("problems", macro, ", ".join(map(str, names)), *counts, message))
    return lines


def absent(study: Study, tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """Return one phrase per thing that a report could show but this study does not have."""
    has = {
        "replicates": study.replicates > 1,
        "chains": study.sampling.chains > 1,
        "parameterizations": len(tables["fits"]["parameterization"].unique()) > 1,
        "samplers": several_samplers(study),
        "calibration": is_calibration(study),
        "published": "published" in tables,
        "drawn": bool(study.draw),
        "truth": all(scenario.y is None for scenario in study.scenarios),
    }
    return [words("problems", "without", name) for name, is_there in has.items() if not is_there]


def stuck_chains(chains: pd.DataFrame) -> list[str]:
    """Return one line per stuck chain: fewer than one in a hundred of its draws are new."""
    stuck = chains[chains["moves"] < STUCK]
    return [words("problems", "stuck", row) for row in stuck.to_dict("records")]
