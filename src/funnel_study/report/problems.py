"""What a reader of the report must know first: failed fits, stuck chains, missing parts."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from funnel_study.files.tables import CELL_KEYS
from funnel_study.report.numbers import number
from funnel_study.report.parts import counted
from funnel_study.study.design import is_calibration, several_samplers
from funnel_study.study.schema import Study

_STUCK = 0.01  # a chain that moved in a smaller fraction of its transitions is stuck


def lead(study: Study, fits: pd.DataFrame) -> str:
    """Return one sentence on the size of the study."""
    n = len(fits)
    # scenarios that differ only in the settings of their fits have the same data
    bases = {each.name: each.base for each in study.scenarios}
    shared = [each.name for each in bases.values() if study.same_data or each.y is not None]
    names = fits["scenario"].map({name: base.name for name, base in bases.items()})
    data_sets = sum(
        1 if base in shared else len(group["replicate"].unique())
        for base, group in fits.groupby(names)
    )
    return (
        f"{counted(n, 'fit')} of {counted(data_sets, 'data set')} in "
        f"{counted(len(study.scenarios), 'scenario')}, with "
        f"{counted(len(fits['parameterization'].unique()), 'parameterization')} and "
        f"{counted(len(study.samplers), 'sampler')}, each compared with the exact posterior."
    )


MORE_CHAINS = "more chains hardly moved (see the column moves of summary/chains.csv)."


def first_few(lines: list[str], more: str = MORE_CHAINS) -> list[str]:
    """Return the first of many lines, and a line on how many more there are."""
    return lines if len(lines) <= 6 else [*lines[:5], f"{len(lines) - 5} {more}"]


def problems(fits: pd.DataFrame) -> list[str]:
    """Return one line per cell with fits that failed or cannot be judged, with the reason."""
    failed = fits[fits["status"] != "ok"]
    lines = []
    for names, group in failed.groupby(CELL_KEYS, sort=False):
        whole = int((fits[CELL_KEYS] == pd.Series(names, index=CELL_KEYS)).all(axis=1).sum())
        lines.append(
            f"{', '.join(map(str, names))}: {len(group)} of {counted(whole, 'fit')} failed. "
            f"{group['message'].iloc[0]}"
        )
    if len(failed):
        lines.insert(0, f"{len(failed)} of {counted(len(fits), 'fit')} failed.")
    unjudged = fits[(fits["status"] == "ok") & (fits["message"].fillna("") != "")]
    for names, group in unjudged.groupby(CELL_KEYS, sort=False):
        lines.append(
            f"{', '.join(map(str, names))}: {counted(len(group), 'fit')} cannot be compared with "
            f"the exact posterior. {group['message'].iloc[0]}"
        )
    return lines


def absent(study: Study, tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """Return one phrase per thing that a report could show but this study does not have."""
    phrases = []
    if study.replicates == 1:
        phrases.append("more than one replicate, so no Monte Carlo standard errors over replicates")
    if study.sampling.chains == 1:
        phrases.append("a second chain of each fit, so no R-hat")
    if len(tables["fits"]["parameterization"].unique()) == 1:
        phrases.append("a second parameterization to compare with")
    if not several_samplers(study):
        phrases.append("a second sampler to compare with")
    if not is_calibration(study):
        phrases.append("true values drawn from the prior, so no simulation-based calibration")
    if "published" not in tables:
        phrases.append("a fit of the published data with the published settings")
    if not study.draw:
        phrases.append("figures of single fits (the command make inspect draws those of any fit)")
    if any(scenario.y is not None for scenario in study.scenarios):
        phrases.append("known true values for the data that are given")
    return phrases


def stuck_chains(chains: pd.DataFrame) -> list[str]:
    """Return one line per stuck chain: fewer than one in a hundred of its draws are new."""
    stuck = chains[chains["moves"] < _STUCK]
    return [
        f"{row['scenario']}, {row['parameterization']}, {row['sampler']}, replicate "
        f"{row['replicate']}: chain {row['chain']} hardly moved "
        f"({number(100 * row['moves'], 2)} % of its draws differ from the previous draw), which "
        "distorts all results of this fit."
        for _, row in stuck.iterrows()
    ]
