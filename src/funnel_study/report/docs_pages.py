"""What `make findings` writes: pages in Markdown for docs/, and the opening lines of README.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from funnel_study.analysis.sweep import ESTIMANDS, LABELS, NAMES
from funnel_study.analysis.work import WORST
from funnel_study.report.answer_text import MAIN, findings
from funnel_study.report.contest_section import map_sentences, points, sentences
from funnel_study.report.numbers import (
    interval,
    number,
    ratio,
    ratio_with_interval,
    with_errors,
)
from funnel_study.report.parts import markdown_page
from funnel_study.report.sections import won
from funnel_study.report.settings import courses, settings_of, settings_sentences, settings_table

Tables = Mapping[str, pd.DataFrame]


def headline(tables: Tables) -> list[tuple[str, str]]:
    """Return the findings for each scenario and sampler in short, each a name and a paragraph."""
    found = findings(tables, brief=True)
    several = len({sampler for _, sampler in found}) > 1
    return [(", ".join(names) if several else names[0], text) for names, text in found.items()]


def findings_page(study: str, tables: Tables, diagnostics: pd.DataFrame | None = None) -> str:
    """Return the findings of a study in Markdown.

    `tables` are those of the folder summary by name. `diagnostics` is the table of the value of
    diagnostics of the study `diagnostics`, if there is one.
    """
    return markdown_page(
        "findings.md",
        study=study,
        fits=int(tables["answers"]["fits"].sum()),
        data_sets=int(tables["answers"]["fits"].max()),
        findings=findings(tables),
        winners=_winners(tables["winners"]),
        comparisons=_primary(tables["comparisons"]),
        promises=_promises(tables["performance"]),
        thirds=_thirds(tables["work_by_tail"]),
        diagnostics=None if diagnostics is None else _diagnostics(diagnostics),
    )


def _winners(winners: pd.DataFrame) -> pd.DataFrame:
    main = winners[winners["estimand"].isin(MAIN)]
    return main[["scenario", "estimand", "parameterization"]].assign(
        **{
            "work": with_errors(main, "work", "work_mcse"),
            "relative to the least": interval(main, "ratio"),
            "data sets won": won(main),
        }
    )


def _primary(comparisons: pd.DataFrame) -> pd.DataFrame:
    primary = comparisons[comparisons["role"] == "primary"]
    return primary[["scenario", "parameterization", "versus"]].assign(
        **{
            "log ratio of work": with_errors(primary, "difference", "mcse"),
            "ratio of work": np.exp(primary["difference"]),
            "adjusted p-value": [number(p, 2) for p in primary["p_value"]],
        }
    )


def _promises(performance: pd.DataFrame) -> pd.DataFrame:
    rows = performance[
        (performance["measure"] == "promise_ratio") & performance["estimand"].isin(MAIN)
    ]
    texts = rows.assign(text=with_errors(rows, "estimate", "mcse"))
    return _wide(texts, ["scenario", "parameterization"], "estimand", MAIN)


def _thirds(by_tail: pd.DataFrame) -> pd.DataFrame:
    main = by_tail[by_tail["estimand"].isin(MAIN)]
    counts = zip(np.exp(main["log_ratio"]), won(main), strict=True)
    texts = main.assign(
        text=[f"{number(ratio)} ({of})" for ratio, of in counts], third=main["third"] + " third"
    )
    keys = ["scenario", "estimand", "parameterization", "versus"]
    return _wide(texts, keys, "third", texts["third"].unique())


def _wide(texts: pd.DataFrame, keys: list[str], column: str, names: Any) -> pd.DataFrame:
    """Return a table with one row for each of the `keys`, and one column of texts for each name."""
    table = texts[keys].drop_duplicates()
    for name in names:
        own = texts.loc[texts[column] == name, [*keys, "text"]].rename(columns={"text": name})
        table = table.merge(own, on=keys, how="left")
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


def map_page(study: str, tables: Tables, shipped: int) -> str:
    """Return the findings of a map in Markdown.

    `tables` are those of the folder summary by name: fits, contest, contest_best and
    contest_summary. `shipped` is the number of scenarios in the configuration of the study.
    """
    best = tables["contest_best"]
    return markdown_page(
        "map.md", **_contest(study, tables, shipped), map=map_sentences(best), points=points(best)
    )


def contest_page(study: str, tables: Tables, shipped: int) -> str:
    """Return the findings of a contest in Markdown.

    `tables` are those of the folder summary by name: fits, contest and contest_summary.
    `shipped` is the number of scenarios in the configuration of the study.
    """
    return markdown_page(
        "contest.md", **_contest(study, tables, shipped), given=_given(tables["contest"])
    )


def opening(summary: pd.DataFrame) -> str:
    """Return what the contest says about the worst estimand, for the README."""
    return " ".join(sentences(summary[summary["estimand"] == WORST]))


def _contest(study: str, tables: Tables, shipped: int) -> dict[str, Any]:
    """Return how large a run was, and what it says of all parameterizations."""
    fits, contest, summary = (tables[name] for name in ("fits", "contest", "contest_summary"))
    return {
        "study": study,
        "shipped": shipped,
        "fits": len(fits),
        "failed": int((fits["status"] == "failed").sum()),
        "scenarios": contest["scenario"].nunique(),
        "data_sets": int(contest["data_sets"].max()),
        "sentences": sentences(summary),
        "rules": [
            (sampler, _rules(own), _by_estimand(own))
            for sampler, own in summary.groupby("sampler", sort=False)
        ],
    }


def _ordered(summary: pd.DataFrame) -> pd.DataFrame:
    return summary[summary["estimand"] == WORST].sort_values(["largest", "mean"])


def _rules(summary: pd.DataFrame) -> pd.DataFrame:
    worst = _ordered(summary)
    errors = [f"{number(100 * error, 2)} %" for error in worst["mean_mcse"]]
    ratios = worst[["mean", "median", "largest", "largest_low", "largest_high"]].map(ratio)
    limits = ratios["largest_low"] + " to " + ratios["largest_high"]
    return worst[["parameterization", "kind"]].assign(
        **{
            "mean": ratios["mean"] + " (" + errors + ")",
            "median": ratios["median"],
            "maximum": ratios["largest"] + " (" + limits + ")",
            "in the scenario": worst["largest_at"],
            "at most 1.25": worst["within_a_quarter"].map("{:.0%}".format),
            "smallest maximum": worst["best"].map("{:.0%}".format),
        }
    )


def _by_estimand(summary: pd.DataFrame) -> pd.DataFrame:
    means = summary.pivot_table(
        "mean", "parameterization", "estimand", sort=False, observed=True
    ).loc[list(_ordered(summary)["parameterization"]), list(ESTIMANDS)]
    return means.map(ratio).rename(columns=NAMES).reset_index()


def _given(contest: pd.DataFrame) -> list[tuple[str, int, pd.DataFrame]]:
    """Return the scenarios that are not part of the sweep, with their data sets and their rows."""
    keys = [key for key in LABELS if key in contest]
    lone = contest[contest[keys].isna().all(axis=1)] if keys else contest.iloc[:0]
    found = []
    for scenario, rows in lone.groupby("scenario", sort=False):
        worst = rows[rows["estimand"] == WORST].sort_values("regret")
        regrets = worst[["regret", "regret_mcse"]].to_numpy(dtype=float)
        table = worst[["parameterization"]].assign(
            **{
                "mean centeredness": [
                    "" if np.isnan(c) else f"{c:.2f}" for c in worst["centeredness"]
                ],
                "work": [number(work) for work in worst["work"]],
                "work divided by that of the best constant": [
                    ratio_with_interval(*row) for row in regrets
                ],
            }
        )
        found.append((str(scenario), int(worst["data_sets"].max()), table))
    return found


def settings_page(sweeps: Tables) -> str:
    """Return what the settings of the sampler do in Markdown.

    `sweeps` are the tables `sweep` of studies by their name.
    """
    found = []
    for study, sweep in sweeps.items():
        fits = sweep.drop_duplicates(["scenario", "parameterization", "sampler"])["fits"]
        for setting in settings_of(sweep):
            of_setting = courses(sweep, setting)
            found.append(
                {
                    "study": study,
                    "setting": setting,
                    "fits": int(fits.sum()),
                    "each": int(fits.max()),
                    "sentences": list(settings_sentences(of_setting, setting)),
                    "table": settings_table(of_setting, setting),
                }
            )
    return markdown_page("settings.md", settings=found)
