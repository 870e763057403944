"""How well diagnostics detect wrong fits: their sensitivity and their false alarm rate.

A fit is called wrong if the Kolmogorov-Smirnov distance between its draws of tau and the exact
posterior exceeds 0.05, that is, if a probability of the form P(tau < x) is off by more than five
percentage points. The reason may be a part of the posterior that was missed or Monte Carlo error.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from funnel.analysis.criteria import LARGE, wilson
from funnel.model.data import CELL, FIT

DIAGNOSTICS: dict[str, tuple[str, Callable[[pd.Series[float]], pd.Series[bool]]]] = {
    "any divergence": ("divergences", lambda x: x > 0),
    "E-BFMI < 0.3": ("bfmi_min", lambda x: x < 0.3),
    "R-hat > 1.01": ("rhat_max", lambda x: x > 1.01),
    "bulk ESS < 400": ("ess_bulk_min", lambda x: x < 400),
    "tail ESS < 400": ("ess_tail_min", lambda x: x < 400),
}
VALUE_COLUMNS = (
    *("sampler", "diagnostic", "wrong", "wrong_cells"),
    *("sensitivity", "sensitivity_low", "sensitivity_high"),
    *("right", "false_alarm", "false_alarm_low", "false_alarm_high"),
)
DIVERGENCE_COLUMNS = (
    *("sampler", "divergences", "fits", "ks", "ks_mcse", "wrong", "wrong_low", "wrong_high"),
)
DIVERGENCES = {"0": (0, 0), "1 to 9": (1, 9), "10 to 99": (10, 99), "100 or more": (100, np.inf)}


def diagnostic_value(fits: pd.DataFrame, estimates: pd.DataFrame) -> pd.DataFrame:
    """Return the sensitivity and false alarm rate of each diagnostic, by sampler.

    `sensitivity` is the proportion of the `wrong` fits that the diagnostic flags, and `false_alarm`
    that of the `right` fits, each with its 95 % Wilson interval, which treats fits as independent.
    `wrong_cells` is the number of cells that have wrong fits. Failed fits and fits whose diagnostic
    is undefined are not counted.
    """
    rows = []
    for sampler, group in _with_distance(fits, estimates).groupby("sampler", sort=False):
        for name, (column, flags) in DIAGNOSTICS.items():
            known = group[group[column].notna()]
            flagged, wrong = flags(known[column].astype(float)), known["ks"] > LARGE
            rows.append(
                {
                    "sampler": sampler,
                    "diagnostic": name,
                    "wrong": int(wrong.sum()),
                    "wrong_cells": len(known.loc[wrong, CELL].drop_duplicates()),
                    **_proportion("sensitivity", flagged[wrong]),
                    "right": int((~wrong).sum()),
                    **_proportion("false_alarm", flagged[~wrong]),
                }
            )
    return pd.DataFrame(rows, columns=list(VALUE_COLUMNS))


def divergences_and_errors(fits: pd.DataFrame, estimates: pd.DataFrame) -> pd.DataFrame:
    """Return the errors of fits about tau, grouped by their number of divergences.

    `ks` is the mean Kolmogorov-Smirnov distance of the draws of tau, with its Monte Carlo standard
    error `ks_mcse`, and `wrong` the proportion of fits whose distance exceeds 0.05, with its 95 %
    Wilson interval.
    """
    rows = []
    for sampler, group in _with_distance(fits, estimates).groupby("sampler", sort=False):
        for name, (low, high) in DIVERGENCES.items():
            chosen = group[group["divergences"].astype(float).between(low, high)]
            n = len(chosen)
            error = chosen["ks"].std(ddof=1) / np.sqrt(n) if n > 1 else np.nan
            rows.append(
                {
                    "sampler": sampler,
                    "divergences": name,
                    "fits": n,
                    "ks": chosen["ks"].mean(),
                    "ks_mcse": error,
                    **_proportion("wrong", chosen["ks"] > LARGE),
                }
            )
    return pd.DataFrame(rows, columns=list(DIVERGENCE_COLUMNS))


def _with_distance(fits: pd.DataFrame, estimates: pd.DataFrame) -> pd.DataFrame:
    """Return the fits that did not fail, with the distance of their draws of tau."""
    distance = estimates.loc[estimates["estimand"] == "tau", [*FIT, "ks"]]
    joined = fits.merge(distance, on=FIT, how="left", validate="one_to_one")
    return joined[(joined["status"] == "ok") & joined["ks"].notna()]


def _proportion(name: str, hits: pd.Series[bool]) -> dict[str, Any]:
    """Return a proportion with its Wilson interval; all missing if there are no `hits`."""
    if hits.empty:
        return {name: np.nan, f"{name}_low": np.nan, f"{name}_high": np.nan}
    low, high = wilson(int(hits.sum()), len(hits))
    return {name: float(hits.mean()), f"{name}_low": low, f"{name}_high": high}
