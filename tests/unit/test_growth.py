import numpy as np
import pandas as pd
import pytest

from funnel.growth import grown, markdown, on_a_cluster
from funnel.measured import Run


def took(seconds: float) -> Run:
    return Run(seconds, 2 * seconds, 300.0, "")


@pytest.fixture
def linear() -> pd.DataFrame:
    """Studies that take a minute and a tenth of a second a fit; the largest is planned only."""
    planned = {fits: took(fits / 1_000) for fits in (90_000, 90, 900, 9_000)}
    return grown(planned, {fits: took(60 + fits / 10) for fits in (9_000, 900, 90)})


def test_a_further_fit_of_a_linear_study_takes_the_same_at_any_size(linear: pd.DataFrame) -> None:
    assert linear["fits"].tolist() == [90, 900, 9_000, 90_000]
    assert linear["planning_seconds"].tolist() == [0.09, 0.9, 9.0, 90.0]
    assert linear["seconds_a_further_fit"].tolist() == pytest.approx(
        [np.nan, 0.1, 0.1, np.nan], nan_ok=True
    )


def test_what_was_not_run_is_left_empty(linear: pd.DataFrame) -> None:
    page = markdown(linear, "2", None)
    assert "| 90,000 | 90 |  |  |  |  |" in page
    assert "+0%" in page


def test_a_larger_study_is_made_of_the_parts_of_a_measured_one() -> None:
    rows = [
        ("simulate", "all", 3, 9.0),
        ("fit", "all", 3, 132.0),
        ("fit", "starting Python, reading", 3, 3.0),
        ("fit", "importing and compiling the sampler", 3, 12.0),
        ("fit", "sampling", 3, 108.0),
        ("fit", "writing", 3, 9.0),
        ("diagnose", "all", 3, 54.0),
    ]
    timing = pd.DataFrame(rows, columns=["stage", "part", "jobs", "seconds"])
    found = on_a_cluster(timing, fits=950, a_job=100, measured=90)
    # 1 + 4 s to begin with, and 2 s a fit
    assert found["blocks"] == 10
    assert found["job_seconds"] == pytest.approx(5 + 100 * 2)
    assert found["core_hours"] == pytest.approx(10 * 205 / 3600)
