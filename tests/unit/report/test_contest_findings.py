"""The pages on the map and the contest, written from their tables."""

import numpy as np
import pandas as pd
import pytest
from contest_tables import LONE, contest_tables

from funnel_study.analysis.work import WORST
from funnel_study.report.contest_section import map_sentences
from funnel_study.report.docs_pages import contest_page, map_page, opening


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return contest_tables()


def test_the_page_of_the_map_has_a_row_per_point(tables: dict[str, pd.DataFrame]) -> None:
    page = map_page("map-medium", tables, 7)
    said = " ".join(page.split())
    assert "of the study `map-medium`: 28 fits, of which none failed." in said
    assert "They are those of 7 scenarios of" in said
    assert "each with 6 random data sets" in said
    points = [
        line.split(" | ")[:2]
        for line in page.splitlines()
        if line.startswith("| ") and " to " in line and line[2].isdigit()
    ]
    assert points[:3] == [["| 0.25", "5"], ["| 0.25", "20"], ["| 1", "5"]]
    assert "nan" not in page


def test_the_page_of_the_contest_ranks_the_rules(tables: dict[str, pd.DataFrame]) -> None:
    page = contest_page("contest", tables, 61)
    said = " ".join(page.split())
    assert "They are those of 7 of the 61 scenarios of [config/contest.yaml]" in said
    summary = tables["contest_summary"]
    worst = summary[summary["estimand"] == WORST].sort_values("largest")
    rows = [line for line in page.splitlines() if line.startswith("| rule ")]
    assert f"{np.exp(worst.set_index('parameterization').loc['rule', 'largest']):.3g}" in rows[0]
    assert f"## The scenario {LONE}" in page
    assert opening(summary) in said
    assert opening(summary).startswith(
        f"For the worst estimand, {worst['parameterization'].iloc[0]} "
    )


def test_the_sentences_of_the_map_are_computed() -> None:
    points = ((0.25, 0.9, 0.0, 50.0), (1.0, 0.6, 0.6, 2.0), (4.0, 0.1, 0.0, 9.0))
    rows = [
        {
            "scenario": f"ratio-{ratio}",
            "ratio": ratio,
            "K": K,
            "estimand": WORST,
            "best_centeredness": c,
            "best_centeredness_low": c - 0.1,
            "best_centeredness_high": c + 0.1 + wide,
            "cost_of_worst_constant": np.log(cost),
            "cost_of_worst_constant_mcse": 0.2,
        }
        for ratio, c, wide, cost in points
        for K in (5, 20)
    ]
    assert map_sentences(pd.DataFrame(rows)) == [
        "For the worst estimand, the best constant centeredness goes from 0.90 at 0.25 to 0.10 "
        "at 4 (ratio of standard errors to tau; medians over the other keys).",
        "It crosses one half between 1 and 4.",
        "At 2 of 6 points, its 95 % interval is wider than one half.",
        "The worst constant takes 2 to 50 times the work of the best (median 9; most at "
        "ratio-0.25, where the standard error of the log ratio is 0.2).",
    ]
