"""Verdicts, their numbers and their sentences, by hand and by a literal bootstrap."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from chain_errors_of import chain_errors_of
from numpy.typing import NDArray
from scipy import stats

from funnel.group_means import estimands
from funnel.seeds import seed_sequence
from funnel_study.analysis.answer import COLUMNS, RESAMPLES, WINNER_COLUMNS, answers, winners
from funnel_study.analysis.work import TAIL, errors_of_fits
from funnel_study.files.tables import FIT_KEYS, read_table, write_table
from funnel_study.report.answer_text import sentences

Array = NDArray[np.float64]
Tables = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]
Values = float | Sequence[float]

NAMES = ("few", "nutpie")
RANKED = [*estimands(1), TAIL]
SQUARES = [f"{name}^2" for name in estimands(1)]
T2 = 4.302653  # Student's t with 2 degrees of freedom, 97.5 %


def cell(
    parameterization: str,
    work: Sequence[float] | Mapping[str, Sequence[float]],
    bias: Values | Mapping[str, Values] = 0.0,
    *,
    content: Values = 0.9,
    ess: Values = 100.0,
    ks: Values = 0.01,
    steps: Values = 900,
    seconds: Values = 2.0,
    failed: Sequence[int] = (),
    unknown: Sequence[int] = (),
    centeredness: Values = 0.5,
    chains: int = 4,
    scenario: str = "few",
    sampler: str = "nutpie",
) -> Tables:
    """The tables of fits, estimates and errors of a cell with K = 1.

    `work` has a value for each replicate, and is that of tau if no estimands are given; those that
    are not given have work 0.1. `bias` is the squared bias of mu, or of the given functions.
    `content` is that of the 90 % interval of theta[0]. Fits that `failed` have no values, and those
    that are `unknown` have no exact posterior.
    """
    works = dict(work) if isinstance(work, Mapping) else {"tau": work}
    squared = dict(bias) if isinstance(bias, Mapping) else {"mu": bias}
    n = len(next(iter(works.values())))
    names = {"scenario": scenario, "parameterization": parameterization, "sampler": sampler}
    keys = pd.DataFrame({**names, "replicate": range(n)})
    fits = keys.assign(
        status=["failed" if i in failed else "ok" for i in range(n)],
        ess_bulk_min=ess,
        leapfrog_steps=steps,
        tuning_leapfrog_steps=100,
        choosing_gradients=0,
        sampling_seconds=seconds,
        centeredness=centeredness,
    )
    errors = pd.concat(
        [
            keys.assign(
                draws=500,
                estimand=name,
                chains=chains,
                work=works.get(name, 0.1),
                bias_squared=squared.get(name, 0.0),
                probability_bias=squared.get(f"P of {name}", 0.0 if name == "mu" else np.nan),
            )
            for name in [*RANKED, *SQUARES]
        ],
        ignore_index=True,
    )
    estimates = pd.concat(
        [
            keys.assign(
                estimand=name,
                ks=ks if name == "tau" else 9.0,
                error_q05=0.0,
                error_q95=np.subtract(content, 0.9) if name == "theta[0]" else 0.0,
            )
            for name in estimands(1)
        ],
        ignore_index=True,
    )
    measured = ["work", "bias_squared", "probability_bias"]
    errors.loc[errors["replicate"].isin([*failed, *unknown]), measured] = np.nan
    columns = ["ks", "error_q05", "error_q95"]
    estimates.loc[estimates["replicate"].isin([*failed, *unknown]), columns] = np.nan
    columns = ["ess_bulk_min", "leapfrog_steps", "tuning_leapfrog_steps"]
    fits = fits.astype({"leapfrog_steps": "Int64", "tuning_leapfrog_steps": "Int64"})
    fits.loc[fits["replicate"].isin(failed), columns] = None
    return fits, estimates, errors


def joined(*cells: Tables) -> Tables:
    fits, estimates, errors = (
        pd.concat(tables, ignore_index=True) for tables in zip(*cells, strict=True)
    )
    return fits, estimates, errors


def answered(*cells: Tables) -> pd.DataFrame:
    return answers(*joined(*cells))


def one(*cells: Tables) -> dict[str, dict[str, Any]]:
    """The rows of a study of one scenario and sampler, by parameterization."""
    return {row["parameterization"]: row for row in answered(*cells).to_dict("records")}


def verdicts(*cells: Tables) -> dict[str, str]:
    return {name: row["verdict"] for name, row in one(*cells).items()}


def sentence(*cells: Tables) -> str:
    return sentences(answered(*cells))[NAMES]


def study() -> list[Tables]:
    """A study with every verdict."""
    return [
        cell("centered", [9.0, 9.5, 9.2], centeredness=1),
        cell("noncentered", [2.0, 6.0, 2.5], bias=[0.002, 0.003, 0.001], ess=90.0),
        cell("mixed", [1.0, 1.5, 1.25], bias=[0.02, 0.021, 0.0215], ess=250.0),
        cell("equal", [1.0, 1.1, 1.2], centeredness=1),
        cell("partial", [3.0, 3.3, 4.45], bias=[0.001, 0.0015, 0.001]),
        cell("doubtful", [1.0, 1.02, 1.04], bias={"log_tau": [0.02, 0.001, 0.0123]}),
        cell("breaking", [1.0, 1.0, 1.0], failed=[1]),
        cell("other", [1.0, 1.0, 1.0], failed=[0, 1, 2]),
    ]


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


@pytest.mark.parametrize(
    ("content", "verdict"),
    [(0.9, "best"), (0.92, "best"), (0.94, "wrong"), (0.88, "best"), (0.86, "wrong")],
)
def test_a_90_percent_interval_may_have_between_87_and_93_percent(
    content: float, verdict: str
) -> None:
    """(0.03 / 0.3)^2 is 0.01."""
    row = one(cell("mixed", [1.0] * 3, content=content))["mixed"]
    assert row["verdict"] == verdict
    if content != 0.9:
        assert row["bias_of"] == "90 % interval of theta[0]"
        assert row["bias_squared"] == pytest.approx((content - 0.9) ** 2 / 0.09)
    unsure = one(cell("mixed", [1.0] * 3, content=[content - 0.05, content, content + 0.05]))
    assert unsure["mixed"]["verdict"] == "undecided"


def test_a_wrong_parameterization_is_shown_with_a_bias_that_proves_it() -> None:
    """The bias with the largest upper end need not be one that is above the bound."""
    bias = {"mu": [0.02, 0.02, 0.02], "log_tau": [-0.3, 0.0, 0.4]}
    row = one(cell("mixed", [1.0] * 3, bias=bias))["mixed"]
    assert (row["verdict"], row["bias_of"], row["bias_squared_low"]) == ("wrong", "mu", 0.02)


@pytest.mark.parametrize("worst", RANKED)
def test_parameterizations_are_ranked_by_their_largest_work(worst: str) -> None:
    """By the mean over estimands, the other one would be the best."""
    other = cell("other", {**{name: [1.0, 1.0] for name in RANKED}, worst: [10.0, 10.0]})
    even = cell("even", {name: [6.0, 6.0] for name in RANKED})
    rows = one(other, even)
    assert (rows["even"]["verdict"], rows["other"]["verdict"]) == ("best", "slower")
    assert rows["other"]["worst_estimand"] == worst
    assert rows["other"]["ratio"] == pytest.approx(10 / 6)


def test_the_largest_work_is_that_of_means_over_data_sets() -> None:
    """Not the mean over data sets of the largest work of each, which is 9."""
    row = one(cell("mixed", {"mu": [9.0, 1.0], "tau": [2.0, 9.0]}))["mixed"]
    assert (row["worst_estimand"], row["work"]) == ("tau", 5.5)


def test_parameterizations_are_not_ranked_by_squares() -> None:
    row = one(cell("mixed", {"mu": [2.0, 2.0], "mu^2": [70.0, 70.0], "tau^2": [9.0, 9.0]}))["mixed"]
    assert (row["worst_estimand"], row["work"]) == ("mu", 2.0)


def test_leapfrog_steps_of_tuning_count() -> None:
    """Two parameterizations with the same errors, one of which tunes for longer."""
    u = np.random.default_rng(1).normal(0, 0.02, (1, 12, 4, 4))
    errors = chain_errors_of(
        np.concatenate([u, u]),
        steps=1_000.0,
        tuning_steps=np.array([3_000.0, 500.0])[:, None, None],
        parameterizations=("long", "short"),
    )
    tables = joined(cell("long", [1.0] * 12), cell("short", [1.0] * 12))
    table = answers(*tables[:2], errors_of_fits({"few": errors}))
    rows = table.set_index("parameterization")
    assert rows["verdict"].to_dict() == {"long": "slower", "short": "best"}
    assert rows.loc["long", "ratio"] == pytest.approx(4_000 / 1_500)


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


@pytest.fixture(scope="module")
def works() -> dict[str, Array]:
    """Works (data set, estimand) of three parameterizations whose worst estimands change."""
    rng = np.random.default_rng(2)
    scale = {"centered": 1.6, "noncentered": 1.1, "mixed": 1.0, "partial": 0.5}
    return {name: size * rng.exponential(1.0, (6, 3)) for name, size in scale.items()}


def test_intervals_are_those_of_a_literal_bootstrap_that_redoes_all_choices(
    works: dict[str, Array],
) -> None:
    """Of the four parameterizations, `partial` is wrong, so it is not a candidate."""
    cells = [
        cell(
            name,
            dict(zip(("mu", "log_tau", TAIL), work.T.tolist(), strict=True)),
            bias=0.5 if name == "partial" else 0.0,
        )
        for name, work in works.items()
    ]
    rows = one(*cells)
    candidates = ["centered", "noncentered", "mixed"]
    largest, ratios, shares = literal_bootstrap(works, candidates)
    least = min(works[name].mean(axis=0).max() for name in candidates)
    for name, row in rows.items():
        assert row["work"] == pytest.approx(works[name].mean(axis=0).max())
        assert row["ratio"] == pytest.approx(works[name].mean(axis=0).max() / least)
        ends = [row["work_low"], row["work_high"], row["ratio_low"], row["ratio_high"]]
        # the basic interval on the log scale: 2 log W - the quantiles of the log
        logs = 2 * np.log(row["work"]) - np.quantile(np.log(largest[name]), [0.975, 0.025])
        expected = [*np.exp(logs)]
        expected += [*np.quantile(ratios[name], [0.025, 0.975])]
        assert ends == pytest.approx(expected)
        assert row["best_share"] == pytest.approx(shares.get(name, np.nan), nan_ok=True)
    assert sum(shares.values()) == pytest.approx(1)
    # the case is not trivial: every candidate is the best at times, and so is every estimand worst
    assert min(shares.values()) > 0
    assert rows["partial"]["verdict"] == "wrong"
    assert rows["partial"]["ratio"] < 1


def test_a_ratio_is_to_the_candidate_that_is_the_best_in_the_same_resample() -> None:
    """Two parameterizations that take turns have ratios of at least 1 in every resample."""
    rows = one(cell("a", [1.0, 3.0, 1.0, 3.1]), cell("b", [3.0, 1.0, 3.0, 1.0]))
    assert rows["a"]["ratio_low"] == rows["b"]["ratio_low"] == 1.0
    assert (rows["a"]["verdict"], rows["b"]["verdict"]) == ("level", "best")


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


def test_differences_between_data_sets_do_not_widen_the_interval_of_a_ratio() -> None:
    row = one(cell("mixed", [1.0, 10.0, 1_000.0]), cell("centered", [3.0, 30.0, 3_000.0]))
    found = [row["centered"][name] for name in ("ratio", "ratio_low", "ratio_high")]
    assert found == pytest.approx([3, 3, 3])
    assert row["centered"]["work_high"] > 10 * row["centered"]["work_low"]


def test_replicates_are_paired_by_number_and_not_by_position() -> None:
    rng = np.random.default_rng(3)
    works = rng.exponential(1.0, (2, 9))
    fits, estimates, errors = joined(
        cell("mixed", works[0].tolist(), bias=0.001),
        cell("centered", works[1].tolist(), bias=np.linspace(0.001, 0.004, 9).tolist()),
    )
    expected = answers(fits, estimates, errors)
    shuffled = [table.iloc[rng.permutation(len(table))] for table in (estimates, errors)]
    turned = pd.concat([fits[8::-1], fits[:8:-1]])
    pd.testing.assert_frame_equal(answers(turned, *shuffled), expected)


def test_numbers_of_replicates_need_not_start_at_0() -> None:
    """Replicate 0 may be a chosen data set, which is left out."""
    tables = joined(cell("mixed", [9.0, 1.0, 2.0]), cell("centered", [9.0, 2.0, 2.5]))
    left = [table[table["replicate"] > 0] for table in tables]
    rows = answers(*left).set_index("parameterization")
    assert rows["data_sets"].to_list() == [2, 2]
    assert rows["work"].to_list() == [1.5, 2.25]


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
    only = one(
        cell("breaking", [1.0, 2.0, 1.0], failed=[0]), cell("b", [2.0, 4.0, 2.0], failed=[2])
    )
    assert (only["breaking"]["ratio"], only["b"]["ratio"]) == (1, 2)


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
    how = {"centered": "every", "noncentered": "no"}[same]
    text = sentences(pd.DataFrame(rows.values()))[NAMES]
    assert f"Mixed is the same as {same} here, because it centers {how} individual." in text
    assert "Use centered" in text


def test_a_parameterization_that_equals_another_in_some_fits_is_ranked() -> None:
    rows = one(
        cell("noncentered", [2.0] * 3, centeredness=0),
        cell("mixed", [1.0] * 3, centeredness=[0, 0, 0.1]),
    )
    assert {name: row["verdict"] for name, row in rows.items()} == {
        "noncentered": "slower",
        "mixed": "best",
    }
    assert rows["mixed"]["same_as"] is None


def test_one_data_set_is_undecided_and_has_no_interval() -> None:
    table = answered(cell("mixed", [2.0]), cell("centered", [5.0], bias=0.5))
    assert set(table["verdict"]) == {"undecided"}
    assert table["work"].to_list() == [2.0, 5.0]
    assert table["ratio"].to_list() == [1.0, 2.5]
    empty = ["work_low", "work_high", "ratio_low", "ratio_high", "best_share", "ks_mcse"]
    empty += ["bias_squared_low", "bias_squared_high", "data_sets_to_decide"]
    assert table[empty].isna().all(axis=None)
    text = sentences(table)[NAMES]
    assert text.startswith("No parameterization is shown to have a squared bias below 0.01")
    assert "Mixed cannot be judged from one data set. It needs 2 leapfrog steps to be as" in text
    assert "nan" not in text
    assert "interval" not in text


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
    text = sentences(table)[NAMES]
    assert "Good cannot be judged from fits with a single chain. It needs 2 leapfrog" in text
    assert "Wide is wrong: the squared bias of its 90 % interval of theta[0] is 0.09" in text


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
    assert "about 12 data sets would decide" in sentences(few)[NAMES]
    # a bias that equals the bound is never decided, and decided ones need no number
    never = answered(cell("mixed", [1.0] * 3, bias=[0.005, 0.01, 0.015]))
    assert never["data_sets_to_decide"].isna().all()
    assert "may be above 0.01. It needs" in sentences(never)[NAMES]
    assert answered(cell("mixed", [1.0] * 3))["data_sets_to_decide"].isna().all()


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
    text = sentences(pd.DataFrame(rows.values()))[NAMES]
    assert text.endswith(
        "By effective sample size (ESS) alone, centered would seem to be the best, and mixed to "
        "take 2.67 times its work."
    )


def test_an_undefined_effective_sample_size_leaves_the_others_their_ratio() -> None:
    stuck, cells = (
        cell("stuck", [9.0] * 2, ess=np.nan),
        [cell("a", [1.0] * 2), cell("b", [1.1] * 2)],
    )
    for order in ([stuck, *cells], [*cells, stuck]):
        rows = one(*order)
        assert (rows["a"]["promised_ratio"], rows["b"]["promised_ratio"]) == (1, 1)
        assert np.isnan(rows["stuck"]["promised_ratio"])
        assert "By effective sample size" not in sentences(pd.DataFrame(rows.values()))[NAMES]
    best = sentence(cell("a", [1.0] * 2, ess=np.nan), cell("b", [2.0] * 2), cell("c", [2.0] * 2))
    assert "By effective sample size" not in best


def test_costs_are_medians_and_distances_are_means_of_the_fits_that_did_not_fail() -> None:
    row = one(
        cell(
            "mixed",
            [1.0] * 4,
            ks=[0.01, 0.02, 0.03, 0.9],
            steps=[700, 900, 100, 1],
            seconds=[1.0, 9.0, 4.0, 100.0],
            failed=[3],
        )
    )["mixed"]
    assert (row["seconds"], row["leapfrog_steps"]) == (4, 700)
    assert (row["ks"], row["ks_mcse"]) == pytest.approx((0.02, 0.01 / np.sqrt(3)))


def test_a_cell_without_a_fit_has_no_numbers() -> None:
    row = one(cell("mixed", [1.0] * 2), cell("centered", [1.0] * 2, failed=[0, 1]))["centered"]
    assert (row["verdict"], row["fits"], row["failed"], row["data_sets"]) == ("no fit", 2, 2, 0)
    rest = set(COLUMNS) - {"scenario", "sampler", "parameterization", "fits", "failed"}
    assert all(pd.isna(row[name]) for name in rest - {"verdict", "data_sets"})


def test_no_fit_at_all_gives_a_table_without_numbers() -> None:
    tables = joined(cell("mixed", [1.0] * 2, failed=[0, 1]))
    table = answers(*tables)
    assert table["verdict"].to_list() == ["no fit"]
    assert winners(*tables, table).empty
    assert sentences(table)[NAMES].endswith("Mixed has no results: all of its fits failed.")


def test_a_study_whose_data_sets_are_all_chosen_has_no_answer() -> None:
    tables = [table[:0] for table in joined(cell("mixed", [1.0]))]
    table = answers(*tables)
    assert table.empty
    assert tuple(table.columns) == COLUMNS
    assert winners(*tables, table).empty
    assert sentences(table) == {}


def test_every_scenario_and_sampler_has_its_own_answer() -> None:
    cells = [
        cell(name, [work, 1.01 * work], scenario=scenario, sampler=sampler)
        for scenario, sampler, better in (
            ("weak", "pymc", "mixed"),
            ("weak", "nutpie", "centered"),
            ("strong", "pymc", "centered"),
            ("strong", "nutpie", "mixed"),
        )
        for name, work in (("centered", 1.0), ("mixed", 0.5 if better == "mixed" else 2.0))
    ]
    table = answered(*cells)
    best = table[table["verdict"] == "best"].set_index(["scenario", "sampler"])
    assert best["parameterization"].to_dict() == {
        ("weak", "pymc"): "mixed",
        ("weak", "nutpie"): "centered",
        ("strong", "pymc"): "centered",
        ("strong", "nutpie"): "mixed",
    }
    assert table.loc[table["verdict"] != "best", "ratio"].to_numpy() == pytest.approx([2] * 4)
    found = sentences(table)
    assert list(found) == list(best.index)
    for names, text in found.items():
        assert text.startswith(f"Use {best.loc[names, 'parameterization']}: ")
    # and each is the answer that it would have alone
    alone = answered(*[each for each in cells if each[0]["scenario"][0] == "strong"])
    strong = table[table["scenario"] == "strong"].reset_index(drop=True)
    pd.testing.assert_frame_equal(strong, alone)


ROW = {
    **{"scenario": "few", "sampler": "nutpie", "same_as": None, "fits": 20, "failed": 0},
    **{"data_sets": 20, "worst_estimand": "log_tau", "work": 1234.5},
    **{"work_low": 987.6, "work_high": 2345.6, "ratio": 2.0, "ratio_low": 1.5},
    **{"ratio_high": 2.756, "bias_of": "tau", "bias_squared": 0.00333},
    **{"bias_squared_low": -0.00111, "bias_squared_high": 0.0044449, "promised_ratio": 1.0},
    **{"data_sets_to_decide": pd.NA},
}


@pytest.mark.parametrize(
    ("verdict", "changes", "expected"),
    [
        (
            "best",
            {},
            "Use mixed: it needs 1,230 leapfrog steps (95 % interval 988 to 2,350) to be as "
            "precise as one independent draw, for log tau, the estimand that costs it most. Its "
            "squared bias is at most 0.0044 posterior variances for every estimand (20 data sets).",
        ),
        (
            "level",
            {"worst_estimand": TAIL},
            "Mixed cannot be distinguished from the best: it takes 2.00 times the work of the best "
            "(95 % interval 1.50 to 2.76), most of all for the lower tail of tau.",
        ),
        (
            "slower",
            {"worst_estimand": "theta[3]"},
            "Mixed is slower: it takes 2.00 times the work of the best (95 % interval 1.50 to "
            "2.76), most of all for theta[3].",
        ),
        (
            "undecided",
            {"bias_of": "90 % interval of log_tau", "bias_squared_high": 0.0234}
            | {"data_sets_to_decide": 1234},
            "Mixed is undecided: the squared bias of its 90 % interval of log tau is 0.0033 "
            "posterior variances (95 % interval -0.0011 to 0.023), and may be above 0.01; about "
            "1,234 data sets would decide. It takes 2.00 times the work of the best (95 % interval "
            "1.50 to 2.76), most of all for log tau.",
        ),
        (
            "wrong",
            {"bias_of": "log_tau^2", "bias_squared": 0.5},
            "Mixed is wrong: the squared bias of its mean of log tau^2 is 0.5 posterior variances "
            "(95 % interval -0.0011 to 0.0044). It takes 2.00 times the work of the best (95 % "
            "interval 1.50 to 2.76), most of all for log tau.",
        ),
        (
            "wrong",
            {"bias_of": TAIL, "ratio": 1e6, "ratio_low": 1.0, "ratio_high": 1e7},
            "Mixed is wrong: the squared bias of its P(tau < q05) is 0.0033 posterior variances "
            "(95 % interval -0.0011 to 0.0044). It takes 1,000,000 times the work of the best "
            "(95 % interval 1.00 to 10,000,000), most of all for log tau.",
        ),
        ("failed", {"failed": 3}, "Mixed failed in 3 of 20 fits."),
        ("failed", {"failed": 1, "fits": 1}, "Mixed failed in 1 of 1 fit."),
        (
            "unknown",
            {},
            "Mixed cannot be judged: some of its 20 fits have no exact posterior to be compared "
            "with.",
        ),
        ("no fit", {}, "Mixed has no results: all of its fits failed."),
        (
            "same",
            {"same_as": "centered"},
            "Mixed is the same as centered here, because it centers every individual.",
        ),
    ],
)
def test_the_sentence_of_each_verdict(verdict: str, changes: dict[str, Any], expected: str) -> None:
    rows = [{**ROW, "parameterization": "mixed", "verdict": verdict, **changes}]
    if verdict != "best":
        rows.append({**ROW, "parameterization": "zeta", "verdict": "best"})
    text = sentences(pd.DataFrame(rows))[NAMES]
    assert text == expected or text.endswith(f" {expected}")
    assert text.startswith("Use ")


def test_without_a_best_nothing_is_compared_with_it() -> None:
    text = sentence(
        cell("mixed", [4.0, 5.0, 6.0], bias=0.2, ess=9.0),
        cell("centered", [8.0, 8.0, 8.0], bias=[0.0, 0.01, 0.02]),
    )
    assert text == (
        "No parameterization is shown to have a squared bias below 0.01 posterior variances. "
        "Centered is undecided: the squared bias of its mean of mu is 0.01 posterior variances "
        "(95 % interval -0.015 to 0.035), and may be above 0.01. It needs 8 leapfrog steps "
        "(95 % interval 8.00 to 8.00) to be as precise as one independent draw, for tau. "
        "Mixed is wrong: the squared bias of its mean of mu is 0.2 posterior variances (95 % "
        "interval 0.2 to 0.2). It needs 5 leapfrog steps (95 % interval 4.17 to 6.25) to be as "
        "precise as one independent draw, for tau."
    )


def test_sentences_have_the_numbers_of_the_table_and_no_others() -> None:
    table = answered(*study())
    text = sentences(table)[NAMES].replace(",", "")
    for name in ("theta[0]", "q05", "95 % interval", "90 % interval", "above 0.01"):
        text = text.replace(name, "")
    found = {float(each) for each in re.findall(r"-?\d+(?:\.\d+)?(?:e[+-]\d+)?", text)}
    numbers = table.select_dtypes("number").astype(float).to_numpy().ravel()
    numbers = numbers[np.isfinite(numbers)]
    # whole numbers have all of their digits
    assert found <= {float(f"{x:.{digits}g}") for x in numbers for digits in (2, 3)} | set(numbers)
    for row in table.to_dict("records"):
        if row["verdict"] in ("level", "slower", "undecided", "wrong"):
            assert {float(f"{row[name]:.3g}") for name in ("ratio", "ratio_low", "ratio_high")} <= (
                found
            )
    assert float(table.set_index("verdict").loc["failed", "failed"]) in found


def test_sentences_name_every_parameterization_the_best_first() -> None:
    text = sentence(*study())
    starts = [
        "Use noncentered: ",
        "Partial cannot be distinguished from the best: ",
        "Centered is slower: ",
        "Equal is the same as centered ",
        "Doubtful is undecided: ",
        "Mixed is wrong: ",
        "Breaking failed in 1 of 3 fits.",
        "Other has no results: ",
        "By effective sample size (ESS) alone, mixed would seem to be the best, and noncentered ",
    ]
    places = [text.index(start) for start in starts]
    assert places == sorted(places)
    assert places[0] == 0
    assert "nan" not in text.lower()


def test_answers_read_from_their_file_say_the_same(tmp_path: Path) -> None:
    others = [cell("mixed", [1.0], scenario="1"), cell("a", [1.0] * 2, unknown=[0], scenario="NA")]
    table = answered(*study(), *others)
    write_table(table, tmp_path / "answers.csv")
    read = read_table(tmp_path / "answers.csv")
    assert sentences(read) == sentences(table)
    assert list(sentences(read)) == [NAMES, ("1", "nutpie"), ("NA", "nutpie")]


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


def test_the_winners_are_without_parameterizations_that_equal_another_or_have_no_fit() -> None:
    table = won(*study())
    assert set(table["parameterization"]) == {
        *("centered", "noncentered", "mixed", "partial", "doubtful", "breaking"),
    }
    counted = table.groupby("estimand")["wins"].sum()
    # the data sets that all of them have, each won once
    assert set(counted) == {2}
    assert set(table["data_sets"]) == {2}


def test_winners_of_one_data_set_have_no_interval() -> None:
    table = won(cell("mixed", [2.0]), cell("centered", [5.0]))
    tau = table[table["estimand"] == "tau"].set_index("parameterization")
    assert tau["ratio"].to_dict() == {"mixed": 1, "centered": 2.5}
    assert tau[["ratio_low", "ratio_high", "work_mcse"]].isna().all(axis=None)
    assert tau["wins"].to_dict() == {"mixed": 1, "centered": 0}


def test_winners_are_paired_by_number_of_the_replicate() -> None:
    rng = np.random.default_rng(4)
    fits, estimates, errors = joined(
        cell("mixed", [1.0, 10.0, 1_000.0]), cell("centered", [3.0, 30.0, 3_000.0])
    )
    table = winners(
        fits,
        estimates,
        errors.iloc[rng.permutation(len(errors))],
        answers(fits, estimates, errors),
    )
    row = table[(table["estimand"] == "tau") & (table["parameterization"] == "centered")].iloc[0]
    assert [row["ratio"], row["ratio_low"], row["ratio_high"]] == pytest.approx([3, 3, 3])
    assert (row["wins"], row["data_sets"]) == (0, 3)


def test_tables_have_one_row_per_fit_and_function() -> None:
    """The builder of this file makes what `errors_of_fits` makes."""
    fits, estimates, errors = cell("mixed", [1.0, 2.0])
    real = errors_of_fits({"few": chain_errors_of(np.zeros((1, 2, 4, 4)))})
    key = [*FIT_KEYS, "estimand"]
    assert set(map(tuple, errors[key].to_numpy())) == set(map(tuple, real[key].to_numpy()))
    assert len(estimates) == 2 * len(fits) * 2
