"""The findings in words and in Markdown: every number is that of a table."""

import re

import numpy as np
import pandas as pd
from answer_tables import cell, joined, study
from findings_tables import NAMES, SEVERAL, findings_tables

from funnel_study.analysis.answer import answers
from funnel_study.analysis.work import TAIL
from funnel_study.report.answer_text import answer_table, sentences
from funnel_study.report.docs_pages import findings_page, headline


def answers_of(*rows: tuple[str, str, float]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["parameterization", "verdict", "ratio"])
    values = {"work": 212.0, "work_low": 184.2, "work_high": 248, "ratio_low": 1.33}
    values |= {"ratio_high": 4.0, "promised_ratio": 1.0, "bias_squared": 0.3}
    values |= {"bias_squared_low": 0.2, "bias_squared_high": 0.4, "data_sets_to_decide": np.nan}
    counts = {"data_sets": 99, "fits": 99, "failed": 0}
    texts = {"worst_estimand": TAIL, "bias_of": TAIL, "same_as": "centered"}
    return table.assign(**NAMES, **values, **counts, **texts)


def test_every_verdict_has_its_sentence() -> None:
    others = [
        cell("unknown", [1.0, 1.0, 1.0], unknown=[1]),
        cell("single", [1.0, 1.0, 1.0], bias=np.nan, chains=1),
    ]
    rows = answers(*joined(*study(), *others))
    text = dict(sentences(rows))["few"]
    for said in (
        "Use noncentered; partial cannot be told apart from it",
        "; mixed is biased",
        "; equal is the same as centered here",
        "; doubtful may be biased",
        "; breaking failed in some fits",
        "other has no results",
        "; unknown cannot be judged, because some fits have no exact posterior",
        "; single cannot be judged from fits with a single chain",
    ):
        assert said in text
    assert not re.search(r"\d", text)


def test_the_table_of_answers_has_the_ratio_of_every_other() -> None:
    (row,) = answer_table(answers(*joined(*study()))).to_dict("records")
    assert row["use"].startswith("noncentered, or as good: partial")
    assert "centered 26.4" in row["the others: times its work"]
    assert "partial 1.02" in row["the others: times its work"]
    assert row["biased"].startswith("mixed")
    none = answer_table(answers_of(("mixed", "wrong", 1.0), ("centered", "undecided", np.nan)))
    assert none.to_numpy().tolist() == [
        ["weak", "none", "mixed 1.00", "mixed; undecided: centered"]
    ]


def test_without_a_best_none_is_recommended() -> None:
    rows = answers_of(("mixed", "wrong", np.nan), ("centered", "undecided", np.nan))
    assert dict(sentences(rows))["weak"].startswith("No parameterization is shown")


def test_the_headline_names_samplers_if_there_are_several() -> None:
    tables = findings_tables()
    assert "| parameterization | weak |" in headline(tables)
    several = {key: table.assign(sampler="pymc") for key, table in tables.items()}
    both = {key: pd.concat([tables[key], several[key]]) for key in tables}
    assert "| parameterization | weak, nutpie | weak, pymc |" in headline(both)


def test_the_headline_has_all_ratios_and_no_largest_one() -> None:
    rows = [("mixed", "slower", 2.4), ("centered", "best", 1.0), ("ideal", "reference", 0.5)]
    other = answers_of(
        ("mixed", "level", 1.2), ("centered", "wrong", 9.0), ("ideal", "reference", 0.4)
    )
    both = pd.concat([answers_of(*rows), other.assign(scenario="strong")])
    text = headline({"answers": both, "winners": SEVERAL})
    assert "at most" not in text
    assert "| centered | 1 (1.33 to 4) | 9 (1.33 to 4), wrong |" in text
    assert "ideal" not in text


def test_of_the_published_three_the_least_work_is_named_and_what_another_is_better_for() -> None:
    weak = answers_of(("centered", "wrong", 9.0), ("noncentered", "best", 1.0), ("mixed", "", 2.0))
    weak["work"] = weak["ratio"]
    # mixed equals centered, so two are left
    strong = answers_of(("centered", "best", 1.0), ("noncentered", "", 9.0), ("mixed", "same", 0.9))
    strong = strong.assign(scenario="strong", work=strong["ratio"])
    alone = strong.iloc[:1].assign(scenario="alone")
    own = SEVERAL[SEVERAL["parameterization"] == "centered"].assign(scenario="strong")
    tables = {"answers": pd.concat([weak, strong, alone]), "winners": pd.concat([SEVERAL, own])}
    text = " ".join(headline(tables).split())
    assert "noncentered takes the least work in weak and centered in strong," in text
    assert "In weak, mixed is better for mu and tau. Work divided" in text


def test_the_page_has_a_table_for_each_claim() -> None:
    tables = findings_tables()
    text = findings_page("many-seeds", tables)
    assert "99 fits of 99 random data sets per scenario" in " ".join(text.split())
    assert "| weak | mu | noncentered | 48.6 (1) | 0.3 | 4.86 (3.72 to 6.35) | 10 of 99 |" in text
    assert "| weak | noncentered | mixed | -0.885 (0.27) | 0.413 | 0.0015 |" in text
    assert "(77)" not in text
    assert "0.25 (30 of 33)" in text
    assert not re.search(r"\bnan\b|\bNone\b|<NA>", text)
    value = {"definition": "KS distance", "diagnostic": "R-hat", "wrong": 12, "wrong_cells": 6}
    value |= {"auc": 0.91, "auc_low": 0.85, "auc_high": 0.95}
    value |= {f"auc_within_cells{end}": np.nan for end in ("", "_low", "_high")}
    text = findings_page("many-seeds", tables, pd.DataFrame([value]))
    assert "| KS distance | R-hat | 12 | 6 | 0.91 (0.85 to 0.95) |" in text
