"""What a setting of the sampler does to divergences and to bias."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from funnel_study.analysis.sweep import bias_verdicts
from funnel_study.report.docs_pages import settings_page
from funnel_study.report.settings import courses, settings_of, settings_sentences

VALUES = (0.6, 0.9, 0.99)


def sweep(
    divergences: tuple[float, ...],
    bias: tuple[float, ...],
    parameterization: str = "centered",
    setting: str = "target_accept",
) -> pd.DataFrame:
    """The rows of one course; the standard error of every squared bias is 0.01."""
    rows: list[dict[str, Any]] = []
    for value, count, squared in zip(VALUES, divergences, bias, strict=True):
        row = {
            "scenario": f"weak-{value}",
            "parameterization": parameterization,
            "sampler": "stan",
            "base": "weak",
            setting: value,
            "work": 10.0,
            "work_mcse": 1.0,
            "bias_squared": squared,
            "bias_squared_mcse": 0.01,
            "divergences": count,
            "fits": 20,
            "failed": 0,
        }
        rows += [{**row, "estimand": "log_tau"}, {**row, "estimand": "worst", "work": 99.0}]
    return pd.DataFrame(rows)


def said(table: pd.DataFrame) -> list[str]:
    """What is said of every swept setting."""
    return [
        text
        for setting in settings_of(table)
        for text in settings_sentences(courses(table, setting), setting)
    ]


def test_verdicts_follow_from_the_interval() -> None:
    # 2.093 is the 97.5 % quantile of Student's t distribution with 19 degrees of freedom
    for bias, verdicts in (
        ((0.0309, 0.031, np.nan), ["undecided", "above", "undecided"]),
        ((-0.0109, -0.011, -0.5), ["undecided", "below", "below"]),
    ):
        table = sweep((0, 0, 0), bias)
        assert bias_verdicts(table[table["estimand"] == "log_tau"]).tolist() == verdicts


@pytest.mark.parametrize(
    ("divergences", "bias", "expected"),
    [
        (
            (80, 5, 0.2),
            (0.4, 0.3, 0.2),
            "Divergences are fewer than one per fit from 0.99 on, and fits are biased at 0.99: "
            "divergences vanish first.",
        ),
        (
            (80, 5, 2),
            (0.4, -0.1, -0.1),
            "One divergence per fit or more is left at 0.99, and fits are free of bias from 0.9 "
            "on: bias vanishes first.",
        ),
        (
            (80, 5, 2),
            (-0.1, -0.1, -0.1),
            "One divergence per fit or more is left at 0.99, and fits are free of bias at any "
            "value: the divergences come without bias.",
        ),
        (
            (80, 0, 0),
            (0.4, -0.1, -0.1),
            "Divergences are fewer than one per fit from 0.9 on, and fits are free of bias from "
            "0.9 on.",
        ),
        (
            (8, 8, 8),
            (0.4, 0.4, 0.0),
            "One divergence per fit or more is left at 0.99, and fits are not shown to be free of "
            "bias at 0.99.",
        ),
        # a bias that comes back has not gone
        (
            (0, 0, 0),
            (0.4, -0.1, 0.4),
            "Divergences are fewer than one per fit at any value, and fits are biased at 0.99: "
            "divergences vanish first.",
        ),
    ],
)
def test_what_vanishes_first_is_said(
    divergences: tuple[float, ...], bias: tuple[float, ...], expected: str
) -> None:
    definition, found = said(sweep(divergences, bias))
    assert "is below 0.01 posterior variances, and as biased where it is above" in definition
    assert found.endswith(expected)
    assert found.startswith("centered: from a target acceptance rate of 0.6 to 0.99, divergences")
    assert f"from {bias[0]} (0.01) to {bias[-1]:g} (0.01)" in found


def test_fits_without_either_are_named_together() -> None:
    calm = pd.concat(
        sweep((0, 0, 0.5), (-0.1, -0.2, -0.1), name) for name in ("noncentered", "mixed")
    )
    _, found = said(calm)
    assert found == (
        "At every target acceptance rate, there is less than one divergence per fit, and fits are "
        "free of bias, for: noncentered; mixed."
    )


def test_a_course_is_ordered_and_has_the_work_of_the_worst_estimand() -> None:
    table = sweep((3, 2, 1), (0.0, 0.0, 0.0)).iloc[::-1]
    (course,) = courses(table, "target_accept").values()
    assert course["target_accept"].tolist() == list(VALUES)
    assert course["divergences"].tolist() == [3, 2, 1]
    assert course["work"].eq(99.0).all()


def test_a_setting_with_one_value_says_nothing() -> None:
    assert not said(sweep((0, 0, 0), (0, 0, 0)).iloc[:2])


def test_the_page_has_every_study() -> None:
    page = settings_page(
        {
            "accept": sweep((9, 5, 0), (0.4, 0.3, 0.0)),
            "tuned": sweep((9, 5, 0), (0.4, 0.3, 0.0), setting="tune"),
        }
    )
    assert page.count("## ") == 2
    assert "From the study [accept](../config/accept.yaml): 60 fits, 20 of each" in page
    assert "| centered | 0.9 | 5 | 0.3 (0.01) | above | 99 (1) |" in page
