"""Estimates of a fit, and its diagnostics, as ArviZ defines them.

R-hat is rank-normalised split R-hat, and ESS is bulk and tail ESS (Vehtari, Gelman, Simpson,
Carpenter and Buerkner 2021, doi:10.1214/20-BA1221). E-BFMI is the energy Bayesian fraction of
missing information (Betancourt 2016, arXiv:1604.00695). Undefined quantities, such as R-hat of one
chain or ESS of constant draws, are nan.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from arviz_stats.base import array_stats

from funnel.group_means import Array
from funnel_study.diagnosis import exact_errors
from funnel_study.diagnosis.ascending import Ascending
from funnel_study.diagnosis.chain_errors import chain_errors, empty_chain_errors
from funnel_study.diagnosis.columns import CHAIN_COLUMNS, ESTIMATE_COLUMNS, FIT_COLUMNS, QUANTILES
from funnel_study.diagnosis.exact_values import ExactValues

TAIL = (0.05, 0.95)  # tail ESS is the smaller ESS of these two quantiles


def estimand_draws(posterior: xr.Dataset) -> Array:
    """Return the draws of all estimands of one fit, (estimand, chain, draw).

    Estimands are in the order of `estimands`. `posterior` has mu, tau (chain, draw), theta and, if
    it is a parameter, sigma (chain, draw).
    """
    mu, tau = posterior["mu"].to_numpy(), posterior["tau"].to_numpy()
    theta = posterior["theta"].transpose("individual", "chain", "draw").to_numpy()
    others = [posterior[name].to_numpy() for name in ("sigma",) if name in posterior]
    with np.errstate(divide="ignore"):  # the log of a tau that underflows to 0 is -inf
        return np.stack([mu, tau, np.log(tau), *theta, *others])


def sort_each(draws: Array) -> list[Ascending]:
    """Return the draws of each estimand, given as (estimand, chain, draw), in ascending order."""
    in_order: list[Ascending] = []
    for i, of_one in enumerate(draws):
        # log tau has the order of tau
        in_order.append(Ascending.of(of_one, like=in_order[1] if i == 2 else None))
    return in_order


def estimate(draws: Array, in_order: Sequence[Ascending] | None = None) -> dict[str, Array]:
    """Return posterior summaries and their diagnostics by column, each (estimand,).

    `draws` is (estimand, chain, draw), and `in_order` is `sort_each` of it, if that is known. The
    columns are `mean`, `sd`, `mcse_mean` (the Monte Carlo standard error of the mean), the
    `QUANTILES`, `ess_bulk`, `ess_tail` and `rhat`. The diagnostics are nan for draws that are all
    equal, and `rhat` is nan for one chain.
    """
    in_order = in_order or sort_each(draws)
    levels = [*QUANTILES.values(), *TAIL]
    # log tau is -inf where tau underflows
    with np.errstate(invalid="ignore", divide="ignore"):
        moving = np.array([each.values[-1] - each.values[0] > 0 for each in in_order])
        *quantiles, low, high = np.stack([each.quantiles(levels) for each in in_order], axis=1)
        summary = {"mean": draws.mean((-2, -1)), "sd": draws.std((-2, -1), ddof=1)}
        summary["mcse_mean"] = summary["sd"] / np.sqrt(_ess(draws))
        tails = [_ess(draws <= end[:, None, None]) for end in (low, high)]
        summary["ess_tail"] = np.minimum(*tails)
        even = _with_even_length(draws)
        of_even = in_order if even is draws else sort_each(even)
        scores = np.stack([each.normal_scores() for each in of_even]).reshape(even.shape)
        summary["ess_bulk"] = _ess(scores)
        summary["rhat"] = np.full(len(draws), np.nan)
        if draws.shape[1] > 1:
            folded = np.stack([each.folded().normal_scores() for each in of_even])
            bulk, tail = (
                array_stats.rhat(each, method="split")
                for each in (scores, folded.reshape(even.shape))
            )
            summary["rhat"] = np.maximum(bulk, tail)
    for name in ("mcse_mean", "ess_bulk", "ess_tail", "rhat"):
        summary[name] = np.where(moving, summary[name], np.nan)
    return {**summary, **dict(zip(QUANTILES, quantiles, strict=True))}


def _ess(rows: Array) -> Array:
    """Return the ESS of the mean of each row (row, chain, draw), once for rows like the one before.

    Log tau follows tau and has its ranks.
    """
    values: list[float] = []
    for i, row in enumerate(rows):
        is_known = i > 0 and np.array_equal(row, rows[i - 1])
        values.append(values[-1] if is_known else float(array_stats.ess(row, method="mean")))
    return np.array(values)


def _with_even_length(draws: Array) -> Array:
    """Return `draws` (estimand, chain, draw) with chains of even length, as split R-hat needs.

    The middle draw of chains of odd length is left out.
    """
    length = draws.shape[-1]
    return np.delete(draws, length // 2, axis=-1) if length % 2 else draws


def bfmi(energy: Array) -> Array:
    """Return E-BFMI of each chain, (chain,), given the energies (chain, draw)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.atleast_1d(array_stats.bfmi(energy))


def geometry(in_order: Sequence[Ascending], z: Array) -> dict[str, Array]:
    """Return two measures of how the sampled variable z_k depends on tau, each (estimand,).

    `in_order` is `sort_each` of the draws, `z` is (chain, draw, K). The value for z_k is that of
    the estimand `theta[k]`; other estimands have nan.

    - `funnel` is the ratio of standard deviations of z_k: that among the 10 % of the draws with the
      lowest tau, divided by that among the 10 % with the highest tau. It is far below 1 if z_k has
      the shape of a funnel.
    - `tilt` is Spearman's rank correlation between z_k and tau. It differs from 0 if z_k tends to
      increase or decrease with tau.
    """
    tau, flat = in_order[1], z.reshape(-1, z.shape[-1])
    of_thetas = slice(3, 3 + flat.shape[1])
    tenth = max(len(flat) // 10, 1)
    by_tau = tau.stable_order()
    # z of a centered individual is its theta
    pairs = zip(flat.T, in_order[of_thetas], strict=True)
    ordered = [Ascending.of(z_k, like=theta) for z_k, theta in pairs]
    found = {name: np.full(len(in_order), np.nan) for name in ("funnel", "tilt")}
    with np.errstate(invalid="ignore", divide="ignore"):
        funnel = flat[by_tau[:tenth]].std(axis=0) / flat[by_tau[-tenth:]].std(axis=0)
        found["funnel"][of_thetas] = funnel
        found["tilt"][of_thetas] = np.corrcoef([each.ranks() for each in (*ordered, tau)])[-1, :-1]
    return found


def statistic(sample_stats: xr.Dataset, name: str) -> Array:
    """Return a statistic (chain, draw), which is nan if the sampler does not report it."""
    missing = xr.full_like(sample_stats["n_steps"], np.nan, dtype=float)
    return sample_stats.get(name, missing).to_numpy().astype(float)


def chain_diagnostics(
    sample_stats: xr.Dataset, log_tau: Array, ranks: Array, tuning_steps: Array
) -> dict[str, Array]:
    """Return diagnostics of each chain as the `CHAIN_COLUMNS`, each (chain,).

    `log_tau` has the draws (chain, draw) and `ranks` their ranks in an array of any shape,
    `tuning_steps` the leapfrog steps of tuning (chain,). Step sizes and acceptance are means over
    the draws of a chain, and leapfrog steps are their sum. `divergent_log_tau_rank` is the mean
    over the divergent draws of a chain of the rank of log tau among all draws of the fit, scaled to
    (0, 1); it is near 0 if divergences occur in the neck of a funnel, and nan without divergences.
    `moves` is the fraction of the draws in which tau differs from that of the previous draw. What
    the sampler does not report is nan.
    """
    diverging = statistic(sample_stats, "diverging")
    ranks = (ranks.reshape(log_tau.shape) - 0.5) / log_tau.size
    divergences = diverging.sum(axis=1)
    with np.errstate(invalid="ignore"):
        rank = (diverging * ranks).sum(axis=1) / divergences
    return {
        "divergences": divergences,
        "bfmi": bfmi(sample_stats["energy"].to_numpy()),
        "step_size": sample_stats["step_size"].mean("draw").to_numpy(),
        "last_tuned_step_size": sample_stats["last_tuned_step_size"].mean("draw").to_numpy(),
        "acceptance": sample_stats["acceptance_rate"].mean("draw").to_numpy(),
        "leapfrog_steps": sample_stats["n_steps"].sum("draw").to_numpy(),
        "tuning_leapfrog_steps": tuning_steps,
        "divergent_log_tau_rank": rank,
        "moves": (log_tau[:, 1:] != log_tau[:, :-1]).mean(axis=1),
    }


def versions(attributes: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return one row per package that was used for the fits of a file.

    `attributes` are those of the root group of the file.
    """
    suffix, sampler = "_version", attributes["sampler"]
    return [
        {"sampler": sampler, "package": name.removesuffix(suffix), "version": str(version)}
        for name, version in attributes.items()
        if name.endswith(suffix)
    ]


def diagnose(
    cell: Mapping[str, Any],
    info: xr.Dataset,
    posterior: xr.Dataset,
    sample_stats: xr.Dataset,
    exact: ExactValues,
) -> tuple[dict[str, list[dict[str, Any]]], xr.Dataset]:
    """Return the rows of one fit in each table, and its `chain_errors`.

    The tables are `fits` with one row, `chains` with one row per chain, `estimates` with one row
    per estimand, and `densities` with one row per bin of log tau (for replicate 0 only).

    `cell` has the columns that identify the fit, which come first in each row. `info`, `posterior`
    and `sample_stats` are the groups of the file of fits, reduced to this replicate. Errors refer
    to the `exact` posterior of the data set; where it is unknown, they are nan and `message` has
    the reason. A failed fit has the same rows, except for `densities`, with missing values.
    `data_weight` is the mean over individuals.
    """
    sizes = [posterior.sizes[name] for name in ("individual", "chain", "draw")]
    fit = {
        **cell,
        **dict.fromkeys(FIT_COLUMNS),
        "status": str(info["status"].item()),
        "sampling_seconds": float(info["sampling_seconds"]),
        "centeredness": float(info["centeredness"].mean()),
    }
    summary: dict[str, Any] = dict.fromkeys(ESTIMATE_COLUMNS, [None] * len(exact.estimands))
    by_chain: dict[str, Any] = dict.fromkeys(CHAIN_COLUMNS, [None] * sizes[1])
    bins: dict[str, Array] = {}
    if fit["status"] == "ok":
        draws = estimand_draws(posterior)
        in_order = sort_each(draws)
        summary = estimate(draws, in_order)
        summary |= exact_errors.compare(exact, in_order, summary)
        fit |= {"data_weight": exact.data_weight.mean(), "message": exact.message or None}
        if cell["replicate"] == 0:  # one fit per cell as an example
            bins = exact_errors.log_tau_densities(exact, draws[2])
        summary["rank"] = exact_errors.ranks(draws, exact.truth)
        z = posterior["z"].transpose("chain", "draw", "individual").to_numpy()
        summary |= geometry(in_order, z)
        tuning_steps = info["tuning_leapfrog_steps"].to_numpy()
        choosing_gradients = int(info["choosing_gradients"])
        by_chain = chain_diagnostics(sample_stats, draws[2], in_order[2].ranks(), tuning_steps)
        fit |= {
            "divergences": by_chain["divergences"].sum(),
            "bfmi_min": by_chain["bfmi"].min(),
            "step_size": by_chain["step_size"].mean(),
            "max_tree_depth_hits": statistic(sample_stats, "reached_max_treedepth").sum(),
            "acceptance": by_chain["acceptance"].mean(),
            "rhat_max": summary["rhat"].max(),
            "ess_bulk_min": summary["ess_bulk"].min(),
            "ess_tail_min": summary["ess_tail"].min(),
            "leapfrog_steps": int(by_chain["leapfrog_steps"].sum()),
            "tuning_leapfrog_steps": int(tuning_steps.sum()),
            "choosing_gradients": choosing_gradients,
        }
        # every chain waits for the choice of the centeredness
        before_draws = tuning_steps + choosing_gradients
        found = chain_errors(exact, draws, sample_stats["n_steps"].to_numpy(), before_draws)
    else:
        fit["message"] = str(info["message"].item())
        found = empty_chain_errors(exact.estimands, *sizes[1:])
    tables = {
        "fits": [fit],
        "chains": _rows(cell, {"chain": range(sizes[1]), **by_chain}),
        "estimates": _rows(cell, {"estimand": exact.estimands, **summary, "truth": exact.truth}),
        "densities": _rows(cell, bins),
    }
    return tables, found


def _rows(cell: Mapping[str, Any], columns: Mapping[str, Iterable[Any]]) -> list[dict[str, Any]]:
    """Return the rows of a table with these columns, each of which begins with those of `cell`."""
    values = zip(*columns.values(), strict=True)
    return [{**cell, **dict(zip(columns, row, strict=True))} for row in values]
