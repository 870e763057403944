"""What diagnostics are worth: how often each fires when a fit is wrong, and when it is not.

A fit is called wrong here when the Kolmogorov-Smirnov distance of its draws of tau to the exact
posterior exceeds 0.05: some probability of the form tau < x is off by more than five points, be it
for a part of the posterior that was missed or for Monte Carlo error alone.
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
    """Sensitivity and false alarm of each diagnostic over all fits that ended, by sampler.

    `sensitivity` is how often it fires among the `wrong` fits, `false_alarm` among the `right`
    ones, each with its 95 % Wilson interval, which takes fits as independent. `wrong_cells` says in
    how many cells the wrong ones are. Fits whose diagnostic is undefined do not count.
    """
    rows = []
    for sampler, group in _with_distance(fits, estimates).groupby("sampler", sort=False):
        for name, (column, fires) in DIAGNOSTICS.items():
            known = group[group[column].notna()]
            fired, wrong = fires(known[column].astype(float)), known["ks"] > LARGE
            rows.append(
                {
                    "sampler": sampler,
                    "diagnostic": name,
                    "wrong": int(wrong.sum()),
                    "wrong_cells": len(known.loc[wrong, CELL].drop_duplicates()),
                    **_proportion("sensitivity", fired[wrong]),
                    "right": int((~wrong).sum()),
                    **_proportion("false_alarm", fired[~wrong]),
                }
            )
    return pd.DataFrame(rows, columns=list(VALUE_COLUMNS))


def divergences_and_errors(fits: pd.DataFrame, estimates: pd.DataFrame) -> pd.DataFrame:
    """How wrong fits are by their count of divergences: whether six of them are bad.

    `ks` is the mean distance of their draws of tau with its Monte Carlo standard error, `wrong`
    the part of them whose distance exceeds 0.05, with its 95 % Wilson interval.
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
    """The fits that ended, with the distance of their draws of tau."""
    distance = estimates.loc[estimates["estimand"] == "tau", [*FIT, "ks"]]
    joined = fits.merge(distance, on=FIT, how="left", validate="one_to_one")
    return joined[(joined["status"] == "ok") & joined["ks"].notna()]


def _proportion(name: str, hits: pd.Series[bool]) -> dict[str, Any]:
    """A proportion with its Wilson interval; missing where there is nothing to count."""
    if hits.empty:
        return {name: np.nan, f"{name}_low": np.nan, f"{name}_high": np.nan}
    low, high = wilson(int(hits.sum()), len(hits))
    return {name: float(hits.mean()), f"{name}_low": low, f"{name}_high": high}
