"""Criteria that analyses share."""

import pandas as pd
import pytest

from funnel_study.analysis.criteria import random_data_sets, same_as

Cells = dict[tuple[str, str, str], list[float | None]]


def fits(cells: Cells) -> pd.DataFrame:
    """The fits of cells (scenario, parameterization, sampler) by their centeredness.

    A fit without a centeredness failed.
    """
    rows = [
        {
            "scenario": scenario,
            "parameterization": name,
            "sampler": sampler,
            "replicate": replicate,
            "status": "failed" if c is None else "ok",
            # what it was meant to be
            "centeredness": 0.5 if c is None else c,
            "choosing_gradients": 0,
        }
        for (scenario, name, sampler), values in cells.items()
        for replicate, c in enumerate(values)
    ]
    return pd.DataFrame(rows)


CENTERED = ("a", "centered", "x")
NONCENTERED = ("a", "noncentered", "x")
MIXED = ("a", "mixed", "x")


def test_a_cell_whose_centeredness_had_a_cost_equals_no_other() -> None:
    table = fits({CENTERED: [1.0], MIXED: [1.0]})
    costly = (table["parameterization"] == "mixed") * 50
    assert same_as(table) == {MIXED: "centered"}
    assert same_as(table.assign(choosing_gradients=costly)) == {}


@pytest.mark.parametrize(
    ("c", "expected"),
    [
        ([1.0, 1.0], "centered"),
        ([0.0, 0.0], "noncentered"),
        ([1.0, 0.0], None),
        ([1.0, 0.99], None),
        ([1.0, None], "centered"),
        ([None, None], None),
    ],
)
def test_a_cell_equals_centered_or_noncentered_if_all_of_its_fits_do(
    c: list[float | None], expected: str | None
) -> None:
    found = same_as(fits({CENTERED: [1.0, 1.0], NONCENTERED: [0.0, 0.0], MIXED: c}))
    assert found == ({} if expected is None else {MIXED: expected})


def test_a_cell_only_equals_one_of_the_same_scenario_and_sampler() -> None:
    table = fits(
        {
            CENTERED: [1.0],
            ("a", "mixed", "y"): [1.0],
            ("b", "mixed", "x"): [1.0],
            ("b", "noncentered", "x"): [0.0],
        }
    )
    assert same_as(table) == {}
    again = pd.concat([table, fits({("b", "centered", "x"): [1.0]})])
    assert same_as(again) == {("b", "mixed", "x"): "centered"}


def test_chosen_data_sets_are_replicate_0_of_the_named_scenarios() -> None:
    table = pd.DataFrame({"scenario": list("aabb"), "replicate": [0, 1, 0, 1], "x": range(4)})
    assert random_data_sets(table, ["a"])["x"].tolist() == [1, 2, 3]
    assert random_data_sets(table, ["a", "b"])["x"].tolist() == [1, 3]
    assert random_data_sets(table, [])["x"].tolist() == [0, 1, 2, 3]
    assert random_data_sets(table, ["none"])["x"].tolist() == [0, 1, 2, 3]
