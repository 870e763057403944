"""What `make findings` writes: pages in Markdown for docs/, and the opening lines of README.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from funnel_study.analysis.arms import LESS, MORE, by_point, compare
from funnel_study.analysis.criteria import REFERENCE
from funnel_study.analysis.landscape import reference_of
from funnel_study.analysis.score import PARTS
from funnel_study.analysis.statistics import t_limits
from funnel_study.analysis.work import TAIL
from funnel_study.report.answer_text import MAIN, answer_table
from funnel_study.report.numbers import interval, number
from funnel_study.report.parts import markdown_page
from funnel_study.report.settings import courses, firsts, settings_of, settings_sentences
from funnel_study.study.schema import Sampling

PUBLISHED = ("centered", "noncentered", "mixed")
KEYS = ["scenario", "sampler"]

Tables = Mapping[str, pd.DataFrame]


def headline(tables: Tables, sampling: Sampling) -> str:
    """Return what README.md says of the published scenarios, in Markdown.

    It is which of the three published parameterizations takes the least work, and the mean work of
    all relative to one of them, with what is known of their bias. `tables` are those of the folder
    summary by name, and `scores`, of random data sets after whole chains (`analysis.score.scores`,
    with the column `point`). `sampling` is the section of that name of the configuration.
    """
    answers = tables["answers"].query("verdict != 'reference'")
    names = list(answers["parameterization"].unique())
    reference = reference_of(names)
    compared = compare(tables["scores"], reference, KEYS).drop(columns="verdict")
    table = answers[[*KEYS, "parameterization", "verdict", "same_as"]].merge(compared, "left")
    table["ratio"] = table["ratio"].mask(table["parameterization"] == reference, 1)
    said = table["verdict"].mask(table["verdict"].isin(["best", "level", "slower"]), "")
    said = said.mask(said == "same", "same as " + table["same_as"].astype(str))
    table["text"] = (pd.Series(interval(table, "ratio")) + ", " + said).str.strip(", ")
    samplers = list(table["sampler"].unique())
    if len(samplers) > 1:
        table["scenario"] += ", " + table["sampler"]
    wide = table.pivot_table("text", "parameterization", "scenario", aggfunc="first", sort=False)
    return markdown_page(
        "headline.md",
        published=_published_three(answers, tables["scores"]),
        reference=reference,
        data_sets=int(answers["data_sets"].max()),
        samplers=samplers,
        sampling=sampling,
        table=wide.reset_index().fillna(""),
    )


def findings_page(
    study: str, tables: Tables, opening: str, diagnostics: pd.DataFrame | None = None
) -> str:
    """Return the findings of a study in Markdown.

    `tables` are those of the folder summary by name, and `opening` is the `headline`. `diagnostics`
    is the table of the value of diagnostics of the study `diagnostics`, if there is one.
    """
    winners, performance, by_tail = (
        tables[name][tables[name]["estimand"].isin(MAIN)]
        for name in ("winners", "performance", "work_by_tail")
    )
    primary = _between_main(tables["comparisons"].query("role == 'primary'"))
    by_tail = _between_main(by_tail)
    of_means = (performance["measure"] == "promise_ratio") & (performance["estimand"] != TAIL)
    promises = _with_limits(performance[of_means])
    columns = ("auc", "auc_within_cells")
    return markdown_page(
        "findings.md",
        study=study,
        opening=opening,
        fits=int(tables["answers"]["fits"].sum()),
        data_sets=int(tables["answers"]["fits"].max()),
        answer=answer_table(tables["answers"]),
        winners=winners,
        comparisons=primary.assign(ratio=np.exp(primary["difference"])).rename(
            columns={"mcse": "difference_mcse"}
        ),
        promises=promises,
        promised=_wide(
            promises.assign(text=interval(promises, "estimate")),
            ["scenario", "parameterization"],
            "estimand",
        ),
        reversed=_reversed(by_tail),
        thirds=_thirds(by_tail),
        diagnostics=diagnostics,
        told_by=None if diagnostics is None else [_told(diagnostics, each) for each in columns],
    )


def _between_main(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of pairs of parameterizations that the page compares."""
    names = (*PUBLISHED, "data_based")
    return pairs[pairs[["parameterization", "versus"]].isin(names).all(axis=1)]


def _published_three(answers: pd.DataFrame, scores: pd.DataFrame) -> list[dict[str, Any]]:
    """Return which of the three published parameterizations takes the least work, by scenario.

    `least` has the least mean score, and `open` cannot be told apart from it. `worst` has the least
    work for the quantity that costs each most, and `better` are the parts of the score that another
    one is shown to take less for, by its name. A parameterization that equals another one is left
    out, and so is a scenario with fewer than two others.
    """
    of_three = answers[answers["parameterization"].isin(PUBLISHED) & (answers["verdict"] != "same")]
    several = len(of_three["sampler"].unique()) > 1
    found = []
    for (scenario, sampler), rows in of_three.groupby(KEYS, sort=False):
        own = scores.merge(rows[[*KEYS, "parameterization"]])
        means = by_point(own).dropna().mean()
        if len(means) < 2 or means.isna().any() or rows["work"].isna().any():
            continue
        others = compare(own, str(means.idxmin()), KEYS)
        worst = str(rows.set_index("parameterization")["work"].idxmin())
        better: dict[str, list[str]] = {}
        for part in PARTS:
            of_part = compare(own.assign(score=own[part]), worst, KEYS)
            less = of_part[of_part["verdict"] == LESS].nsmallest(1, "ratio")
            for name in less["parameterization"]:
                better.setdefault(name, []).append(part.replace("_", " "))
        found.append(
            {
                "place": f"{scenario} ({sampler})" if several else scenario,
                "least": means.idxmin(),
                "open": list(others.loc[others["verdict"] != MORE, "parameterization"]),
                "worst": worst,
                "better": better,
            }
        )
    return found


def _with_limits(ratios: pd.DataFrame) -> pd.DataFrame:
    """Return positive estimates with a 95 % interval, without those whose error exceeds them.

    The interval is that of Student's t on the log scale.
    """
    known = ratios[
        (ratios["mcse"] < ratios["estimate"]) & (ratios["parameterization"] != REFERENCE)
    ]
    low, high = t_limits(known["estimate"], known["mcse"], known["replicates"], log=True)
    return known.assign(estimate_low=low, estimate_high=high)


def _reversed(by_tail: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the pairs whose order is one in a third of the data sets and the other in another one.

    It is shown in both: their 95 % intervals exclude a ratio of 1.
    """
    low, high = t_limits(by_tail["log_ratio"], by_tail["log_ratio_mcse"], by_tail["data_sets"])
    pair = ["scenario", "parameterization", "versus"]
    ends = (
        by_tail.assign(low=low, high=high)
        .groupby([*pair, "estimand"], sort=False)
        .agg({"low": "max", "high": "min"})
    )
    both = ends[(ends["low"] > 0) & (ends["high"] < 0)].reset_index()
    estimands = both.groupby(pair, sort=False)["estimand"].agg(list)
    return [
        {str(key): value for key, value in row.items()}
        for row in estimands.reset_index().to_dict("records")
    ]


def _thirds(by_tail: pd.DataFrame) -> pd.DataFrame:
    rows = by_tail[["log_ratio", "wins", "data_sets"]].to_numpy().tolist()
    texts = by_tail.assign(
        text=[f"{number(np.exp(log))} ({wins:g} of {of:g})" for log, wins, of in rows],
        third=by_tail["third"] + " third",
    )
    return _wide(texts, ["scenario", "estimand", "parameterization", "versus"], "third")


def _wide(texts: pd.DataFrame, keys: list[str], column: str) -> pd.DataFrame:
    """Return the column `text` with one column for each value of `column`."""
    table = texts.pivot_table("text", keys, column, aggfunc="first", sort=False)
    return table.reset_index().rename_axis(columns=None).fillna("")


def _told(value: pd.DataFrame, column: str) -> dict[str, Any]:
    """Return by which definitions every diagnostic is shown to tell wrong fits from right ones.

    All of the 95 % intervals are above 1/2. `low` and `high` are the ends of their AUC.
    """
    all_above = (value[f"{column}_low"] > 1 / 2).groupby(value["definition"]).transform("all")
    clear = value[all_above]
    definitions = list(clear["definition"].unique())
    return {"definitions": definitions, "low": clear[column].min(), "high": clear[column].max()}


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
