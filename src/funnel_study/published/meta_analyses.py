"""Published meta-analyses: effects and standard errors from the numbers as they were printed.

The numbers are in workflow/resources/meta-analyses.yaml, one entry per meta-analysis. From them
follow the effects y_k and standard errors s_k, which config/meta-analyses.yaml has to four
decimals. With a events among n in one group, and c events among m in the control group:

| effect | y | s^2 |
| --- | --- | --- |
| log odds ratio | log(a (m - c) / (c (n - a))) | 1/a + 1/(n - a) + 1/c + 1/(m - c) |
| log risk ratio | log((a / n) / (c / m)) | 1/a - 1/n + 1/c - 1/m |
| risk difference | a / n - c / m | a (n - a) / n^3 + c (m - c) / m^3 |
| log rate ratio, n and m being times | log((a / n) / (c / m)) | 1/a + 1/c |
| log odds, without a control group | log(a / (n - a)) | 1/a + 1/(n - a) |
| arcsine of proportion | arcsin(2 a / n - 1) | 1/n |
| log hazard ratio, from O - E and its variance V | (O - E) / V | 1/V |
| Fisher's z, from a correlation r | artanh(r) | 1 / (n - 3) |
| mean difference | difference of means | S^2 (1/n + 1/m), S^2 the pooled variance |
| standardized mean difference, from d | d (1 - 3 / (4 n - 9)) | (8 + y^2) / (2 n), n in all |
| log of ratio with interval | log of the ratio | (log(high / low) / (2 z))^2, z = 1.959964 |

One half is added to all cells of a table in which one is zero, before anything is computed. The
formulas are those of Cooper, Hedges and Valentine (2009), The Handbook of Research Synthesis and
Meta-Analysis, chapters 12 and 13, and of Efron and Morris (1975) for the arcsine. The standardized
mean differences and their variances are rounded to 2 and 3 decimals, as in the R package metadat.
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
Columns = Mapping[str, Array]
Effects = tuple[Array, Array]

_COUNTS = ("events", "total", "control events", "control total")
_Z = 1.959963984540054  # the 97.5 % quantile of the standard normal distribution


def effects(entry: Entry, effect: str | None = None, unit: float | None = None) -> Effects:
    """Return the effects (K,) and their standard errors (K,) of an entry, in its unit.

    Another `effect` and `unit` can be given. Raises KeyError if there is no such effect, or if the
    entry has no column that it needs.
    """
    columns = dict(zip(entry["columns"], np.array(entry["rows"], dtype=float).T, strict=True))
    y, variance = EFFECTS[effect or entry["effect"]](columns)
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


def _with_halves(columns: Columns, *names: str) -> list[Array]:
    """Return events and total of each group, with one half in all cells of tables with a zero."""
    counts = [columns[name] for name in names]
    pairs = list(zip(counts[::2], counts[1::2], strict=True))
    half = 0.5 * (np.min([(a, n - a) for a, n in pairs], axis=(0, 1)) == 0)
    return [count for a, n in pairs for count in (a + half, n + 2 * half)]


def _log_odds_ratio(columns: Columns) -> Effects:
    a, n, c, m = _with_halves(columns, *_COUNTS)
    return np.log(a * (m - c) / (c * (n - a))), 1 / a + 1 / (n - a) + 1 / c + 1 / (m - c)


def _log_risk_ratio(columns: Columns) -> Effects:
    a, n, c, m = _with_halves(columns, *_COUNTS)
    return np.log(a / n / (c / m)), 1 / a - 1 / n + 1 / c - 1 / m


def _risk_difference(columns: Columns) -> Effects:
    a, n, c, m = _with_halves(columns, *_COUNTS)
    return a / n - c / m, a * (n - a) / n**3 + c * (m - c) / m**3


def _log_rate_ratio(columns: Columns) -> Effects:
    a, t, c, u = (columns[key] for key in ("events", "time", "control events", "control time"))
    return np.log(a / t / (c / u)), 1 / a + 1 / c


def _log_odds(columns: Columns) -> Effects:
    a, n = _with_halves(columns, *_COUNTS[:2])
    return np.log(a / (n - a)), 1 / a + 1 / (n - a)


def _arcsine(columns: Columns) -> Effects:
    n = columns["total"]
    return np.arcsin(2 * columns["events"] / n - 1), 1 / n


def _log_hazard_ratio(columns: Columns) -> Effects:
    variance = columns["variance"]
    return columns["observed minus expected"] / variance, 1 / variance


def _fishers_z(columns: Columns) -> Effects:
    return np.arctanh(columns["correlation"]), 1 / (columns["total"] - 3)


def _mean_difference(columns: Columns) -> Effects:
    n, m = columns["total"], columns["control total"]
    squares = (n - 1) * columns["sd"] ** 2 + (m - 1) * columns["control sd"] ** 2
    return columns["mean"] - columns["control mean"], squares / (n + m - 2) * (1 / n + 1 / m)


def _standardized_mean_difference(columns: Columns) -> Effects:
    n = columns["total"]
    y = np.round((1 - 3 / (4 * n - 9)) * columns["d"], 2)
    return y, np.round((8 + y**2) / (2 * n), 3)


def _log_of_ratio(columns: Columns) -> Effects:
    width = np.log(columns["high"]) - np.log(columns["low"])
    return np.log(columns["ratio"]), (width / (2 * _Z)) ** 2


def _printed(columns: Columns) -> Effects:
    variance = columns["variance"] if "variance" in columns else columns["se"] ** 2
    return columns["y"], variance


EFFECTS: Mapping[str, Callable[[Columns], Effects]] = {
    "log odds ratio": _log_odds_ratio,
    "log risk ratio": _log_risk_ratio,
    "risk difference": _risk_difference,
    "log rate ratio": _log_rate_ratio,
    "log odds": _log_odds,
    "arcsine of proportion": _arcsine,
    "log hazard ratio": _log_hazard_ratio,
    "Fisher's z": _fishers_z,
    "mean difference": _mean_difference,
    "standardized mean difference": _standardized_mean_difference,
    "log of ratio with interval": _log_of_ratio,
    "printed effect": _printed,
}
