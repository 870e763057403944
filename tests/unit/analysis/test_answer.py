import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from funnel.analysis.answer import COLUMNS, answers
from funnel.model.data import FIT
from funnel.report.answer_text import sentences
from funnel.storage.tables import read_table, write_table

STEPS = 1_000
NAMES = ("few", "nutpie")


def cell(
    parameterization: str,
    efficiency: Sequence[float],
    ks: float | Sequence[float] = 0.01,
    failed: Sequence[int] = (),
    scenario: str = "few",
    sampler: str = "nutpie",
    centeredness: float | Sequence[float] = 0.5,
) -> pd.DataFrame:
    """The fits of a cell, one replicate per `efficiency`, with their distances of tau."""
    table = pd.DataFrame({"replicate": range(len(efficiency))}).assign(
        scenario=scenario,
        parameterization=parameterization,
        sampler=sampler,
        status="ok",
        ess_bulk_min=np.multiply(efficiency, STEPS),
        leapfrog_steps=STEPS,
        sampling_seconds=np.sqrt(efficiency),
        centeredness=centeredness,
        ks=ks,
    )
    gone = table["replicate"].isin(failed)
    values = ["ess_bulk_min", "leapfrog_steps", "ks"]
    table[values] = table[values].where(~gone)
    table["status"] = table["status"].where(~gone, "failed")
    return table.astype({"leapfrog_steps": "Int64"})


def answered(*cells: pd.DataFrame) -> pd.DataFrame:
    fits = pd.concat(cells, ignore_index=True)
    tau = fits[[*FIT, "ks"]].assign(estimand="tau")
    others = [fits[FIT].assign(estimand=name, ks=other) for name, other in (("mu", 9), ("x", None))]
    return answers(fits.drop(columns="ks"), pd.concat([*others, tau]))


def one(*cells: pd.DataFrame) -> dict[str, Any]:
    """The rows of a study of one scenario and sampler, by parameterization."""
    return {row["parameterization"]: row for row in answered(*cells).to_dict("records")}


def verdicts(*cells: pd.DataFrame) -> dict[str, str]:
    return {name: row["verdict"] for name, row in one(*cells).items()}


def test_every_parameterization_has_a_verdict() -> None:
    table = answered(
        cell("centered", [9.0, 9.1, 9.2], ks=[0.01, 0.01, 0.06]),
        cell("noncentered", [1.0, 1.1, 1.2]),
        cell("mixed", [4.0, 4.1, 4.2]),
        cell("partial", [4.1, 4.0, 4.15]),
        cell("other", [1.0] * 3, failed=[0, 1, 2]),
    )
    assert tuple(table.columns) == COLUMNS
    assert dict(zip(table["parameterization"], table["verdict"], strict=True)) == {
        "centered": "wrong",
        "noncentered": "slower",
        "mixed": "best",
        "partial": "level",
        "other": "no fit",
    }


def test_a_fit_is_wrong_if_its_distance_is_above_0_05() -> None:
    assert verdicts(cell("mixed", [1, 1], ks=0.05))["mixed"] == "best"
    assert verdicts(cell("mixed", [1, 1], ks=[0.05, 0.0501]))["mixed"] == "wrong"


def test_the_best_has_the_largest_geometric_mean() -> None:
    """Ratios are geometric means too, so the best has no ratio below 1."""
    found = verdicts(cell("centered", [1, 9]), cell("mixed", [2, 7]))
    assert found == {"centered": "level", "mixed": "best"}


@pytest.mark.parametrize(("c", "same"), [(0, "noncentered"), (1, "centered")])
def test_a_parameterization_that_equals_another_is_not_compared_with_it(
    c: float, same: str
) -> None:
    others = [cell("centered", [1, 1, 1], centeredness=1), cell("noncentered", [1, 1, 1.1])]
    rows = one(*others, cell("mixed", [9, 9, 9.1], centeredness=c))
    assert rows["mixed"]["same_as"] == same
    assert rows["mixed"]["verdict"] == "same"
    assert "best" in {rows["centered"]["verdict"], rows["noncentered"]["verdict"]}
    (sentence,) = sentences(pd.DataFrame(rows.values())).values()
    how = {"centered": "every", "noncentered": "no"}[same]
    assert f"Mixed is the same as {same} here, because it centers {how} individual." in sentence


def test_a_parameterization_that_equals_another_in_some_fits_is_compared() -> None:
    others = [cell("noncentered", [1, 1, 1], centeredness=0)]
    found = one(*others, cell("mixed", [9, 9, 9.1], centeredness=[0, 0, 0.1]))
    assert {name: row["verdict"] for name, row in found.items()} == {
        "noncentered": "slower",
        "mixed": "best",
    }
    assert found["mixed"]["same_as"] is None


def test_a_parameterization_that_equals_another_can_be_wrong() -> None:
    found = verdicts(
        cell("noncentered", [1, 1], centeredness=0),
        cell("mixed", [9, 9], ks=0.06, centeredness=0),
    )
    assert found == {"noncentered": "best", "mixed": "wrong"}


def test_no_wrong_fit_among_few_gives_a_wide_interval() -> None:
    """Wilson's upper limit for none of n is z^2 / (n + z^2)."""
    row = one(cell("mixed", [1.0] * 10))["mixed"]
    assert row["wrong_low"] == pytest.approx(0, abs=1e-12)
    assert row["wrong_high"] == pytest.approx(1.959964**2 / (10 + 1.959964**2), rel=1e-6)
    (sentence,) = sentences(pd.DataFrame([row])).values()
    assert sentence.endswith("interval for the proportion of wrong fits reaches up to 28 %.")


def test_means_have_their_standard_errors() -> None:
    row = one(cell("mixed", [0.1, 0.2, 0.6], ks=[0.01, 0.02, 0.03]))["mixed"]
    assert (row["fits"], row["failed"], row["wrong"]) == (3, 0, 0)
    assert row["efficiency"] == pytest.approx(0.3)
    assert row["efficiency_mcse"] == pytest.approx(np.sqrt(0.07 / 3))
    assert row["ks"] == pytest.approx(0.02)
    assert row["ks_mcse"] == pytest.approx(0.01 / np.sqrt(3))


def test_a_ratio_is_the_geometric_mean_of_pairs() -> None:
    """The logs of the ratios 2, 4 and 8 have mean log 4 and standard deviation log 2."""
    row = one(cell("mixed", [2, 40, 800]), cell("centered", [1, 10, 100]))["centered"]
    reach = 4.302653 * np.log(2) / np.sqrt(3)
    assert row["ratio"] == pytest.approx(4)
    assert row["ratio_low"] == pytest.approx(4 * np.exp(-reach), rel=1e-6)
    assert row["ratio_high"] == pytest.approx(4 * np.exp(reach), rel=1e-6)
    assert row["replicates"] == 3


def test_differences_between_data_sets_do_not_widen_an_interval() -> None:
    row = one(cell("mixed", [3, 30, 3_000]), cell("centered", [1, 10, 1_000]))["centered"]
    assert [row["ratio"], row["ratio_low"], row["ratio_high"]] == pytest.approx([3, 3, 3])
    assert row["verdict"] == "slower"


def test_replicates_are_paired_by_number_and_not_by_position() -> None:
    mixed, centered = cell("mixed", [2, 40, 800]), cell("centered", [1, 10, 100])
    expected = one(mixed, centered)["centered"]
    assert one(mixed, centered[::-1])["centered"] == pytest.approx(expected, nan_ok=True)


def test_a_failed_fit_disqualifies_and_has_no_pair() -> None:
    rows = one(cell("mixed", [1, 1, 1]), cell("centered", [5, 5, 5], failed=[1]))
    assert rows["mixed"]["verdict"] == "best"
    assert rows["centered"]["verdict"] == "wrong"
    assert (rows["centered"]["failed"], rows["centered"]["wrong"]) == (1, 0)
    assert rows["centered"]["replicates"] == 2
    assert rows["centered"]["ratio"] == pytest.approx(1 / 5)


def test_a_cell_without_a_fit_has_no_numbers() -> None:
    row = one(cell("mixed", [1, 1]), cell("centered", [1, 1], failed=[0, 1]))["centered"]
    assert (row["verdict"], row["fits"], row["failed"], row["replicates"]) == ("no fit", 2, 2, 0)
    numbers = ["ks", "ks_mcse", "efficiency", "efficiency_mcse", "ratio", "ratio_low", "ratio_high"]
    numbers += ["seconds", "leapfrog_steps"]
    assert all(np.isnan(row[name]) for name in numbers)


def test_costs_are_medians_of_the_fits_that_did_not_fail() -> None:
    fits = cell("mixed", [1, 9, 4, 100], failed=[3])
    fits["leapfrog_steps"] = pd.array([700, 900, 100, None], dtype="Int64")
    row = one(fits)["mixed"]
    assert (row["seconds"], row["leapfrog_steps"]) == (2, 700)


def test_the_best_has_no_ratio() -> None:
    row = one(cell("mixed", [2, 2]), cell("centered", [1, 1]))["mixed"]
    assert all(pd.isna(row[name]) for name in ("ratio", "ratio_low", "ratio_high", "replicates"))


def test_one_replicate_has_no_interval() -> None:
    table = answered(cell("mixed", [2]), cell("centered", [1]))
    row = table.set_index("parameterization").loc["centered"]
    assert row["ratio"] == pytest.approx(2)
    assert np.isnan(row["ratio_low"])
    assert np.isnan(row["ratio_high"])
    assert table[["ks_mcse", "efficiency_mcse"]].isna().all(axis=None)
    sentence = sentences(table)[NAMES]
    assert "2.00 times the leapfrog steps" in sentence
    assert "one replicate, so no interval" in sentence
    assert "nan" not in sentence


def test_there_may_be_no_best() -> None:
    table = answered(cell("mixed", [2, 2], ks=0.2), cell("centered", [1, 1], failed=[0]))
    assert set(table["verdict"]) == {"wrong"}
    assert table["ratio"].isna().all()
    sentence = sentences(table)[NAMES]
    assert sentence.startswith("No parameterization is free of wrong and failed fits.")
    assert "Use" not in sentence
    assert "Mixed is wrong about tau in 2 of 2 fits" in sentence
    assert "Centered failed in 1 of 2 fits" in sentence


def test_every_scenario_and_sampler_has_its_own_answer() -> None:
    cells = [
        cell(name, [efficiency, 1.01 * efficiency], scenario=scenario, sampler=sampler)
        for scenario, sampler, better in (
            ("weak", "pymc", "mixed"),
            ("weak", "nutpie", "centered"),
            ("strong", "pymc", "centered"),
            ("strong", "nutpie", "mixed"),
        )
        for name, efficiency in (("centered", 1.0), ("mixed", 2.0 if better == "mixed" else 0.5))
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
    for names, sentence in found.items():
        assert sentence.startswith(f"Use {best.loc[names, 'parameterization']}: ")


@pytest.fixture
def table() -> pd.DataFrame:
    return answered(
        cell("centered", [9.0, 9.3, 9.1], ks=[0.012, 0.011, 0.0634]),
        cell("noncentered", [1.03, 1.12, 1.2], ks=[0.0211, 0.031, 0.0234]),
        cell("mixed", [4.05, 4.1, 4.25], ks=[0.013, 0.0142, 0.0171]),
        cell("partial", [4.1, 4.0, 4.1], ks=[0.0131, 0.0132, 0.0151]),
        cell("other", [1, 1, 1], failed=[0, 1, 2]),
    )


def test_sentences_have_the_numbers_of_the_table(table: pd.DataFrame) -> None:
    (sentence,) = sentences(table).values()
    formats = {"ks": ".3g", "ks_mcse": ".2g", "ratio": ".3g", "ratio_low": ".3g"}
    formats |= {"ratio_high": ".3g", "fits": "", "wrong": "", "failed": ""}
    known = {
        format(row[name], digits)
        for row in table.to_dict("records")
        for name, digits in formats.items()
    }
    known |= {f"{100 * high:.0f}" for high in table["wrong_high"]}
    found = set(re.findall(r"\d+(?:\.\d+)?(?:e[+-]\d+)?", sentence)) - {"95"}
    assert found <= known
    for row in table[table["verdict"].isin(["level", "slower"])].to_dict("records"):
        assert {format(row[name], ".3g") for name in ("ratio", "ratio_low", "ratio_high")} <= found
    for row in table[table["verdict"] != "no fit"].to_dict("records"):
        if row["verdict"] in ("best", "wrong"):
            assert f"(mean distance {row['ks']:.3g}, standard error {row['ks_mcse']:.2g})" in (
                sentence
            )


def test_sentences_name_every_parameterization_the_best_first(table: pd.DataFrame) -> None:
    (sentence,) = sentences(table).values()
    starts = [
        "Use mixed",
        "Partial cannot be distinguished from",
        "Noncentered has",
        "Centered is",
        "Other has no results",
    ]
    places = [sentence.index(start) for start in starts]
    assert places == sorted(places)
    assert places[0] == 0
    assert sentence.endswith("all of its fits failed.")


def test_answers_read_from_their_file_say_the_same(table: pd.DataFrame, tmp_path: Path) -> None:
    table = pd.concat([table, answered(cell("mixed", [1], scenario="1"))])
    write_table(table, tmp_path / "answers.csv")
    read = read_table(tmp_path / "answers.csv")
    assert sentences(read) == sentences(table)
    assert list(sentences(read)) == [NAMES, ("1", "nutpie")]
