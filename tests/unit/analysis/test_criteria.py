"""Criteria that analyses share."""

import pandas as pd
import pytest

from funnel_study.analysis.criteria import random_data_sets, same_as


def fits(scenario: str, name: str, sampler: str, *centeredness: float | None) -> pd.DataFrame:
    """The fits of a cell; one without a centeredness failed, and was meant to have 0.5."""
    c = pd.Series(centeredness, dtype=float)
    status = c.isna().map({True: "failed", False: "ok"})
    keys = {"scenario": scenario, "parameterization": name, "sampler": sampler}
    return pd.DataFrame({"status": status, "centeredness": c.fillna(0.5)}).assign(
        choosing_gradients=0, **keys
    )


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
def test_a_cell_equals_centered_or_noncentered_if_all_of_its_fits_do_at_no_cost(
    c: list[float | None], expected: str | None
) -> None:
    """And only one of the same scenario and sampler."""
    others = [fits("a", "centered", "x", 1.0), fits("a", "noncentered", "x", 0.0)]
    elsewhere = [fits("a", "mixed", "y", *c), fits("b", "mixed", "x", *c)]
    table = pd.concat([*others, fits("a", "mixed", "x", *c), *elsewhere])
    assert same_as(table) == ({("a", "mixed", "x"): expected} if expected else {})
    assert same_as(table.assign(choosing_gradients=50)) == {}


def test_chosen_data_sets_are_replicate_0_of_the_named_scenarios() -> None:
    table = pd.DataFrame({"scenario": list("aabb"), "replicate": [0, 1, 0, 1], "x": range(4)})
    assert random_data_sets(table, ["a"])["x"].tolist() == [1, 2, 3]
    assert random_data_sets(table, [])["x"].tolist() == [0, 1, 2, 3]
