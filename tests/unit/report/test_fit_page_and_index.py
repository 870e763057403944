"""The page of a fit, and the index of studies, as documents in HTML."""

import re
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from small_reports import SCRIPT, Html, Report, assert_accessible, assert_harmless, is_shown

from funnel_study.figures.registry import FIGURES
from funnel_study.files.tables import FIT_KEYS
from funnel_study.report.study_report import fit_page, index, main_figure, summary

Made = Callable[[str], Report]


def one_fit(report: Report, *names: str) -> str:
    """The page of a fit."""
    fits, estimates = (
        table[(table[FIT_KEYS].astype(str) == pd.Series(names, index=FIT_KEYS)).all(axis=1)]
        for table in (report.contents.tables[name] for name in ("fits", "estimates"))
    )
    scenario, parameterization, sampler, replicate = names
    folder = f"{scenario}/{replicate}/{sampler}/{parameterization}/"
    drawn = {name: path for name, path in report.contents.drawn.items() if folder in name}
    return fit_page("small", names, fits, estimates, drawn)


def test_the_page_of_a_fit_has_its_figures_and_numbers(made: Made) -> None:
    report = made("whole")
    html = one_fit(report, "few", "mixed", "nutpie", "0")
    assert_accessible(html)
    read = Html(html)
    assert len(read.all("img")) == 6
    of_fit = "scenario == 'few' and parameterization == 'mixed' and replicate == 0"
    columns = ["estimand", "truth", "mean", "exact_mean", "sd", "exact_sd", "z_score", "ks", "rhat"]
    estimates = report.contents.tables["estimates"].query(of_fit)[columns]
    rows = read.tables["estimates-table"][1:]
    for row, values in zip(rows, estimates.astype(object).to_numpy(), strict=True):
        assert all(map(is_shown, row, values))
    diagnostics = dict(read.tables["diagnostics-table"][1:])
    step_size = report.contents.tables["fits"].query(of_fit)["step_size"].item()
    assert float(diagnostics["step_size"]) == pytest.approx(step_size, rel=0.005)


def test_the_page_of_a_failed_fit_says_why(made: Made) -> None:
    html = one_fit(made("a scenario without fits"), "few", "mixed", "nutpie", "1")
    assert_accessible(html)
    assert_harmless(html)
    text = Html(html).text
    assert f"few, mixed, nutpie: 1 of 1 fit failed. {SCRIPT}" in text
    assert not re.findall(r"\bnan\b|\bNone\b|<NA>", text)


def listed(report: Report, name: str, figure: str | None) -> dict[str, Any]:
    contents = report.contents
    study = contents.study.model_copy(update={"study": name})
    return summary(study, contents.tables["fits"], contents.tables["answers"], figure)


def test_the_index_lists_studies_with_their_answers(made: Made) -> None:
    whole, several = made("whole"), made("several samplers")
    figure = "one/figures/density_of_log_tau.svg"
    studies = [listed(whole, "one", figure), listed(several, "two", None)]
    html = index(studies)
    assert_accessible(html)
    read = Html(html)
    links = [link["href"] for link in read.all("a")]
    assert links == ["one/report.html", "two/report.html"]
    assert [image["src"] for image in read.all("img")] == [figure]
    for study in studies:
        assert study["lead"] in read.text
        assert all(name in read.text and text in read.text for name, text in study["answers"])
    assert [name for name, _ in studies[0]["answers"]] == ["few", "lone"]
    assert [name for name, _ in studies[1]["answers"]] == [
        *("few, nutpie", "few, pymc", "lone, nutpie", "lone, pymc")
    ]


def test_the_index_shows_the_map_of_a_sweep_and_no_verdict_by_scenario(made: Made) -> None:
    for name, figure in (("a sweep", "sweep_best"), ("a sweep of settings", "sweep_work")):
        assert main_figure(made(name).contents.study) == figure
        entry = listed(made(name), name, "a.svg")
        assert entry["figure"]["title"] == FIGURES[figure].title
        assert entry["answers"] == []


def test_the_index_says_that_fits_failed_and_shows_any_name_as_text(made: Made) -> None:
    html = index([listed(made("a scenario without fits"), SCRIPT, None)])
    assert_harmless(html)
    assert "9 of 18 fits failed." in Html(html).text
    names = ("main", "1", "a.b")
    assert_accessible(index([listed(made("whole"), name, None) for name in names]))
    assert_accessible(index([]))
