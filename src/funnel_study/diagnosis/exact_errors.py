"""Errors of a fit, by comparison of its draws with the exact posterior and the true values.

The error of an estimated quantile is on the scale of probability: the exact cdf at the estimated
quantile, minus the nominal probability. It can be compared across estimands and scenarios.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from funnel.exact import ExactPosterior
from funnel.group_means import Array, estimands
from funnel_study.diagnosis.ascending import Ascending
from funnel_study.diagnosis.columns import ERROR_COLUMNS, QUANTILES

RANKED_DRAWS = 99
FEWEST_RANKS = 10  # the smallest number of ranks whose distribution is assessed
# the probabilities at which quantiles are compared for the Wasserstein distance
_LEVELS = (np.arange(1_000) + 0.5) / 1_000
_STEP = 64  # the exact cdf is computed at one of so many draws, and at others only if needed

_BINS = 60


def compare(
    exact: ExactPosterior, in_order: Sequence[Ascending], summary: Mapping[str, Array]
) -> dict[str, Array]:
    """Return exact posterior summaries and errors of the draws by column, each (estimand,).

    `in_order` has the draws of each estimand, in the order of `estimands`; those of log tau
    are the logs of those of tau. `summary` has their `mean`, `mcse_mean` and quantiles, as
    `diagnostics.estimate` returns them. The columns are `ERROR_COLUMNS` without `rank`:

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

    Raises QuadratureError if an exact quantile cannot be computed.
    """
    names = estimands(len(in_order) - 3)
    mean, sd, levels = exact.mean(), exact.sd(), list(QUANTILES.values())
    columns = {column: np.full(len(names), np.nan) for column in ERROR_COLUMNS if column != "rank"}
    exact_quantiles = {name: exact.quantile(name, levels) for name in names if name != "tau"}
    exact_quantiles["tau"] = np.exp(exact_quantiles["log_tau"])
    for i, name in enumerate(names):
        quantiles = exact_quantiles[name]
        columns["exact_mean"][i], columns["exact_sd"][i] = mean[name], sd[name]
        estimated = np.array([summary[quantile][i] for quantile in QUANTILES])
        errors = exact.cdf(name, estimated) - levels
        for quantile, value, error in zip(QUANTILES, quantiles, errors, strict=True):
            columns[f"exact_{quantile}"][i] = value
            columns[f"error_{quantile}"][i] = error
        if name in ("tau", "log_tau"):
            drawn = in_order[i].values
            columns["mass_below_exact_q05"][i] = np.searchsorted(drawn, quantiles[0]) / len(drawn)
    # probabilities are the same for tau and log tau
    tau = in_order[1].values
    columns["ks"][1:3] = largest_difference(lambda x: exact.cdf("tau", x), tau)
    columns["exact_below_lowest"][1:3] = exact.cdf("tau", tau[:1])
    log_tau_quantiles = exact.quantile("log_tau", _LEVELS)
    for i, quantiles in ((1, np.exp(log_tau_quantiles)), (2, log_tau_quantiles)):
        with np.errstate(invalid="ignore"):  # log tau is -inf where tau underflows
            drawn = in_order[i].quantiles(_LEVELS)
        columns["wasserstein"][i] = np.abs(drawn - quantiles).mean()
    with np.errstate(divide="ignore", invalid="ignore"):
        columns["z_score"] = (summary["mean"] - columns["exact_mean"]) / summary["mcse_mean"]
    return columns


def kolmogorov_smirnov(cdf_of_sorted: Array) -> float:
    """Return the largest difference between the empirical cdf and the exact one.

    `cdf_of_sorted` (n,) is the exact cdf at the sorted draws.
    """
    return _largest(cdf_of_sorted, np.arange(len(cdf_of_sorted)), len(cdf_of_sorted))


def largest_difference(cdf: Callable[[Array], Array], drawn: Array) -> float:
    """Return `kolmogorov_smirnov(cdf(drawn))` for sorted draws (n,).

    The cdf is computed at every 64th draw, and of the others only at those where the difference may
    be larger: from one draw to another, neither cdf leaves the range of its values at both.
    """
    n = len(drawn)
    ends = np.append(np.arange(0, n - 1, _STEP), n - 1)
    at_ends = cdf(drawn[ends])
    found = _largest(at_ends, ends, n)
    above, below = ends[1:] / n - at_ends[:-1], at_ends[1:] - (ends[:-1] + 1) / n
    others = np.flatnonzero(np.repeat(np.maximum(above, below) > found, np.diff(ends)))
    return max(found, _largest(cdf(drawn[others]), others, n)) if len(others) else found


def _largest(cdf: Array, i: NDArray[np.intp], n: int) -> float:
    """Return the largest difference from the empirical cdf of `n` draws at the draws `i`, sorted.

    The empirical cdf is i / n below draw i and (i + 1) / n at it.
    """
    return float(max(((i + 1) / n - cdf).max(), (cdf - i / n).max()))


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
