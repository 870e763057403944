"""Whether a sampler is right about the posterior: its squared biases and their intervals.

All biases are squared and in units of the exact posterior variance of the function that they
concern, so that they can be held against the same bound, `work.LOW_ERROR`:

- the squared bias U of every ranked estimand and of every square
- the squared bias of the probabilities of tau and of mu (`work.probability_bias`)
- that of the exact probability content of the 90 % interval of every estimand, divided by 0.9 times
  0.1. A wrong variance shows here even if all means are right.

Of the thetas, only the one with the largest value of each kind is tested.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from funnel.group_means import Array
from funnel_study.analysis.statistics import error_of_mean, t_quantile
from funnel_study.analysis.work import LOW_ERROR

QUALIFIED, WRONG, UNDECIDED = "qualified", "wrong", "undecided"
_CONTENT = 0.9


@dataclass(frozen=True)
class Bias:
    """A squared bias of the function `of` with its 95 % interval, from `data_sets` data sets.

    The interval is missing with a single data set.
    """

    of: str
    estimate: float
    low: float
    high: float
    data_sets: int

    @property
    def is_open(self) -> bool:
        """Whether the interval contains the bound, or is missing."""
        return not (self.low > LOW_ERROR or self.high < LOW_ERROR)

    def data_sets_to_decide(self) -> float:
        """Return the number of data sets whose interval would not contain the bound.

        The estimate is taken to stay, and the width of the interval to decrease with the square
        root of the number. It is infinite if the estimate equals the bound.
        """
        reach, distance = self.high - self.estimate, abs(self.estimate - LOW_ERROR)
        return float(np.ceil(self.data_sets * (reach / distance) ** 2)) if distance else np.inf


def verdict(biases: list[Bias]) -> str:
    """Return whether all biases are below the bound, any is above it, or neither is known."""
    if any(bias.low > LOW_ERROR for bias in biases):
        return WRONG
    return UNDECIDED if any(bias.is_open for bias in biases) else QUALIFIED


def largest(biases: list[Bias]) -> Bias:
    """Return the bias with the largest upper end of its interval."""
    return max(biases, key=lambda bias: bias.estimate if np.isnan(bias.high) else bias.high)


def deciding(biases: list[Bias]) -> Bias:
    """Return the bias that a verdict depends on most.

    It is the one with the largest lower end if this is above the bound, and the `largest`
    otherwise.
    """
    above = [bias for bias in biases if bias.low > LOW_ERROR]
    return max(above, key=lambda bias: bias.low) if above else largest(biases)


def biases(estimates: pd.DataFrame, errors: pd.DataFrame) -> list[Bias]:
    """Return the tested biases of a parameterization in one scenario by one sampler.

    `estimates` and `errors` have the rows of this cell. Functions whose exact moments are unknown
    or do not exist are left out, and so are fits that failed.
    """
    found = [
        *intervals(errors, "bias_squared", "{}"),
        *intervals(errors, "probability_bias", "probabilities of {}"),
    ]
    content = _CONTENT + estimates["error_q95"] - estimates["error_q05"]
    scaled = (content - _CONTENT) / np.sqrt(_CONTENT * (1 - _CONTENT))
    found += map(_squared, intervals(estimates.assign(u=scaled), "u", "90 % interval of {}"))
    tested: dict[str, Bias] = {}
    for bias in found:
        # of thetas, one of each kind
        kind = bias.of.split("[")[0] + bias.of.partition("]")[2]
        tested[kind] = largest([*([tested[kind]] if kind in tested else []), bias])
    return list(tested.values())


def intervals(rows: pd.DataFrame, column: str, label: str) -> list[Bias]:
    """Return the mean of a column over data sets with its Student t interval, by estimand."""
    found = []
    for estimand, values in rows.groupby("estimand", sort=False)[column]:
        known: Array = values.dropna().to_numpy(dtype=float)
        n = len(known)
        if n:
            reach = t_quantile(n) * error_of_mean(known)
            mean = float(known.mean())
            found.append(Bias(label.format(estimand), mean, mean - reach, mean + reach, n))
    return found


def _squared(bias: Bias) -> Bias:
    """Return the square of a signed bias with the interval of the squares."""
    ends = np.array([bias.low, bias.high]) ** 2
    low = 0.0 if bias.low < 0 < bias.high else ends.min()
    return Bias(bias.of, bias.estimate**2, float(low), float(ends.max()), bias.data_sets)
