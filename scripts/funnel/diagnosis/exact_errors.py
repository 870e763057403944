"""How wrong a fit is: its draws against the exact posterior of its data, and the truth's rank.

The errors of quantiles are on the scale of probability (the exact cdf at the estimated quantile,
less its level), so that they compare across estimands and scenarios.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from funnel.model.data import Array, estimands
from funnel.model.exact import ExactPosterior

QUANTILES = {"q05": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q95": 0.95}
RANKED_DRAWS = 99
FEWEST_RANKS = 10  # below which nothing is said of their distribution
_LEVELS = (np.arange(1_000) + 0.5) / 1_000

COLUMNS = (
    "exact_mean",
    "exact_sd",
    *(f"exact_{name}" for name in QUANTILES),
    "z",
    *(f"error_{name}" for name in QUANTILES),
    "ks",
    "wasserstein",
    "mass_below_exact_q05",
    "exact_below_lowest",
    "rank",
)
DENSITY_COLUMNS = ("log_tau", "drawn", "exact")
_BINS = 60


def compare(exact: ExactPosterior, draws: Array, summary: Mapping[str, Array]) -> dict[str, Array]:
    """The exact summaries of every estimand and the errors of its draws, each (estimand,).

    `draws` is (estimand, chain, draw) in the order of `data.estimands`; `summary` holds its `mean`,
    `mcse_mean` and quantiles. z is the error of the mean in Monte Carlo standard errors, which a
    fit that explores its posterior keeps near a standard normal.

    The distances to the whole marginal are those of tau and log tau alone: Kolmogorov-Smirnov's,
    Wasserstein-1 in the estimand's units, the part of the draws below the exact 5 % quantile, 0.05
    where nothing is lost, and the exact probability below the lowest draw, which no draw visited.
    """
    names = estimands(len(draws) - 3)
    mean, sd, levels = exact.mean(), exact.sd(), list(QUANTILES.values())
    columns = {column: np.full(len(names), np.nan) for column in COLUMNS if column != "rank"}
    for i, name in enumerate(names):
        quantiles = exact.quantile(name, levels)
        columns["exact_mean"][i], columns["exact_sd"][i] = mean[name], sd[name]
        estimated = np.array([summary[quantile][i] for quantile in QUANTILES])
        errors = exact.cdf(name, estimated) - levels
        for quantile, value, error in zip(QUANTILES, quantiles, errors, strict=True):
            columns[f"exact_{quantile}"][i] = value
            columns[f"error_{quantile}"][i] = error
        if name in ("tau", "log_tau"):
            drawn = np.sort(draws[i], axis=None)
            cdf = exact.cdf(name, drawn)
            columns["ks"][i], columns["exact_below_lowest"][i] = kolmogorov_smirnov(cdf), cdf[0]
            theirs = np.quantile(drawn, _LEVELS)
            columns["wasserstein"][i] = np.abs(theirs - exact.quantile(name, _LEVELS)).mean()
            columns["mass_below_exact_q05"][i] = (drawn < quantiles[0]).mean()
    with np.errstate(divide="ignore", invalid="ignore"):
        columns["z"] = (summary["mean"] - columns["exact_mean"]) / summary["mcse_mean"]
    return columns


def kolmogorov_smirnov(cdf_of_sorted: Array) -> float:
    """The largest distance of an empirical cdf to the exact one, given the latter at its steps."""
    n = len(cdf_of_sorted)
    above = np.arange(1, n + 1) / n - cdf_of_sorted
    below = cdf_of_sorted - np.arange(n) / n
    return float(max(above.max(), below.max()))


def log_tau_densities(exact: ExactPosterior, log_tau: Array) -> dict[str, Array]:
    """The density of log tau, drawn and exact, in 60 bins over all but 0.1 % of the exact one.

    `log_tau` has any shape; the result has a value a bin, at its middle, of each column.
    """
    low, high = exact.quantile("log_tau", [0.0005, 0.9995])
    edges = np.linspace(low, high, _BINS + 1)
    counts, _ = np.histogram(log_tau, edges)
    middle, width = (edges[:-1] + edges[1:]) / 2, edges[1] - edges[0]
    return {
        "log_tau": middle,
        "drawn": counts / (log_tau.size * width),
        "exact": exact.density("log_tau", middle),
    }


def ranks(draws: Array, truth: Array) -> Array:
    """The rank of every estimand's truth among 99 of its draws, 0 to 99, each (estimand,).

    `draws` is (estimand, chain, draw); the 99 are evenly spaced, so that they are nearly
    independent. If the truth comes from the prior and the sampler works, ranks are uniform (Talts,
    Betancourt, Simpson, Vehtari and Gelman 2018, arXiv:1804.06788). Missing where the truth is, or
    where there are fewer draws.
    """
    flat = draws.reshape(len(draws), -1)
    if flat.shape[1] < RANKED_DRAWS:
        return np.full(len(draws), np.nan)
    chosen = np.linspace(0, flat.shape[1] - 1, RANKED_DRAWS).round().astype(int)
    below = (flat[:, chosen] < truth[:, None]).sum(axis=1).astype(float)
    return np.where(np.isfinite(truth), below, np.nan)
