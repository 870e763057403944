"""The report of small studies, as a document in HTML."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from small_reports import (
    CAPTIONS,
    FAILED,
    GIVEN,
    SCENARIOS,
    SCRIPT,
    STUDIES,
    Html,
    Report,
    assert_accessible,
    assert_harmless,
    images_of,
    is_shown,
)

from funnel_study.files.tables import CELL_KEYS
from funnel_study.report import parts
from funnel_study.report.numbers import with_errors
from funnel_study.report.problems import lead, problems
from funnel_study.report.sections import as_yaml
from funnel_study.report.study_report import page
from funnel_study.study.design import is_shown_by_scenario
from funnel_study.study.read import read_study
from funnel_study.study.schema import Study

Made = Callable[[str], Report]


@pytest.mark.parametrize("name", STUDIES)
def test_a_report_is_a_whole_document_that_needs_no_other(made: Made, name: str) -> None:
    contents, html, read = made(name).contents, made(name).html, made(name).read
    assert_accessible(html)
    addresses = read.values("src", "href", "srcset", "poster", "data", "action")
    assert addresses
    assert not [address for address in addresses if re.match(r"\s*(?:\w+:)?//", address)]
    assert all(source.startswith("data:image/") for source in read.values("src"))
    assert not read.all("script", "iframe", "object", "embed")
    assert "@import" not in html
    assert "url(" not in html
    assert not re.findall(r".{0,40}(?:\bnan\b|\bNone\b|<NA>|\binf\b).{0,40}", read.text)
    assert as_yaml(contents.study) in read.text
    # every figure once, with its caption
    shown = {each for each in read.values("id") if each.startswith("figure-")}
    assert shown == {f"figure-{each.replace('_', '-')}" for each in contents.figures}
    assert len(read.all("img")) == len(contents.figures) + len(contents.drawn)
    drawn = [*contents.figures, *(Path(path).stem for path in contents.drawn)]
    assert all(read.text.count(CAPTIONS[each]) == drawn.count(each) for each in drawn)


@pytest.mark.parametrize("name", STUDIES)
def test_a_report_has_the_sections_that_its_study_needs(made: Made, name: str) -> None:
    read, study = made(name).read, made(name).contents.study
    sections = [each["aria-labelledby"] for each in read.all("section")]
    listed = [link[1:] for link in read.values("href") if link.startswith("#")]
    assert listed == ["main", *(each for each in sections if each != "problems")]
    assert sections[-1] == "reproduce"
    expected = {"question": True, "design": True, "diagnostics": True, "problems": name in FAILED}
    by_scenario = ("answer", "work", "exact-errors", "performance")
    expected |= dict.fromkeys(by_scenario, is_shown_by_scenario(study))
    expected |= {each: each == name for each in ("calibration", "published")}
    expected |= {"samplers": name == "several samplers", "sweep": study.sweep is not None}
    assert {each: each in sections for each in expected} == expected


def test_text_from_outside_is_escaped(made: Made) -> None:
    assert_harmless(made("a scenario without fits").html)
    contents = made("whole").contents
    named = {
        name: table.assign(
            **{column: SCRIPT for column in ("sampler", "verdict") if column in table}
        )
        for name, table in contents.tables.items()
    }
    for tables in (named, {**named, "answers": named["answers"].assign(scenario=SCRIPT)}):
        assert_harmless(page(replace(contents, tables=tables, software={SCRIPT: SCRIPT})))
    scenario = contents.study.scenarios[0].model_copy(update={"name": SCRIPT})
    study = contents.study.model_copy(update={"study": SCRIPT, "scenarios": [scenario]})
    assert_harmless(page(replace(contents, study=study)))


def rows_of(report: Report, place: str) -> tuple[list[str], list[list[str]]]:
    """The scenarios that are headings in a table, and the rows of the table."""
    rows = report.read.tables[place][1:]
    return [row[0] for row in rows if len(row) == 1], [row for row in rows if len(row) > 1]


# the tables that show rows of a file: the file, and some of its columns with their labels
NUMBERS = {
    "answers": (
        *("answers", ("verdict", "verdict"), ("failed", "failed fits")),
        *(("work", "work (95 % interval)"), ("ratio", "relative to the best (95 % interval)")),
        ("promised_ratio", "relative to the least, by ESS alone"),
    ),
    "bias-table": ("answers", ("bias_squared", "squared bias (95 % interval)")),
    "diagnostic-value-table": ("diagnostic_value", ("wrong", "wrong fits"), ("auc", "AUC")),
    "thresholds-table": ("diagnostic_value", ("false_alarm_high", "false alarm rate, upper limit")),
    "divergences-table": ("divergences", ("data_sets", "data sets"), ("slope", "slope")),
    "agreement-table": ("agreement_by_pair", ("versus", "compared with")),
    "samplers-cost-table": ("answers", ("seconds", "seconds of sampling"), ("work", "work")),
    "calibration-table": ("calibration", ("ranks", "ranks"), ("p_adjusted", "adjusted p-value")),
    "published-table": ("published", ("published", "published"), ("p_value", "p-value")),
    "findings-table": ("findings", ("value", "value"), ("fits", "seeds with a value")),
    "versions": ("versions", ("package", "package"), ("version", "version")),
}


@pytest.mark.parametrize("name", ["several samplers", "calibration", "published", "no fits"])
def test_tables_have_the_numbers_of_their_files(made: Made, name: str) -> None:
    report = made(name)
    places = [place for place in NUMBERS if place in report.read.tables]
    assert len(places) == {"several samplers": 8, "calibration": 7, "published": 8}.get(name, 6)
    for place in places:
        file, *columns = NUMBERS[place]
        table = report.contents.tables[file].astype(object)
        header = report.read.tables[place][0]
        above, rows = rows_of(report, place)
        assert not above or above == table["scenario"].unique().tolist()
        for column, label in columns:
            shown = [row[header.index(label)] for row in rows]
            pairs = zip(shown, table[column], strict=True)
            assert all(is_shown(*pair) for pair in pairs), (place, column)


PERFORMANCE, ESS = ("bias", "rmse", "coverage_90"), ("ess_per_second", "ess_per_leapfrog_step")
MEASURED = {
    "exact-errors-table": [
        *(("log_tau", "bias_squared"), ("tau", "probability_bias"), ("mu", "probability_bias")),
        *(("tau", "content_90"), ("tau", "mass_below_exact_q05"), ("tau", "ks")),
        ("log_tau", "rms_z"),
    ],
    "promise": [(estimand, "promise_ratio") for estimand in ("mu", "tau", "log_tau")],
    "performance-table": [(of, measure) for of in ("mu", "tau") for measure in PERFORMANCE],
    "cost-table": [(of, measure) for measure in ESS for of in ("mu", "log_tau")],
}


@pytest.mark.parametrize("place", MEASURED)
@pytest.mark.parametrize("name", ["several samplers", "one replicate", "no fits"])
def test_measures_have_the_numbers_of_their_file(made: Made, name: str, place: str) -> None:
    each = made(name)
    performance = each.contents.tables["performance"]
    keys = ["scenario", "sampler", "parameterization"]
    _, rows = rows_of(each, place)
    by_cell = performance.set_index([*keys, "estimand", "measure"])[["estimate", "mcse"]]
    expected = performance[keys].drop_duplicates().to_numpy().tolist()
    assert len(rows) == len(expected)
    for row, cell in zip(rows, expected, strict=True):
        shown = row[-len(MEASURED[place]) :]
        assert row[-len(shown) - 1] == cell[-1]
        for text, names in zip(shown, MEASURED[place], strict=True):
            # a study without fits has only a convergence rate
            key = (*cell, *names)
            estimate, error = by_cell.loc[key] if key in by_cell.index else (np.nan, np.nan)
            value, _, bracket = text.partition(" ")
            assert is_shown(value, float(estimate))
            digits = float(f"{error:.2g}") if np.isfinite(error) else np.nan
            assert is_shown(bracket.strip("()"), digits)


def test_the_design_is_shown_as_it_is(made: Made) -> None:
    _, (few, given) = rows_of(made("given data"), "scenarios")
    everything = ["chosen from the data", "centered, noncentered, mixed"]
    # 3 / (1 x 2 x sqrt(2))^(1/3) is the geometric mean of the standard errors, and tau is 3.5
    sizes = "n_per_individual: 1, 4, 2; sigma: 3"
    assert few == ["few", "normal", "3", sizes, "0.606", *everything, "simulated"]
    sizes = "n_per_individual: 1 each; sigma: 1, 2"
    assert given[:-1] == ["given", "normal", "2", sizes, "", *everything]
    assert given[-1].startswith("given")


def test_one_replicate_has_no_standard_errors(made: Made) -> None:
    _, rows = rows_of(made("one replicate"), "exact-errors-table")
    assert not [text for row in rows for text in row if "(" in text]
    assert "cannot be judged from one data set" in made("one replicate").read.text


def test_failed_fits_are_reported_first(made: Made) -> None:
    report = made("a scenario without fits")
    read = report.read
    assert "9 of 18 fits failed." in read.text
    assert f"few, mixed, nutpie: 3 of 3 fits failed. {SCRIPT}" in read.text
    assert "mixed have no results, because all of their fits failed" in read.text
    ids = read.values("id")
    assert ids.index("problems") < ids.index("answer")
    assert not made("whole").read.text.count("failed.")
    fits = made("whole").contents.tables["fits"]
    assert problems(fits) == []
    (unjudged,) = problems(fits.assign(message=["no exact posterior", *[""] * (len(fits) - 1)]))
    assert unjudged.startswith(", ".join(fits.loc[0, CELL_KEYS]) + ": 1 fit cannot be compared")


def test_given_data_have_no_true_values_and_no_performance_measures(
    made: Made, study: Callable[..., Study]
) -> None:
    _, rows = rows_of(made("given data"), "performance-table")
    assert [any(row[1:]) for row in rows] == [True] * 3 + [False] * 3
    contents = made("given data").contents
    read = Html(page(replace(contents, study=study(scenarios=[GIVEN]))))
    assert "mu = 4.5" not in read.words
    assert "performance-table" not in read.tables
    ids = set(read.values("id"))
    assert {"figure-estimates-mu", "figure-estimates-tau"} <= ids
    assert "figure-bias" not in ids


def test_findings_without_a_value_are_not_counted(made: Made) -> None:
    text = made("published").read.words
    assert "1 of 2 published numbers" in text
    assert "1 of 2 published findings" in text


def test_the_lead_counts_fits_and_data_sets_those_that_are_shared_once(made: Made) -> None:
    whole, given = made("whole").contents, made("given data").contents
    same = whole.study.model_copy(update={"same_data": True})
    for study, fits, counts in (
        (whole.study, whole.tables["fits"], "18 fits of 6 data sets, each"),
        (same, whole.tables["fits"], "18 fits of 2 data sets"),
        (given.study, given.tables["fits"], "18 fits of 4 data sets"),
        (given.study, given.tables["fits"][:1], "1 fit of 1 data set"),
    ):
        assert lead(study, fits).startswith(counts)
    # 5 points of data, fitted with two lengths of tuning
    assert "90 fits of 15 data sets, each" in made("a sweep").read.words


def test_an_image_has_its_size_and_a_large_svg_is_shown_as_png(
    tiny: dict[str, Path], made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    svg, png = tiny[".svg"], tiny[".png"]
    for limit, files, kind in (
        (600_000, [png], "png"),
        (600_000, [png, svg], "svg+xml"),
        (100, [png, svg], "png"),
        (100, [svg], "svg+xml"),
    ):
        monkeypatch.setattr(parts, "LARGEST_SVG", limit)
        contents = replace(made("no figures").contents, figures={"bias": files})
        (image,) = Html(page(contents)).all("img")
        assert image["src"].startswith(f"data:image/{kind};base64,")
        assert (image["width"], image["height"]) == ("614", "96")


def test_figures_of_fits_have_unique_ids(tiny: dict[str, Path], made: Made, tmp_path: Path) -> None:
    few, lone = SCENARIOS
    scenarios = [{**few, "name": "a.b"}, {**few, "name": "a-b"}, {**lone, "name": "a"}]
    study = read_study({"study": "small", "scenarios": scenarios, "draw": [{}]})
    drawn = images_of(study, tiny, tmp_path)["drawn"]
    assert_accessible(page(replace(made("whole").contents, drawn=drawn)))


@pytest.mark.parametrize(
    "keys",
    [
        {"scenarios": [{"name": "y", "sigma": 1e-7, "y": [1e-12, -3.0, 2e99]}]},
        {"scenarios": [{**SCENARIOS[0], "mixed": [], "parameterizations": ["mixed"]}]},
        {"truth": {"mu": -1e-9, "tau": 1e20}, "seed": 2**127, "same_data": True},
        *({"study": name} for name in ("no", "1e3", "1.0", "0x1F", "2021-07-16", "NULL", "1_0")),
    ],
    ids=str,
)
def test_a_configuration_is_unchanged_by_writing_and_reading(keys: dict[str, Any]) -> None:
    study = read_study({"study": "small", "scenarios": SCENARIOS, "replicates": 3, **keys})
    assert read_study(yaml.safe_load(as_yaml(study))) == study


def test_the_numbers_of_a_sweep_are_those_of_its_table(made: Made) -> None:
    report = made("a sweep")
    worst = report.contents.tables["sweep"].query("estimand == 'worst'")
    header, *rows = report.read.tables["sweep-table"]
    shown = pd.DataFrame(rows, columns=header)
    assert shown["tune"].astype(float).tolist() == worst["tune"].tolist()
    assert shown["ratio"].tolist() == worst["ratio"].map("{:g}".format).replace("nan", "").tolist()
    assert shown["work (standard error)"].tolist() == with_errors(worst, "work", "work_mcse")
    least = worst.loc[worst.groupby("scenario", sort=False)["work"].idxmin(), "parameterization"]
    found = {row[0]: int(row[1]) for row in report.read.tables["sweep-least"][1:]}
    assert found == least.value_counts().to_dict()
