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
from funnel_study.report.numbers import interval, number, ratio, ratio_with_interval
from funnel_study.report.parts import markdown_page
from funnel_study.report.settings import courses, settings_of, settings_sentences

Tables = Mapping[str, pd.DataFrame]


def headline(tables: Tables) -> str:
    """Return the work of all parameterizations relative to the best, in Markdown for README.md."""
    answers = tables["answers"].copy()
    if len(answers["sampler"].unique()) > 1:
        answers["scenario"] += ", " + answers["sampler"]
    # also of a parameterization that equals another one, whose fits have other seeds
    is_ranked = answers["verdict"] != "reference"
    largest = answers[is_ranked].groupby("parameterization", sort=False)["ratio"].max().dropna()
    reference = answers.loc[~is_ranked, "parameterization"].unique()
    answers["text"] = [
        text if verdict in ("best", "level", "slower", "reference") else f"{text}, {verdict}"
        for text, verdict in zip(interval(answers, "ratio"), answers["verdict"], strict=True)
    ]
    wide = answers.pivot_table("text", "parameterization", "scenario", aggfunc="first", sort=False)
    return markdown_page(
        "headline.md",
        data_sets=int(answers["data_sets"].max()),
        least=largest.idxmin() if len(largest) else None,
        largest=largest.min(),
        reference=reference[0] if len(reference) else None,
        table=wide.reset_index().fillna(""),
    )


def findings_page(study: str, tables: Tables, diagnostics: pd.DataFrame | None = None) -> str:
    """Return the findings of a study in Markdown.

    `tables` are those of the folder summary by name. `diagnostics` is the table of the value of
    diagnostics of the study `diagnostics`, if there is one.
    """
    winners, performance, by_tail = (
        tables[name][tables[name]["estimand"].isin(MAIN)]
        for name in ("winners", "performance", "work_by_tail")
    )
    primary = _between_main(tables["comparisons"].query("role == 'primary'"))
    return markdown_page(
        "findings.md",
        study=study,
        fits=int(tables["answers"]["fits"].sum()),
        data_sets=int(tables["answers"]["fits"].max()),
        findings=findings(tables),
        winners=winners,
        comparisons=primary.assign(
            ratio=np.exp(primary["difference"]), p_value=[number(p, 2) for p in primary["p_value"]]
        ).rename(columns={"mcse": "difference_mcse"}),
        promises=performance[performance["measure"] == "promise_ratio"],
        promise_labels={(name, "promise_ratio"): name for name in MAIN},
        thirds=_thirds(_between_main(by_tail)),
        diagnostics=diagnostics,
    )


def _between_main(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of pairs of parameterizations that the default study has."""
    names = ("centered", "noncentered", "mixed", "data_based")
    return pairs[pairs[["parameterization", "versus"]].isin(names).all(axis=1)]


def _thirds(by_tail: pd.DataFrame) -> pd.DataFrame:
    rows = by_tail[["log_ratio", "wins", "data_sets"]].to_numpy().tolist()
    texts = by_tail.assign(
        text=[f"{number(np.exp(log))} ({wins:g} of {of:g})" for log, wins, of in rows],
        third=by_tail["third"] + " third",
    )
    keys = ["scenario", "estimand", "parameterization", "versus"]
    table = texts.pivot_table("text", keys, "third", aggfunc="first", sort=False)
    return table.reset_index()


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
    """Return the findings of a contest in Markdown, from what `map_page` needs but contest_best."""
    contest = tables["contest"]
    keys = [key for key in LABELS if key in contest]
    # the scenarios that are not part of the sweep
    is_lone = contest[keys].isna().all(axis=1) & (contest["estimand"] == WORST) & bool(keys)
    names = contest.loc[is_lone, "scenario"].unique()
    lone = contest[is_lone].sort_values("regret")
    given = lone.assign(
        ratio=[ratio_with_interval(*row) for row in lone[["regret", "regret_mcse"]].to_numpy()],
        centeredness=[f"{c:.2f}" if np.isfinite(c) else "" for c in lone["centeredness"]],
    )
    return markdown_page(
        "contest.md",
        **_contest(study, tables, shipped),
        given={name: given[given["scenario"] == name] for name in names},
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
            (sampler, *_rules(own)) for sampler, own in summary.groupby("sampler", sort=False)
        ],
    }


def _rules(summary: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what a contest says of all parameterizations: for the worst estimand, and for each."""
    worst = summary[summary["estimand"] == WORST].sort_values(["largest", "mean"])
    errors = [f"{number(100 * error, 2)} %" for error in worst["mean_mcse"]]
    ratios = worst[["mean", "median", "largest", "largest_low", "largest_high"]].map(ratio)
    limits = ratios["largest_low"] + " to " + ratios["largest_high"]
    of_worst = worst.assign(
        mean=ratios["mean"] + " (" + errors + ")",
        median=ratios["median"],
        maximum=ratios["largest"] + " (" + limits + ")",
        **{name: worst[name].map("{:.0%}".format) for name in ("within_a_quarter", "best")},
    )
    means = summary.pivot_table(
        "mean", "parameterization", "estimand", sort=False, observed=True
    ).loc[list(worst["parameterization"]), list(ESTIMANDS)]
    return of_worst, means.map(ratio).rename(columns=NAMES).reset_index()


def settings_page(sweeps: Tables) -> str:
    """Return what the settings of the sampler do, in Markdown, from the `sweep` of each study."""
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
                    "table": pd.concat(
                        rows.assign(course=name) for name, rows in of_setting.items()
                    ),
                }
            )
    return markdown_page("settings.md", settings=found)
