"""Verdicts and their numbers, by hand."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from answer_tables import RANKED, SQUARES, Tables, cell, joined, study

from funnel_study.analysis.answer import COLUMNS, answers, winners

T2 = 4.302653  # Student's t with 2 degrees of freedom, 97.5 %


def answered(*cells: Tables) -> pd.DataFrame:
    return answers(*joined(*cells))


def one(*cells: Tables) -> dict[str, dict[str, Any]]:
    """The rows of a study of one scenario and sampler, by parameterization."""
    return {row["parameterization"]: row for row in answered(*cells).to_dict("records")}


@pytest.mark.parametrize("function", [*RANKED, *SQUARES, "P of tau", "P of mu"])
@pytest.mark.parametrize(
    ("mean", "verdict"), [(0.0049, "best"), (0.0051, "undecided"), (0.0151, "wrong")]
)
def test_the_interval_of_every_squared_bias_is_held_against_0_01(
    function: str, mean: float, verdict: str
) -> None:
    """Three values with mean m and standard deviation s have the interval m +- T2 s / sqrt 3."""
    s = 0.005 / T2 * np.sqrt(3)
    row = one(cell("mixed", [1.0] * 3, bias={function: [mean - s, mean, mean + s]}))["mixed"]
    assert row["verdict"] == verdict
    named = f"probabilities of {function[5:]}" if function.startswith("P of") else function
    assert row["bias_of"] == named
    found = [row[f"bias_squared{end}"] for end in ("", "_low", "_high")]
    assert found == pytest.approx([mean, mean - 0.005, mean + 0.005], rel=1e-5)


@pytest.mark.parametrize(("first", "verdict"), [(4.0, "level"), (1.5, "slower")])
def test_level_is_not_shown_to_take_more_work(first: float, verdict: str) -> None:
    """The log of the ratio of the means of x and y has the influence x / mean(x) - y / mean(y)."""
    best, other = np.array([1.0, 2.0, 1.5]), np.array([first, 2.9, 2.2])
    row = one(cell("best", best.tolist()), cell("other", other.tolist()))["other"]
    influence = other / other.mean() - best / best.mean()
    reach = T2 * np.std(influence, ddof=1) / np.sqrt(3)
    low = other.mean() / best.mean() * np.exp(-reach)
    assert row["ratio_low"] == pytest.approx(low, rel=1e-6)
    assert row["verdict"] == verdict == ("slower" if low > 1 else "level")


def test_the_failed_fits_of_one_parameterization_do_not_blur_the_others() -> None:
    """A failed fit disqualifies, and ratios are over the data sets that both have."""
    cells = [cell("mixed", [1.0, 2.0, 3.0, 1.5]), cell("centered", [1.5, 1.8, 4.0, 2.2])]
    expected = one(*cells)
    row = one(*cells, cell("breaking", [0.5, 0.5, 1.0, 1.0], failed=[1]))["breaking"]
    assert (row["verdict"], row["failed"], row["data_sets"]) == ("failed", 1, 3)
    assert row["ratio"] == pytest.approx(2.5 / 5.5)
    for failed in ([0], [0, 1, 3], [0, 1, 2, 3]):
        breaking = cell("breaking", [0.1] * 4, failed=failed, ess=np.nan)
        found = one(breaking, *cells)
        for name in ("mixed", "centered"):
            assert found[name] == pytest.approx(expected[name], nan_ok=True)
    assert expected["mixed"]["verdict"] == "best"


def test_without_a_best_ratios_are_to_the_least_work_of_the_complete_ones() -> None:
    rows = one(
        cell("mixed", [4.0, 4.0, 4.0], bias=0.2),
        cell("centered", [8.0, 8.0, 8.0], bias=[0.0, 0.01, 0.02]),
        cell("breaking", [1.0, 1.0, 1.0], failed=[0, 1]),
    )
    assert [row["ratio"] for row in rows.values()] == [1, 2, 0.25]
    assert [rows[name]["verdict"] for name in rows] == ["wrong", "undecided", "failed"]


@pytest.mark.parametrize(("c", "same"), [(0, "noncentered"), (1, "centered")])
def test_a_parameterization_that_equals_another_is_left_out_of_the_ranking(
    c: float, same: str
) -> None:
    others = [cell("centered", [2.0] * 3, centeredness=1), cell("noncentered", [4.0] * 3)]
    alone, rows = one(*others), one(*others, cell("mixed", [1.0] * 3, ess=900, centeredness=c))
    row = rows.pop("mixed")
    assert (row["same_as"], row["verdict"]) == (same, "same")
    drop = {"same_as": None}
    for name in rows:
        assert rows[name] | drop == pytest.approx(alone[name] | drop, nan_ok=True)


def test_the_reference_is_compared_with_the_best_but_not_ranked() -> None:
    others = [cell("centered", [2.0] * 3, centeredness=1), cell("noncentered", [4.0] * 3)]
    alone, rows = one(*others), one(*others, cell("ideal", [1.0] * 3, ess=900, centeredness=np.nan))
    reference = rows.pop("ideal")
    assert (reference["verdict"], reference["ratio"]) == ("reference", 0.5)
    for name in rows:
        assert rows[name] == pytest.approx(alone[name], nan_ok=True)


def test_fits_with_a_single_chain_cannot_qualify_but_can_be_wrong() -> None:
    """The squared bias of a mean cannot be told from noise."""
    none = {name: [np.nan] * 3 for name in [*RANKED, *SQUARES, "P of mu", "P of tau"]}
    table = answered(
        cell("good", [2.0] * 3, bias=none, chains=1),
        cell("wide", [2.0] * 3, bias=none, content=0.99, chains=1),
        cell("unsure", [2.0] * 3, bias=none, content=[0.9, 0.94, 0.98], chains=1),
    )
    assert table["verdict"].to_list() == ["undecided", "wrong", "undecided"]
    assert table["data_sets_to_decide"].isna().all()


def test_the_largest_work_is_that_of_means_and_not_of_squares() -> None:
    """Nor is it the mean over data sets of the largest work of each, which is 9."""
    works = {"mu": [9.0, 1.0], "tau": [2.0, 9.0], "mu^2": [70.0, 70.0]}
    row = one(cell("mixed", works))["mixed"]
    assert (row["worst_estimand"], row["work"]) == ("tau", 5.5)


def test_every_parameterization_has_a_verdict_and_winners_are_those_with_their_own_fits() -> None:
    tables = joined(*study())
    table = answers(*tables)
    assert tuple(table.columns) == COLUMNS
    assert dict(zip(table["parameterization"], table["verdict"], strict=True)) == {
        "centered": "slower",
        "noncentered": "best",
        "mixed": "wrong",
        "equal": "same",
        "partial": "level",
        "doubtful": "undecided",
        "breaking": "failed",
        "other": "no fit",
    }
    won = winners(*tables, table)
    assert set(table["parameterization"]) - set(won["parameterization"]) == {"equal", "other"}
    # the data sets that all of them have, each won once
    assert set(won.groupby("estimand")["wins"].sum()) == set(won["data_sets"]) == {2}
    assert one(cell("a", [1.0] * 3, unknown=[1]))["a"]["verdict"] == "unknown"
    assert answers(*(table[:0] for table in tables)).empty


def test_one_data_set_is_undecided_and_has_no_interval() -> None:
    table = answered(cell("mixed", [2.0]), cell("centered", [5.0], bias=0.5))
    assert set(table["verdict"]) == {"undecided"}
    assert table["ratio"].to_list() == [1.0, 2.5]
    empty = ["work_low", "ratio_high", "ks_mcse", "bias_squared_high"]
    assert table[empty].isna().all(axis=None)


def test_an_estimand_without_moments_is_left_out() -> None:
    """As tau with K = 1 under a half-Cauchy prior."""
    none = [np.nan] * 3
    works = {"tau": none, "log_tau": [1.0, 2.0, 3.0]}
    row = one(cell("mixed", works, bias={"tau": none, "tau^2": none}))["mixed"]
    assert (row["verdict"], row["worst_estimand"], row["work"]) == ("best", "log_tau", 2)


def test_promised_work_is_leapfrog_steps_with_tuning_per_effective_draw() -> None:
    """1000 steps over an ESS of 500, 250 and 100 are 2, 4 and 10."""
    rows = one(
        cell("mixed", [1.0] * 3, ess=[500.0, 250.0, 100.0]),
        cell("centered", [2.0] * 3, ess=[500.0, 500.0, 500.0], bias=0.5),
        cell("breaking", [2.0] * 3, ess=[250.0, 250.0, 0.001], failed=[2]),
        cell("stuck", [2.0] * 3, ess=np.nan),
    )
    promised = [(row["promised_work"], row["promised_ratio"]) for row in rows.values()]
    expected = [(16 / 3, 8 / 3), (2, 1), (4, 2), (np.nan, np.nan)]
    assert np.array(promised) == pytest.approx(np.array(expected), nan_ok=True)


def test_winners_by_hand() -> None:
    """Works of mu 1, 2, 6 and 2, 8, 5; the log of the ratio of their means 3 and 5."""
    tables = joined(
        cell("mixed", {"mu": [1.0, 2.0, 6.0]}), cell("centered", {"mu": [2.0, 8.0, 5.0]}, bias=0.5)
    )
    table = winners(*tables, answers(*tables))
    mu = table[table["estimand"] == "mu"].set_index("parameterization").T
    assert mu["mixed"][["work", "wins", "data_sets", "verdict"]].to_list() == [3, 2, 3, "best"]
    assert mu["centered"][["work", "wins", "verdict"]].to_list() == [5, 1, "wrong"]
    influence = np.array([2, 8, 5]) / 5 - np.array([1, 2, 6]) / 3
    reach = T2 * np.std(influence, ddof=1) / np.sqrt(3)
    assert mu["centered"][["ratio", "ratio_low", "ratio_high"]].to_list() == pytest.approx(
        [5 / 3, 5 / 3 * np.exp(-reach), 5 / 3 * np.exp(reach)], rel=1e-6
    )
    # the same numbers have the same intervals in both tables
    columns = ["ratio", "ratio_low", "ratio_high", "largest_share"]
    row = answers(*tables).set_index("parameterization").loc["centered", columns]
    assert row.to_list() == pytest.approx([*mu["centered"][columns[:3]], 8 / 15])
    assert mu["mixed"]["ratio"] == 1
    assert mu["mixed"][["ratio_low", "ratio_high"]].isna().all()
    # of chi-squared errors, more than the spread of 2, 8, 5
    least = 5 * np.sqrt(2 / (3 * 4))
    spread = np.std([1, 2, 6], ddof=1) / np.sqrt(3)
    assert mu.loc["work_mcse"].to_list() == pytest.approx([spread, least])


def test_data_sets_are_paired_by_number_whatever_the_order_and_the_first() -> None:
    """Replicate 0 may be a chosen data set, which is left out."""
    rng = np.random.default_rng(3)
    works, bias = rng.exponential(1.0, (2, 9)), np.linspace(0.001, 0.004, 9).tolist()
    cells = (cell(name, x.tolist(), bias) for name, x in zip(("a", "b"), works, strict=True))
    fits, *others = (table[table["replicate"] > 0] for table in joined(*cells))
    expected = answers(fits, *others)
    assert expected["work"].to_list() == pytest.approx(works[:, 1:].mean(axis=1))
    shuffled = [table.iloc[rng.permutation(len(table))] for table in others]
    turned = pd.concat([fits[7::-1], fits[:7:-1]])
    pd.testing.assert_frame_equal(answers(turned, *shuffled), expected)
