"""The answer in README.md: its numbers are those of the tables."""

import re

import numpy as np
import pandas as pd
import pytest
from landscape_tables import landscape_tables

from funnel_study.analysis.arms import LESS
from funnel_study.report.numbers import number
from funnel_study.report.readme_answer import crossings, readme_answer
from funnel_study.study.schema import Sampling

SAMPLING = Sampling(chains=4, tune=100, draws=500, target_accept=0.8)


def test_the_answer_has_the_mean_work_over_all_data_sets() -> None:
    tables = landscape_tables(stuck=6)
    landscape, bands = tables["landscape"], tables["landscape_bands"]
    bands = bands.assign(verdict_with_reruns="not distinguishable")
    text = " ".join(readme_answer({**tables, "landscape_bands": bands}, SAMPLING).split())
    whole = landscape[landscape["draws"] == landscape["draws"].max()]
    by_arm = whole.groupby("parameterization")
    means = by_arm[["score", "score_with_reruns"]].mean()
    ratios = means / means.loc["data_based"]
    diverged = whole["divergences"].gt(0).groupby(whole["parameterization"]).mean()
    wide = whole.pivot_table("score", "point", "parameterization")
    for name in ("centered", "noncentered"):
        once, again = (rf"{number(ratio)} \([^|]*\)" for ratio in ratios.loc[name])
        median = np.median(wide[name] / wide["data_based"])
        row = rf"\| {name} \| {once} \| {again} \| {median:.3g} \| {100 * diverged[name]:.2g} % \|"
        assert re.search(row, text)
    assert f"over {whole['point'].nunique()} simulated data sets" in text
    assert "Nothing else is shown to take less," in text
    assert "but for" not in text
    is_low = (bands["band"] == "8 or more") & (bands["parameterization"] == "noncentered")
    less = bands.assign(verdict_with_reruns=bands["verdict_with_reruns"].mask(is_low, LESS))
    text = " ".join(readme_answer({**tables, "landscape_bands": less}, SAMPLING).split())
    assert "but for `noncentered` where s / tau is 8 or more (" in text


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
    assert crossings(lines) == pytest.approx(np.array([[0.5, 3.0], [2.0, 3.0]]))
    assert crossings(lines[lines["ratio"] < 0.4]).shape == (0, 2)
