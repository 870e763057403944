"""Criteria, verdicts and interval estimates that several analyses share."""

from __future__ import annotations

import numpy as np
from scipy import stats

from funnel.model.data import Array

# a fit is wrong about tau if the Kolmogorov-Smirnov distance of its draws of tau is larger
LARGE = 0.05
# the number of independent draws whose distance exceeds LARGE with a probability of 5 %
ESS_TO_JUDGE = float((stats.kstwobign.ppf(0.95) / LARGE) ** 2)

# verdicts on a published number compared with what was found
NOT_DISTINGUISHED, DIFFERS = "not distinguished", "differs"


def wilson(hits: int, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a proportion of `hits` in `n` (Wilson 1927, JASA 22:209)."""
    interval = stats.binomtest(hits, n).proportion_ci(0.95, method="wilson")
    return float(interval.low), float(interval.high)


def jackknife_standard_error(leave_one_out: Array) -> float:
    """Return the jackknife standard error of a statistic with `leave_one_out` values (n,)."""
    n = len(leave_one_out)
    deviation = leave_one_out - leave_one_out.mean()
    return float(np.sqrt((n - 1) / n * np.sum(deviation**2))) if n > 1 else np.nan
