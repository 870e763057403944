"""The page on the landscape: every number is that of a table."""

from pathlib import Path

from landscape_tables import LIKELIHOODS, landscape_tables

from funnel_study.analysis.arms import LESS
from funnel_study.report.landscape_section import landscape_page
from funnel_study.report.numbers import interval
from funnel_study.study.read import read_study
from funnel_study.study.yaml_file import read_yaml_file

SHIPPED = read_study(read_yaml_file(Path(__file__).parents[3] / "config/landscape.yaml"))


def test_the_page_has_the_ratio_in_every_band() -> None:
    tables = landscape_tables(stuck=6)
    text = landscape_page(SHIPPED, tables)
    said = " ".join(text.split())
    assert "360 fits, of which none failed" in said
    assert "120 of the 1,280 points" in said
    bands = tables["landscape_bands"]
    for shown in interval(bands, "ratio_with_reruns"):
        assert shown in text
    for likelihood in LIKELIHOODS:
        row = bands.query("likelihood == @likelihood and band == '1 to 4'")
        cells = " | ".join(interval(row, "ratio_with_reruns"))
        assert f"| {likelihood} | 1 to 4 | {row['data_sets'].max()} | {cells} |" in text
    every = bands[bands["band"] == "all"]
    for name, unconverged in (("centered", 6), ("noncentered", 0)):
        of_it = every[every["parameterization"] == name]
        texts = [interval(of_it, column) for column in ("ratio", "ratio_with_reruns")]
        for likelihood, plain, again in zip(of_it["likelihood"], *texts, strict=True):
            assert f"| {likelihood} | {name} | 500 | {plain} | {again} | {unconverged} |" in text
    assert f"| {LIKELIHOODS[0]} | data_based | 500 | 1 |" in text
    noise = tables["landscape_noise"]
    told_apart = (noise["verdict"] != "not distinguishable").sum()
    assert f"told apart in {told_apart} of {len(noise)} comparisons" in said


def test_what_takes_less_work_than_the_reference_is_said() -> None:
    tables = landscape_tables()
    bands = tables["landscape_bands"].assign(verdict_with_reruns="not distinguishable")
    text = " ".join(landscape_page(SHIPPED, {**tables, "landscape_bands": bands}).split())
    assert "Nothing is shown to take less work than data_based" in text
    is_less = (bands["band"] == "8 or more") & (bands["parameterization"] == "noncentered")
    bands = bands.assign(verdict_with_reruns=bands["verdict_with_reruns"].mask(is_less, LESS))
    text = " ".join(landscape_page(SHIPPED, {**tables, "landscape_bands": bands}).split())
    row = bands[is_less & (bands["likelihood"] == "poisson")]
    (ratio,) = interval(row, "ratio_with_reruns")
    ratio = ratio.replace(" (", " times (")
    expected = f"With poisson, noncentered takes {ratio} the work of"
    assert f"{expected} data_based where s / tau is 8 or more." in text
