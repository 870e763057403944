"""Funnel against what its users would run instead: from raw measurements to tables and a figure.

A *peer* is a program that does the fits of the same data by other means, or this project itself. A
*run* is what was started and measured as a whole: a process with all fits of a peer, or with one.
What it took beyond its fits (starting, importing, writing) is shared out among them evenly, so that
the fits of a run add up to it.
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
    """A program in scripts/peers, the environment it runs in, and its processes.

    `a_process_a_fit` starts it anew for each fit; otherwise one process does them all.
    """

    label: str
    program: str
    environment: str
    a_process_a_fit: bool = False


PEERS = {
    "pymc3": Peer("PyMC3", "with_pymc3.py", "pymc3"),
    "pymc": Peer("PyMC", "with_pymc.py", "bench"),
    "pystan": Peer("PyStan", "with_pystan.py", "bench"),
    "nutpie": Peer("nutpie, a process a fit", "with_nutpie.py", "bench", a_process_a_fit=True),
    "nutpie-loop": Peer("nutpie, one process", "with_nutpie.py", "bench"),
}
OURS, DIAGNOSED, OLDEST = "funnel", "funnel-diagnosed", "pymc3"
LABELS = {
    OURS: "Funnel",
    DIAGNOSED: "Funnel, diagnosed too",
    **{name: peer.label for name, peer in PEERS.items()},
}

PLACE = ["peer", "scenario", "parameterization"]
FIT_COLUMNS = [
    *(*PLACE, "replicate", "status", "message", "seconds", "cpu_seconds"),
    *("sampling_seconds", "compile_seconds", "leapfrog_steps", "ess_bulk", "z_tau", "ks"),
]
CELL_COLUMNS = [
    *(*PLACE, "fits", "failed", "fits_per_minute", "seconds", "cpu_seconds", "sampling_seconds"),
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
# the root mean square of z over a cell's fits; above, a cell is not explored, or a peer is wrong
_EXPLORED, _WRONG = 2.0, 5.0


def quality(tau: Array, data_set: DataSet, priors: Priors) -> dict[str, float]:
    """How good the draws of tau (chain, draw) are, by ArviZ and by the exact posterior.

    `ess_bulk` is theirs, `z_tau` the error of their mean in Monte Carlo standard errors, `ks` their
    Kolmogorov-Smirnov distance.
    """
    exact = ExactPosterior(data_set.group_means(), priors)
    summary = {name: float(values[0]) for name, values in estimate(tau[None]).items()}
    return {
        "ess_bulk": summary["ess_bulk"],
        "z_tau": (summary["mean"] - exact.mean()["tau"]) / summary["mcse_mean"],
        "ks": kolmogorov_smirnov(exact.cdf("tau", np.sort(tau, axis=None))),
    }


def shared_out(whole: float, parts: Sequence[float]) -> Array:
    """The seconds of a run by fit: those of its own, and an even share of what is left.

    A fit without seconds of its own (nan) has the share alone.
    """
    own = np.nan_to_num(np.asarray(parts, dtype=float))
    return np.asarray(own + (whole - own.sum()) / len(own))


def with_costs(
    fits: Sequence[Mapping[str, Any]], seconds: float, cpu_seconds: float
) -> list[dict[str, Any]]:
    """The fits of one run, which took so much, with the `seconds` and `cpu_seconds` of each.

    CPU seconds are shared out as the wall seconds are.
    """
    each = shared_out(seconds, [fit["seconds"] for fit in fits])
    return [
        {**fit, "seconds": own, "cpu_seconds": own / seconds * cpu_seconds if seconds else 0.0}
        for fit, own in zip(fits, each.tolist(), strict=True)
    ]


def cells(fits: pd.DataFrame, cores: Mapping[str, int]) -> pd.DataFrame:
    """A row a peer, scenario and parameterization: means over its fits that ended.

    `cores` are those that a fit of each peer may use. `leapfrog_steps_per_core_second` are the
    steps of the draws over the seconds of sampling, tuning included, times those cores. `z_tau` is
    the root mean square over fits, `ks` the mean. A cell is `explored` if this project's fits are
    right: none has a ks over 0.05, nor their z_tau a size over 2; elsewhere ESS means nothing. The
    last two columns are ratios of fits a minute.
    """
    rows = []
    for place, group in fits.groupby(PLACE, sort=False):
        ended = group[group["status"] == "ok"]
        row = dict(zip(PLACE, place, strict=True))
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
    ours = table.assign(right=right)[table["peer"] == OURS].set_index(PLACE[1:])
    oldest = table[table["peer"] == OLDEST].set_index(PLACE[1:])
    where = pd.MultiIndex.from_frame(table[PLACE[1:]])
    seconds = table["seconds"].to_numpy()
    table["explored"] = ours["right"].reindex(where, fill_value=False).to_numpy()
    table["funnel_times_as_fast"] = seconds / ours["seconds"].reindex(where).to_numpy()
    table["times_as_fast_as_pymc3"] = oldest["seconds"].reindex(where).to_numpy() / seconds
    return table[CELL_COLUMNS]


def peers(cells: pd.DataFrame, about: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """A row a peer, in the order of `about`, which has what is known of it beside its fits.

    A cell counts alike however many fits it has. Ratios are over the cells that both have. ESS per
    CPU second and `z_tau` (root mean square) are over the explored cells. `status` is ok, failed
    (no fit ended), incomplete (some did not) or wrong: z_tau is over 5 in an explored cell.
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
            message = f"tau is not that of the exact posterior: {'; '.join(where)}"
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
            "funnel_times_as_fast": _times_as_fast(cells, OURS, peer),
            "times_as_fast_as_pymc3": _times_as_fast(cells, peer, OLDEST),
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


def _times_as_fast(cells: pd.DataFrame, one: str, other: str) -> float:
    """How many times the fits a minute of `other` those of `one` are, over the cells of both."""
    seconds = cells.set_index(PLACE)["seconds"].dropna()
    by_peer = [
        seconds.xs(peer) if peer in seconds.index.get_level_values(0) else seconds.iloc[:0]
        for peer in (one, other)
    ]
    if any(each.empty for each in by_peer):
        return np.nan
    both = pd.concat(by_peer, axis=1, join="inner", keys=["one", "other"])
    return float(both["other"].sum() / both["one"].sum())
