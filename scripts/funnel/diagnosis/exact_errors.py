"""Errors of a fit, by comparison of its draws with the exact posterior and the true values.

The error of an estimated quantile is on the scale of probability: the exact cdf at the estimated
quantile, minus the nominal probability. It can be compared across estimands and scenarios.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from funnel.model.data import Array, estimands
from funnel.model.exact import ExactPosterior

QUANTILES = {"q05": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q95": 0.95}
RANKED_DRAWS = 99
FEWEST_RANKS = 10  # the smallest number of ranks whose distribution is assessed
# the probabilities at which quantiles are compared for the Wasserstein distance
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
    """Return exact posterior summaries and errors of the draws by column, each (estimand,).

    `draws` is (estimand, chain, draw), in the order of `data.estimands`. `summary` has their
    `mean`, `mcse_mean` and quantiles, as `diagnostics.estimate` returns them. The columns are
    `COLUMNS` without `rank`:

    - `exact_mean`, `exact_sd` and `exact_q05` to `exact_q95`, in the units of the estimand
    - `z`, the error of the mean divided by its Monte Carlo standard error; its distribution is
      nearly standard normal if the sampler explores the posterior
    - `error_q05` to `error_q95`, the errors of quantiles as probabilities

    For tau and log tau only, and nan for other estimands:

    - `ks`, the Kolmogorov-Smirnov distance between the draws and the exact marginal posterior
    - `wasserstein`, the 1-Wasserstein distance, in the units of the estimand, from quantiles at
      1,000 evenly spaced probabilities
    - `mass_below_exact_q05`, the fraction of the draws below the exact 5 % quantile
    - `exact_below_lowest`, the exact probability of values below the lowest draw

    Raises QuadratureError if an exact quantile cannot be computed.
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
            with np.errstate(invalid="ignore"):  # log tau is -inf where tau underflows
                empirical = np.quantile(drawn, _LEVELS)
            columns["wasserstein"][i] = np.abs(empirical - exact.quantile(name, _LEVELS)).mean()
            columns["mass_below_exact_q05"][i] = (drawn < quantiles[0]).mean()
    with np.errstate(divide="ignore", invalid="ignore"):
        columns["z"] = (summary["mean"] - columns["exact_mean"]) / summary["mcse_mean"]
    return columns


def kolmogorov_smirnov(cdf_of_sorted: Array) -> float:
    """Return the largest difference between the empirical cdf and the exact one.

    `cdf_of_sorted` (n,) is the exact cdf at the sorted draws.
    """
    n = len(cdf_of_sorted)
    above = np.arange(1, n + 1) / n - cdf_of_sorted
    below = cdf_of_sorted - np.arange(n) / n
    return float(max(above.max(), below.max()))


def log_tau_densities(exact: ExactPosterior, log_tau: Array) -> dict[str, Array]:
    """Return a histogram of draws of log tau and the exact density, as the `DENSITY_COLUMNS`.

    `log_tau` are draws in an array of any shape. The 60 bins of equal width cover the central
    99.9 % of the exact posterior. Each column has shape (60,): `log_tau` the midpoints of the bins,
    `drawn` the density of the draws in each bin, `exact` the exact density at the midpoint.
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
    """Return the rank of each true value among 99 draws, an integer from 0 to 99, (estimand,).

    `draws` is (estimand, chain, draw) and `truth` is (estimand,). The 99 draws are evenly spaced
    over all chains, so that they are nearly independent. If true values are drawn from the prior
    and the sampler is correct, the ranks are uniformly distributed (Talts, Betancourt, Simpson,
    Vehtari and Gelman 2018, arXiv:1804.06788). The rank is nan if the true value is nan or if there
    are fewer than 99 draws.
    """
    flat = draws.reshape(len(draws), -1)
    if flat.shape[1] < RANKED_DRAWS:
        return np.full(len(draws), np.nan)
    chosen = np.linspace(0, flat.shape[1] - 1, RANKED_DRAWS).round().astype(int)
    below = (flat[:, chosen] < truth[:, None]).sum(axis=1).astype(float)
    return np.where(np.isfinite(truth), below, np.nan)
