"""Published meta-analyses: effects and standard errors from the numbers as they were printed.

The numbers are in workflow/resources/meta-analyses.yaml, one entry per meta-analysis. From them
follow the effects y_k and standard errors s_k, which config/meta-analyses.yaml has to four
decimals. `EFFECTS` has the formulas. They are those of Cooper, Hedges and Valentine (2009), The
Handbook of Research Synthesis and Meta-Analysis, chapters 12 and 13, and of Efron and Morris (1975)
for the arcsine. One half is added to all cells of a 2 x 2 table in which one is zero, before
anything is computed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from funnel.exact import ExactPosterior
from funnel.group_means import Array, GroupMeans
from funnel.priors import Priors

Entry = Mapping[str, Any]
Effects = tuple[Array, Array]


def effects(entry: Entry, effect: str | None = None, unit: float | None = None) -> Effects:
    """Return the effects (K,) and their standard errors (K,) of an entry, in its unit.

    Another `effect` and `unit` can be given. Raises KeyError if there is no such effect, or if the
    entry has no column that it needs.
    """
    columns = dict(zip(entry["columns"], np.array(entry["rows"], dtype=float).T, strict=True))
    if "se" in columns:
        columns.setdefault("variance", columns["se"] ** 2)
    names, formula = EFFECTS[effect or entry["effect"]]
    y, variance = formula(*(columns[name] for name in names))
    scale = entry.get("unit", 1) if unit is None else unit
    return y / scale, np.sqrt(variance) / scale


DATA_COLUMNS = ["scenario", "source", "groups", "effect", "tau_mean", "tau_sd", "data_weight"]


def data_table(entries: Sequence[Entry], priors: Priors) -> pd.DataFrame:
    """Return a table with one row per entry: its source, and what its exact posterior says of tau.

    `data_weight` is the mean over the groups of E[tau^2 / (tau^2 + s_k^2) | y]. All are in the unit
    of the entry.
    """
    rows = []
    for entry in entries:
        exact = ExactPosterior(GroupMeans(*effects(entry)), priors)
        source = entry["citation"].partition(")")[0] + ")"
        tau, weight = (exact.mean()["tau"], exact.sd()["tau"]), exact.data_weight().mean()
        rows.append((entry["name"], source, len(entry["rows"]), entry["effect"], *tau, weight))
    return pd.DataFrame(rows, columns=DATA_COLUMNS)


def _of_counts(formula: Callable[..., Effects]) -> Callable[..., Effects]:
    """Return `formula` with one half added to all cells of tables with a zero.

    Its arguments are the events and the total of each group.
    """

    def with_halves(*counts: Array) -> Effects:
        pairs = list(zip(counts[::2], counts[1::2], strict=True))
        half = 0.5 * (np.min([(a, n - a) for a, n in pairs], axis=(0, 1)) == 0)
        return formula(*(count for a, n in pairs for count in (a + half, n + 2 * half)))

    return with_halves


def _mean_difference(x1: Array, s1: Array, n1: Array, x2: Array, s2: Array, n2: Array) -> Effects:
    """Return the difference of two means, with the pooled variance."""
    pooled = ((n1 - 1) * s1**2 + (n2 - 1) * s2**2) / (n1 + n2 - 2)
    return x1 - x2, pooled * (1 / n1 + 1 / n2)


def _standardized_mean_difference(d: Array, n: Array) -> Effects:
    """Return Hedges' g to 2 decimals and its variance to 3, as in the R package metadat."""
    y = np.round((1 - 3 / (4 * n - 9)) * d, 2)
    return y, np.round((8 + y**2) / (2 * n), 3)


_GROUP = ("events", "total")
_GROUPS = (*_GROUP, "control events", "control total")
_TIMES = ("events", "time", "control events", "control time")
_MEANS = ("mean", "sd", "total", "control mean", "control sd", "control total")
_TWO_Z = 2 * 1.959963984540054  # in standard errors, the width of a 95 % interval

# for each effect, the columns that it needs, and its value and variance from them
EFFECTS: Mapping[str, tuple[Sequence[str], Callable[..., Effects]]] = {
    "log odds ratio": (
        _GROUPS,
        _of_counts(
            lambda a, n, c, m: (
                np.log(a * (m - c) / (c * (n - a))),
                1 / a + 1 / (n - a) + 1 / c + 1 / (m - c),
            )
        ),
    ),
    "log risk ratio": (
        _GROUPS,
        _of_counts(lambda a, n, c, m: (np.log(a / n / (c / m)), 1 / a - 1 / n + 1 / c - 1 / m)),
    ),
    "risk difference": (
        _GROUPS,
        _of_counts(lambda a, n, c, m: (a / n - c / m, a * (n - a) / n**3 + c * (m - c) / m**3)),
    ),
    "log rate ratio": (_TIMES, lambda a, t, c, u: (np.log(a / t / (c / u)), 1 / a + 1 / c)),
    "log odds": (_GROUP, _of_counts(lambda a, n: (np.log(a / (n - a)), 1 / a + 1 / (n - a)))),
    "arcsine of proportion": (_GROUP, lambda a, n: (np.arcsin(2 * a / n - 1), 1 / n)),
    "log hazard ratio": (("observed minus expected", "variance"), lambda o, v: (o / v, 1 / v)),
    "Fisher's z": (("correlation", "total"), lambda r, n: (np.arctanh(r), 1 / (n - 3))),
    "mean difference": (_MEANS, _mean_difference),
    "standardized mean difference": (("d", "total"), _standardized_mean_difference),
    "log of ratio with interval": (
        ("ratio", "low", "high"),
        lambda ratio, low, high: (np.log(ratio), ((np.log(high) - np.log(low)) / _TWO_Z) ** 2),
    ),
    "printed effect": (("y", "variance"), lambda y, variance: (y, variance)),
}
