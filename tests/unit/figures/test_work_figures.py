"""Figures of work, drawn from tables with known numbers."""

import numpy as np
import pandas as pd
import pytest
from chain_errors_of import chain_errors_of

from funnel_study.analysis.work import TAIL, WORST, errors_of_fits
from funnel_study.figures.work import ratio_by_data_set, work
from funnel_study.files.tables import FIT_KEYS

NAMES = ("centered", "noncentered", "mixed")
R = 6


@pytest.fixture
def errors() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    u, d = rng.normal(0, 0.1, (3, R, 4, 4)), rng.normal(0, 0.01, (3, R, 4, 2, 9))
    found = {n: chain_errors_of(u, below=d, parameterizations=NAMES) for n in ("few", "many")}
    table = errors_of_fits(found)
    return table.assign(chosen=table["replicate"] == 0)


def fits_of(errors: pd.DataFrame, same: bool = False) -> pd.DataFrame:
    fits = errors[FIT_KEYS].drop_duplicates(ignore_index=True)
    c = fits["parameterization"].map({"centered": 1.0, "noncentered": 0.0, "mixed": 0.5})
    if same:
        c = c.where(fits["parameterization"] != "mixed", 1.0)
    return fits.assign(
        status="ok", centeredness=c, choosing_gradients=0, data_weight=0.1 * (1 + fits["replicate"])
    )


def ratios(fits: pd.DataFrame, errors: pd.DataFrame) -> pd.DataFrame:
    plot = ratio_by_data_set(fits, errors, x="data_weight", label="")
    plot.draw()
    return plot.data


def test_ratios_of_work_are_those_to_noncentered(errors: pd.DataFrame) -> None:
    found = ratios(fits_of(errors), errors)
    assert len(found) == 2 * 2 * R * 4
    assert set(found["parameterization"]) == {"centered", "mixed"}
    work = errors.set_index([*FIT_KEYS, "estimand"])["work"]
    for row in found.itertuples():
        estimand = {"log tau": "log_tau"}.get(str(row.estimand), str(row.estimand))
        one, reference = (
            work[row.scenario, name, row.sampler, row.replicate, estimand]
            for name in (row.parameterization, "noncentered")
        )
        assert row.ratio == pytest.approx(one / reference)
    assert (found["data"] == "chosen data set").sum() == len(found) / R
    assert found["x"].to_numpy() == pytest.approx(0.1 * (1 + found["replicate"]))


def test_parameterizations_that_equal_another_are_left_out(errors: pd.DataFrame) -> None:
    assert set(ratios(fits_of(errors, same=True), errors)["parameterization"]) == {"centered"}
    only = errors[errors["parameterization"] == "mixed"]
    assert "two parameterizations" in ratios(fits_of(only), only)["why"].item()


def test_intervals_of_work_are_those_of_its_log() -> None:
    performance = pd.DataFrame(
        {
            **{"scenario": "few", "parameterization": "mixed", "sampler": "nutpie"},
            **{"estimand": ["mu", "tau", "log_tau", TAIL, WORST, "theta[0]"]},
            **{"measure": "log_work", "estimate": np.log(50), "mcse": 0.3, "replicates": 11},
        }
    )
    found = work(performance).data
    assert len(found) == 5
    reach = np.exp(2.228139 * 0.3)
    for column, value in (("work", 50), ("low", 50 / reach), ("high", 50 * reach)):
        assert found[column].to_numpy() == pytest.approx(value)
