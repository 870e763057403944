import numpy as np
import pandas as pd
import pytest

from funnel_study.analysis.tail import COLUMNS, work_by_tail
from funnel_study.analysis.work import TAIL

KEYS = {"scenario": "few", "sampler": "nutpie"}


def tables(
    q05: list[float], **work: list[float]
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Fits, estimates and errors of data sets with these quantiles, and work of each arm."""
    cells = [
        pd.DataFrame({"replicate": range(len(q05)), "work": values}).assign(
            parameterization=name, **KEYS
        )
        for name, values in work.items()
    ]
    rows = pd.concat(cells, ignore_index=True)
    fits = rows.drop(columns="work").assign(
        status="ok",
        centeredness=(rows["parameterization"] == "centered") * 1.0,
        choosing_gradients=0,
    )
    estimates = fits.assign(estimand="tau", exact_q05=np.tile(q05, len(work)))
    return fits, estimates, rows.assign(estimand=TAIL)


def test_thirds_by_hand() -> None:
    q05 = [0.3, 0.1, 0.2, 0.6, 0.5, 0.4]
    found = work_by_tail(
        *tables(q05, centered=[1.0, 8.0, 4.0, 1.0, 1.0, 9.0], noncentered=[2.0, 2.0, 2.0, 5, 5, 5])
    )
    assert tuple(found.columns) == COLUMNS
    assert found["third"].tolist() == ["lowest", "middle", "highest"]
    assert found["q05_low"].tolist() == [0.1, 0.3, 0.5]
    assert found["q05_high"].tolist() == [0.2, 0.4, 0.6]
    assert np.exp(found["log_ratio"]).tolist() == pytest.approx([12 / 4, 10 / 7, 2 / 10])
    assert found["wins"].tolist() == [0, 1, 2]
    assert found["data_sets"].tolist() == [2, 2, 2]
    influence = np.array([8.0, 4.0]) / 6 - np.array([2.0, 2.0]) / 2
    assert found["log_ratio_mcse"][0] == pytest.approx(influence.std(ddof=1) / np.sqrt(2))


def test_data_sets_are_paired_and_unknown_ones_left_out() -> None:
    fits, estimates, errors = tables(
        [0.1, 0.2, 0.3, 0.4], centered=[1.0, np.nan, 3.0, 4.0], noncentered=[2.0, 2.0, 2.0, 2.0]
    )
    shuffled = errors.sample(frac=1, random_state=1)
    found = work_by_tail(fits, estimates, shuffled)
    assert found["data_sets"].tolist() == [1, 1, 1]
    assert found["q05_low"].tolist() == [0.1, 0.3, 0.4]
    assert sorted(np.abs(found["log_ratio"])) == pytest.approx(np.log([1.5, 2, 2]))


def test_parameterizations_that_equal_another_and_too_few_data_sets_are_left_out() -> None:
    fits, estimates, errors = tables([0.1, 0.2, 0.3], centered=[1, 2, 3], mixed=[1, 2, 3])
    same = fits.assign(centeredness=1.0)
    assert work_by_tail(same, estimates, errors).empty
    assert len(work_by_tail(fits, estimates, errors)) == 3
    assert work_by_tail(*tables([0.1, 0.2], centered=[1, 2], noncentered=[2, 3])).empty
