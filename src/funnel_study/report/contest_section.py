"""The section on the contest of parameterizations, and its sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from funnel_study.analysis.contest import APPLICABLE, UNCLEAR
from funnel_study.analysis.sweep import ESTIMANDS, LABELS, NAMES, axes_of
from funnel_study.analysis.work import WORST
from funnel_study.report.answer_text import listed
from funnel_study.report.contents import Contents, Part, Section
from funnel_study.report.numbers import number
from funnel_study.report.parts import counted, figures_of_category, table_part, text_part

# a parameterization stays in the running if it is the best in this fraction of bootstrap samples
_POSSIBLE = 0.05
# a longer table is left to its file
MOST_ROWS = 200
_HALF = 0.5


def contest_section(contents: Contents) -> Section:
    """Return the section on which rule chooses best, for a study with at least three constants."""
    summary = contents.tables["contest_summary"]
    table = summary.assign(
        estimand=summary["estimand"].map(NAMES),
        **{name: np.exp(summary[name]) for name in ("median", "largest")},
        mean=np.exp(summary["mean"]),
    )
    return Section(
        "contest",
        "Which rule chooses best?",
        [
            text_part(*map_sentences(contents.tables["contest_best"])),
            text_part(*sentences(summary)),
            *figures_of_category(contents, "Contest"),
            *_points_table(contents),
            table_part(
                "contest-table",
                "Work of each parameterization, relative to the best constant centeredness",
                "Over the scenarios: the geometric mean, the median and the largest ratio of the "
                "work to that of the best constant centeredness, where the largest is, the "
                "fraction of scenarios in which the ratio is at most 1.25, and the fraction of "
                "bootstrap samples in which the largest ratio is the smallest of all.",
                table,
                {
                    "parameterization": "parameterization",
                    "kind": "kind",
                    "estimand": "estimand",
                    "points": "scenarios",
                    "mean": "mean ratio",
                    "median": "median ratio",
                    "largest": "largest ratio",
                    "largest_at": "in the scenario",
                    "within_a_quarter": "at most 1.25",
                    "best": "best",
                },
                file="summary/contest_summary.csv",
            ),
        ],
    )


def _points_table(contents: Contents) -> Iterator[Part]:
    """Yield the numbers of the points of a map, unless there are too many."""
    best = contents.tables["contest_best"]
    if len(axes_of(best)) < 2:
        return
    table = points(best)
    if len(table) <= MOST_ROWS:
        yield table_part(
            "contest-points",
            "Best constant centeredness at each point",
            "For the worst estimand, with 95 % intervals.",
            table,
            {name: name for name in table.columns},
            file="summary/contest_best.csv",
        )


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
            **{LABELS[key]: [f"{value:g}" for value in worst[key]] for key in keys},
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
        return ["No scenario has three constants, so there is nothing to compare with."]
    found = []
    several = len(summary["sampler"].unique()) > 1
    for sampler, rows in summary.groupby("sampler", sort=False):
        with_sampler = f" with {sampler}" if several else ""
        for estimand in (WORST, *ESTIMANDS[:-1]):
            of = rows[rows["estimand"] == estimand]
            if of.empty:
                continue
            found.append(_sentence(of, f"For {_text(estimand)}{with_sampler}", "best"))
            applicable = of[of["kind"].isin(APPLICABLE)]
            if estimand == WORST and len(applicable) and _first(of) != _first(applicable):
                start = "Among the constants and the rules that anyone can apply"
                found.append(_sentence(applicable, start, "best_rule"))
    return found


def _ordered(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of one estimand, those with the smallest largest regret first."""
    return rows.sort_values(["largest", "mean"], kind="stable")


def _first(rows: pd.DataFrame) -> str:
    """Return the parameterization with the smallest largest regret."""
    return str(_ordered(rows)["parameterization"].iloc[0])


def map_sentences(best: pd.DataFrame) -> list[str]:
    """Return where which constant is best for the worst estimand, and what the worst one costs.

    `best` is that of `analysis.contest` with the swept values. There are no sentences without a
    swept key that has several values.
    """
    axes = axes_of(best)
    worst = best[(best["estimand"] == WORST) & np.isfinite(best["best_centeredness"])]
    if not axes or worst.empty:
        return []
    x = axes[0]
    medians = worst.groupby(x)["best_centeredness"].median()
    ends = [f"{medians.loc[end]:.2f} at {end:g}" for end in (medians.index[0], medians.index[-1])]
    found = [
        f"For the worst estimand, the best constant centeredness goes from {ends[0]} to {ends[1]} "
        f"({LABELS[x]}; medians over the other keys)."
    ]
    above = (medians >= _HALF).to_numpy()
    (changes,) = np.nonzero(above[:-1] != above[1:])
    if len(changes) == 1:
        low, high = medians.index[changes[0]], medians.index[changes[0] + 1]
        found.append(f"It crosses one half between {low:g} and {high:g}.")
    width = worst["best_centeredness_high"] - worst["best_centeredness_low"]
    vague = int((width > UNCLEAR).sum())
    if vague:
        found.append(
            f"At {vague} of {counted(len(worst), 'point')}, its 95 % interval is wider than one "
            "half."
        )
    costs = worst.sort_values("cost_of_worst_constant").dropna(subset=["cost_of_worst_constant"])
    if len(costs):
        least, most = costs.iloc[0], costs.iloc[-1]
        median = number(float(np.exp(costs["cost_of_worst_constant"].median())))
        found.append(
            f"The worst constant takes {_cost(least)} to {_cost(most)} times the work of the best "
            f"(median {median}; most at {most['scenario']}, where the standard error of the log "
            f"ratio is {number(float(most['cost_of_worst_constant_mcse']), 2)})."
        )
    return found


def _cost(row: pd.Series[Any]) -> str:
    return number(float(np.exp(row["cost_of_worst_constant"])))


def _sentence(rows: pd.DataFrame, start: str, share: str) -> str:
    """Return the sentence on the rows of one estimand and sampler.

    `share` is the column of how often each was the best in the bootstrap.
    """
    ordered = _ordered(rows)
    first = ordered.iloc[0]
    most, low, high = (ratio(first[name]) for name in ("largest", "largest_low", "largest_high"))
    rivals = [
        str(row["parameterization"])
        for _, row in ordered.iloc[1:].iterrows()
        if row[share] >= _POSSIBLE
    ]
    points = f"in all {int(first['points'])} scenarios"
    claim = (
        f"{start}, {first['parameterization']} takes at most {most} times ({low} to {high}) the "
        f"work of the best constant centeredness {points}, on average "
        f"{ratio(first['mean'])} times"
    )
    if not rivals:
        return f"{claim}. No other parameterization has such a low maximum."
    return f"{claim}. By this maximum, it cannot be told apart from {listed(rivals)}."


def _text(estimand: str) -> str:
    return "the worst estimand" if estimand == WORST else NAMES[estimand]


def ratio(log: float) -> str:
    """Return the exponential of the log of a ratio as text."""
    return number(float(np.exp(log)), trailing_zeros=True)


def ratio_with_interval(log: float, error: float) -> str:
    """Return a ratio with its 95 % interval, from its log and the standard error of the log."""
    low, high = log - 1.96 * error, log + 1.96 * error
    return f"{ratio(log)} ({ratio(low)} to {ratio(high)})"
