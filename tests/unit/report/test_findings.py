"""The findings in words and in Markdown: every number is that of a table."""

import re

import numpy as np
import pandas as pd
import pytest
from findings_tables import NAMES, SEVERAL, findings_tables, promises

from funnel_study.analysis.work import TAIL
from funnel_study.report.findings import (
    by_estimand,
    by_tail,
    headline,
    in_short,
    overstatement,
    page,
)


def test_winners_are_named_by_estimand_with_the_second() -> None:
    assert by_estimand(SEVERAL) == (
        "The least work is that of mixed for mu (centered: 2.53 times) and tau (noncentered: 2.20 "
        "times), and of noncentered for the lower tail of tau (mixed: 4.91 times)."
    )


def test_one_parameterization_wins_nothing() -> None:
    assert by_estimand(SEVERAL[SEVERAL["parameterization"] == "mixed"]) == ""
    assert by_estimand(SEVERAL[:0]) == ""


def answers_of(*rows: tuple[str, str, float]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["parameterization", "verdict", "ratio"])
    table = table.assign(**NAMES, worst_estimand=TAIL, work=212.0, work_low=184.2, work_high=248)
    return table.assign(ratio_low=1.33, ratio_high=4.0, same_as="centered")


def test_every_verdict_is_said_in_short() -> None:
    rows = [("noncentered", "best", 1.0), ("mixed", "slower", 2.422), ("a", "undecided", 18.8)]
    rows += [("b", "wrong", 635), ("c", "level", 1.1), ("d", "same", 1), ("e", "no fit", np.nan)]
    assert in_short(answers_of(*rows)) == (
        "Use noncentered, with a work of 212 (184 to 248) for its worst estimand, the lower tail "
        "of tau. Mixed takes 2.42 times the work (1.33 to 4.00), most for the lower tail of tau. "
        "A takes 18.8 times the work (1.33 to 4.00), most for the lower tail of tau, and may be "
        "biased. B takes 635 times the work (1.33 to 4.00), most for the lower tail of tau, and is "
        "wrong. C takes 1.10 times the work (1.33 to 4.00), most for the lower tail of tau, and "
        "cannot be distinguished from the best. D is the same as centered here. E: no fit."
    )
    assert in_short(answers_of(*rows[1:3])).startswith("No parameterization is shown to be free")


def thirds(lowest: float, highest: float) -> pd.DataFrame:
    table = pd.DataFrame({"third": ["lowest", "middle", "highest"]})
    ratios = np.log([lowest, 1.0, highest])
    pair = {"parameterization": "mixed", "versus": "noncentered"}
    return table.assign(**NAMES, **pair, estimand=TAIL, log_ratio=ratios)


def test_an_order_that_depends_on_the_data_set_is_said() -> None:
    ranked = answers_of(("mixed", "slower", 2.4), ("noncentered", "best", 1.0), ("a", "wrong", 1))
    said = by_tail(ranked, thirds(10.0, 0.2))
    assert "noncentered takes 0.100 times the work of mixed in the third" in said
    assert "and 5.00 times in the third whose tau stays highest" in said
    assert by_tail(ranked, thirds(10.0, 2.0)) == ""
    assert by_tail(ranked[:1], thirds(10.0, 0.2)) == ""
    assert by_tail(ranked, thirds(10.0, 0.2)[:1]) == ""


def test_an_overstatement_must_be_clear_of_one() -> None:
    ranked = answers_of(("mixed", "slower", 2.4), ("centered", "best", 1.0), ("a", "same", 1))
    most = promises(
        ("mixed", "log_tau", 1.92, 0.3), ("centered", "mu", 1.5, 0.1), ("a", "mu", 9, 1)
    )
    assert overstatement(ranked, most) == (
        "Effective sample sizes (ESS) overstate the precision by a factor of up to 1.92 (standard "
        "error 0.3), for log tau with mixed."
    )
    unclear = promises(("mixed", "log_tau", 1.92, 0.5), ("centered", "mu", 0.7, 0.1))
    for table in (unclear, promises(("mixed", "mu", 3.0, np.nan))):
        assert overstatement(ranked, table).endswith("of none of them clearly.")
    assert overstatement(ranked, promises(("mixed", "mu", np.nan, np.nan))) == ""


@pytest.fixture
def tables() -> dict[str, pd.DataFrame]:
    return findings_tables()


def test_the_headline_has_the_answer_the_winners_and_the_overstatement(
    tables: dict[str, pd.DataFrame],
) -> None:
    ((name, text),) = headline(tables)
    assert name == "weak"
    assert text.startswith("Use noncentered, with a work of 37.6 (32.8 to 43.7)")
    assert "The least work is that of mixed for mu" in text
    assert text.endswith("(standard error 0.3), for log tau with mixed.")
    several = {key: table.assign(sampler="pymc") for key, table in tables.items()}
    both = {key: pd.concat([tables[key], several[key]]) for key in tables}
    assert [each for each, _ in headline(both)] == ["weak, nutpie", "weak, pymc"]


def test_the_page_has_a_table_for_each_claim(tables: dict[str, pd.DataFrame]) -> None:
    text = page("many-seeds", tables)
    assert "99 fits of 99 random data sets per scenario" in text
    assert "| weak | mu | noncentered | 10 (1) | 4.86 (3.72 to 6.35) | 10 of 99 |" in text
    assert "| weak | noncentered | mixed | -0.885 (0.27) | 0.413 | 0.0015 |" in text
    assert "(77)" not in text
    assert "0.25 (30 of 33)" in text
    assert not re.search(r"\bnan\b|\bNone\b|<NA>", text)
    assert "ROC" not in text


def test_the_page_has_the_diagnostics_if_they_are_known(tables: dict[str, pd.DataFrame]) -> None:
    value = {"definition": "KS distance", "diagnostic": "R-hat", "wrong": 12, "wrong_cells": 6}
    value |= {"auc": 0.91, "auc_low": 0.85, "auc_high": 0.95}
    value |= {f"auc_within_cells{end}": np.nan for end in ("", "_low", "_high")}
    text = page("many-seeds", tables, pd.DataFrame([value]))
    assert "| KS distance | R-hat | 12 | 6 | 0.91 (0.85 to 0.95) |" in text
