"""Errors of a fit, by comparison of its draws with the exact posterior and the true values.

The error of an estimated quantile is on the scale of probability: the exact cdf at the estimated
quantile, minus the nominal probability. It can be compared across estimands and scenarios.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from funnel.group_means import Array
from funnel_study.diagnosis.ascending import Ascending
from funnel_study.diagnosis.columns import ERROR_COLUMNS, QUANTILES
from funnel_study.diagnosis.exact_values import ExactValues

RANKED_DRAWS = 99
FEWEST_RANKS = 10  # the smallest number of ranks whose distribution is assessed
# the probabilities at which quantiles are compared for the Wasserstein distance
_LEVELS = (np.arange(1_000) + 0.5) / 1_000
_BINS = 60


def compare(
    exact: ExactValues, in_order: Sequence[Ascending], summary: Mapping[str, Array]
) -> dict[str, Array]:
    """Return exact posterior summaries and errors of the draws by column, each (estimand,).

    `in_order` has the draws of the estimands of `exact`, in this order. `summary` has their `mean`,
    `mcse_mean` and quantiles, as `diagnostics.estimate` returns them. The columns are
    `ERROR_COLUMNS` without `rank`, and nan where the exact posterior is unknown:

    - `exact_mean`, `exact_sd` and `exact_q05` to `exact_q95`, in the units of the estimand
    - `z_score`, the error of the mean divided by its Monte Carlo standard error; its distribution
      is nearly standard normal if the sampler explores the posterior
    - `error_q05` to `error_q95`, the errors of quantiles as probabilities

    For tau and log tau only, and nan for other estimands:

    - `ks`, the Kolmogorov-Smirnov distance between the draws and the exact marginal posterior
    - `wasserstein`, the 1-Wasserstein distance, in the units of the estimand, from quantiles at
      1,000 evenly spaced probabilities
    - `mass_below_exact_q05`, the fraction of the draws below the exact 5 % quantile
    - `exact_below_lowest`, the exact probability of values below the lowest draw
    """
    names, levels = exact.estimands, list(QUANTILES.values())
    columns = {column: np.full(len(names), np.nan) for column in ERROR_COLUMNS if column != "rank"}
    columns |= {f"exact_{moment}": exact.moments[moment] for moment in ("mean", "sd")}
    for i, name in enumerate(names):
        quantiles = exact.quantile(name, levels)
        errors = exact.cdf(name, [summary[quantile][i] for quantile in QUANTILES]) - levels
        for quantile, value, error in zip(QUANTILES, quantiles, errors, strict=True):
            columns[f"exact_{quantile}"][i] = value
            columns[f"error_{quantile}"][i] = error
    # probabilities are the same for tau and log tau
    of_both = [names.index("tau"), names.index("log_tau")]
    cdf = exact.cdf("log_tau", in_order[of_both[1]].values)
    columns["ks"][of_both] = kolmogorov_smirnov(cdf)
    columns["exact_below_lowest"][of_both] = cdf[0]
    for i in of_both:
        quantiles, drawn = exact.quantile(names[i], _LEVELS), in_order[i]
        with np.errstate(invalid="ignore"):  # log tau is -inf where tau underflows
            columns["wasserstein"][i] = np.abs(drawn.quantiles(_LEVELS) - quantiles).mean()
        lowest = columns["exact_q05"][i]
        below = np.searchsorted(drawn.values, lowest) / len(drawn.values)
        columns["mass_below_exact_q05"][i] = below if np.isfinite(lowest) else np.nan
    with np.errstate(divide="ignore", invalid="ignore"):
        columns["z_score"] = (summary["mean"] - columns["exact_mean"]) / summary["mcse_mean"]
    return columns


def kolmogorov_smirnov(cdf_of_sorted: Array) -> float:
    """Return the largest difference between the empirical cdf and the exact one.

    `cdf_of_sorted` (n,) is the exact cdf at the sorted draws.
    """
    n = len(cdf_of_sorted)
    i = np.arange(n)
    # the empirical cdf is i / n below draw i and (i + 1) / n at it
    return float(max(((i + 1) / n - cdf_of_sorted).max(), (cdf_of_sorted - i / n).max()))


def log_tau_densities(exact: ExactValues, log_tau: Array) -> dict[str, Array]:
    """Return a histogram of draws of log tau and the exact density, as the `DENSITY_COLUMNS`.

    `log_tau` are draws in an array of any shape. The 60 bins of equal width cover the central
    99.9 % of the exact posterior. Each column has shape (60,): `log_tau` the midpoints of the bins,
    `drawn` the density of the draws in each bin, `exact` the exact density at the midpoint. There
    are none if the exact posterior is unknown.
    """
    low, high = exact.quantile("log_tau", [0.0005, 0.9995])
    if np.isnan(low):
        return {}
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
