"""The tables of the benchmark, which compares Funnel with other programs on the same data.

A *peer* is a program that fits the data, either Funnel or another one. A *run* is a process that
was measured as a whole, with one fit or with all fits of a peer. The time that a run takes in
addition to its fits, for starting, importing and writing, is divided evenly among its fits, so that
the seconds of the fits add up to those of the run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from funnel.analysis.criteria import LARGE
from funnel.diagnosis.diagnostics import estimate
from funnel.diagnosis.exact_errors import kolmogorov_smirnov
from funnel.model.data import Array, DataSet, Priors
from funnel.model.exact import ExactPosterior


@dataclass(frozen=True)
class Peer:
    """A program in scripts/peers and the environment in which it runs.

    With `process_per_fit`, every fit has its own process; otherwise one process does all fits.
    """

    label: str
    program: str
    environment: str
    process_per_fit: bool = False


PEERS = {
    "pymc3": Peer("PyMC3", "with_pymc3.py", "pymc3"),
    "pymc": Peer("PyMC", "with_pymc.py", "bench"),
    "pystan": Peer("PyStan", "with_pystan.py", "bench"),
    "nutpie": Peer("nutpie, one process per fit", "with_nutpie.py", "bench", process_per_fit=True),
    "nutpie-loop": Peer("nutpie, one process", "with_nutpie.py", "bench"),
}
FUNNEL, DIAGNOSED, BASELINE = "funnel", "funnel-diagnosed", "pymc3"
LABELS = {
    FUNNEL: "Funnel",
    DIAGNOSED: "Funnel, with diagnostics",
    **{name: peer.label for name, peer in PEERS.items()},
}

KEYS = ["peer", "scenario", "parameterization"]
FIT_COLUMNS = [
    *(*KEYS, "replicate", "status", "message", "seconds", "cpu_seconds"),
    *("sampling_seconds", "compile_seconds", "leapfrog_steps", "ess_bulk", "z_tau", "ks"),
]
CELL_COLUMNS = [
    *(*KEYS, "fits", "failed", "fits_per_minute", "seconds", "cpu_seconds", "sampling_seconds"),
    *("compile_seconds", "leapfrog_steps", "leapfrog_steps_per_core_second", "ess_bulk"),
    *("ess_per_cpu_second", "z_tau", "ks", "explored", "funnel_times_as_fast"),
    "times_as_fast_as_pymc3",
]
PEER_COLUMNS = [
    *("peer", "status", "cells", "fits", "failed", "fits_per_minute", "funnel_times_as_fast"),
    *("times_as_fast_as_pymc3", "cpu_seconds", "ess_per_cpu_second"),
    *("leapfrog_steps_per_core_second", "sampling_seconds", "compile_seconds", "build_seconds"),
    *("largest_memory_mb", "z_tau", "cores", "versions", "message"),
]
_MEANS = ["seconds", "cpu_seconds", "sampling_seconds", "compile_seconds", "leapfrog_steps"]
_EXPLORED = 2.0  # largest root mean square z of a cell that Funnel explores
_WRONG = 5.0  # a peer is wrong if the root mean square z of an explored cell is larger


def quality(tau: Array, data_set: DataSet, priors: Priors) -> dict[str, float]:
    """Return measures of the quality of the draws of tau (chain, draw).

    `ess_bulk` is their bulk effective sample size, `z_tau` the error of their mean against the
    exact posterior in Monte Carlo standard errors, and `ks` their Kolmogorov-Smirnov distance to
    the exact posterior.
    """
    exact = ExactPosterior(data_set.group_means(), priors)
    summary = {name: float(values[0]) for name, values in estimate(tau[None]).items()}
    return {
        "ess_bulk": summary["ess_bulk"],
        "z_tau": (summary["mean"] - exact.mean()["tau"]) / summary["mcse_mean"],
        "ks": kolmogorov_smirnov(exact.cdf("tau", np.sort(tau, axis=None))),
    }


def divided_seconds(whole: float, parts: Sequence[float]) -> Array:
    """Divide the seconds of a run among its fits.

    Each fit has its own seconds, `parts`, and an equal share of the rest of `whole`. A fit whose
    own seconds are unknown (nan) has the share only.
    """
    own = np.nan_to_num(np.asarray(parts, dtype=float))
    return np.asarray(own + (whole - own.sum()) / len(own))


def with_divided_costs(
    fits: Sequence[Mapping[str, Any]], seconds: float, cpu_seconds: float
) -> list[dict[str, Any]]:
    """Return the fits of a run with the wall and CPU seconds of the run divided among them.

    CPU seconds are divided in proportion to the wall seconds.
    """
    each = divided_seconds(seconds, [fit["seconds"] for fit in fits])
    return [
        {**fit, "seconds": own, "cpu_seconds": own / seconds * cpu_seconds if seconds else 0.0}
        for fit, own in zip(fits, each.tolist(), strict=True)
    ]


def cells(fits: pd.DataFrame, cores: Mapping[str, int]) -> pd.DataFrame:
    """Return one row per peer, scenario and parameterization, with means over the completed fits.

    `cores` has the number of cores that a fit of each peer may use.
    `leapfrog_steps_per_core_second` is the number of steps of the draws divided by the seconds of
    sampling, tuning included, and by that number of cores. `z_tau` is the root mean square over
    fits, and `ks` the mean. A cell is `explored` if Funnel's fits of it are right, that is, if no
    `ks` is above 0.05 and `z_tau` is at most 2; the ESS of other cells is meaningless. The last two
    columns are ratios of fits per minute.
    """
    rows = []
    for key, group in fits.groupby(KEYS, sort=False):
        ended = group[group["status"] == "ok"]
        row = dict(zip(KEYS, key, strict=True))
        row |= {"fits": len(ended), "failed": len(group) - len(ended)}
        row |= {name: ended[name].astype(float).mean() for name in [*_MEANS, "ess_bulk", "ks"]}
        row["z_tau"] = np.sqrt((ended["z_tau"].astype(float) ** 2).mean())
        row["largest_ks"] = ended["ks"].astype(float).max()
        row["cores"] = cores[str(row["peer"])]
        rows.append(row)
    table = pd.DataFrame(rows)
    core_seconds = table["sampling_seconds"] * table["cores"]
    table = table.assign(
        fits_per_minute=60 / table["seconds"],
        leapfrog_steps_per_core_second=table["leapfrog_steps"] / core_seconds,
        ess_per_cpu_second=table["ess_bulk"] / table["cpu_seconds"],
    )
    right = (table["largest_ks"] <= LARGE) & (table["z_tau"] <= _EXPLORED)
    funnel = table.assign(right=right)[table["peer"] == FUNNEL].set_index(KEYS[1:])
    baseline = table[table["peer"] == BASELINE].set_index(KEYS[1:])
    where = pd.MultiIndex.from_frame(table[KEYS[1:]])
    seconds = table["seconds"].to_numpy()
    table["explored"] = funnel["right"].reindex(where, fill_value=False).to_numpy()
    table["funnel_times_as_fast"] = seconds / funnel["seconds"].reindex(where).to_numpy()
    table["times_as_fast_as_pymc3"] = baseline["seconds"].reindex(where).to_numpy() / seconds
    return table[CELL_COLUMNS]


def peers(cells: pd.DataFrame, about: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Return one row per peer, in the order of `about`, with means over its cells.

    `about` has the columns of each peer that do not depend on its fits. All cells have the same
    weight, whatever their number of fits. Ratios are computed from the cells that both peers have.
    ESS per CPU second and `z_tau` (root mean square) are computed from the explored cells. `status`
    is ok, failed (no fit was completed), incomplete (some fits failed) or wrong (`z_tau` is above 5
    in an explored cell).
    """
    rows = []
    for peer, known in about.items():
        own = cells[cells["peer"] == peer]
        ended = own[own["fits"] > 0]
        explored = ended[ended["explored"]]
        wrong = explored[explored["z_tau"] > _WRONG]
        failed = int(own["failed"].sum())
        status, message = "ok", known["message"]
        if ended.empty:
            status = "failed"
        elif len(wrong):
            status = "wrong"
            where = wrong["scenario"] + ", " + wrong["parameterization"]
            message = f"wrong posterior mean of tau in these cells: {'; '.join(where)}"
        elif failed:
            status = "incomplete"
        row = {
            **known,
            "peer": peer,
            "status": status,
            "message": message if status != "ok" else "",
            "cells": len(ended),
            "fits": int(ended["fits"].sum()),
            "failed": failed,
            "fits_per_minute": 60 / ended["seconds"].mean(),
            "funnel_times_as_fast": _speed_ratio(cells, FUNNEL, peer),
            "times_as_fast_as_pymc3": _speed_ratio(cells, peer, BASELINE),
            "cpu_seconds": ended["cpu_seconds"].mean(),
            "ess_per_cpu_second": explored["ess_bulk"].sum() / explored["cpu_seconds"].sum()
            if len(explored)
            else np.nan,
            "leapfrog_steps_per_core_second": ended["leapfrog_steps"].sum()
            / (ended["leapfrog_steps"] / ended["leapfrog_steps_per_core_second"]).sum()
            if len(ended)
            else np.nan,
            "sampling_seconds": ended["sampling_seconds"].mean(),
            "compile_seconds": ended["compile_seconds"].mean(),
            "z_tau": np.sqrt((explored["z_tau"] ** 2).mean()),
        }
        rows.append(row)
    return pd.DataFrame(rows, columns=PEER_COLUMNS)


def _speed_ratio(cells: pd.DataFrame, one: str, other: str) -> float:
    """Return the fits per minute of `one` divided by those of `other`, over the cells of both."""
    seconds = cells.set_index(KEYS)["seconds"].dropna()
    by_peer = [
        seconds.xs(peer) if peer in seconds.index.get_level_values(0) else seconds.iloc[:0]
        for peer in (one, other)
    ]
    if any(each.empty for each in by_peer):
        return np.nan
    both = pd.concat(by_peer, axis=1, join="inner", keys=["one", "other"])
    return float(both["other"].sum() / both["one"].sum())
