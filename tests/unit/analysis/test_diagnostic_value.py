import numpy as np
import pandas as pd
import pytest

from funnel.analysis.criteria import wilson
from funnel.analysis.diagnostic_value import diagnostic_value, divergences_and_errors


@pytest.fixture
def tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Ten fits, of which four are wrong, and a failed one; three wrong and one right diverged."""
    n = 11
    keys = pd.DataFrame(
        {
            "scenario": "a",
            "parameterization": "centered",
            "sampler": "nutpie",
            "replicate": range(n),
        }
    )
    fits = keys.assign(
        status=["ok"] * 10 + ["failed"],
        divergences=[500, 50, 6, 0, 3, 0, 0, 0, 0, 0, np.nan],
        bfmi_min=[0.1] * 4 + [0.9] * 6 + [np.nan],
        rhat_max=[1.0] * 9 + [np.nan] * 2,
        ess_bulk_min=[100.0] * 10 + [np.nan],
        ess_tail_min=[1000.0] * 10 + [np.nan],
    )
    ks = [0.2, 0.1, 0.08, 0.06, 0.01, 0.01, 0.02, 0.01, 0.01, 0.01, np.nan]
    return fits, keys.assign(estimand="tau", ks=ks)


def test_sensitivity_and_false_alarms_by_hand(tables: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    found = diagnostic_value(*tables).set_index("diagnostic")
    assert found.loc["any divergence", ["wrong", "right"]].tolist() == [4, 6]
    assert found.loc["any divergence", "sensitivity"] == 0.75
    assert found.loc["any divergence", "false_alarm"] == pytest.approx(1 / 6)
    assert found.loc["E-BFMI < 0.3", ["sensitivity", "false_alarm"]].tolist() == [1.0, 0.0]
    assert found.loc["bulk ESS < 400", "false_alarm"] == 1.0
    assert found.loc["tail ESS < 400", "sensitivity"] == 0.0
    assert set(found["wrong_cells"]) == {1}
    # one undefined value is not counted
    assert found.loc["R-hat > 1.01", "right"] == 5
    low, high = wilson(3, 4)
    assert found.loc["any divergence", ["sensitivity_low", "sensitivity_high"]].tolist() == [
        low,
        high,
    ]


def test_errors_are_grouped_by_the_number_of_divergences(
    tables: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    found = divergences_and_errors(*tables).set_index("divergences")
    assert found["fits"].tolist() == [6, 2, 1, 1]
    assert found.loc["1 to 9", "ks"] == pytest.approx(0.045)
    assert found.loc["1 to 9", "wrong"] == 0.5
    assert np.isnan(found.loc["100 or more", "ks_mcse"])


def test_no_wrong_fit_leaves_sensitivity_missing(
    tables: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    fits, estimates = tables
    found = diagnostic_value(fits, estimates.assign(ks=0.001))
    assert found["sensitivity"].isna().all()
    assert found["false_alarm"].notna().all()


def test_wilson_by_its_formula() -> None:
    n, p, z = 20, 0.25, 1.959964
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    assert wilson(5, 20) == pytest.approx((middle - half, middle + half), rel=1e-6)
