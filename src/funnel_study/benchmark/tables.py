"""The tables of the benchmark, which compares Funnel with other programs on the same data.

A *peer* is a program that fits the data: another program, or Funnel with one of its samplers. The
fits in which Funnel integrates theta out are those of a peer of their own. A *run* is a process
that was measured as a whole, with one fit or with all fits of a peer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from funnel.data import DataSet
from funnel.exact import ExactPosterior
from funnel.group_means import Array
from funnel.priors import Priors
from funnel_study.analysis.criteria import LARGE_KS
from funnel_study.benchmark.command_cost import Run
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
_COSTS = ["seconds", "cpu_seconds", "sampling_seconds", "compile_seconds", "leapfrog_steps"]
_QUALITY = ["chains", "squared_error", "ess_bulk", "z_tau", "ks"]
FIT_COLUMNS = [*KEYS, "replicate", "status", "message", *_COSTS, *_QUALITY]
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
    proportional to its length, `seconds_to_error` does not depend on the length. The ESS of cells
    that are not `explored` is meaningless.
    """
    completed = fits["status"] == "ok"
    values = fits[[*_COSTS, *_QUALITY, "cores_per_fit"]].astype(float).where(completed)
    values = values.assign(z_tau=values["z_tau"] ** 2, fits=completed, failed=~completed)
    groups = values.join(fits[KEYS]).groupby(KEYS, sort=False)
    mean = groups.mean()
    z_tau = np.sqrt(mean["z_tau"])
    peer = mean.index.get_level_values("peer")
    cell = mean.reset_index("peer").index

    def seconds_of(name: str) -> Array:
        return mean.loc[peer == name, "seconds"].droplevel("peer").reindex(cell).to_numpy()

    right = (groups["ks"].max() <= LARGE_KS) & (z_tau <= _EXPLORED)
    explored = right[~peer.isin([*PEERS, DIAGNOSED])].groupby(CELL).all()
    core_seconds = mean["sampling_seconds"] * mean["cores_per_fit"]
    error_of_second = mean["cpu_seconds"] / mean["chains"] * mean["squared_error"]
    table = pd.DataFrame(
        {
            **groups[["fits", "failed"]].sum(),
            "fits_per_minute": 60 / mean["seconds"],
            **mean[["seconds", "cpu_seconds", "sampling_seconds", "compile_seconds"]],
            "leapfrog_steps": mean["leapfrog_steps"],
            "leapfrog_steps_per_core_second": mean["leapfrog_steps"] / core_seconds,
            "squared_error": mean["squared_error"],
            "seconds_to_error": error_of_second / ERROR**2,
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
    cells that both peers have. Where Funnel has none of the cells of a peer,
    `funnel_times_as_cheap` is the ratio of the cheapest cells of each scenario.
    """
    completed = cells[cells["fits"] > 0]
    completed = completed.assign(
        log_cost=np.log(completed["seconds_to_error"]),
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
            "seconds_to_error": np.exp(mean["log_cost"]),
            **_cost_ratios(completed),
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


def _cost_ratios(cells: pd.DataFrame) -> pd.DataFrame:
    """Return by how much an error costs each peer more than Funnel, with its standard error."""
    logs = cells.pivot_table("log_cost", CELL, "peer").reindex(columns=list(LABELS))
    by_cell, cheapest = (
        each.sub(each[FUNNEL], axis="index") for each in (logs, logs.groupby("scenario").min())
    )
    ratio = np.exp(by_cell.mean().fillna(cheapest.mean()))
    error = by_cell.sem().where(by_cell.notna().any(), cheapest.sem())
    return pd.DataFrame({"funnel_times_as_cheap": ratio, "funnel_times_as_cheap_se": ratio * error})
