"""The answer of the study: which parameterization to use in each scenario.

A parameterization *qualifies* in a scenario if none of its fits failed and none is wrong about tau,
which means that the Kolmogorov-Smirnov distance between the draws of tau and the exact posterior is
known and at most 0.05. The best parameterization is the qualifying one with the highest effective
sample size per leapfrog step. It needs the fewest leapfrog steps for a given precision, on any
machine. Ratios of two parameterizations are paired by replicate. A parameterization whose fits all
have centeredness 1 or all have centeredness 0 equals centered or noncentered, and is not compared
with it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from funnel.analysis.criteria import LARGE, wilson
from funnel.model.data import FIT

Row = dict[str, Any]

COLUMNS = (
    *("scenario", "sampler", "parameterization", "same_as", "fits", "failed", "wrong"),
    *("wrong_low", "wrong_high", "ks", "ks_mcse"),
    *("efficiency", "efficiency_mcse", "ratio", "ratio_low", "ratio_high", "replicates", "verdict"),
    *("seconds", "leapfrog_steps"),
)


def answers(fits: pd.DataFrame, estimates: pd.DataFrame) -> pd.DataFrame:
    """Return one row per scenario, sampler and parameterization, with a verdict.

    The columns are

    - `same_as`: the parameterization that this one equals in all of its fits, judging by their
      centeredness; empty if there is none
    - `fits`, `failed`, `wrong`: the number of fits, of those that failed, and of those that are
      wrong about tau; `wrong_low` and `wrong_high` are the 95 % Wilson interval of the proportion
      of wrong fits
    - `ks`, `ks_mcse`: mean Kolmogorov-Smirnov distance of tau, with its standard error
    - `efficiency`, `efficiency_mcse`: mean of the lowest bulk ESS of a fit divided by its leapfrog
      steps, with its standard error
    - `ratio`, `ratio_low`, `ratio_high`: efficiency of the best parameterization divided by that of
      this one, as the geometric mean over the `replicates` that have both, with its 95 % Student t
      interval
    - `seconds`, `leapfrog_steps`: medians over the fits that did not fail

    and `verdict`, which is one of

    - `best`: the qualifying parameterization with the largest geometric mean of efficiency
    - `level`: it qualifies, and the interval of the ratio includes 1
    - `slower`: it qualifies, and the interval of the ratio is above 1
    - `right`: it qualifies, but with one replicate the ratio has no interval
    - `same`: it qualifies, but equals another parameterization of the study
    - `wrong`: some fits failed or are wrong about tau
    - `unknown`: no fit is known to be wrong, but some have no exact posterior to compare with
    - `no fit`: all fits failed
    """
    tau = estimates.loc[estimates["estimand"] == "tau", [*FIT, "ks"]]
    table = fits.merge(tau, on=FIT, how="left", validate="one_to_one")
    table["efficiency"] = table["ess_bulk_min"].astype(float) / table["leapfrog_steps"].astype(
        float
    )
    rows = []
    for (scenario, sampler), group in table.groupby(["scenario", "sampler"], sort=False):
        by_name = dict(list(group.groupby("parameterization", sort=False)))
        same = {name: _same_as(str(name), part) for name, part in by_name.items()}
        qualified = [
            name for name, part in by_name.items() if _qualifies(part) and same[name] not in by_name
        ]
        best = max(qualified, key=lambda name: _log_mean(by_name[name]), default=None)
        for name, part in by_name.items():
            ended = part[part["status"] == "ok"]
            ratio = _ratio(by_name[best], part) if best and best != name else {}
            wrong = int((part["ks"] > LARGE).sum())
            wrong_low, wrong_high = wilson(wrong, len(part))
            rows.append(
                {
                    "scenario": scenario,
                    "sampler": sampler,
                    "parameterization": name,
                    "same_as": same[name],
                    "fits": len(part),
                    "failed": int((part["status"] != "ok").sum()),
                    "wrong": wrong,
                    "wrong_low": wrong_low,
                    "wrong_high": wrong_high,
                    "ks": part["ks"].mean(),
                    "ks_mcse": part["ks"].sem(),
                    "efficiency": part["efficiency"].mean(),
                    "efficiency_mcse": part["efficiency"].sem(),
                    **ratio,
                    "verdict": _verdict(part, name == best, same[name] in by_name, ratio),
                    "seconds": ended["sampling_seconds"].astype(float).median(),
                    "leapfrog_steps": ended["leapfrog_steps"].astype(float).median(),
                }
            )
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"replicates": "Int64"})


def _qualifies(fits: pd.DataFrame) -> bool:
    return bool((fits["status"] == "ok").all() and (fits["ks"] <= LARGE).all())


def _same_as(name: str, fits: pd.DataFrame) -> str | None:
    """Return "centered" or "noncentered" if all `fits` of another name have that centeredness."""
    c = fits.loc[fits["status"] == "ok", "centeredness"].astype(float)
    for other, value in (("centered", 1), ("noncentered", 0)):
        if len(c) and name != other and (c == value).all():
            return other
    return None


def _log_mean(fits: pd.DataFrame) -> float:
    return float(np.log(fits["efficiency"].dropna().astype(float)).mean())


def _verdict(fits: pd.DataFrame, is_best: bool, is_same: bool, ratio: dict[str, float]) -> str:
    if not (fits["status"] == "ok").any():
        return "no fit"
    if not _qualifies(fits):
        known = (fits["status"] != "ok") | (fits["ks"] > LARGE)
        return "wrong" if known.any() else "unknown"
    if is_best:
        return "best"
    if is_same:
        return "same"
    if not np.isfinite(ratio["ratio_low"]):
        return "right"
    return "slower" if ratio["ratio_low"] > 1 else "level"


def _ratio(best: pd.DataFrame, other: pd.DataFrame) -> dict[str, float]:
    """Return the ratio of the efficiencies of `best` and `other`, paired by replicate."""
    both = best[["replicate", "efficiency"]].merge(other, on="replicate", suffixes=("", "_other"))
    logs = np.log((both["efficiency"] / both["efficiency_other"]).dropna().to_numpy(dtype=float))
    n = len(logs)
    mean = logs.mean() if n else np.nan
    reach = stats.t.ppf(0.975, n - 1) * logs.std(ddof=1) / np.sqrt(n) if n > 1 else np.nan
    low, high = mean - reach, mean + reach
    found = {"ratio": np.exp(mean), "ratio_low": np.exp(low), "ratio_high": np.exp(high)}
    return {**{key: float(value) for key, value in found.items()}, "replicates": n}
