"""The study's answer: which parameterization to use where, by how much, and how sure that is.

A parameterization *qualifies* in a scenario if all of its fits ended and none is wrong about tau (a
Kolmogorov-Smirnov distance to the exact posterior over 0.05). Among those that qualify, the one
with the most effective draws per leapfrog step is best: it needs the least work for the same
precision, on any machine. Ratios of two parameterizations are paired by replicate. Where one has
the centeredness of centered (1) or noncentered (0) in all of its fits, it is that one, no rival.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from funnel.data import FIT
from funnel.diagnostic_value import LARGE, wilson

Array = NDArray[np.float64]
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


def sentences(answers: pd.DataFrame) -> dict[tuple[str, str], str]:
    """The answer for each scenario and sampler, in a few plain sentences."""
    return {
        (str(scenario), str(sampler)): _sentence(group)
        for (scenario, sampler), group in answers.groupby(["scenario", "sampler"], sort=False)
    }


def _sentence(group: pd.DataFrame) -> str:
    rows = [{str(key): value for key, value in row.items()} for row in group.to_dict("records")]
    phrases = [
        _PHRASES[verdict](row) for verdict in _PHRASES for row in _with_verdict(rows, verdict)
    ]
    if not _with_verdict(rows, "best"):
        phrases.insert(0, "No parameterization has all its fits right.")
    return " ".join(phrases)


def _with_verdict(rows: Sequence[Row], verdict: str) -> list[Row]:
    return [row for row in rows if row["verdict"] == verdict]


def _best(row: Row) -> str:
    return (
        f"Use {row['parameterization']}: none of its {_fits(row['fits'])} is wrong about tau "
        f"(mean distance {_with_error(row['ks'], row['ks_mcse'])}), which leaves room for "
        f"{100 * row['wrong_high']:.0f} % of such fits to be."
    )


def _same(row: Row) -> str:
    how = {"centered": "every", "noncentered": "no"}[row["same_as"]]
    return (
        f"{row['parameterization'].capitalize()} is {row['same_as']} here: it centers {how} "
        "individual."
    )


def _right(row: Row) -> str:
    how = {
        "level": "cannot be told from the best",
        "slower": "is right, but needs more work",
        "right": "is right",
    }[row["verdict"]]
    known = np.isfinite(row["ratio_low"])
    interval = f"95 % interval {_three(row['ratio_low'])} to {_three(row['ratio_high'])}"
    return (
        f"{row['parameterization'].capitalize()} {how}: it takes {_three(row['ratio'])} times the "
        "leapfrog steps for the same effective sample size "
        f"({interval if known else 'one replicate, so no interval'})."
    )


def _wrong(row: Row) -> str:
    kinds = {"is wrong about tau in": row["wrong"], "failed in": row["failed"]}
    what = [f"{how} {n} of {_fits(row['fits'])}" for how, n in kinds.items() if n]
    return (
        f"{row['parameterization'].capitalize()} {' and '.join(what)} (mean distance "
        f"{_with_error(row['ks'], row['ks_mcse'])})."
    )


def _unknown(row: Row) -> str:
    return (
        f"{row['parameterization'].capitalize()} is not judged: not all of its "
        f"{_fits(row['fits'])} have an exact posterior to be held against."
    )


def _no_fit(row: Row) -> str:
    return f"{row['parameterization'].capitalize()} has no fit: all failed."


_PHRASES = {
    "best": _best,
    "level": _right,
    "slower": _right,
    "right": _right,
    "same": _same,
    "wrong": _wrong,
    "unknown": _unknown,
    "no fit": _no_fit,
}


def _fits(count: int) -> str:
    return f"{count} fit{'s'[: count != 1]}"


def _with_error(value: float, error: float) -> str:
    return f"{value:.3g}" + (f", standard error {error:.2g}" if np.isfinite(error) else "")


def _three(value: float) -> str:
    """Three digits, zeros at the end too: 1.00, 64.7, 115."""
    return f"{value:#.3g}".rstrip(".")
