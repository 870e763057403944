"""The study's answer: which parameterization to use where, by how much, and how sure that is.

A parameterization *qualifies* in a scenario if all of its fits ended and none is wrong about tau (a
Kolmogorov-Smirnov distance to the exact posterior over 0.05). Among those that qualify, the one
with the most effective draws per leapfrog step is best: it needs the least work for the same
precision, on any machine. Ratios of two parameterizations are paired by replicate. Where one has
the centeredness of centered (1) or noncentered (0) in all of its fits, it is that one, no rival.
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
    """A row a scenario, sampler and parameterization, with its verdict.

    `wrong` fits have a Kolmogorov-Smirnov distance of tau over 0.05, whose mean is `ks`;
    `wrong_low` and `wrong_high` are the 95 % Wilson interval of their part of all. `same_as` is the
    parameterization that this one is in all of its fits, by their centeredness, or empty.
    `efficiency` is the mean of a fit's lowest bulk ESS over its leapfrog steps; `ratio` is the
    geometric mean, over the `replicates` that both have, of that of the best qualifying
    parameterization over this one's, with its 95 % interval by Student's t.

    `seconds` and `leapfrog_steps` are medians of the fits that ended.

    The best has the largest geometric mean of efficiency. The verdict is `best`, `level` (the
    interval of the ratio reaches 1), `slower`, `right` (with one replicate there is no interval),
    `same` (nothing is wrong, but it is another that the study has), `wrong` (some fits are, or
    failed), `unknown` (none is, but some have no exact posterior to be held against), or `no fit`.
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
    """Which of centered and noncentered these fits are, unless that is their name."""
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
    """How many times as efficient the best is, paired by replicate."""
    both = best[["replicate", "efficiency"]].merge(other, on="replicate", suffixes=("", "_other"))
    logs = np.log((both["efficiency"] / both["efficiency_other"]).dropna().to_numpy(dtype=float))
    n = len(logs)
    mean = logs.mean() if n else np.nan
    reach = stats.t.ppf(0.975, n - 1) * logs.std(ddof=1) / np.sqrt(n) if n > 1 else np.nan
    low, high = mean - reach, mean + reach
    found = {"ratio": np.exp(mean), "ratio_low": np.exp(low), "ratio_high": np.exp(high)}
    return {**{key: float(value) for key, value in found.items()}, "replicates": n}
