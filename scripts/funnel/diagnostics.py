"""Diagnostics of a fit and its estimates, by ArviZ, from the draws, and their exact errors.

R-hat is rank-normalised and split, ESS is bulk and tail (Vehtari, Gelman, Simpson, Carpenter and
Buerkner 2021, doi:10.1214/20-BA1221), E-BFMI is Betancourt's (2016, arXiv:1604.00695). What is
undefined (R-hat of one chain, ESS of draws that never move) is missing, never a number.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from arviz_stats.base import array_stats
from numpy.typing import NDArray

from funnel import errors
from funnel.data import DataSet, Priors, estimands
from funnel.errors import QUANTILES
from funnel.exact import ExactPosterior

Array = NDArray[np.float64]

TAIL = (0.05, 0.95)

FIT_COLUMNS = (
    "status",
    "divergences",
    "bfmi_min",
    "step_size",
    "max_tree_depth_hits",
    "acceptance",
    "rhat_max",
    "ess_bulk_min",
    "ess_tail_min",
    "leapfrog_steps",
    "sampling_seconds",
    "message",
)
ESTIMATE_COLUMNS = (
    "truth",
    "mean",
    "sd",
    "mcse_mean",
    *QUANTILES,
    "ess_bulk",
    "ess_tail",
    "rhat",
    *errors.COLUMNS,
)


def draws_of(posterior: xr.Dataset) -> Array:
    """The draws of every estimand of one fit, (estimand, chain, draw), as `estimands` orders."""
    mu, tau = posterior["mu"].to_numpy(), posterior["tau"].to_numpy()
    theta = posterior["theta"].transpose("individual", "chain", "draw").to_numpy()
    with np.errstate(divide="ignore"):  # a tau of 0 has a log of -inf, which is what it should show
        return np.stack([mu, tau, np.log(tau), *theta])


def truth_of(data_set: DataSet) -> dict[str, float]:
    """The true value of every estimand."""
    values = [data_set.mu, data_set.tau, np.log(data_set.tau), *data_set.theta]
    return dict(zip(estimands(len(data_set.theta)), map(float, values), strict=True))


def estimate(draws: Array) -> dict[str, Array]:
    """Posterior summaries with their Monte Carlo diagnostics, each (estimand,).

    `draws` is (estimand, chain, draw).
    """
    moving = np.ptp(draws, axis=(-2, -1)) > 0
    summary = {"mean": draws.mean((-2, -1)), "sd": draws.std((-2, -1), ddof=1)}
    with np.errstate(invalid="ignore", divide="ignore"):
        summary["mcse_mean"] = array_stats.mcse(draws, method="mean")
        summary["ess_bulk"] = array_stats.ess(draws, method="bulk")
        summary["ess_tail"] = array_stats.ess(draws, method="tail", prob=TAIL)
        summary["rhat"] = (
            array_stats.rhat(draws) if draws.shape[1] > 1 else np.full(len(draws), np.nan)
        )
    for name in ("mcse_mean", "ess_bulk", "ess_tail", "rhat"):
        summary[name] = np.where(moving, summary[name], np.nan)
    quantiles = np.quantile(draws, list(QUANTILES.values()), axis=(-2, -1))
    return {**summary, **dict(zip(QUANTILES, quantiles, strict=True))}


def bfmi(energy: Array) -> Array:
    """E-BFMI of every chain, from energies (chain, draw)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.atleast_1d(array_stats.bfmi(energy))


def diagnose(
    cell: Mapping[str, Any],
    info: xr.Dataset,
    posterior: xr.Dataset,
    stats: xr.Dataset,
    data_set: DataSet,
    priors: Priors,
) -> dict[str, list[dict[str, Any]]]:
    """The rows of one fit: `fits` has one, `estimates` one an estimand, `densities` one a bin.

    `cell` names the fit and starts every row; the data sets hold that one replicate. The exact
    posterior behind the errors is that of `data_set` under `priors`. A failed fit has all its rows
    too, with missing values.
    """
    truth = truth_of(data_set)
    if str(info["status"].item()) != "ok":
        failed = {
            "status": "failed",
            "sampling_seconds": float(info["sampling_seconds"]),
            "message": str(info["message"].item()),
        }
        empty = dict.fromkeys(ESTIMATE_COLUMNS)
        fit = {**cell, **dict.fromkeys(FIT_COLUMNS), **failed}
        rows = [
            {**cell, "estimand": name, **empty, "truth": value} for name, value in truth.items()
        ]
        return {"fits": [fit], "estimates": rows, "densities": []}
    draws = draws_of(posterior)
    summary = estimate(draws)
    exact = ExactPosterior(data_set.group_means(), priors)
    summary |= errors.compare(exact, draws, summary)
    summary["rank"] = errors.ranks(draws, np.array(list(truth.values())))
    chain_bfmi = bfmi(stats["energy"].to_numpy())
    chain_step_size = stats["step_size"].mean("draw").to_numpy()
    fit = {
        **cell,
        "status": "ok",
        "divergences": int(stats["diverging"].sum()),
        "bfmi_min": chain_bfmi.min(),
        "step_size": chain_step_size.mean(),
        "max_tree_depth_hits": int(stats["reached_max_treedepth"].sum()),
        "acceptance": float(stats["acceptance_rate"].mean()),
        "rhat_max": summary["rhat"].max(),
        "ess_bulk_min": summary["ess_bulk"].min(),
        "ess_tail_min": summary["ess_tail"].min(),
        "leapfrog_steps": int(stats["n_steps"].sum()),
        "sampling_seconds": float(info["sampling_seconds"]),
        "message": None,
        "bfmi_by_chain": chain_bfmi.tolist(),
        "step_size_by_chain": chain_step_size.tolist(),
    }
    rows = [
        {
            **cell,
            "estimand": name,
            "truth": value,
            **{column: values[i] for column, values in summary.items()},
        }
        for i, (name, value) in enumerate(truth.items())
    ]
    densities: list[dict[str, Any]] = []
    if cell["replicate"] == 0:  # an example of each cell
        columns = errors.log_tau_densities(exact, draws[2])
        bins = zip(*columns.values(), strict=True)
        densities = [{**cell, **dict(zip(columns, values, strict=True))} for values in bins]
    return {"fits": [fit], "estimates": rows, "densities": densities}
