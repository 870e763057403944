"""The findings of the map and of the contest as pages in Markdown, and in short for the README."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from funnel_study.analysis.sweep import ESTIMANDS, LABELS, NAMES
from funnel_study.analysis.work import WORST
from funnel_study.report.contest_section import (
    map_sentences,
    points,
    ratio,
    ratio_with_interval,
    sentences,
)
from funnel_study.report.markdown import markdown_table
from funnel_study.report.numbers import number

Tables = Mapping[str, pd.DataFrame]


def map_page(study: str, tables: Tables, shipped: int) -> str:
    """Return the findings of a map in Markdown.

    `tables` are those of the folder summary by name: fits, contest and contest_best.
    `shipped` is the number of scenarios in the configuration of the study.
    """
    best = tables["contest_best"]
    lines = [
        "# The map",
        f"{_written(study, tables, shipped)} A point of the map is a scenario: the standard errors "
        "of the individuals relative to tau (geometric mean), the number of individuals, and the "
        "ratio of the largest to the smallest number of observations. A constant has the same "
        "centeredness for all individuals. Work is explained in [method.md](method.md).",
        " ".join(map_sentences(best)),
        "![Best constant centeredness for the worst estimand](map.svg)",
        "![Cost of the worst constant centeredness](map_cost.svg)",
        "## The points",
        "For the worst estimand: the best centeredness is the minimum of a quadratic in the log of "
        "the work. The last column is compared on other chains than those that chose; its interval "
        "is 1.96 standard errors to both sides on the log scale.",
        markdown_table(points(best)),
        "## The rules on the map",
        *_rules(tables["contest_summary"]),
    ]
    return "\n\n".join(lines) + "\n"


def contest_page(study: str, tables: Tables, shipped: int) -> str:
    """Return the findings of a contest in Markdown.

    `tables` are those of the folder summary by name: fits, contest and contest_summary.
    `shipped` is the number of scenarios in the configuration of the study.
    """
    lines = [
        "# The contest",
        f"{_written(study, tables, shipped)} Every rule by which one can choose the centeredness "
        "is compared with the best constant centeredness of each scenario. The ratio of their work "
        "is above 1 if the rule is worse. The constant is chosen by one half of the chains and "
        "compared on the other half, so that luck does not make it look better than it is. The "
        "work of a rule includes what it takes to choose.",
        *_rules(tables["contest_summary"]),
        "![Work of each rule relative to the best constant](contest.svg)",
        *_given(tables["contest"]),
    ]
    return "\n\n".join(lines) + "\n"


def opening(summary: pd.DataFrame) -> str:
    """Return what the contest says about the worst estimand, for the README."""
    return " ".join(sentences(summary[summary["estimand"] == WORST]))


def _written(study: str, tables: Tables, shipped: int) -> str:
    """Return what the page is made from, and how large that run was."""
    fits, contest = tables["fits"], tables["contest"]
    failed = int((fits["status"] == "failed").sum())
    found = contest["scenario"].nunique()
    part = f" of the {shipped}" if shipped > found else ""
    return (
        f"This page is written by `make findings` from the tables of the study `{study}`: "
        f"{number(len(fits))} fits, of which {number(failed) if failed else 'none'} failed. They "
        f"are those of {found}{part} scenarios of "
        f"[config/{study}.yaml](../config/{study}.yaml), each with "
        f"{number(int(contest['data_sets'].max()))} random data sets."
    )


def _rules(summary: pd.DataFrame) -> list[str]:
    """Return the sentences and tables on all parameterizations."""
    parts = [" ".join(sentences(summary))]
    several = len(summary["sampler"].unique()) > 1
    for sampler, of_sampler in summary.groupby("sampler", sort=False):
        worst = of_sampler[of_sampler["estimand"] == WORST].sort_values(["largest", "mean"])
        if several:
            parts.append(f"With {sampler}:")
        parts += [
            "For the worst estimand: the work divided by that of the best constant, as geometric "
            "mean over the scenarios with its standard error in percent, median, and maximum with "
            "its 95 % bootstrap interval; the scenario of the maximum; in how many of the "
            "scenarios the ratio is at most 1.25; and in how many bootstrap samples the maximum is "
            "the smallest of all. The largest of several noisy ratios is too large on average; the "
            "interval allows for that, and may lie wholly below the maximum.",
            markdown_table(pd.DataFrame([_rule_row(row) for _, row in worst.iterrows()])),
            "The geometric mean of the ratio for each estimand:",
            markdown_table(_by_estimand(of_sampler, list(worst["parameterization"]))),
        ]
    return parts


def _rule_row(row: pd.Series[Any]) -> dict[str, str]:
    largest, low, high = (ratio(row[name]) for name in ("largest", "largest_low", "largest_high"))
    return {
        "parameterization": str(row["parameterization"]),
        "kind": str(row["kind"]),
        "mean": f"{ratio(row['mean'])} ({number(100 * row['mean_mcse'], 2)} %)",
        "median": ratio(row["median"]),
        "maximum": f"{largest} ({low} to {high})",
        "in the scenario": str(row["largest_at"]),
        "at most 1.25": f"{row['within_a_quarter']:.0%}",
        "smallest maximum": f"{row['best']:.0%}",
    }


def _by_estimand(summary: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    means = summary.pivot_table(
        "mean", "parameterization", "estimand", sort=False, observed=True
    ).loc[names, list(ESTIMANDS)]
    return means.map(ratio).rename(columns=NAMES).reset_index()


def _given(contest: pd.DataFrame) -> list[str]:
    """Return the rows of the scenarios that are not part of the sweep."""
    keys = [key for key in LABELS if key in contest]
    lone = contest[contest[keys].isna().all(axis=1)] if keys else contest.iloc[:0]
    parts = []
    for scenario, rows in lone.groupby("scenario", sort=False):
        worst = rows[rows["estimand"] == WORST].sort_values("regret")
        table = pd.DataFrame(
            {
                "parameterization": worst["parameterization"],
                "mean centeredness": [
                    "" if np.isnan(c) else f"{c:.2f}" for c in worst["centeredness"]
                ],
                "work": [number(work) for work in worst["work"]],
                "work divided by that of the best constant": [
                    ratio_with_interval(regret, error)
                    for regret, error in worst[["regret", "regret_mcse"]].to_numpy(dtype=float)
                ],
            }
        )
        parts += [
            f"## The scenario {scenario}",
            f"For the worst estimand, over {number(int(worst['data_sets'].max()))} random data "
            "sets; intervals are 1.96 standard errors to both sides on the log scale.",
            markdown_table(table),
        ]
    return parts
