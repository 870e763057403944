"""Whether the work depends on the unit of the data."""

import numpy as np
import pandas as pd
from scipy import stats

from funnel_study.analysis.performance import MEASURES, Values
from funnel_study.analysis.units import dependence, log_ratios, works
from funnel_study.analysis.work import WORST
from funnel_study.files.tables import FIT_KEYS

UNITS = [0.1, 1.0, 10.0, 100.0]
POINTS = pd.DataFrame(
    [(f"{base}-unit-{unit:g}", base, unit) for base in ("weak", "strong") for unit in UNITS],
    columns=["scenario", "base", "unit"],
)


def of_fits(factors: dict[str, list[float]], seed: int = 1) -> pd.DataFrame:
    """The works of 10 data sets: exponential random numbers times a factor for each unit."""
    rng = np.random.default_rng(seed)
    rows = [
        ("stan", "weak", name, unit, replicate, factor * rng.exponential())
        for name, of_units in factors.items()
        for unit, factor in zip(UNITS, of_units, strict=True)
        for replicate in range(10)
    ]
    columns = ["sampler", "base", "parameterization", "unit", "replicate", "work"]
    return pd.DataFrame(rows, columns=columns)


def test_the_work_of_a_parameterization_that_costs_more_in_a_unit_depends_on_it() -> None:
    found = dependence(of_fits({"old": [1, 1, 10, 100], "new": [1, 1, 1, 1]}))
    old, new = found.to_dict("records")
    assert (old["largest_at"], old["depends"], new["depends"]) == (100, True, False)
    assert old["spread"] > 30


def test_few_courses_depend_on_the_unit_by_noise_alone() -> None:
    level = [dependence(of_fits({"new": [1, 1, 1, 1]}, seed)) for seed in range(200)]
    depending = sum(int(found["depends"].sum()) for found in level)
    # Friedman's test has its level, 5 %, but for an approximation
    assert stats.binomtest(depending, 200, 0.05).pvalue > 0.01


def test_a_data_set_with_a_failed_fit_is_left_out() -> None:
    table = of_fits({"new": [1, 1, 1, 1]})
    table.loc[(table["unit"] == 1) & (table["replicate"] == 3), "work"] = np.nan
    expected = dependence(table[table["replicate"] != 3])
    pd.testing.assert_frame_equal(dependence(table), expected)


def test_works_are_those_of_the_worst_estimand() -> None:
    keys = POINTS[["scenario"]].assign(parameterization="half", sampler="stan", replicate=0)
    keys = keys[FIT_KEYS].merge(pd.DataFrame({"estimand": ["mu", WORST]}), how="cross")
    work = np.arange(2.0 * len(keys)).reshape(-1, 2)
    found = works(POINTS, Values(keys, dict.fromkeys(MEASURES, work)))
    assert found["work"].tolist() == work[1::2, 0].tolist()
    assert found["unit"].tolist() == UNITS * 2


def test_the_ratio_is_that_of_the_work_of_the_worst_estimand() -> None:
    rows = pd.DataFrame(
        {"estimand": [WORST, WORST, "mu"], "measure": ["log_work", "work", "log_work"]}
    )
    pair = {"parameterization": "old", "versus": "new", "sampler": "stan", "mcse": 0.1}
    table = POINTS[["scenario"]].merge(rows, how="cross").assign(**pair)
    table["difference"] = np.arange(len(table))
    others = table.assign(versus="other")
    found = log_ratios(POINTS, pd.concat([table, others]), "old", "new")
    assert found["difference"].tolist() == list(range(0, len(table), 3))
    assert found["base"].tolist() == ["weak"] * 4 + ["strong"] * 4
