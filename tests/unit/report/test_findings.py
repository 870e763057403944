"""The findings in words and in Markdown: every number is that of a table."""

import re

import numpy as np
import pandas as pd
from answer_tables import cell, joined, study
from findings_tables import NAMES, SAMPLING, findings_tables, scores_of

from funnel_study.analysis.answer import answers
from funnel_study.analysis.work import TAIL
from funnel_study.report.answer_text import answer_table, sentences
from funnel_study.report.docs_pages import _published_three, _told, findings_page, headline


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
    assert row["use"].startswith("noncentered; not distinguishable: partial")
    others = row["the others: times its work"]
    assert re.search(r"\bcentered 26\.4 \(\d+\.?\d* to \d+\.?\d*\)", others)
    assert "partial 1.02 (" in others
    assert row["biased"].startswith("mixed")
    none = answer_table(answers_of(("mixed", "wrong", 2.0), ("centered", "undecided", np.nan)))
    assert none.to_numpy().tolist() == [
        ["weak", "none", "mixed 2 (1.33 to 4)", "mixed; undecided: centered"]
    ]


def test_without_a_best_none_is_recommended() -> None:
    rows = answers_of(("mixed", "wrong", np.nan), ("centered", "undecided", np.nan))
    assert dict(sentences(rows))["weak"].startswith("No parameterization is shown")


def test_the_headline_names_samplers_if_there_are_several() -> None:
    tables = findings_tables()
    assert "| parameterization | weak |" in headline(tables, SAMPLING)
    several = {key: table.assign(sampler="pymc") for key, table in tables.items()}
    both = {key: pd.concat([tables[key], several[key]]) for key in tables}
    text = headline(both, SAMPLING)
    assert "| parameterization | weak, nutpie | weak, pymc |" in text
    assert "nutpie and pymc with 10,000 draws per chain" in " ".join(text.split())


def test_the_headline_has_the_mean_score_relative_to_data_based_and_the_bias() -> None:
    rows = [("centered", "wrong", 9.0), ("data_based", "best", 1.0), ("ideal", "reference", 0.5)]
    scores = scores_of({"centered": [4.0, 8.0, 12.0], "data_based": [2.0, 4.0, 6.0]}, times=20)
    other = answers_of(("mixed", "same", 1.2), ("data_based", "best", 1.0))
    others = scores_of({"mixed": [3.0, 3.0, 3.0], "data_based": [2.0, 2.0, 2.0]})
    tables = {
        "answers": pd.concat([answers_of(*rows), other.assign(scenario="strong")]),
        "scores": pd.concat([scores, others.assign(scenario="strong")]),
    }
    text = headline(tables, SAMPLING)
    # of constant ratios, the interval has no width; and of three data sets, there is none
    assert "| centered | 2 (2 to 2), wrong |  |" in text
    assert "| mixed |  | 1.5, same as centered |" in text
    assert "| data_based | 1 | 1 |" in text
    assert "ideal" not in text


def test_of_the_published_three_the_least_mean_score_is_named_and_what_another_is_better_for() -> (
    None
):
    named = [("centered", "wrong", 9.0), ("noncentered", "best", 1.0), ("mixed", "", 2.0)]
    weak = answers_of(*named, ("data_based", "", 1.0))
    weak["work"] = weak["ratio"]
    # mixed has the least mean in half of the data sets, and always less for mu
    spread = {"centered": [900.0], "noncentered": [9.0, 11.0], "mixed": [11.5, 7.5]}
    scores = scores_of({**spread, "data_based": [1.0]}, times=30)
    scores.loc[scores["parameterization"] == "mixed", "mu"] = 1.0
    # mixed equals centered, so two are left
    strong = answers_of(("centered", "best", 1.0), ("noncentered", "", 9.0), ("mixed", "same", 0.9))
    strong = strong.assign(scenario="strong", work=strong["ratio"])
    own = scores_of({"centered": [2.0], "noncentered": [14.0], "mixed": [1.0]}, times=30)
    alone = strong.iloc[:1].assign(scenario="alone")
    both = [scores, own.assign(scenario="strong"), own.iloc[:30].assign(scenario="alone")]
    tables = {"answers": pd.concat([weak, strong, alone]), "scores": pd.concat(both)}
    weakly, strongly = _published_three(tables["answers"], tables["scores"])
    assert (weakly["least"], weakly["open"]) == ("mixed", ["noncentered"])
    assert (weakly["worst"], weakly["better"]) == ("noncentered", {"mixed": ["mu"]})
    assert (strongly["place"], strongly["least"], strongly["open"]) == ("strong", "centered", [])
    assert strongly["better"] == {}
    text = " ".join(headline(tables, SAMPLING).split())
    for said in ("centered takes the least work in strong.", "mixed takes less for mu."):
        assert said in text


def test_the_page_has_a_table_for_each_claim() -> None:
    tables = findings_tables()
    text = findings_page("many-seeds", tables, "The opening.")
    assert "198 fits of 99 random data sets per scenario" in " ".join(text.split())
    assert "| weak | mu | noncentered | 48.6 (1) | 0.3 | 4.86 (3.72 to 6.35) | 10 of 99 |" in text
    assert "| weak | noncentered | mixed | -0.885 (0.27) | 0.413 | 0.0015 |" in text
    assert "(77)" not in text
    assert "0.25 (30 of 33)" in text
    # exp(+-1.984 x 0.3 / 1.92) around 1.92
    assert "| weak | mixed | 1.92 (1.41 to 2.62) |" in text
    assert "0.4 (" not in text  # its standard error exceeds it
    # shown to be below 1 in two thirds, and above 1 in the last
    assert "order of noncentered and mixed depends on the lower tail of tau for P(tau < q05)." in (
        " ".join(text.split())
    )
    assert not re.search(r"\bnan\b|\bNone\b|<NA>", text)
    value = {"definition": "KS distance", "diagnostic": "R-hat", "wrong": 12, "wrong_cells": 6}
    value |= {"auc": 0.91, "auc_low": 0.85, "auc_high": 0.95}
    value |= {f"auc_within_cells{end}": np.nan for end in ("", "_low", "_high")}
    text = findings_page("many-seeds", tables, "", pd.DataFrame([value]))
    assert "| KS distance | R-hat | 12 | 6 | 0.91 (0.85 to 0.95) |" in text


def test_a_diagnostic_tells_wrong_from_right_if_all_intervals_are_above_a_half() -> None:
    rows = [("bias", 0.7, 0.6), ("bias", 0.8, 0.55), ("KS", 0.9, 0.8), ("KS", 0.6, 0.45)]
    value = pd.DataFrame([*rows, ("few", 0.9, np.nan)], columns=["definition", "auc", "auc_low"])
    assert _told(value, "auc") == {"definitions": ["bias"], "low": 0.7, "high": 0.8}
