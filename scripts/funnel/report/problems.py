"""What a reader of the report must know first: failed fits, stuck chains, missing parts."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from funnel.analysis.criteria import ESS_TO_JUDGE, LARGE
from funnel.model.data import CELL
from funnel.report.parts import counted
from funnel.study.design import is_calibration, several_samplers
from funnel.study.schema import Study


def lead(study: Study, fits: pd.DataFrame) -> str:
    """What was done, in a sentence."""
    n = len(fits)
    shared = [each.name for each in study.scenarios if study.same_data or each.y is not None]
    data_sets = sum(
        1 if scenario in shared else len(group["replicate"].unique())
        for scenario, group in fits.groupby("scenario")
    )
    return (
        f"{counted(n, 'fit')} of {counted(data_sets, 'data set')} in "
        f"{counted(len(study.scenarios), 'scenario')}, by "
        f"{counted(len(fits['parameterization'].unique()), 'parameterization')} and "
        f"{counted(len(study.samplers), 'sampler')}, each held against the exact posterior."
    )


def first_few(lines: list[str]) -> list[str]:
    """The first of many lines, and how many there are."""
    more = f"... and {len(lines) - 5} more chains that hardly moved (moves in summary/chains.csv)."
    return lines if len(lines) <= 6 else [*lines[:5], more]


def problems(fits: pd.DataFrame) -> list[str]:
    """What a reader must know before the rest: which fits failed or cannot be judged, and why."""
    failed = fits[fits["status"] != "ok"]
    lines = []
    for names, group in failed.groupby(CELL, sort=False):
        whole = int((fits[CELL] == pd.Series(names, index=CELL)).all(axis=1).sum())
        lines.append(
            f"{', '.join(map(str, names))}: {len(group)} of {counted(whole, 'fit')} failed. "
            f"{group['message'].iloc[0]}"
        )
    if len(failed):
        lines.insert(0, f"{len(failed)} of {counted(len(fits), 'fit')} failed.")
    unjudged = fits[(fits["status"] == "ok") & (fits["message"].fillna("") != "")]
    for names, group in unjudged.groupby(CELL, sort=False):
        lines.append(
            f"{', '.join(map(str, names))}: {counted(len(group), 'fit')} cannot be held against an "
            f"exact posterior. {group['message'].iloc[0]}"
        )
    return lines


def too_short(estimates: pd.DataFrame | None) -> str:
    """How many of the fits called wrong have so few draws that their length may be why."""
    if estimates is None:
        return ""
    tau = estimates[estimates["estimand"] == "tau"]
    wrong = tau[tau["ks"].astype(float) > LARGE]
    if wrong.empty:
        return "No fit of this study is called wrong."
    short = int((wrong["ess_bulk"].astype(float) < ESS_TO_JUDGE).sum())
    return (
        f"Of the {counted(len(wrong), 'fit')} called wrong here, {short or 'none'} "
        f"{'has' if short == 1 else 'have'} fewer."
    )


def absent(study: Study, tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """What a report could have, but the study does not; a phrase each."""
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
        phrases.append("a truth drawn from the prior, so no simulation-based calibration")
    if "published" not in tables:
        phrases.append("a fit of the published data with the published settings")
    if not study.draw:
        phrases.append("figures of single fits (any is drawn by its name, or by make inspect)")
    if any(scenario.y is not None for scenario in study.scenarios):
        phrases.append("a known truth where data are given")
    return phrases


def stuck_chains(chains: pd.DataFrame) -> list[str]:
    """A sentence on each chain that hardly moved: of under one draw in a hundred."""
    stuck = chains[chains["moves"] < 0.01]
    return [
        f"{row['scenario']}, {row['parameterization']}, {row['sampler']}, replicate "
        f"{row['replicate']}: chain {row['chain']} hardly moved ({row['moves']:.1%} of its draws "
        "are new), and distorts whatever is said of this fit."
        for _, row in stuck.iterrows()
    ]
