"""The contest of parameterizations: its section, its sentences and its tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from funnel_study.analysis.contest import APPLICABLE, UNCLEAR
from funnel_study.analysis.sweep import ESTIMANDS, LABELS, NAMES, axes_of, value_text
from funnel_study.analysis.work import WORST
from funnel_study.report.contents import Contents
from funnel_study.report.numbers import ratio_with_interval
from funnel_study.report.parts import words

# a parameterization stays in the running if it is the best in this fraction of bootstrap samples
_POSSIBLE = 0.05
# a longer table is left to its file
MOST_ROWS = 200
_HALF = 0.5


def contest(contents: Contents) -> dict[str, Any]:
    """Return what the section shows, for a study with at least three constants."""
    summary, best = contents.tables["contest_summary"], contents.tables["contest_best"]
    table = points(best) if len(axes_of(best)) > 1 else None
    ratios = {f"{name}_ratio": np.exp(summary[name]) for name in ("mean", "median", "largest")}
    return {
        "map": map_sentences(best),
        "contest": sentences(summary),
        "points": table if table is not None and len(table) <= MOST_ROWS else None,
        "rules": summary.assign(estimand=summary["estimand"].map(NAMES), **ratios),
    }


def points(best: pd.DataFrame) -> pd.DataFrame:
    """Return the numbers of each point of a map, for the worst estimand, as text.

    `best` is that of `analysis.contest` with the swept values. Scenarios without a value of an axis
    are left out.
    """
    keys = axes_of(best)
    worst = best[(best["estimand"] == WORST) & best[keys].notna().all(axis=1)]
    limits = ["best_centeredness", "best_centeredness_low", "best_centeredness_high"]
    cost = ["cost_of_worst_constant", "cost_of_worst_constant_mcse"]
    return pd.DataFrame(
        {
            **{LABELS[key]: [value_text(value) for value in worst[key]] for key in keys},
            "best constant": worst["best_constant"],
            "best centeredness (95 % interval)": [
                f"{c:.2f} ({low:.2f} to {high:.2f})"
                for c, low, high in worst[limits].to_numpy(dtype=float)
            ],
            "work of the worst constant, divided by that of the best": [
                ratio_with_interval(log, error) for log, error in worst[cost].to_numpy(dtype=float)
            ],
        }
    )


def sentences(summary: pd.DataFrame) -> list[str]:
    """Return which parameterization has the smallest worst-case regret, for each estimand.

    For the worst estimand, a second sentence has that of the constants and rules, unless it is the
    same. `summary` is that of `analysis.contest`, with the rows of one or several samplers.
    """
    if summary.empty:
        return [words("contest", "nothing_to_compare")]
    found = []
    several = len(summary["sampler"].unique()) > 1
    for sampler, rows in summary.groupby("sampler", sort=False):
        for estimand in (WORST, *ESTIMANDS[:-1]):
            of = rows[rows["estimand"] == estimand]
            if of.empty:
                continue
            first = _first(of, "best")
            name = "the worst estimand" if estimand == WORST else NAMES[estimand]
            found.append(words("contest", "first", first, name, several and sampler, False))
            applicable = of[of["kind"].isin(APPLICABLE)]
            if estimand == WORST and len(applicable):
                rule = _first(applicable, "best_rule")
                if rule["parameterization"] != first["parameterization"]:
                    found.append(words("contest", "first", rule, name, None, True))
    return found


def _first(rows: pd.DataFrame, share: str) -> dict[str, Any]:
    """Return the row with the smallest largest regret, and its rivals.

    `share` is the column of how often each was the best in the bootstrap.
    """
    ordered = rows.sort_values(["largest", "mean"], kind="stable")
    others = ordered.iloc[1:]
    rivals = others.loc[others[share] >= _POSSIBLE, "parameterization"]
    first: dict[Any, Any] = ordered.iloc[0].to_dict()
    return {**first, "rivals": list(rivals)}


def map_sentences(best: pd.DataFrame) -> list[str]:
    """Return where which constant is best for the worst estimand, and what the worst one costs.

    `best` is that of `analysis.contest` with the swept values. There are no sentences without a
    swept key that has several values.
    """
    axes = axes_of(best)
    worst = best[(best["estimand"] == WORST) & np.isfinite(best["best_centeredness"])]
    if not axes or worst.empty:
        return []
    medians = worst.groupby(axes[0])["best_centeredness"].median()
    ends = [(end, medians.loc[end]) for end in (medians.index[0], medians.index[-1])]
    found = [words("contest", "along", *ends, LABELS[axes[0]])]
    above = (medians >= _HALF).to_numpy()
    (changes,) = np.nonzero(above[:-1] != above[1:])
    if len(changes) == 1:
        found.append(words("contest", "crossing", *medians.index[changes[0] : changes[0] + 2]))
    width = worst["best_centeredness_high"] - worst["best_centeredness_low"]
    if vague := int((width > UNCLEAR).sum()):
        found.append(words("contest", "vague", vague, len(worst)))
    known = worst.dropna(subset=["cost_of_worst_constant"])
    if len(known):
        costs = np.exp(known["cost_of_worst_constant"].agg(["min", "max", "median"]))
        most = known.iloc[int(known["cost_of_worst_constant"].to_numpy().argmax())]
        at = (most["scenario"], most["cost_of_worst_constant_mcse"])
        found.append(words("contest", "worst_constant", *costs, *at))
    return found
