"""Verdicts and their numbers, by hand and by a literal bootstrap."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from answer_tables import RANKED, SQUARES, Tables, cell, joined, study
from numpy.typing import NDArray
from scipy import stats

from funnel.seeds import seed_sequence
from funnel_study.analysis.answer import COLUMNS, RESAMPLES, WINNER_COLUMNS, answers, winners
from funnel_study.analysis.work import TAIL

Array = NDArray[np.float64]

NAMES = ("few", "nutpie")
T2 = 4.302653  # Student's t with 2 degrees of freedom, 97.5 %


def answered(*cells: Tables) -> pd.DataFrame:
    return answers(*joined(*cells))


def one(*cells: Tables) -> dict[str, dict[str, Any]]:
    """The rows of a study of one scenario and sampler, by parameterization."""
    return {row["parameterization"]: row for row in answered(*cells).to_dict("records")}


def verdicts(*cells: Tables) -> dict[str, str]:
    return {name: row["verdict"] for name, row in one(*cells).items()}


def test_every_parameterization_has_a_verdict() -> None:
    table = answered(*study())
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
    assert verdicts(cell("a", [1.0] * 3, unknown=[1]), cell("b", [1.0] * 3, unknown=[0, 1, 2])) == {
        "a": "unknown",
        "b": "unknown",
    }


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


@pytest.mark.parametrize("worst", RANKED)
def test_parameterizations_are_ranked_by_their_largest_work(worst: str) -> None:
    """By the mean over estimands, the other one would be the best."""
    other = cell("other", {**{name: [1.0, 1.0] for name in RANKED}, worst: [10.0, 10.0]})
    even = cell("even", {name: [6.0, 6.0] for name in RANKED})
    rows = one(other, even)
    assert (rows["even"]["verdict"], rows["other"]["verdict"]) == ("best", "slower")
    assert rows["other"]["worst_estimand"] == worst
    assert rows["other"]["ratio"] == pytest.approx(10 / 6)


def literal_bootstrap(
    works: Mapping[str, Array], candidates: Sequence[str]
) -> tuple[dict[str, list[float]], dict[str, list[float]], dict[str, float]]:
    """The largest works and ratios of all resamples, and how often each candidate is the best.

    `works` are (data set, estimand).
    """
    n = len(next(iter(works.values())))
    rng = np.random.default_rng(seed_sequence(0, "bootstrap", *NAMES))
    largest: dict[str, list[float]] = {name: [] for name in works}
    ratios: dict[str, list[float]] = {name: [] for name in works}
    wins = dict.fromkeys(candidates, 0)
    for counts in rng.multinomial(n, np.full(n, 1 / n), size=RESAMPLES):
        chosen = [i for i, count in enumerate(counts) for _ in range(count)]
        assert len(chosen) == n
        of = {}
        for name, work in works.items():
            of[name] = max(sum(work[i, j] for i in chosen) / n for j in range(work.shape[1]))
            largest[name].append(of[name])
        best = min(candidates, key=lambda name: of[name])
        wins[best] += 1
        for name in works:
            ratios[name].append(of[name] / of[best])
    return largest, ratios, {name: count / RESAMPLES for name, count in wins.items()}


def test_intervals_are_those_of_a_literal_bootstrap_that_redoes_all_choices() -> None:
    """Of the four parameterizations, `partial` is wrong, so it is not a candidate."""
    rng = np.random.default_rng(2)
    scale = {"centered": 1.6, "noncentered": 1.1, "mixed": 1.0, "partial": 0.5}
    works = {name: size * rng.exponential(1.0, (6, 3)) for name, size in scale.items()}
    rows = one(
        *(
            cell(
                name,
                dict(zip(("mu", "log_tau", TAIL), work.T.tolist(), strict=True)),
                bias=0.5 if name == "partial" else 0.0,
            )
            for name, work in works.items()
        )
    )
    candidates = ["centered", "noncentered", "mixed"]
    largest, ratios, shares = literal_bootstrap(works, candidates)
    least = min(works[name].mean(axis=0).max() for name in candidates)
    for name, row in rows.items():
        assert row["work"] == pytest.approx(works[name].mean(axis=0).max())
        assert row["ratio"] == pytest.approx(works[name].mean(axis=0).max() / least)
        ends = [row["work_low"], row["work_high"], row["ratio_low"], row["ratio_high"]]
        # the basic interval on the log scale: 2 log W - the quantiles of the log
        logs = 2 * np.log(row["work"]) - np.quantile(np.log(largest[name]), [0.975, 0.025])
        of_ratio = np.quantile(ratios[name], [0.025, 0.975])
        assert ends == pytest.approx([*np.exp(logs), *of_ratio])
        assert row["best_share"] == pytest.approx(shares.get(name, np.nan), nan_ok=True)
    assert sum(shares.values()) == pytest.approx(1)
    # the case is not trivial: every candidate is the best at times, and so is every estimand worst
    assert min(shares.values()) > 0
    assert rows["partial"]["verdict"] == "wrong"
    assert rows["partial"]["ratio"] < 1


@pytest.mark.parametrize(
    ("n", "good", "k", "verdict"),
    [(6, 1, 3, "level"), (3, 1, 3, "level"), (6, 2, 5, "slower"), (6, 1, 4, "slower")],
)
def test_level_is_the_best_in_more_than_2_5_percent_of_the_resamples(
    n: int, good: int, k: int, verdict: str
) -> None:
    """It wins if its good data sets are drawn k times of n; probabilities 6, 3.7, 1.8 and 0.9 %.

    Its work is less by `gain` in good data sets, and more by 1 in the others.
    """
    gain = 0.99 * (n - k + 1) / (k - 1)
    assert k * gain > n - k
    works = [2.0 - gain] * good + [3.0] * (n - good)
    rows = one(cell("best", [2.0] * n), cell("other", works))
    p = stats.binom.sf(k - 1, n, good / n)
    assert rows["other"]["best_share"] == pytest.approx(p, abs=4 * np.sqrt(p / RESAMPLES))
    assert rows["other"]["verdict"] == verdict


def test_a_failed_fit_disqualifies_and_has_no_pair() -> None:
    rows = one(cell("mixed", [1.0, 8.0, 3.0]), cell("breaking", [0.5, 0.5, 1.0], failed=[1]))
    assert rows["mixed"]["verdict"] == "best"
    row = rows["breaking"]
    assert (row["verdict"], row["fits"], row["failed"], row["data_sets"]) == ("failed", 3, 1, 2)
    assert row["work"] == 0.75
    # over the two data sets that both have
    assert row["ratio"] == pytest.approx(1.5 / 4)
    assert pd.isna(row["best_share"])


def test_the_failed_fits_of_one_parameterization_do_not_blur_the_others() -> None:
    """Even if nearly all fits of it fail, or all fits have the least work."""
    cells = [cell("mixed", [1.0, 2.0, 3.0, 1.5]), cell("centered", [1.5, 1.8, 4.0, 2.2])]
    expected = one(*cells)
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
    assert {name: row["ratio"] for name, row in rows.items()} == {
        "mixed": 1,
        "centered": 2,
        "breaking": 0.25,
    }
    assert rows["mixed"]["best_share"] == 1
    assert [rows[name]["verdict"] for name in rows] == ["wrong", "undecided", "failed"]


@pytest.mark.parametrize(("c", "same"), [(0, "noncentered"), (1, "centered")])
def test_a_parameterization_that_equals_another_is_left_out_of_the_ranking(
    c: float, same: str
) -> None:
    others = [cell("centered", [2.0] * 3, centeredness=1), cell("noncentered", [4.0] * 3)]
    alone, rows = one(*others), one(*others, cell("mixed", [1.0] * 3, ess=900, centeredness=c))
    assert (rows["mixed"]["same_as"], rows["mixed"]["verdict"]) == (same, "same")
    assert pd.isna(rows["mixed"]["best_share"])
    for name in ("centered", "noncentered"):
        del rows[name]["same_as"], alone[name]["same_as"]
        assert rows[name] == pytest.approx(alone[name], nan_ok=True)
    assert rows["centered"]["promised_ratio"] == 1


def test_one_data_set_is_undecided_and_has_no_interval() -> None:
    cells = joined(cell("mixed", [2.0]), cell("centered", [5.0], bias=0.5))
    table = answers(*cells)
    assert set(table["verdict"]) == {"undecided"}
    assert table["work"].to_list() == [2.0, 5.0]
    assert table["ratio"].to_list() == [1.0, 2.5]
    empty = ["work_low", "work_high", "ratio_low", "ratio_high", "best_share", "ks_mcse"]
    empty += ["bias_squared_low", "bias_squared_high", "data_sets_to_decide"]
    assert table[empty].isna().all(axis=None)
    won = winners(*cells, table).query("estimand == 'tau'")
    assert won["ratio"].to_list() == [1.0, 2.5]
    assert won[["ratio_low", "ratio_high", "work_mcse"]].isna().all(axis=None)


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


def test_an_estimand_without_moments_is_left_out() -> None:
    """As tau with K = 1 under a half-Cauchy prior."""
    none = [np.nan] * 3
    cells = [
        cell(name, {"tau": none, "log_tau": work}, bias={"tau": none, "tau^2": none})
        for name, work in (("mixed", [1.0, 2.0, 3.0]), ("centered", [3.0, 4.0, 5.0]))
    ]
    rows = one(*cells)
    assert {name: row["verdict"] for name, row in rows.items()} == {
        "mixed": "best",
        "centered": "slower",
    }
    assert (rows["mixed"]["worst_estimand"], rows["mixed"]["work"]) == ("log_tau", 2)
    tables = joined(*cells)
    table = winners(*tables, answers(*tables))
    assert "tau" not in set(table["estimand"])


def test_the_number_of_data_sets_that_would_decide_by_hand() -> None:
    """An interval of 0.006 +- 0.012 decides if it has a third of its width: 9 times the data.

    That of the biases with the largest number counts: 0.013 +- 0.006 needs only four times as many.
    """
    unit = np.array([-1.0, 0.0, 1.0]) / T2 * np.sqrt(3)
    bias = {"mu": 0.006 + 0.012 * unit, "tau": 0.013 + 0.006 * unit, "log_tau": [0.003] * 3}
    table = answered(cell("mixed", [1.0] * 3, bias=bias))
    assert table["verdict"].to_list() == ["undecided"]
    assert table["data_sets_to_decide"].to_list() == [27]
    few = answered(cell("mixed", [1.0] * 3, bias={"tau": bias["tau"]}))
    assert few["data_sets_to_decide"].to_list() == [12]


def test_promised_work_is_leapfrog_steps_with_tuning_per_effective_draw() -> None:
    """1000 steps over an ESS of 500, 250 and 100 are 2, 4 and 10."""
    rows = one(
        cell("mixed", [1.0] * 3, ess=[500.0, 250.0, 100.0]),
        cell("centered", [2.0] * 3, ess=[500.0, 500.0, 500.0], bias=0.5),
        cell("breaking", [2.0] * 3, ess=[250.0, 250.0, 0.001], failed=[2]),
        cell("other", [2.0] * 3, ess=1e9, failed=[0, 1, 2]),
    )
    assert rows["mixed"]["promised_work"] == pytest.approx(16 / 3)
    assert rows["mixed"]["promised_ratio"] == pytest.approx(8 / 3)
    assert (rows["centered"]["promised_work"], rows["centered"]["promised_ratio"]) == (2, 1)
    assert (rows["breaking"]["promised_work"], rows["breaking"]["promised_ratio"]) == (4, 2)
    assert np.isnan(rows["other"]["promised_work"])
    # an undefined effective sample size leaves the others their ratio
    for order in (("stuck", "a"), ("a", "stuck")):
        ess = {"stuck": np.nan, "a": 9.0}
        found = one(*(cell(name, [9.0] * 2, ess=ess[name]) for name in order))
        assert found["a"]["promised_ratio"] == 1
        assert np.isnan(found["stuck"]["promised_ratio"])


def won(*cells: Tables) -> pd.DataFrame:
    tables = joined(*cells)
    return winners(*tables, answers(*tables))


def test_winners_by_hand() -> None:
    """Works of mu 1, 2, 6 and 2, 8, 5; the log of the ratio of their means 3 and 5."""
    table = won(
        cell("mixed", {"mu": [1.0, 2.0, 6.0], "tau": [9.0, 9.0, 9.0]}),
        cell("centered", {"mu": [2.0, 8.0, 5.0], "tau": [1.0, 2.0, 10.0]}, bias=0.5),
    )
    assert tuple(table.columns) == WINNER_COLUMNS
    assert table["estimand"].unique().tolist() == RANKED
    mu = table[table["estimand"] == "mu"].set_index("parameterization")
    assert mu["work"].to_dict() == {"mixed": 3, "centered": 5}
    assert mu["wins"].to_dict() == {"mixed": 2, "centered": 1}
    assert set(mu["data_sets"]) == {3}
    assert mu["verdict"].to_dict() == {"mixed": "best", "centered": "wrong"}
    assert mu["ratio"].to_dict() == pytest.approx({"mixed": 1, "centered": 5 / 3})
    assert mu.loc["mixed", ["ratio_low", "ratio_high"]].isna().all()
    influence = np.array([2, 8, 5]) / 5 - np.array([1, 2, 6]) / 3
    reach = T2 * np.std(influence, ddof=1) / np.sqrt(3)
    assert mu.loc["centered", "ratio_low"] == pytest.approx(5 / 3 * np.exp(-reach), rel=1e-6)
    assert mu.loc["centered", "ratio_high"] == pytest.approx(5 / 3 * np.exp(reach), rel=1e-6)
    spread = np.std([1, 2, 6], ddof=1) / np.sqrt(3)
    least = 5 * np.sqrt(2 / (3 * 4))  # of chi-squared errors, more than the spread of 2, 8, 5
    assert np.std([2, 8, 5], ddof=1) / np.sqrt(3) < least
    assert mu["work_mcse"].to_dict() == pytest.approx({"mixed": spread, "centered": least})
    tau = table[table["estimand"] == "tau"].set_index("parameterization")
    assert tau.loc["mixed", "ratio"] == pytest.approx(27 / 13)
    assert tau["wins"].to_dict() == {"mixed": 1, "centered": 2}


def test_the_largest_work_is_that_of_means_and_not_of_squares() -> None:
    """Nor is it the mean over data sets of the largest work of each, which is 9."""
    works = {"mu": [9.0, 1.0], "tau": [2.0, 9.0], "mu^2": [70.0, 70.0]}
    row = one(cell("mixed", works))["mixed"]
    assert (row["worst_estimand"], row["work"]) == ("tau", 5.5)


def test_data_sets_are_paired_by_number_whatever_the_order_and_the_first() -> None:
    """Replicate 0 may be a chosen data set, which is left out."""
    rng = np.random.default_rng(3)
    works = rng.exponential(1.0, (2, 9))
    bias = np.linspace(0.001, 0.004, 9).tolist()
    tables = joined(
        cell("mixed", works[0].tolist(), bias), cell("centered", works[1].tolist(), bias)
    )
    fits, estimates, errors = (table[table["replicate"] > 0] for table in tables)
    expected = answers(fits, estimates, errors)
    assert expected["data_sets"].to_list() == [8, 8]
    assert expected["work"].to_list() == pytest.approx(works[:, 1:].mean(axis=1))
    shuffled = [table.iloc[rng.permutation(len(table))] for table in (estimates, errors)]
    turned = pd.concat([fits[7::-1], fits[:7:-1]])
    pd.testing.assert_frame_equal(answers(turned, *shuffled), expected)
    keys = ["estimand", "parameterization"]
    won, again = (
        winners(*tables, expected).sort_values(keys, ignore_index=True)
        for tables in ((fits, estimates, errors), (turned, *shuffled))
    )
    pd.testing.assert_frame_equal(again, won)


def test_every_scenario_and_sampler_has_the_answer_that_it_would_have_alone() -> None:
    rng = np.random.default_rng(5)
    cells = [
        cell(name, rng.exponential(1.0, 5).tolist(), scenario=scenario, sampler=sampler)
        for scenario in ("weak", "strong")
        for sampler in ("pymc", "nutpie")
        for name in ("centered", "mixed")
    ]
    table = answered(*cells)
    for i in range(0, 8, 2):
        rows = table.iloc[i : i + 2].reset_index(drop=True)
        pd.testing.assert_frame_equal(rows, answered(*cells[i : i + 2]))


def test_costs_and_distances_are_of_the_fits_that_did_not_fail() -> None:
    steps, seconds, ks = [700, 900, 100, 1], [1.0, 9.0, 4.0, 100.0], [0.01, 0.02, 0.03, 0.9]
    row = one(cell("mixed", [1.0] * 4, ks=ks, steps=steps, seconds=seconds, failed=[3]))["mixed"]
    assert (row["seconds"], row["leapfrog_steps"]) == (4, 700)
    assert (row["ks"], row["ks_mcse"]) == pytest.approx((0.02, 0.01 / np.sqrt(3)))


def test_a_cell_without_a_fit_has_no_numbers() -> None:
    tables = joined(cell("mixed", [1.0] * 2), cell("centered", [1.0] * 2, failed=[0, 1]))
    row = answers(*tables).set_index("parameterization").loc["centered"]
    assert row[["verdict", "fits", "failed", "data_sets"]].to_list() == ["no fit", 2, 2, 0]
    named = ["scenario", "sampler", "verdict", "fits", "failed", "data_sets"]
    assert row.drop(named).isna().all()
    alone = joined(cell("centered", [1.0] * 2, failed=[0, 1]))
    assert winners(*alone, answers(*alone)).empty


def test_winners_are_without_parameterizations_that_equal_another_or_have_no_fit() -> None:
    table = won(*study())
    names = {"centered", "noncentered", "mixed", "partial", "doubtful", "breaking"}
    assert set(table["parameterization"]) == names
    # the data sets that all of them have, each won once
    assert set(table.groupby("estimand")["wins"].sum()) == set(table["data_sets"]) == {2}


def test_a_study_whose_data_sets_are_all_chosen_has_no_answer() -> None:
    tables = [table[:0] for table in joined(cell("mixed", [1.0]))]
    table = answers(*tables)
    assert (table.empty, tuple(table.columns)) == (True, COLUMNS)
    assert winners(*tables, table).empty
