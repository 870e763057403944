"""The effective sample size of a mean, as ArviZ defines it, for many lags at once.

ArviZ averages the autocovariances over chains lag by lag, which takes most of its time if chains
mix slowly. The numbers here are the same; tests/unit/diagnosis/test_effective_size.py compares
them.
"""

from __future__ import annotations

import numpy as np
from arviz_stats.base import array_stats

from funnel.group_means import Array

_FEWEST_DRAWS = 4  # of a chain
_CONSTANT = np.finfo(float).resolution  # draws of a smaller range are taken as independent
_FEW_LAGS = 256  # enough for most chains


def ess(draws: Array) -> float:
    """Return the ESS of the mean of `draws` (chain, draw), as `array_stats.ess(method="mean")`.

    Chains are split into halves (Vehtari et al. 2021, section 3.2). It is nan for fewer than four
    draws, or if a draw is not finite.
    """
    half = draws.shape[1] // 2
    if draws.shape[1] < _FEWEST_DRAWS or np.isnan(draws).any():
        return np.nan
    chains = np.concatenate([draws[:, :half], draws[:, -half:]], dtype=float)
    if np.ptp(chains) < _CONSTANT:
        return float(chains.size)
    autocovariances = array_stats.autocov(chains, axis=-1)
    between = np.var(chains.mean(axis=1), ddof=1)
    time, lags = None, _FEW_LAGS
    while time is None:
        # a row per lag: the sum over the chains of a row has the order of that of ArviZ
        by_lag = np.ascontiguousarray(autocovariances[:, :lags].T)
        time = autocorrelation_time(autocorrelation(by_lag.mean(axis=1), between, half), half)
        lags *= 4
    return float(chains.size / np.maximum(time, 1 / np.log10(chains.size)))


def autocorrelation(autocovariance: Array, between: float, draws: int) -> Array:
    """Return the correlations of several chains at the same lags, from 0, as `autocovariance`.

    That is the mean over the chains, `between` is the variance of their means, and `draws` the
    length of a chain.
    """
    within = autocovariance[0] * draws / (draws - 1)
    total = within * (draws - 1) / draws + between
    correlation = 1 - (within - autocovariance) / total
    correlation[0] = 1
    return np.asarray(correlation)


def autocorrelation_time(correlation: Array, draws: int) -> float | None:
    """Return the integrated autocorrelation time of chains with a number of draws.

    `correlation` has the correlations (lag,) from lag 0. The result is None if more of them are
    needed; those at all lags below `draws` suffice.

    This is the initial monotone sequence of Geyer (1992, doi:10.1214/ss/1177011137): correlations
    are summed in pairs of an even and the next odd lag, up to the first pair whose sum is not
    positive, and the sums are made to decrease. Of that pair, the correlation at the even lag
    counts if it is positive.
    """
    if np.isnan(correlation[1]):
        return np.nan
    pairs = correlation[: len(correlation) // 2 * 2].reshape(-1, 2)
    sums = pairs[:, 0] + pairs[:, 1]
    last = max((draws - 3) // 2, 0)  # as in ArviZ, which takes no later pair into account
    not_positive = np.flatnonzero(~(sums[:last] > 0))
    end = not_positive[0] if len(not_positive) else last
    if end >= len(sums):
        return None
    decreasing = np.minimum.accumulate(sums[:end])[:, None]
    counted = np.where(sums[:end, None] > decreasing, decreasing / 2, pairs[:end])
    even = pairs[end, 0]
    rest = even if even > 0 or sums[end] >= 0 else 0.0
    return float(-1 + 2 * counted.ravel().sum() + rest)
