"""The findings of a study as a page in Markdown, and its headline for the README."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from funnel_study.analysis.work import TAIL
from funnel_study.report.answer_text import estimand_text, listed, sentences
from funnel_study.report.markdown import markdown_table
from funnel_study.report.numbers import interval, number, with_error

Tables = Mapping[str, pd.DataFrame]

_MAIN = ("mu", "tau", "log_tau", TAIL)
# a promise ratio is called above 1 if it is by more than this number of standard errors
_CLEAR = 2.0


def headline(tables: Tables) -> list[tuple[str, str]]:
    """Return the findings for each scenario and sampler in short, each a name and a paragraph."""
    found = []
    keys = tables["answers"][["scenario", "sampler"]].drop_duplicates()
    for scenario, sampler in keys.itertuples(index=False):
        own = {name: _of(table, scenario, sampler) for name, table in tables.items()}
        parts = [
            in_short(own["answers"]),
            by_estimand(own["winners"]),
            by_tail(own["answers"], own["work_by_tail"]),
            overstatement(own["answers"], own["performance"]),
        ]
        found.append(((scenario, sampler), " ".join(part for part in parts if part)))
    several = keys["sampler"].nunique() > 1  # noqa: PD101
    return [(", ".join(names) if several else names[0], text) for names, text in found]


def in_short(answers: pd.DataFrame) -> str:
    """Return the answer for one scenario and sampler: what to use, and what the others cost."""
    best = answers[answers["verdict"] == "best"]
    phrases = ["No parameterization is shown to be free of bias."]
    if len(best):
        row = best.iloc[0]
        work, low, high = _three(row, "work")
        phrases = [
            f"Use {row['parameterization']}, with a work of {work} ({low} to {high}) for its worst "
            f"estimand, {estimand_text(row['worst_estimand'])}."
        ]
    for _, row in answers.iterrows():
        name, verdict = str(row["parameterization"]).capitalize(), row["verdict"]
        if verdict == "same":
            phrases.append(f"{name} is the same as {row['same_as']} here.")
        elif verdict in _REMARKS:
            ratio, low, high = _three(row, "ratio")
            limits = f" ({low} to {high})" if low else ""
            phrases.append(
                f"{name} takes {ratio} times the work{limits}, most for "
                f"{estimand_text(row['worst_estimand'])}{_REMARKS[verdict]}."
            )
        elif verdict != "best":
            phrases.append(f"{name}: {verdict}.")
    return " ".join(phrases)


_REMARKS = {
    "level": ", and cannot be distinguished from the best",
    "slower": "",
    "wrong": ", and is wrong",
    "undecided": ", and may be biased",
}


def by_estimand(winners: pd.DataFrame) -> str:
    """Return a sentence on which parameterization takes the least work for each estimand.

    `winners` has the rows of one scenario and sampler. The sentence is empty with one
    parameterization.
    """
    phrases: dict[str, list[str]] = {}
    for estimand in _MAIN:
        rows = winners[winners["estimand"] == estimand].sort_values("ratio")
        if len(rows) < 2:
            continue
        best, second = rows.iloc[0], rows.iloc[1]
        ratio, _, _ = _three(second, "ratio")
        phrases.setdefault(str(best["parameterization"]), []).append(
            f"{estimand_text(estimand)} ({second['parameterization']}: {ratio} times)"
        )
    if not phrases:
        return ""
    clauses = [f"{name} for {listed(found)}" for name, found in phrases.items()]
    return f"The least work is that of {', and of '.join(clauses)}."


def by_tail(answers: pd.DataFrame, by_third: pd.DataFrame) -> str:
    """Return a sentence on whether the order of the best and the second depends on the data set.

    The tables have the rows of one scenario and sampler. The sentence is empty unless the order for
    the lower tail of tau differs between the data sets with the smallest and the largest tails.
    """
    ranked = answers[answers["verdict"].isin(["best", "level", "slower"])].sort_values("ratio")
    if len(ranked) < 2:
        return ""
    best, second = ranked["parameterization"].iloc[:2]
    ratios = {}
    for third in ("lowest", "highest"):
        rows = by_third[(by_third["estimand"] == TAIL) & (by_third["third"] == third)]
        for one, other, sign in ((best, second, 1), (second, best, -1)):
            is_pair = (rows["parameterization"] == one) & (rows["versus"] == other)
            for log_ratio in rows.loc[is_pair, "log_ratio"]:
                ratios[third] = float(np.exp(sign * log_ratio))
    if len(ratios) < 2 or (ratios["lowest"] < 1) == (ratios["highest"] < 1):
        return ""
    low, high = (number(ratios[third], trailing_zeros=True) for third in ratios)
    return (
        f"The order depends on the data set: for the lower tail, {best} takes {low} times the work "
        f"of {second} in the third of the data sets whose tau reaches lowest, and {high} times in "
        "the third whose tau stays highest."
    )


def overstatement(answers: pd.DataFrame, performance: pd.DataFrame) -> str:
    """Return a sentence on how much effective sample sizes overstate the precision of fits.

    The tables have the rows of one scenario and sampler. Parameterizations that equal another one
    are left out.
    """
    same = answers.loc[answers["verdict"] == "same", "parameterization"]
    rows = performance[
        (performance["measure"] == "promise_ratio")
        & performance["estimand"].isin(_MAIN)
        & ~performance["parameterization"].isin(same)
    ].dropna(subset=["estimate"])
    if rows.empty:
        return ""
    most = rows.sort_values("estimate").iloc[-1]
    if not most["estimate"] - _CLEAR * most["mcse"] > 1:
        return "Effective sample sizes (ESS) overstate the precision of none of them clearly."
    return (
        f"Effective sample sizes (ESS) overstate the precision by a factor of up to "
        f"{number(most['estimate'])} (standard error {number(most['mcse'], 2)}), for "
        f"{estimand_text(str(most['estimand']))} with {most['parameterization']}."
    )


def page(study: str, tables: Tables, diagnostics: pd.DataFrame | None = None) -> str:
    """Return the findings of a study in Markdown.

    `tables` are those of the folder summary by name. `diagnostics` is the table of the value of
    diagnostics of the study `diagnostics`, if there is one.
    """
    answers, winners = tables["answers"], tables["winners"]
    lines = [
        "# Findings",
        f"This page is written by `make findings` from the tables of the study `{study}`: "
        f"{number(int(answers['fits'].sum()))} fits of {number(int(answers['fits'].max()))} random "
        "data sets per scenario. Work, bias and the promise ratio are explained in "
        "[method.md](method.md).",
        "## In short",
        *(f"**{name}**: {text}" for name, text in headline(tables)),
        "![Work by exact error, by scenario, estimand and parameterization](work.svg)",
        "## Which parameterization in which regime",
        *(f"**{', '.join(names)}**: {text}" for names, text in sentences(answers).items()),
        "## For which estimand",
        "Work with its standard error, its ratio to that of the parameterization with the least "
        "mean work for the estimand (95 % interval, paired by data set), and the number of data "
        "sets in which the parameterization took the least work. Parameterizations that equal "
        "another one are left out.",
        markdown_table(_winners(winners)),
        "The largest work over all estimands, thetas included, is what parameterizations are "
        "ranked by. Its differences are the primary contrast of each scenario; the p-values are "
        "adjusted by Holm's method.",
        markdown_table(_primary(tables["comparisons"])),
        "## By how much effective sample sizes overstate",
        "The promise ratio is the work by exact error divided by the work that effective sample "
        "sizes promise, with its standard error. Above 1, they overstate the precision.",
        markdown_table(_promises(tables["performance"])),
        "## On which data sets the order depends",
        "The data sets of each scenario in thirds by their exact 5 % quantile of tau: the ratio of "
        "the mean work of the first parameterization to that of the second (below 1, the first "
        "takes less work), and the number of data sets in which the first took less.",
        markdown_table(_thirds(tables["work_by_tail"])),
        "![Ratio of work by data set, against the exact 5 % quantile of tau](work_by_tau.svg)",
    ]
    if diagnostics is not None:
        lines += [
            "## What diagnostics are worth",
            "From the study `diagnostics`, whose fits are wrong in many cells: the area under the "
            "ROC curve (AUC) of each diagnostic, which is the probability that it ranks a wrong "
            "fit above another one, over all fits and among fits of the same cell. 95 % intervals "
            "are from a bootstrap of the data sets.",
            markdown_table(_diagnostics(diagnostics)),
        ]
    return "\n\n".join(lines) + "\n"


def _three(row: pd.Series[Any], name: str) -> list[str]:
    """Return a value and its limits as text."""
    columns = (name, f"{name}_low", f"{name}_high")
    return [number(row[column], trailing_zeros=True) for column in columns]


def _of(table: pd.DataFrame, scenario: str, sampler: str) -> pd.DataFrame:
    if "sampler" not in table or "scenario" not in table:
        return table
    return table[(table["scenario"] == scenario) & (table["sampler"] == sampler)]


def _winners(winners: pd.DataFrame) -> pd.DataFrame:
    main = winners[winners["estimand"].isin(_MAIN)]
    return pd.DataFrame(
        {
            "scenario": main["scenario"],
            "estimand": main["estimand"],
            "parameterization": main["parameterization"],
            "work": _with_errors(main, "work", "work_mcse"),
            "relative to the least": interval(main, "ratio"),
            "data sets won": [
                f"{won} of {of}" for won, of in zip(main["wins"], main["data_sets"], strict=True)
            ],
        }
    )


def _primary(comparisons: pd.DataFrame) -> pd.DataFrame:
    primary = comparisons[comparisons["role"] == "primary"]
    return pd.DataFrame(
        {
            "scenario": primary["scenario"],
            "parameterization": primary["parameterization"],
            "versus": primary["versus"],
            "log ratio of work": _with_errors(primary, "difference", "mcse"),
            "ratio of work": np.exp(primary["difference"]),
            "adjusted p-value": [number(p, 2) for p in primary["p_value"]],
        }
    )


def _promises(performance: pd.DataFrame) -> pd.DataFrame:
    rows = performance[
        (performance["measure"] == "promise_ratio") & performance["estimand"].isin(_MAIN)
    ]
    keys = ["scenario", "parameterization"]
    table = rows[keys].drop_duplicates()
    for estimand in _MAIN:
        own = rows[rows["estimand"] == estimand]
        texts = own[keys].assign(**{estimand: _with_errors(own, "estimate", "mcse")})
        table = table.merge(texts, on=keys, how="left")
    return table


def _thirds(by_tail: pd.DataFrame) -> pd.DataFrame:
    main = by_tail[by_tail["estimand"].isin(_MAIN)]
    keys = ["scenario", "estimand", "parameterization", "versus"]
    table = main[keys].drop_duplicates()
    for third, own in main.groupby("third", sort=False):
        texts = [
            f"{number(np.exp(ratio))} ({won} of {of})"
            for ratio, won, of in own[["log_ratio", "wins", "data_sets"]].itertuples(index=False)
        ]
        table = table.merge(own[keys].assign(**{f"{third} third": texts}), on=keys, how="left")
    return table


def _diagnostics(value: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "wrong by": value["definition"],
            "diagnostic": value["diagnostic"],
            "wrong fits": value["wrong"],
            "cells": value["wrong_cells"],
            "AUC": interval(value, "auc"),
            "AUC within cells": interval(value, "auc_within_cells"),
        }
    )


def _with_errors(table: pd.DataFrame, value: str, error: str) -> list[str]:
    return [with_error(*row) for row in table[[value, error]].to_numpy(dtype=float)]
