"""The tables of the benchmark, which compares Funnel with other programs on the same data.

A *peer* is a program that fits the data: another program, in the form in which it is commonly used,
or Funnel with one of its samplers. A *run* is a process that was measured as a whole, with all fits
of a peer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from funnel.group_means import Array
from funnel.inference import Exact
from funnel_study.analysis.criteria import LARGE_KS
from funnel_study.benchmark.command_cost import Run
from funnel_study.diagnosis.diagnostics import estimate
from funnel_study.diagnosis.exact_errors import kolmogorov_smirnov


@dataclass(frozen=True)
class Peer:
    """A program in scripts/peers, with the parameterizations that its users get by default."""

    label: str
    program: str
    parameterizations: tuple[str, ...]
    environment: str = "bench"


PEERS = {
    "pymc3": Peer(
        "PyMC3, as published", "with_pymc3.py", ("centered", "noncentered", "mixed"), "pymc3"
    ),
    "pymc": Peer("PyMC, as in textbooks", "with_pymc.py", ("centered",)),
    "pystan": Peer("PyStan, as brms", "with_pystan.py", ("noncentered",)),
    "nutpie": Peer("nutpie, as bambi", "with_nutpie.py", ("noncentered",)),
}
FUNNEL, DIAGNOSED, BASELINE = "funnel", "funnel-diagnosed", "pymc3"
# Funnel with each of these samplers, of which the first is its default
OWN = {"nutpie": FUNNEL, "stan": "funnel-stan"}
LABELS = {
    FUNNEL: "Funnel",
    DIAGNOSED: "Funnel, with diagnostics",
    "funnel-stan": "Funnel, stan",
    **{name: peer.label for name, peer in PEERS.items()},
}

CELL = ["scenario", "parameterization"]
KEYS = ["peer", *CELL]
_COSTS = ["seconds", "cpu_seconds", "sampling_seconds", "compile_seconds", "leapfrog_steps"]
_QUALITY = ["chains", "squared_error", "ess_bulk", "z_tau", "ks"]
FIT_COLUMNS = [*KEYS, "replicate", "status", "message", *_COSTS, *_QUALITY]
ERROR = 0.1  # in exact posterior standard deviations
# what an error costs, with the labels of the page and the figure
TO_ERROR = {
    "seconds_to_error": "CPU seconds to an error of 0.1 sd",
    "gradients_to_error": "gradients to an error of 0.1 sd",
}
_EXPLORED = 2.0  # largest root mean square z of a cell that Funnel explores
_WRONG = 5.0  # a peer is wrong if the root mean square z of an explored cell is larger


def quality(mu: Array, tau: Array, theta: Array, exact: Exact) -> dict[str, float]:
    """Return the quality of draws of mu and tau, each (chain, draw), and theta (chain, draw, K).

    `squared_error` is the squared error of the mean of a chain, in exact posterior variances: its
    mean over the chains and over mu, log tau and the mean over all thetas. The others concern tau:
    `ess_bulk` is its bulk effective sample size, `z_tau` the error of its mean in Monte Carlo
    standard errors, and `ks` the Kolmogorov-Smirnov distance between its draws and the exact
    posterior.
    """
    mean, sd = exact.mean(), exact.sd()
    found = {name: float(values[0]) for name, values in estimate(tau[None]).items()}
    with np.errstate(divide="ignore"):  # tau may underflow
        drawn = {"mu": mu, "log_tau": np.log(tau)}
    drawn |= {f"theta[{k}]": theta[..., k] for k in range(theta.shape[-1])}
    squares = [
        float(np.square((draws.mean(axis=1) - mean[name]) / sd[name]).mean())
        for name, draws in drawn.items()
    ]
    return {
        "chains": len(tau),
        "squared_error": float(np.mean([*squares[:2], np.mean(squares[2:])])),
        "ess_bulk": found["ess_bulk"],
        "z_tau": (found["mean"] - mean["tau"]) / found["mcse_mean"],
        "ks": kolmogorov_smirnov(exact.cdf("tau", np.sort(tau, axis=None))),
    }


def with_costs(fits: pd.DataFrame, *runs: Run) -> pd.DataFrame:
    """Return fits with the wall and CPU seconds of their runs divided among them.

    What the runs take in addition to the seconds of the fits, for starting, importing and writing,
    is divided evenly, so that they add up to the seconds of the runs. A fit whose own seconds are
    unknown (nan) has this share only. CPU seconds are divided in proportion to the wall seconds.
    Every fit gets the largest memory of the runs.
    """
    cost = pd.DataFrame(runs)
    own = fits["seconds"].astype(float).fillna(0.0)
    each = own + (cost["seconds"].sum() - own.sum()) / len(own)
    return fits.assign(
        seconds=each,
        cpu_seconds=cost["cpu_seconds"].sum() * each / each.sum(),
        largest_memory_mb=cost["largest_memory_mb"].max(),
    )


def cells(fits: pd.DataFrame) -> pd.DataFrame:
    """Return one row per peer, scenario and parameterization, with means over the completed fits.

    results/README.md explains the columns. As the squared error of a chain is inversely
    proportional to its length, `seconds_to_error` and `gradients_to_error` do not depend on the
    length; their standard errors are over data sets. The ESS of cells that are not `explored` is
    meaningless.
    """
    completed = fits["status"] == "ok"
    values = fits[[*_COSTS, *_QUALITY, "cores_per_fit"]].astype(float).where(completed)
    lengths = values["squared_error"] / values["chains"] / ERROR**2
    values = values.assign(
        z_tau=values["z_tau"] ** 2,
        fits=completed,
        failed=~completed,
        seconds_to_error=values["cpu_seconds"] * lengths,
        gradients_to_error=values["leapfrog_steps"] * lengths,
    )
    groups = values.join(fits[KEYS]).groupby(KEYS, sort=False)
    mean = groups.mean()
    to_error = groups[list(TO_ERROR)]
    z_tau = np.sqrt(mean["z_tau"])
    peer = mean.index.get_level_values("peer")
    cell = mean.reset_index("peer").index

    def seconds_of(name: str) -> Array:
        return mean.loc[peer == name, "seconds"].droplevel("peer").reindex(cell).to_numpy()

    right = (groups["ks"].max() <= LARGE_KS) & (z_tau <= _EXPLORED)
    explored = right[~peer.isin([*PEERS, DIAGNOSED])].groupby(CELL).all()
    core_seconds = mean["sampling_seconds"] * mean["cores_per_fit"]
    table = pd.DataFrame(
        {
            **groups[["fits", "failed"]].sum(),
            "fits_per_minute": 60 / mean["seconds"],
            **mean[["seconds", "cpu_seconds", "sampling_seconds", "compile_seconds"]],
            "leapfrog_steps": mean["leapfrog_steps"],
            "leapfrog_steps_per_core_second": mean["leapfrog_steps"] / core_seconds,
            "squared_error": mean["squared_error"],
            **to_error.mean(),
            **to_error.sem().add_suffix("_se"),
            "ess_bulk": mean["ess_bulk"],
            "ess_per_cpu_second": mean["ess_bulk"] / mean["cpu_seconds"],
            "z_tau": z_tau,
            "ks": mean["ks"],
            "explored": explored.reindex(cell, fill_value=False).to_numpy(),
            "funnel_times_as_fast": mean["seconds"] / seconds_of(FUNNEL),
            "times_as_fast_as_pymc3": seconds_of(BASELINE) / mean["seconds"],
        }
    )
    return table.reset_index()


def peers(fits: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Return one row per peer, with means over its cells; results/README.md explains the columns.

    All cells have the same weight, whatever their number of fits. Ratios are computed from the
    cells that both peers have.
    """
    completed = cells[cells["fits"] > 0]
    completed = completed.assign(
        core_seconds=completed["leapfrog_steps"] / completed["leapfrog_steps_per_core_second"],
        z_tau=completed["z_tau"] ** 2,
    )
    mean = completed.groupby("peer").mean(numeric_only=True)
    explored = completed[completed["explored"]].groupby("peer").mean(numeric_only=True)
    of_cells = cells.assign(cells=cells["fits"] > 0).groupby("peer", sort=False)
    counts = of_cells[["cells", "fits", "failed"]].sum()
    status, message = _status(fits, cells, counts)
    of_peer = fits.groupby("peer")
    table = pd.DataFrame(
        {
            "status": status,
            **counts,
            "fits_per_minute": 60 / mean["seconds"],
            "funnel_times_as_fast": _speed_of(FUNNEL, completed),
            "times_as_fast_as_pymc3": 1 / _speed_of(BASELINE, completed),
            "cpu_seconds": mean["cpu_seconds"],
            "ess_per_cpu_second": explored["ess_bulk"] / explored["cpu_seconds"],
            "leapfrog_steps_per_core_second": mean["leapfrog_steps"] / mean["core_seconds"],
            **mean[["sampling_seconds", "compile_seconds"]],
            **of_peer[["build_seconds", "largest_memory_mb"]].max(),
            "z_tau": np.sqrt(explored["z_tau"]),
            **of_peer[["cores", "versions"]].first(),
            "message": message,
        },
        index=counts.index,
    )
    return table.reset_index()


def _status(
    fits: pd.DataFrame, cells: pd.DataFrame, counts: pd.DataFrame
) -> tuple[pd.Series, pd.Series]:
    """Return the status of each peer, and the reason for it."""
    wrong = cells[cells["explored"] & (cells["z_tau"] > _WRONG)]
    where = (wrong["scenario"] + ", " + wrong["parameterization"]).groupby(wrong["peer"])
    wrong_in = where.agg("; ".join)
    status = pd.Series("ok", index=counts.index)
    status[counts["failed"] > 0] = "incomplete"
    status[status.index.isin(wrong_in.index)] = "wrong"
    status[counts["fits"] == 0] = "failed"
    message = fits[fits["message"] != ""].groupby("peer")["message"].first().reindex(status.index)
    message.update("wrong posterior mean of tau in these cells: " + wrong_in)
    return status, message.where(status != "ok", "")


def _speed_of(name: str, cells: pd.DataFrame) -> pd.Series:
    """Return by how much the named peer is faster than each, over the cells that both have."""
    seconds = cells.pivot_table("seconds", CELL, "peer").reindex(columns=list(LABELS))
    of_both = {other: seconds[[name, other]].dropna().mean() for other in seconds}
    return pd.Series({other: mean.iloc[1] / mean.iloc[0] for other, mean in of_both.items()})
