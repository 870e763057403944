"""What a setting of the sampler does to divergences and to bias."""

import numpy as np
import pandas as pd
import pytest

from funnel_study.analysis.sweep import bias_verdicts
from funnel_study.report.docs_pages import settings_page
from funnel_study.report.settings import courses, firsts, settings_of, settings_sentences

VALUES = (0.6, 0.9, 0.99)


def sweep(
    divergences: tuple[float, ...],
    bias: tuple[float, ...],
    parameterization: str = "centered",
    setting: str = "target_accept",
) -> pd.DataFrame:
    """The rows of one course; the standard error of every squared bias is 0.01."""
    names = {"parameterization": parameterization, "sampler": "stan", "base": "weak"}
    errors = {"work_mcse": 1.0, "bias_squared_mcse": 0.01, "fits": 20, "failed": 0}
    table = pd.DataFrame({setting: VALUES, "divergences": divergences, "bias_squared": bias})
    table["scenario"] = "weak-" + table[setting].astype(str)
    works = pd.DataFrame({"estimand": ["log_tau", "worst"], "work": [10.0, 99.0]})
    return table.assign(**names, **errors).merge(works, how="cross")


def test_verdicts_follow_from_the_interval() -> None:
    # 2.093 is the 97.5 % quantile of Student's t distribution with 19 degrees of freedom
    for bias, verdicts in (
        ((0.0309, 0.031, np.nan), ["undecided", "above", "undecided"]),
        ((-0.0109, -0.011, -0.5), ["undecided", "below", "below"]),
    ):
        table = sweep((0, 0, 0), bias)
        assert bias_verdicts(table[table["estimand"] == "log_tau"]).tolist() == verdicts


@pytest.mark.parametrize(
    ("divergences", "bias", "calm", "low"),
    [
        ((80, 5, 0.2), (0.4, 0.3, 0.2), "0.99 on", "not at the highest"),
        ((80, 5, 2), (0.4, -0.1, -0.1), "not at the highest", "0.9 on"),
        ((80, 0, 0), (-0.1, -0.1, -0.1), "0.9 on", "the lowest on"),
        # a bias that comes back has not gone
        ((0, 0, 0.5), (0.4, -0.1, 0.4), "the lowest on", "not at the highest"),
    ],
)
def test_the_first_value_from_which_on_divergences_and_bias_are_low(
    divergences: tuple[float, ...], bias: tuple[float, ...], calm: str, low: str
) -> None:
    found = courses(sweep(divergences, bias), "target_accept")
    assert firsts(found, "target_accept").to_numpy().tolist() == [["centered", calm, low]]


def test_fits_are_named_by_what_a_higher_value_does() -> None:
    kinds = {
        "stays": ((9, 9, 9), (0.4, 0.4, 0.4)),
        "low": ((9, 9, 0), (-0.1, -0.1, -0.1)),
        "goes": ((0, 0, 0), (0.4, -0.1, -0.1)),
        "decided": ((0, 0, 0), (0.01, -0.1, -0.1)),
        "returns": ((0, 0, 0), (0.4, -0.1, 0.4)),
    }
    table = pd.concat(sweep(*each, parameterization=name) for name, each in kinds.items())
    answer, ends, _ = settings_sentences(courses(table, "target_accept"), "target_accept")
    assert answer.startswith("For goes,")
    assert "For decided," in answer
    assert "For stays, it is not shown" in answer
    assert "For returns," in answer
    assert "is left for stays." in ends
    assert "at every value: low." in ends


def test_a_course_is_ordered_and_has_the_work_of_the_worst_estimand() -> None:
    table = sweep((3, 2, 1), (0.0, 0.0, 0.0)).iloc[::-1]
    (course,) = courses(table, "target_accept").values()
    assert course["target_accept"].tolist() == list(VALUES)
    assert course["divergences"].tolist() == [3, 2, 1]
    assert course["work"].eq(99.0).all()


def test_a_setting_with_one_value_is_none() -> None:
    assert settings_of(sweep((0, 0, 0), (0, 0, 0))) == ["target_accept"]
    assert not settings_of(sweep((0, 0, 0), (0, 0, 0)).iloc[:2])


def test_the_page_has_every_study() -> None:
    page = settings_page(
        {
            "accept": sweep((9, 5, 0), (0.4, 0.3, 0.0)),
            "tuned": sweep((9, 5, 0), (0.4, 0.3, 0.0), setting="tune"),
        }
    )
    assert page.count("## ") == 2
    assert "From the study [accept](../config/accept.yaml): 60 fits, 20 of each" in page
    # the t interval of 20 data sets, that of work on the log scale
    reach = 2.093 * 0.01
    shown = f"0.3 ({0.3 - reach:.3g} to {0.3 + reach:.3g}) | above | 99 (96.9 to 101)"
    assert f"| centered | 0.9 | 5 | {shown} |" in page
