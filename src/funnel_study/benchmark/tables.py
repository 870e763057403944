"""The tables of the benchmark, which compares Funnel with other programs on the same data.

A *peer* is a program that fits the data: another program, or Funnel with one of its samplers. The
fits in which Funnel integrates theta out are those of a peer of their own. A *run* is a process
that was measured as a whole, with one fit or with all fits of a peer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from funnel.data import DataSet
from funnel.exact import ExactPosterior
from funnel.group_means import Array
from funnel.priors import Priors
from funnel_study.analysis.criteria import LARGE_KS
from funnel_study.diagnosis.diagnostics import estimate
from funnel_study.diagnosis.exact_errors import kolmogorov_smirnov


@dataclass(frozen=True)
class Peer:
    """A program in scripts/peers and the environment in which it runs.

    With `process_per_fit`, every fit has its own process; otherwise one process does all fits. With
    `group_means`, the program gets the mean of each individual's observations as its data.
    """

    label: str
    program: str
    environment: str = "bench"
    process_per_fit: bool = False
    group_means: bool = False


PEERS = {
    "pymc3": Peer("PyMC3", "with_pymc3.py", "pymc3"),
    "pymc": Peer("PyMC", "with_pymc.py"),
    "pystan": Peer("PyStan", "with_pystan.py"),
    "nutpie": Peer("nutpie, one process per fit", "with_nutpie.py", process_per_fit=True),
    "nutpie-loop": Peer("nutpie, one process", "with_nutpie.py"),
    "pymc-means": Peer("PyMC, group means", "with_pymc.py", group_means=True),
    "nutpie-means": Peer("nutpie, one process, group means", "with_nutpie.py", group_means=True),
}
FUNNEL, DIAGNOSED, BASELINE = "funnel", "funnel-diagnosed", "pymc3"
# Funnel with each of these samplers, of which the first is its default
OWN = {"nutpie": FUNNEL, "stan": "funnel-stan"}
LABELS = {
    FUNNEL: "Funnel",
    DIAGNOSED: "Funnel, with diagnostics",
    "funnel-stan": "Funnel, stan",
    "funnel-marginal": "Funnel, marginal",
    "funnel-stan-marginal": "Funnel, stan, marginal",
    **{name: peer.label for name, peer in PEERS.items()},
}

CELL = ["scenario", "parameterization"]
KEYS = ["peer", *CELL]
FIT_COLUMNS = [
    *(*KEYS, "replicate", "status", "message", "seconds", "cpu_seconds"),
    *("sampling_seconds", "compile_seconds", "leapfrog_steps", "chains", "squared_error"),
    *("ess_bulk", "z_tau", "ks"),
]
CELL_COLUMNS = [
    *(*KEYS, "fits", "failed", "fits_per_minute", "seconds", "cpu_seconds", "sampling_seconds"),
    *("compile_seconds", "leapfrog_steps", "leapfrog_steps_per_core_second", "squared_error"),
    *("seconds_to_error", "ess_bulk", "ess_per_cpu_second", "z_tau", "ks", "explored"),
    *("funnel_times_as_fast", "times_as_fast_as_pymc3"),
]
PEER_COLUMNS = [
    *("peer", "status", "cells", "fits", "failed", "fits_per_minute", "funnel_times_as_fast"),
    *("times_as_fast_as_pymc3", "seconds_to_error", "funnel_times_as_cheap"),
    *("funnel_times_as_cheap_se", "cpu_seconds", "ess_per_cpu_second"),
    *("leapfrog_steps_per_core_second", "sampling_seconds", "compile_seconds", "build_seconds"),
    *("largest_memory_mb", "z_tau", "cores", "versions", "message"),
]
ERROR = 0.1  # in exact posterior standard deviations
_EXPLORED = 2.0  # largest root mean square z of a cell that Funnel explores
_WRONG = 5.0  # a peer is wrong if the root mean square z of an explored cell is larger


def quality(mu: Array, tau: Array, data_set: DataSet, priors: Priors) -> dict[str, float]:
    """Return measures of the quality of the draws of mu and tau, each (chain, draw).

    `squared_error` is the mean over chains and over mu, tau and log tau of the squared error of the
    mean of a chain, in exact posterior variances. The others concern tau: `ess_bulk` is its bulk
    effective sample size, `z_tau` the error of its mean in Monte Carlo standard errors, and `ks`
    the Kolmogorov-Smirnov distance between its draws and the exact posterior.
    """
    exact = ExactPosterior(data_set.group_means(), priors)
    mean, sd = exact.mean(), exact.sd()
    found = {name: float(values[0]) for name, values in estimate(tau[None]).items()}
    with np.errstate(divide="ignore"):  # tau may underflow
        drawn = {"mu": mu, "tau": tau, "log_tau": np.log(tau)}
    errors = [(draws.mean(axis=1) - mean[name]) / sd[name] for name, draws in drawn.items()]
    return {
        "chains": len(tau),
        "squared_error": float(np.square(errors).mean()),
        "ess_bulk": found["ess_bulk"],
        "z_tau": (found["mean"] - mean["tau"]) / found["mcse_mean"],
        "ks": kolmogorov_smirnov(exact.cdf("tau", np.sort(tau, axis=None))),
    }


def with_divided_costs(
    fits: Sequence[Mapping[str, Any]], seconds: float, cpu_seconds: float
) -> list[dict[str, Any]]:
    """Return the fits of a run with the wall and CPU seconds of the run divided among them.

    What a run takes in addition to the seconds of its fits, for starting, importing and writing, is
    divided evenly, so that they add up to the seconds of the run. A fit whose own seconds are
    unknown (nan) has this share only. CPU seconds are divided in proportion to the wall seconds.
    """
    own = np.nan_to_num([float(fit["seconds"]) for fit in fits])
    each = own + (seconds - own.sum()) / len(own)
    of_cpu = cpu_seconds * (each / seconds if seconds else 0 * each)
    return [
        {**fit, "seconds": wall, "cpu_seconds": cpu}
        for fit, wall, cpu in zip(fits, each.tolist(), of_cpu.tolist(), strict=True)
    ]


def cells(fits: pd.DataFrame, cores: Mapping[str, int]) -> pd.DataFrame:
    """Return one row per peer, scenario and parameterization, with means over the completed fits.

    `cores` has the number of cores that a fit of each peer may use.
    `leapfrog_steps_per_core_second` is the number of steps of the draws divided by the seconds of
    sampling, tuning included, and by that number of cores. `z_tau` is the root mean square over
    fits, and `ks` the mean. A cell is `explored` if Funnel's fits of it are right, that is, if no
    `ks` is above 0.05 and `z_tau` is at most 2; the ESS of other cells is meaningless. The last two
    columns are ratios of fits per minute.

    `seconds_to_error` is the CPU time for an error of a tenth of a posterior standard deviation:
    the seconds of one chain times its squared error, divided by 0.1^2. As the squared error of a
    chain is inversely proportional to its length, this does not depend on the length.
    """
    completed = fits["status"] == "ok"
    values = fits[FIT_COLUMNS[6:]].astype(float).where(completed)
    values["z_tau"] **= 2
    counted = fits[KEYS].assign(fits=completed, failed=~completed)
    groups = counted.join(values).groupby(KEYS, sort=False)
    table = groups[list(values)].mean().join(groups[["fits", "failed"]].sum())
    table["z_tau"] **= 0.5
    seconds = table["seconds"]
    peer = table.index.get_level_values("peer")
    cell = table.reset_index("peer").index

    def seconds_of(name: str) -> Array:
        return seconds[peer == name].droplevel("peer").reindex(cell).to_numpy()

    right = (groups["ks"].max() <= LARGE_KS) & (table["z_tau"] <= _EXPLORED)
    right = right[~peer.isin([*PEERS, DIAGNOSED])].groupby(CELL).all()
    core_seconds = table["sampling_seconds"] * peer.map(cores)
    table = table.assign(
        fits_per_minute=60 / seconds,
        leapfrog_steps_per_core_second=table["leapfrog_steps"] / core_seconds,
        seconds_to_error=table["cpu_seconds"] / table["chains"] * table["squared_error"] / ERROR**2,
        ess_per_cpu_second=table["ess_bulk"] / table["cpu_seconds"],
        explored=right.reindex(cell, fill_value=False).to_numpy(),
        funnel_times_as_fast=seconds / seconds_of(FUNNEL),
        times_as_fast_as_pymc3=seconds_of(BASELINE) / seconds,
    )
    return table.reset_index()[CELL_COLUMNS]


def peers(cells: pd.DataFrame, about: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Return one row per peer, in the order of `about`, with means over its cells.

    `about` has the columns of each peer that do not depend on its fits. All cells have the same
    weight, whatever their number of fits. Ratios are computed from the cells that both peers have.
    ESS per CPU second and `z_tau` (root mean square) are computed from the explored cells.
    `seconds_to_error` and `funnel_times_as_cheap`, the ratio of these seconds to those of Funnel,
    are geometric means over cells. Where Funnel has none of the cells of a peer, the ratio is that
    of the cheapest cells of each scenario. The standard error of a ratio is from the differences
    between cells. `status` is ok, failed (no fit was completed), incomplete (some fits failed) or
    wrong (`z_tau` is above 5 in an explored cell).
    """
    seconds, costs = (
        cells.pivot_table(index=CELL, columns="peer", values=column, sort=False)
        for column in ("seconds", "seconds_to_error")
    )
    rows = []
    for peer, known in about.items():
        own = cells[cells["peer"] == peer]
        completed = own[own["fits"] > 0]
        explored = completed[completed["explored"]]
        steps = completed["leapfrog_steps"]
        core_seconds = steps / completed["leapfrog_steps_per_core_second"]
        means = ["cpu_seconds", "sampling_seconds", "compile_seconds"]
        row = {
            **known,
            "peer": peer,
            **_status(own, known["message"]),
            "cells": len(completed),
            "fits": completed["fits"].sum(),
            "failed": own["failed"].sum(),
            "fits_per_minute": 60 / completed["seconds"].mean(),
            "funnel_times_as_fast": _speed_ratio(seconds, FUNNEL, peer),
            "times_as_fast_as_pymc3": _speed_ratio(seconds, peer, BASELINE),
            "seconds_to_error": np.exp(np.log(completed["seconds_to_error"]).mean()),
            **_cost_ratio(costs, peer),
            "ess_per_cpu_second": explored["ess_bulk"].mean() / explored["cpu_seconds"].mean(),
            "leapfrog_steps_per_core_second": steps.mean() / core_seconds.mean(),
            "z_tau": np.sqrt((explored["z_tau"] ** 2).mean()),
            **completed[means].mean(),
        }
        rows.append(row)
    return pd.DataFrame(rows, columns=PEER_COLUMNS)


def _status(cells: pd.DataFrame, message: str) -> dict[str, str]:
    """Return the status of a peer from its cells, and the reason for it."""
    wrong = cells[cells["explored"] & (cells["z_tau"] > _WRONG)]
    if not cells["fits"].any():
        status = "failed"
    elif len(wrong):
        status = "wrong"
        where = "; ".join(wrong["scenario"] + ", " + wrong["parameterization"])
        message = f"wrong posterior mean of tau in these cells: {where}"
    else:
        status = "incomplete" if cells["failed"].any() else "ok"
    return {"status": status, "message": "" if status == "ok" else message}


def _cost_ratio(costs: pd.DataFrame, peer: str) -> dict[str, float]:
    """Return by how much an error costs a peer more than Funnel; `costs` is cell by peer."""
    logs = costs.reindex(columns=[FUNNEL, peer]).apply(np.log).set_axis(["own", "other"], axis=1)
    if logs.dropna().empty:
        logs = logs.groupby("scenario").min()
    difference = (logs["other"] - logs["own"]).dropna()
    ratio = np.exp(difference.mean())
    error = ratio * difference.sem() if len(difference) else np.nan
    return {"funnel_times_as_cheap": ratio, "funnel_times_as_cheap_se": error}


def _speed_ratio(seconds: pd.DataFrame, one: str, other: str) -> float:
    """Return the fits per minute of `one` divided by those of `other`, over the cells of both."""
    both = seconds.reindex(columns=[one, other]).dropna().mean()
    return float(both.iloc[1] / both.iloc[0])
