import numpy as np
import pandas as pd
import pytest

from funnel_study.analysis.tail import COLUMNS, work_by_tail
from funnel_study.analysis.work import TAIL

Tables = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]


def tables(q05: list[float], c: float = 0.5, **work: list[float]) -> Tables:
    """Fits, estimates and errors of data sets with these quantiles, and work of each arm."""
    keys = {"scenario": "few", "sampler": "nutpie", "status": "ok", "choosing_gradients": 0}
    parts = [
        pd.DataFrame({"replicate": range(len(q05)), "work": values, "exact_q05": q05}).assign(
            parameterization=name, centeredness=1.0 if name == "centered" else c, **keys
        )
        for name, values in work.items()
    ]
    rows = pd.concat(parts, ignore_index=True)
    fits, estimates = rows.drop(columns=["work", "exact_q05"]), rows.drop(columns="work")
    errors = rows.drop(columns="exact_q05").assign(estimand=TAIL)
    return fits, estimates.assign(estimand="tau"), errors.sample(frac=1, random_state=1)


def test_thirds_by_hand() -> None:
    q05 = [0.3, 0.1, 0.2, 0.6, 0.5, 0.4, 0.9]
    centered, other = [1.0, 8, 4, 1, 1, 9, np.nan], [2.0, 2, 2, 5, 5, 5, 5]
    found = work_by_tail(*tables(q05, centered=centered, noncentered=other))
    assert tuple(found.columns) == COLUMNS
    assert found["third"].tolist() == ["lowest", "middle", "highest"]
    assert found["q05_low"].tolist() == [0.1, 0.3, 0.5]
    assert found["q05_high"].tolist() == [0.2, 0.4, 0.6]
    assert found["data_sets"].tolist() == [2, 2, 2]
    sign = 1 if found["parameterization"][0] == "centered" else -1
    assert np.exp(sign * found["log_ratio"]).tolist() == pytest.approx([12 / 4, 10 / 7, 2 / 10])
    assert found["wins"].tolist() == ([0, 1, 2] if sign == 1 else [2, 1, 0])
    influence = np.array([8.0, 4.0]) / 6 - np.array([2.0, 2.0]) / 2
    assert found["log_ratio_mcse"][0] == pytest.approx(influence.std(ddof=1) / np.sqrt(2))


def test_parameterizations_that_equal_another_and_too_few_data_sets_are_left_out() -> None:
    work = {"centered": [1.0, 2.0, 3.0], "mixed": [1.0, 2.0, 3.0]}
    assert len(work_by_tail(*tables([0.1, 0.2, 0.3], **work))) == 3
    assert work_by_tail(*tables([0.1, 0.2, 0.3], c=1.0, **work)).empty
    assert work_by_tail(*tables([0.1, 0.2], centered=[1.0, 2.0], mixed=[1.0, 2.0])).empty
