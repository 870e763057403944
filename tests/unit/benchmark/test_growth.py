import numpy as np
import pandas as pd
import pytest

from funnel_study.benchmark.growth import cluster_cost, growth_table, markdown, reporting_cost


@pytest.fixture
def linear() -> pd.DataFrame:
    """Studies that take 60 s plus 0.1 s per fit; the largest was only planned."""
    fits = (90, 900, 9_000, 90_000)
    seconds = (69.0, 150.0, 960.0, np.nan)
    rows = zip(fits, seconds, strict=True)
    return growth_table([{"fits": f, "planning_seconds": f / 1e3, "seconds": s} for f, s in rows])


def test_the_time_per_further_fit_is_constant_if_time_is_linear(linear: pd.DataFrame) -> None:
    assert linear["seconds_per_further_fit"].tolist() == pytest.approx(
        [np.nan, 0.1, 0.1, np.nan], nan_ok=True
    )


def test_the_cost_of_a_larger_study_is_extrapolated_from_its_parts() -> None:
    rows = [
        ("simulate", "all", 3, 9.0),
        ("fit", "all", 3, 132.0),
        ("fit", "starting Python, reading", 3, 3.0),
        ("fit", "importing and compiling the sampler", 3, 12.0),
        ("fit", "sampling", 3, 108.0),
        ("fit", "writing", 3, 9.0),
        ("exact", "all", 3, 9.0),
        ("diagnose", "all", 3, 45.0),
    ]
    timing = pd.DataFrame(rows, columns=["stage", "part", "jobs", "seconds"])
    found = cluster_cost(timing, measured_fits=90, fits=950, fits_per_job=100)
    # 1 + 4 s per job and 2 s per fit
    assert found["blocks"] == 10
    assert found["job_seconds"] == pytest.approx(5 + 100 * 2)
    assert found["core_hours"] == pytest.approx(10 * 205 / 3600)


def test_the_cost_of_reporting_is_extrapolated_linearly() -> None:
    def timing(fits: int) -> pd.DataFrame:
        rows = [
            ("fit", "all", 10.0 * fits, 900.0),
            ("fit", "sampling", 9.0 * fits, np.nan),
            ("analyse", "all", 5 + fits / 100, 100.0),
            ("figures", "all", 30 + fits / 50, 200 + fits / 10),
            ("between jobs", "all", 7.0 * fits, np.nan),
        ]
        return pd.DataFrame(rows, columns=["stage", "part", "seconds", "largest_memory_mb"])

    timings = {fits: timing(fits) for fits in (9_000, 900)} | {90: timing(90).assign(seconds=1e6)}
    found = reporting_cost(timings, 90_000)
    assert found["reporting_seconds"] == pytest.approx(35 + 0.03 * 90_000)
    assert found["memory_mb"] == pytest.approx(200 + 9_000)


def test_the_page_has_the_table_and_the_cost_on_a_cluster(linear: pd.DataFrame) -> None:
    cluster = {"blocks": 1_900.0, "job_seconds": 180.0, "core_hours": 95.0}
    page = markdown(linear, "2", {**cluster, "reporting_seconds": 120.0, "memory_mb": 500.0})
    # a study that was only planned has empty cells
    assert "| 90,000 | 90 |  |  |  |  |" in page
    assert "changed by +0 % from" in page
    assert "1,000 cores, these blocks would take 6 minutes." in page
    assert "would take 2 more minutes on one core, and up to 500 MB" in page
    assert "1,000 cores" not in markdown(linear, "2", None)
