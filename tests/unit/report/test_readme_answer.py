"""The answer in README.md: its numbers are those of the tables."""

import re

import numpy as np
import pandas as pd
import pytest
from landscape_tables import landscape_tables

from funnel_study.analysis.arms import LESS
from funnel_study.report.readme_answer import crossing, readme_answer

TABLES = ("landscape", "landscape_lines", "landscape_bands")


def test_the_answer_has_the_mean_work_over_all_data_sets() -> None:
    landscape, lines, bands = (landscape_tables(stuck=6)[name] for name in TABLES)
    bands = bands.assign(verdict_with_reruns="not distinguishable")
    text = " ".join(readme_answer(landscape, lines, bands).split())
    whole = landscape[landscape["draws"] == landscape["draws"].max()]
    means = whole.groupby("parameterization")["score_with_reruns"].mean()
    diverged = whole["divergences"].gt(0).groupby(whole["parameterization"]).mean()
    for name in ("centered", "noncentered"):
        ratio = means[name] / means["data_based"]
        row = rf"\| {name} \| [^|]* \| {ratio:.3g} \([^|]*\) \| {100 * diverged[name]:.0f} % \|"
        assert re.search(row, text)
    assert f"over {whole['point'].nunique()} simulated data sets" in text
    assert "None of those in the figure is shown to need fewer" in text
    is_low = (bands["band"] == "8 or more") & (bands["parameterization"] == "noncentered")
    less = bands.assign(verdict_with_reruns=bands["verdict_with_reruns"].mask(is_low, LESS))
    text = " ".join(readme_answer(landscape, lines, less).split())
    assert "`noncentered` is shown to take less work where s / tau is 8 or more (" in text


def test_where_two_lines_cross() -> None:
    ratio = np.geomspace(1 / 16, 16, 50)
    lines = pd.DataFrame(
        {
            "likelihood": likelihood,
            "parameterization": name,
            "ratio": at,
            "relative": 3 * (at / cross) ** power,
        }
        for likelihood, cross in (("normal", 0.5), ("binomial", 2.0))
        for name, power in (("centered", 1.5), ("noncentered", -0.5))
        for at in ratio
    )
    assert crossing(lines) == pytest.approx((1.0, 3.0))
    assert crossing(lines[lines["likelihood"] == "normal"]) == pytest.approx((0.5, 3.0))
    assert crossing(lines[lines["ratio"] < 0.4]) is None
