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
from scipy import stats
from scipy.special import ndtri

from funnel.diagnosis import exact_errors
from funnel.diagnosis.exact_errors import QUANTILES
from funnel.model.data import Array, DataSet, Priors, estimands
from funnel.model.exact import ExactPosterior, QuadratureError

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
    "centeredness",
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
    *exact_errors.COLUMNS,
    "funnel",
    "tilt",
)
CHAIN_COLUMNS = (
    "divergences",
    "bfmi",
    "step_size",
    "last_tuned_step_size",
    "acceptance",
    "leapfrog_steps",
    "divergent_log_tau_rank",
    "moves",
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
        summary["ess_tail"] = array_stats.ess(draws, method="tail", prob=TAIL)
        # bulk ESS and half of R-hat start from the same ranks, which cost more than all the rest
        halves = _halves(draws)
        scores = normal_scores(halves)
        summary["ess_bulk"] = array_stats.ess(scores, method="mean")
        summary["rhat"] = np.full(len(draws), np.nan)
        if draws.shape[1] > 1:
            folded = np.abs(halves - np.median(halves, axis=(-2, -1), keepdims=True))
            bulk, tail = (
                array_stats.rhat(each, method="split") for each in (scores, normal_scores(folded))
            )
            summary["rhat"] = np.maximum(bulk, tail)
    for name in ("mcse_mean", "ess_bulk", "ess_tail", "rhat"):
        summary[name] = np.where(moving, summary[name], np.nan)
    quantiles = np.quantile(draws, list(QUANTILES.values()), axis=(-2, -1))
    return {**summary, **dict(zip(QUANTILES, quantiles, strict=True))}


def _halves(draws: Array) -> Array:
    """Draws (estimand, chain, draw) without the middle one of an odd chain, which is split."""
    length = draws.shape[-1]
    return np.delete(draws, length // 2, axis=-1) if length % 2 else draws


def normal_scores(draws: Array) -> Array:
    """The normal scores of draws (estimand, chain, draw) among all draws of their estimand.

    As in rank normalisation (Vehtari et al. 2021, equation 14).
    """
    flat = draws.reshape(len(draws), -1)
    ranks = stats.rankdata(flat, axis=-1)
    scores = ndtri((ranks - 3 / 8) / (flat.shape[1] + 1 / 4))
    return np.asarray(scores).reshape(draws.shape)


def bfmi(energy: Array) -> Array:
    """E-BFMI of every chain, from energies (chain, draw)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.atleast_1d(array_stats.bfmi(energy))


def geometry(draws: Array, z: Array) -> dict[str, Array]:
    """How what NUTS moved depends on tau, each (estimand,), missing for all but theta.

    `draws` is (estimand, chain, draw), `z` (chain, draw, K). `funnel` is the standard deviation of
    z_k among the tenth of the draws with the lowest tau over that among the tenth with the highest:
    below 1 in a funnel. `tilt` is Spearman's correlation of z_k with tau: the sides of an inverted
    funnel lean.
    """
    tau, flat = draws[1].ravel(), z.reshape(-1, z.shape[-1])
    missing = np.full(len(draws) - flat.shape[1], np.nan)
    ranks = stats.rankdata(tau)
    tenth = max(len(tau) // 10, 1)
    by_tau = np.argsort(tau, kind="stable")
    with np.errstate(invalid="ignore", divide="ignore"):
        funnel = flat[by_tau[:tenth]].std(axis=0) / flat[by_tau[-tenth:]].std(axis=0)
        tilt = np.corrcoef(stats.rankdata(flat, axis=0).T, ranks)[-1, :-1]
    return {"funnel": np.append(missing, funnel), "tilt": np.append(missing, tilt)}


def chains_of(sample_stats: xr.Dataset, log_tau: Array) -> dict[str, Array]:
    """Diagnostics of every chain, each (chain,).

    `divergent_log_tau_rank` is the mean rank, 0 to 1 among all draws of the fit, of log tau (chain,
    draw) where that chain diverged: near 0 in the neck of a funnel. `moves` is the part of the
    draws that differ from the one before.
    """
    diverging = sample_stats["diverging"].to_numpy().astype(bool)
    ranks = (stats.rankdata(log_tau).reshape(log_tau.shape) - 0.5) / log_tau.size
    divergences = diverging.sum(axis=1)
    with np.errstate(invalid="ignore"):
        rank = np.where(diverging, ranks, 0.0).sum(axis=1) / divergences
    return {
        "divergences": divergences,
        "bfmi": bfmi(sample_stats["energy"].to_numpy()),
        "step_size": sample_stats["step_size"].mean("draw").to_numpy(),
        "last_tuned_step_size": sample_stats["last_tuned_step_size"].mean("draw").to_numpy(),
        "acceptance": sample_stats["acceptance_rate"].mean("draw").to_numpy(),
        "leapfrog_steps": sample_stats["n_steps"].sum("draw").to_numpy(),
        "divergent_log_tau_rank": rank,
        "moves": (np.diff(log_tau, axis=1) != 0).mean(axis=1),
    }


def versions(attributes: Mapping[str, Any]) -> list[dict[str, str]]:
    """What ran the fits of a file, by the attributes at its root: a row a package."""
    suffix = "_version"
    return [
        {
            "sampler": attributes["sampler"],
            "package": name.removesuffix(suffix),
            "version": str(version),
        }
        for name, version in attributes.items()
        if name.endswith(suffix)
    ]


def diagnose(
    cell: Mapping[str, Any],
    info: xr.Dataset,
    posterior: xr.Dataset,
    sample_stats: xr.Dataset,
    data_set: DataSet,
    priors: Priors,
) -> dict[str, list[dict[str, Any]]]:
    """The rows of one fit: `fits` has one, and there is one a chain, an estimand, a bin.

    `cell` names the fit and starts every row; the data sets hold that one replicate. The exact
    posterior behind the errors is that of `data_set` under `priors`; where it is not found, the
    errors are missing and the message says why. A failed fit has all its rows too, with missing
    values.
    """
    truth = truth_of(data_set)
    of_any_fit = {
        "sampling_seconds": float(info["sampling_seconds"]),
        "centeredness": float(info["centeredness"].mean()),
    }
    if str(info["status"].item()) != "ok":
        failed = {
            "status": "failed",
            **of_any_fit,
            "message": str(info["message"].item()),
        }
        empty = dict.fromkeys(ESTIMATE_COLUMNS)
        fit = {**cell, **dict.fromkeys(FIT_COLUMNS), **failed}
        rows = [
            {**cell, "estimand": name, **empty, "truth": value} for name, value in truth.items()
        ]
        nothing = dict.fromkeys(CHAIN_COLUMNS)
        chains = [{**cell, "chain": i, **nothing} for i in range(posterior.sizes["chain"])]
        return {"fits": [fit], "chains": chains, "estimates": rows, "densities": []}
    draws = draws_of(posterior)
    summary = estimate(draws)
    columns: dict[str, Array] = {}
    message = None
    try:
        exact = ExactPosterior(data_set.group_means(), priors)
        summary |= exact_errors.compare(exact, draws, summary)
        if cell["replicate"] == 0:  # an example of each cell
            columns = exact_errors.log_tau_densities(exact, draws[2])
    except QuadratureError as error:
        message = f"QuadratureError: {error}"
        summary |= {name: np.full(len(draws), np.nan) for name in exact_errors.COLUMNS}
    summary["rank"] = exact_errors.ranks(draws, np.array(list(truth.values())))
    summary |= geometry(draws, posterior["z"].transpose("chain", "draw", "individual").to_numpy())
    by_chain = chains_of(sample_stats, draws[2])
    fit = {
        **cell,
        "status": "ok",
        "divergences": int(by_chain["divergences"].sum()),
        "bfmi_min": by_chain["bfmi"].min(),
        "step_size": by_chain["step_size"].mean(),
        "max_tree_depth_hits": int(sample_stats["reached_max_treedepth"].sum()),
        "acceptance": by_chain["acceptance"].mean(),
        "rhat_max": summary["rhat"].max(),
        "ess_bulk_min": summary["ess_bulk"].min(),
        "ess_tail_min": summary["ess_tail"].min(),
        "leapfrog_steps": int(by_chain["leapfrog_steps"].sum()),
        **of_any_fit,
        "message": message,
    }
    chains = [
        {**cell, "chain": i, **{column: values[i] for column, values in by_chain.items()}}
        for i in range(len(by_chain["bfmi"]))
    ]
    rows = [
        {
            **cell,
            "estimand": name,
            "truth": value,
            **{column: values[i] for column, values in summary.items()},
        }
        for i, (name, value) in enumerate(truth.items())
    ]
    bins = zip(*columns.values(), strict=True)
    densities = [{**cell, **dict(zip(columns, values, strict=True))} for values in bins]
    return {"fits": [fit], "chains": chains, "estimates": rows, "densities": densities}
