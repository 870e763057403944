"""The findings in words and in Markdown: every number is that of a table."""

import re

import numpy as np
import pandas as pd
from answer_tables import cell, joined, study
from findings_tables import NAMES, SEVERAL, findings_tables, promises

from funnel_study.analysis.answer import answers
from funnel_study.analysis.work import TAIL
from funnel_study.report.answer_text import findings, sentences
from funnel_study.report.docs_pages import findings_page, headline

KEY = (NAMES["scenario"], NAMES["sampler"])


def answers_of(*rows: tuple[str, str, float]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["parameterization", "verdict", "ratio"])
    values = {"work": 212.0, "work_low": 184.2, "work_high": 248, "ratio_low": 1.33}
    values |= {"ratio_high": 4.0, "promised_ratio": 1.0, "bias_squared": 0.3}
    values |= {"bias_squared_low": 0.2, "bias_squared_high": 0.4, "data_sets_to_decide": np.nan}
    counts = {"data_sets": 99, "fits": 99, "failed": 0}
    texts = {"worst_estimand": TAIL, "bias_of": TAIL, "same_as": "centered"}
    return table.assign(**NAMES, **values, **counts, **texts)


def thirds(lowest: float, highest: float) -> pd.DataFrame:
    table = pd.DataFrame({"third": ["lowest", "middle", "highest"]})
    ratios = np.log([lowest, 1.0, highest])
    pair = {"parameterization": "mixed", "versus": "noncentered"}
    return table.assign(**NAMES, **pair, estimand=TAIL, log_ratio=ratios)


def said(**others: pd.DataFrame) -> str:
    """What is found in the tables of a made-up study, where some of them are others."""
    return findings({**findings_tables(), **others})[KEY]


def test_winners_are_named_by_estimand_with_the_second() -> None:
    assert (
        "The least work is that of mixed for mu (centered: 2.53 times) and tau (noncentered: 2.20 "
        "times), and of noncentered for the lower tail of tau (mixed: 4.91 times)."
    ) in said()
    winners = SEVERAL
    for none in (winners[winners["parameterization"] == "mixed"], winners[:0]):
        assert "least work" not in said(winners=none)


def test_every_verdict_has_its_sentence() -> None:
    others = [
        cell("unknown", [1.0, 1.0, 1.0], unknown=[1]),
        cell("single", [1.0, 1.0, 1.0], bias=np.nan, chains=1),
    ]
    text = sentences(answers(*joined(*study(), *others)))["few", "nutpie"]
    for said in (
        "Use noncentered: it needs 3.5 leapfrog steps",
        "Centered is slower: it takes 2.64 times the work of the best",
        "Partial cannot be distinguished from the best: it takes 1.02 times",
        "Mixed is wrong: ",
        "Equal is the same as centered here",
        "Doubtful is undecided: ",
        "Breaking failed in 1 of 3 fits.",
        "Other has no results",
        "Unknown cannot be judged: some of its 3 fits have no exact posterior",
        "Single cannot be judged from fits with a single chain.",
    ):
        assert said in text


def test_without_a_best_none_is_recommended() -> None:
    rows = answers_of(("mixed", "wrong", np.nan), ("centered", "undecided", np.nan))
    assert sentences(rows)[KEY].startswith("No parameterization is shown")


def test_an_order_that_depends_on_the_data_set_is_said() -> None:
    ranked = answers_of(("mixed", "slower", 2.4), ("noncentered", "best", 1.0), ("a", "wrong", 1))
    text = said(answers=ranked, work_by_tail=thirds(10.0, 0.2))
    assert "noncentered takes 0.100 times the work of mixed in the third" in text
    assert "and 5.00 times in the third whose tau stays highest" in text
    for table, by_third in (
        (ranked, thirds(10.0, 2.0)),
        (ranked[:1], thirds(10.0, 0.2)),
        (ranked, thirds(10.0, 0.2)[:1]),
    ):
        assert "order depends" not in said(answers=table, work_by_tail=by_third)


def test_an_overstatement_must_be_clear_of_one() -> None:
    ranked = answers_of(("mixed", "slower", 2.4), ("centered", "best", 1.0), ("a", "same", 1))
    most = promises(
        ("mixed", "log_tau", 1.92, 0.3), ("centered", "mu", 1.5, 0.1), ("a", "mu", 9, 1)
    )
    assert said(answers=ranked, performance=most).endswith(
        "up to 1.92 (standard error 0.3), for log tau with mixed."
    )
    unclear = promises(("mixed", "log_tau", 1.92, 0.5), ("centered", "mu", 0.7, 0.1))
    for table in (unclear, promises(("mixed", "mu", 3.0, np.nan))):
        assert said(answers=ranked, performance=table).endswith("of none of them clearly.")
    unknown = promises(("mixed", "mu", np.nan, np.nan))
    assert "(ESS) overstate" not in said(answers=ranked, performance=unknown)


def test_the_headline_names_samplers_if_there_are_several() -> None:
    tables = findings_tables()
    assert "| parameterization | weak |" in headline(tables)
    several = {key: table.assign(sampler="pymc") for key, table in tables.items()}
    both = {key: pd.concat([tables[key], several[key]]) for key in tables}
    assert "| parameterization | weak, nutpie | weak, pymc |" in headline(both)


def test_the_headline_has_the_least_of_the_largest_ratios_and_the_reference() -> None:
    rows = [("mixed", "slower", 2.4), ("centered", "best", 1.0), ("ideal", "reference", 0.5)]
    other = answers_of(
        ("mixed", "level", 1.2), ("centered", "wrong", 9.0), ("ideal", "reference", 0.4)
    )
    both = pd.concat([answers_of(*rows), other.assign(scenario="strong")])
    text = headline({"answers": both})
    assert "`mixed` takes at most 2.40 times the work of the best" in " ".join(text.split())
    assert "| centered | 1 (1.33 to 4) | 9 (1.33 to 4), wrong |" in text
    assert "For reference, `ideal`" in " ".join(text.split())


def test_the_page_has_a_table_for_each_claim() -> None:
    tables = findings_tables()
    text = findings_page("many-seeds", tables)
    assert "99 fits of 99 random data sets per scenario" in " ".join(text.split())
    assert "| weak | mu | noncentered | 10 (1) | 4.86 (3.72 to 6.35) | 10 of 99 |" in text
    assert "| weak | noncentered | mixed | -0.885 (0.27) | 0.413 | 0.0015 |" in text
    assert "(77)" not in text
    assert "0.25 (30 of 33)" in text
    assert not re.search(r"\bnan\b|\bNone\b|<NA>", text)
    value = {"definition": "KS distance", "diagnostic": "R-hat", "wrong": 12, "wrong_cells": 6}
    value |= {"auc": 0.91, "auc_low": 0.85, "auc_high": 0.95}
    value |= {f"auc_within_cells{end}": np.nan for end in ("", "_low", "_high")}
    text = findings_page("many-seeds", tables, pd.DataFrame([value]))
    assert "| KS distance | R-hat | 12 | 6 | 0.91 (0.85 to 0.95) |" in text
