"""Statistics over replicates, with their standard errors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from scipy import stats

from funnel.group_means import Array
from funnel_study.analysis.work import LOW_ERROR


@dataclass(frozen=True)
class Statistic:
    """A statistic of m variables over n replicates, with its standard error.

    The statistic is a function `of_means` of the means of the `moments` of the values: it takes
    means (..., k) and the number of replicates, and returns an array (...). `moments` turns values
    (n, m) into (n, k).

    By default, standard errors are jackknife estimates. A statistic may have a formula of its own
    for its standard error, or an influence function of its own: values (n,) whose differences
    between two groups, paired by replicate, give the standard error of the difference.
    """

    of_means: Callable[[Array, int], Array]
    moments: Callable[[Array], Array] = lambda values: values
    own_influence: Callable[[Array], Array] | None = None
    own_standard_error: Callable[[Array], float] | None = None

    def of(self, values: Array) -> float:
        """Return the statistic of `values` (n, m)."""
        return float(self.of_means(self.moments(values).mean(axis=0), len(values)))

    def influence(self, values: Array) -> Array:
        """Return the influence of each replicate (n,), by default its jackknife pseudo-value.

        The standard error of their mean is that of the statistic (Efron and Tibshirani 1993, An
        Introduction to the Bootstrap, section 11.5).
        """
        if self.own_influence:
            return self.own_influence(values)
        n, moments = len(values), self.moments(values)
        without = (moments.sum(axis=0) - moments) / (n - 1)
        with np.errstate(invalid="ignore"):  # a statistic may be infinite
            return n * self.of(values) - (n - 1) * self.of_means(without, n - 1)

    def standard_error(self, values: Array) -> float:
        """Return the standard error of the statistic of `values` (n, m); nan if n is 1."""
        if len(values) < 2:
            return np.nan
        if self.own_standard_error:
            return self.own_standard_error(values)
        return error_of_mean(self.influence(values))


def error_of_mean(x: Array) -> float:
    """Return the standard error of the mean of `x` (n,); nan for a single value."""
    with np.errstate(invalid="ignore"):  # of infinite values
        return float(x.std(ddof=1) / np.sqrt(len(x))) if len(x) > 1 else np.nan


@cache
def t_quantile(values: int) -> float:
    """Return the quantile of Student's t distribution for the 95 % interval of a mean of `values`.

    For fewer than two values, it is the quantile for two.
    """
    return float(stats.t.ppf(0.975, max(values - 1, 1)))


def t_limits(
    estimate: pd.Series, error: pd.Series, values: pd.Series, *, log: bool = False
) -> tuple[pd.Series, pd.Series]:
    """Return both ends of the 95 % Student t interval of each estimate, a mean of so many values.

    With `log`, the interval is that of the log of a positive estimate.
    """
    reach = values.map(t_quantile) * error
    if log:
        factor = np.exp(reach / estimate)
        return estimate / factor, estimate * factor
    return estimate - reach, estimate + reach


def _first(means: Array, _n: int) -> Array:
    return means[..., 0]


def _sd(means: Array, n: int) -> Array:
    if n < 2:
        return np.full(means.shape[:-1], np.nan)
    return np.sqrt(np.maximum(means[..., 1] - means[..., 0] ** 2, 0.0) * n / (n - 1))


def _root(means: Array, _n: int) -> Array:
    return np.sqrt(means[..., 0])


def _of_squares(values: Array) -> Array:
    return values**2


def _low_error_gradients(means: Array, _n: int) -> Array:
    variance, steps, bias_squared = np.moveaxis(means, -1, 0)
    allowed = LOW_ERROR - bias_squared
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(allowed <= 0, np.inf, variance * steps / allowed)


def error_of_log_work(values: Array) -> float:
    """Return the standard error of the log of the mean work, given work and chains (n, 2).

    At least that of Gaussian errors: the squared errors of n data sets with C independent chains
    each are known no better than a chi-squared variable with n C degrees of freedom.
    """
    work, chains = values[:, 0], values[0, 1]
    least = np.sqrt(2 / (len(work) * chains))
    with np.errstate(invalid="ignore"):
        return float(np.maximum(error_of_mean(work / work.mean()), least))


MEAN = Statistic(_first)
PROPORTION = Statistic(
    _first,
    own_standard_error=lambda x: float(np.sqrt(x.mean() * (1 - x.mean()) / len(x))),
)
EMPIRICAL_SE = Statistic(
    _sd,
    moments=lambda x: np.column_stack([x, x**2]),
    own_standard_error=lambda x: float(x.std(ddof=1) / np.sqrt(2 * (len(x) - 1))),
)
ROOT_MEAN_SQUARE = Statistic(_root, moments=_of_squares)
# the average model-based standard error of Morris et al., given posterior standard deviations
MODEL_SE = Statistic(
    _root,
    moments=_of_squares,
    own_standard_error=lambda x: float(
        np.sqrt(np.var(x**2, ddof=1) / (4 * len(x) * np.mean(x**2)))
    ),
)
# of two variables, the first of which is divided by the second
RATIO_OF_MEANS = Statistic(lambda means, _n: means[..., 0] / means[..., 1])
# of work and the number of chains
WORK = Statistic(
    _first,
    own_influence=lambda values: values[:, 0],
    own_standard_error=lambda values: float(values[:, 0].mean() * error_of_log_work(values)),
)
LOG_WORK = Statistic(
    lambda means, _n: np.log(means[..., 0]),
    own_influence=lambda values: values[:, 0] / values[:, 0].mean(),
    own_standard_error=error_of_log_work,
)
EFFICIENCY = Statistic(
    lambda means, _n: 1 / means[..., 0],
    own_influence=lambda values: -values[:, 0] / values[:, 0].mean() ** 2,
    own_standard_error=lambda values: float(error_of_log_work(values) / values[:, 0].mean()),
)
# of the variance of one chain, its leapfrog steps, and the squared bias
LOW_ERROR_GRADIENTS = Statistic(_low_error_gradients)


def random_halves(n: int, pairs: int, rng: np.random.Generator) -> Array:
    """Return random halves of `n` data sets and their complements, (2 pairs, n), as 0 and 1.

    Each data set is in a half with probability 1/2. The 2.5 % and 97.5 % quantiles of a mean over
    random halves are the ends of its 95 % interval, exact for symmetric errors of any distribution
    (Hartigan 1969, Using subsample values as typical values, JASA 64:1303). For other statistics
    they are those of a half-sample bootstrap.
    """
    half = rng.random((pairs, n)) < 0.5
    half[half.all(axis=1) | ~half.any(axis=1)] = np.arange(n) % 2 == 0  # neither may be empty
    return np.concatenate([half, ~half]).astype(float)


def wilson(hits: int, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a proportion of `hits` in `n` (Wilson 1927, JASA 22:209)."""
    interval = stats.binomtest(hits, n).proportion_ci(0.95, method="wilson")
    return float(interval.low), float(interval.high)


def holm(p_values: Array) -> Array:
    """Return the p-values (n,) adjusted by Holm's method; missing ones stay missing."""
    # figures also import this module, but adjust nothing
    from statsmodels.stats.multitest import multipletests

    adjusted, known = np.full(len(p_values), np.nan), np.isfinite(p_values)
    if known.any():
        adjusted[known] = multipletests(p_values[known], method="holm")[1]
    return adjusted
