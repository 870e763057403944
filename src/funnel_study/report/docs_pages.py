"""What `make findings` writes: pages in Markdown for docs/, and the opening lines of README.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from funnel_study.analysis.work import TAIL
from funnel_study.report.answer_text import MAIN, answer_table, sentences
from funnel_study.report.numbers import interval, number
from funnel_study.report.parts import markdown_page
from funnel_study.report.settings import courses, firsts, settings_of, settings_sentences

PUBLISHED = ("centered", "noncentered", "mixed")

Tables = Mapping[str, pd.DataFrame]


def headline(tables: Tables) -> str:
    """Return what README.md says of the published scenarios, in Markdown.

    It is which of the three published parameterizations takes the least work, and the work of all
    relative to the best.
    """
    answers = tables["answers"].query("verdict != 'reference'").copy()
    if len(answers["sampler"].unique()) > 1:
        answers["scenario"] += ", " + answers["sampler"]
    answers["text"] = [
        text if verdict in ("best", "level", "slower") else f"{text}, {verdict}"
        for text, verdict in zip(interval(answers, "ratio"), answers["verdict"], strict=True)
    ]
    wide = answers.pivot_table("text", "parameterization", "scenario", aggfunc="first", sort=False)
    return markdown_page(
        "headline.md",
        published=_published_three(tables["answers"], tables["winners"]),
        data_sets=int(answers["data_sets"].max()),
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
        answer=answer_table(tables["answers"]),
        sentences=sentences(tables["answers"]),
        published=_published_three(tables["answers"], winners),
        winners=winners,
        comparisons=primary.assign(ratio=np.exp(primary["difference"])).rename(
            columns={"mcse": "difference_mcse"}
        ),
        promises=performance[performance["measure"] == "promise_ratio"],
        promise_labels={(name, "promise_ratio"): name for name in MAIN if name != TAIL},
        thirds=_thirds(_between_main(by_tail)),
        diagnostics=diagnostics,
    )


def _between_main(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of pairs of parameterizations that the default study has."""
    names = ("centered", "noncentered", "mixed", "data_based")
    return pairs[pairs[["parameterization", "versus"]].isin(names).all(axis=1)]


def _published_three(answers: pd.DataFrame, winners: pd.DataFrame) -> list[dict[str, Any]]:
    """Return which of the three published parameterizations takes the least work, by scenario.

    A row has the least for the quantity that costs each most, and the quantities of `MAIN` that
    another one is better for. A parameterization that equals another one is left out, and so is a
    scenario with fewer than two others.
    """
    keys = ["scenario", "sampler"]
    of_three = answers[answers["parameterization"].isin(PUBLISHED) & (answers["verdict"] != "same")]
    main = winners[winners["estimand"].isin(MAIN)]
    by_quantity = main.merge(of_three[[*keys, "parameterization"]])
    several = len(of_three["sampler"].unique()) > 1
    found = []
    for (scenario, sampler), rows in of_three.groupby(keys, sort=False):
        if len(rows) < 2 or rows["work"].isna().any():
            continue
        least = rows.sort_values("work")["parameterization"].iloc[0]
        own = by_quantity[by_quantity[keys].eq([scenario, sampler]).all(axis=1)]
        best = own.sort_values("work").drop_duplicates("estimand").sort_index()
        better = {
            name: [each.replace("_", " ") for each in group["estimand"]]
            for name, group in best.groupby("parameterization", sort=False)
            if name != least
        }
        place = f"{scenario}, by {sampler}" if several else scenario
        found.append({"place": place, "least": least, "better": better})
    return found


def _thirds(by_tail: pd.DataFrame) -> pd.DataFrame:
    rows = by_tail[["log_ratio", "wins", "data_sets"]].to_numpy().tolist()
    texts = by_tail.assign(
        text=[f"{number(np.exp(log))} ({wins:g} of {of:g})" for log, wins, of in rows],
        third=by_tail["third"] + " third",
    )
    keys = ["scenario", "estimand", "parameterization", "versus"]
    table = texts.pivot_table("text", keys, "third", aggfunc="first", sort=False)
    return table.reset_index()


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
                    "firsts": firsts(of_setting, setting),
                    "table": pd.concat(
                        rows.assign(course=name) for name, rows in of_setting.items()
                    ),
                }
            )
    return markdown_page("settings.md", settings=found)
