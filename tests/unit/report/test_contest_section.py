"""The sentences on the contest, and the pages on it and on the map."""

from typing import Any

import numpy as np
import pandas as pd
from contest_tables import LONE, contest_tables

from funnel_study.analysis.sweep import ESTIMANDS
from funnel_study.analysis.work import WORST
from funnel_study.report.contest_section import map_sentences, sentences
from funnel_study.report.docs_pages import contest_page, map_page, opening


def row(parameterization: str, largest: float, best: float, **values: Any) -> dict[str, Any]:
    log = np.log(largest)
    ratios = {"mean": log / 2, "largest": log, "largest_low": log - 0.1, "largest_high": log + 0.1}
    names = {"sampler": "stan", "parameterization": parameterization, "kind": "rule", "points": 60}
    return {**names, **ratios, "best": best, "best_rule": best, **values}


def summary(*rows: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame([{**each, "estimand": name} for name in ESTIMANDS for each in rows])


def test_the_smallest_largest_ratio_is_named_with_those_that_cannot_be_told_apart() -> None:
    first, *others = sentences(summary(row("half", 4.0, 0.0), row("pilot", 1.5, 1.0)))
    assert "pilot takes at most 1.50 times (1.36 to 1.66)" in first
    assert "on average 1.22 times" in first
    assert len(others) == len(ESTIMANDS) - 1
    rows = [row("half", 4.0, 0.0), row("pilot", 1.5, 0.6), row("vip", 1.6, 0.3), row("a", 1.7, 0.1)]
    first, *_ = sentences(summary(*rows))
    assert first.endswith("it cannot be told apart from vip and a.")


def test_the_best_of_the_rules_is_named_if_marginal_is_better() -> None:
    rows = (
        row("half", 4.0, 0.0, kind="constant", best_rule=0.02),
        row("marginal", 1.5, 1.0, kind="marginal", best_rule=np.nan),
        row("pilot", 2.0, 0.0, best_rule=0.98),
    )
    first, second, *_ = sentences(summary(*rows))
    assert "marginal takes at most 1.50 times" in first
    assert "pilot takes at most 2.00 times (1.81 to 2.21)" in second


def test_every_sampler_has_its_sentences() -> None:
    found = sentences(summary(row("half", 2.0, 1.0), row("half", 3.0, 1.0, sampler="nutpie")))
    assert len(found) == 2 * len(ESTIMANDS)
    assert "with stan, half takes at most 2.00 times" in found[0]
    (nothing,) = sentences(summary().reindex(columns=list(row("a", 1.0, 1.0))))
    assert "nothing to compare" in nothing


def test_the_sentences_of_the_map_are_computed() -> None:
    columns = ["ratio", "best_centeredness", "width", "cost"]
    points = [(0.25, 0.9, 0.2, 50.0), (1.0, 0.6, 0.8, 2.0), (4.0, 0.1, 0.2, 9.0)]
    table = pd.DataFrame(points, columns=columns).merge(pd.DataFrame({"K": [5, 20]}), how="cross")
    table = table.assign(
        scenario="ratio-" + table["ratio"].astype(str),
        estimand=WORST,
        best_centeredness_low=table["best_centeredness"] - 0.1,
        best_centeredness_high=table["best_centeredness"] - 0.1 + table["width"],
        cost_of_worst_constant=np.log(table["cost"]),
        cost_of_worst_constant_mcse=0.2,
    )
    along, crossing, vague, worst = map_sentences(table)
    assert "from 0.90 at 0.25 to 0.10 at 4" in along
    assert "between 1 and 4" in crossing
    assert "At 2 of 6 points" in vague
    assert "2 to 50 times the work of the best (median 9; most at ratio-0.25" in worst


def test_the_page_of_the_map_has_a_row_per_point() -> None:
    page = map_page("map-medium", contest_tables(), 7)
    assert "28 fits, of which none failed." in " ".join(page.split())
    points = [
        line.split(" | ")[:2]
        for line in page.splitlines()
        if line.startswith("| ") and " to " in line and line[2].isdigit()
    ]
    assert points[:3] == [["| 0.25", "5"], ["| 0.25", "20"], ["| 1", "5"]]
    assert "nan" not in page


def test_the_page_of_the_contest_has_the_numbers_of_its_tables() -> None:
    tables = contest_tables()
    page = contest_page("contest", tables, 61)
    said = " ".join(page.split())
    assert "7 of the 61 scenarios" in said
    found = tables["contest_summary"].query("estimand == 'worst'").set_index("parameterization")
    line, *_, lone = [line for line in page.splitlines() if line.startswith("| rule | ")]
    assert f"{np.exp(found.loc['rule', 'largest']):.3g}" in line
    assert opening(tables["contest_summary"]) in said
    # each parameterization has its own regret in the scenario beside the map
    assert f"## The scenario {LONE}" in page
    given = tables["contest"].query("scenario == @LONE and estimand == 'worst'")
    regret = given.set_index("parameterization").loc["rule", "regret"]
    assert f"{np.exp(regret):.3g}" in lone
