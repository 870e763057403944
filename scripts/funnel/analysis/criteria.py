"""Criteria and interval estimates that several analyses share."""

from __future__ import annotations

import numpy as np
from scipy import stats

from funnel.model.data import Array

LARGE = 0.05
# with fewer independent draws, Monte Carlo error alone passes it in more than one fit of twenty
ESS_TO_JUDGE = float((stats.kstwobign.ppf(0.95) / LARGE) ** 2)


def wilson(hits: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a proportion of `hits` in `n` (Wilson 1927, JASA 22:209)."""
    interval = stats.binomtest(hits, n).proportion_ci(0.95, method="wilson")
    return float(interval.low), float(interval.high)


def jackknife_standard_error(leave_one_out: Array) -> float:
    """The jackknife standard error of a statistic from its leave-one-out values (n,)."""
    n = len(leave_one_out)
    deviation = leave_one_out - leave_one_out.mean()
    return float(np.sqrt((n - 1) / n * np.sum(deviation**2))) if n > 1 else np.nan
