"""The report of small studies, whose tables are made of random numbers."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import plotnine as p9
import pytest
import yaml

from funnel.group_means import estimands
from funnel_study.analysis.agreement import agreement, by_pair
from funnel_study.analysis.answer import answers, winners
from funnel_study.analysis.calibration import calibration
from funnel_study.analysis.diagnostic_value import diagnostic_value, divergences_and_errors
from funnel_study.analysis.performance import performance
from funnel_study.analysis.sweep import sweep_table
from funnel_study.analysis.work import TAIL, is_estimand, square_of
from funnel_study.diagnosis.diagnostics import ESTIMATE_COLUMNS
from funnel_study.figures.catalogue import FIGURES, KINDS
from funnel_study.figures.plan import drawings, figures
from funnel_study.figures.theme import save, theme
from funnel_study.files.tables import FIT_KEYS, read_table, write_table
from funnel_study.published.findings import FINDING_COLUMNS
from funnel_study.published.numbers import COMPARISON_COLUMNS
from funnel_study.report import parts
from funnel_study.report.contents import Contents
from funnel_study.report.numbers import with_error
from funnel_study.report.problems import lead, problems
from funnel_study.report.sections import as_yaml
from funnel_study.report.study_report import fit_page, index, main_figure, page, summary
from funnel_study.study.design import MOST_SHOWN, cells, has_sweep, is_calibration, several_samplers
from funnel_study.study.jobs import sweep_job
from funnel_study.study.read import read_study
from funnel_study.study.schema import Study

Tables = dict[str, pd.DataFrame]
Which = Callable[[pd.DataFrame], "pd.Series[bool]"]

SCRIPT = "<script>alert(1)</script>"
SCENARIOS = [
    {"name": "few", "sigma": 3.0, "n_per_individual": [1, 4, 2]},
    {"name": "lone", "sigma": 0.5, "n_per_individual": [3]},
]
GIVEN = {"name": "given", "sigma": [1.0, 2.0], "n_per_individual": [1, 1], "y": [3.0, -1.0]}
PUBLISHED = (
    ("few", "centered", "divergences", 120, 99, 90, 130, 3, 2, 0.4, "not distinguished"),
    ("few", "centered", "bfmi", 0.3123, 0.9, 0.85, 0.95, 3, 0, 0.0012, "differs"),
    ("lone", "mixed", "seconds", 90, 3.21, 3.1, 4.0, 3, 3, None, "not compared"),
    ("lone", "mixed", "ess", None, None, None, None, 0, None, None, "no fit"),
)
CAPTIONS = {name: f"How to read {name}." for name in (*FIGURES, *KINDS)}
FINDINGS = (
    ("few", "centered: many divergences", "divergences", 99, ">", 100, "no", 3, 1),
    ("few", "centered: a funnel", "ratio of deviations", 0.4321, "<", 2 / 3, "yes", 3, 3),
    ("few", "centered: divergences at the neck", "mean rank", None, "<", 0.25, "", 0, 0),
)


class Html(HTMLParser):
    """A document: its elements in their order, its text, and the rows of each table's figure."""

    VOID = ("meta", "link", "img", "br", "hr", "input")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.tables: dict[str, list[list[str]]] = {}
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open, self._open
        self.words = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attributes]
        assert len(set(names)) == len(names), attributes
        self.elements.append((tag, {name: value or "" for name, value in attributes}))
        if tag not in self.VOID:
            self._open.append(tag)
        if tag == "tr":
            self._rows.append([])
        elif tag in ("td", "th"):
            self._rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" in self._open:
            return
        self.text += data
        if {"td", "th"} & set(self._open):
            self._rows[-1][-1] += data

    @property
    def _rows(self) -> list[list[str]]:
        return self.tables.setdefault(self.all("figure")[-1]["id"], [])

    def all(self, *tags: str) -> list[dict[str, str]]:
        return [attributes for tag, attributes in self.elements if tag in tags]

    def values(self, *names: str) -> list[str]:
        return [each[name] for _, each in self.elements for name in names if name in each]


@dataclass(frozen=True)
class Report:
    """A report and what it was made from."""

    contents: Contents
    html: str

    @property
    def read(self) -> Html:
        return Html(self.html)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A figure of two by one inches, by its suffix."""
    plot = p9.ggplot(pd.DataFrame({"x": [1, 2]}), p9.aes("x", "x")) + p9.geom_point() + theme(2, 1)
    folder = tmp_path_factory.mktemp("tiny")
    files = {suffix: folder / f"figure{suffix}" for suffix in (".svg", ".png")}
    for file in files.values():
        save(plot, file)
    return files


def tables_of(study: Study, failed: Which, folder: Path) -> Tables:
    """The tables of a study, as a report reads them from their files."""
    rng = np.random.default_rng(1)
    rows = [
        (cell.scenario, cell.parameterization, cell.sampler, replicate)
        for cell in cells(study)
        for replicate in range(study.replicates)
    ]
    keys = pd.DataFrame(rows, columns=FIT_KEYS)
    gone = failed(keys)
    n = len(keys)
    numbers = {
        "divergences": rng.integers(0, 300, n) * rng.integers(0, 2, n) * 1.0,
        "bfmi_min": rng.uniform(0.1, 1.1, n),
        "step_size": rng.uniform(0.01, 1, n),
        "rhat_max": 1 + rng.exponential(0.01, n),
        "ess_bulk_min": rng.uniform(50, 20_000, n),
        "ess_tail_min": rng.uniform(50, 20_000, n),
        "leapfrog_steps": rng.integers(10_000, 500_000, n) * 1.0,
        "tuning_leapfrog_steps": rng.integers(1_000, 50_000, n) * 1.0,
        "choosing_gradients": np.zeros(n),
        "data_weight": rng.uniform(0, 1, n),
    }
    fits = keys.assign(
        status=np.where(gone, "failed", "ok"),
        **{name: np.where(gone, np.nan, column) for name, column in numbers.items()},
        sampling_seconds=rng.uniform(0.2, 2, n),
        centeredness=rng.uniform(0.2, 0.8, n),
        message=np.where(gone, SCRIPT, None),
    )
    errors = errors_of(study, keys, failed)
    named = [(each.name, name) for each in study.scenarios for name in estimands(each.K)]
    estimates = keys.merge(pd.DataFrame(named, columns=["scenario", "estimand"]), on="scenario")
    n = len(estimates)
    values = {name: rng.normal(size=n) for name in ESTIMATE_COLUMNS}
    values["ks"] = rng.uniform(0, 0.06, n)
    values["mcse_mean"] = rng.uniform(0.1, 1, n)
    values["rank"] = rng.integers(0, 100, n)
    values["ess_bulk"] = rng.uniform(50, 20_000, n)
    gone = failed(estimates)
    estimates = estimates.assign(
        **{name: np.where(gone, np.nan, column) for name, column in values.items()}
    )
    given = [each.name for each in study.scenarios if each.y is not None]
    estimates["truth"] = np.where(estimates["scenario"].isin(given), np.nan, values["truth"])
    versions = {"sampler": study.samplers, "package": SCRIPT, "version": "1.10"}
    chains = fits[[*FIT_KEYS]].assign(chain=0, moves=0.9)
    tables = {
        "chains": chains,
        "fits": fits,
        "estimates": estimates,
        "versions": pd.DataFrame(versions),
        "errors": errors,
        "answers": answers(fits, estimates, errors),
        "performance": performance(fits, estimates, errors),
        "diagnostic_value": diagnostic_value(fits, estimates, errors),
        "divergences": divergences_and_errors(fits, estimates, errors),
    }
    if has_sweep(study):
        job = sweep_job(study)
        tables["sweep"] = sweep_table(job["swept"], job["bases"], fits, tables["performance"])
    tables["winners"] = winners(fits, estimates, errors, tables["answers"])
    if several_samplers(study):
        tables["agreement_by_pair"] = by_pair(agreement(estimates))
    if is_calibration(study):
        tables["calibration"], tables["calibration_curves"] = calibration(estimates)
    for name, table in tables.items():
        write_table(table, folder / f"{name}.csv")
    return {name: read_table(folder / f"{name}.csv") for name in tables}


def errors_of(study: Study, keys: pd.DataFrame, failed: Which) -> pd.DataFrame:
    """The errors of the fits with these `keys`, some of which failed."""
    rng = np.random.default_rng(2)
    functions = [
        (each.name, name)
        for each in study.scenarios
        for name in (*estimands(each.K), TAIL, *map(square_of, estimands(each.K)))
    ]
    errors = keys.merge(pd.DataFrame(functions, columns=["scenario", "estimand"]), on="scenario")
    n = len(errors)
    has_probabilities = errors["estimand"].isin(["mu", "tau"])
    values = {
        "leapfrog_steps": rng.uniform(1e4, 1e5, n),
        "work": rng.exponential(50, n) * (1 + errors["estimand"].map(is_estimand)),
        "squared_error": rng.exponential(0.01, n),
        "bias_squared": rng.normal(0, 1e-4, n),
        "variance": rng.exponential(0.01, n),
        "probability_bias": np.where(has_probabilities, rng.normal(0, 1e-4, n), np.nan),
    }
    gone = failed(errors)
    missing = {name: np.where(gone, np.nan, column) for name, column in values.items()}
    return errors.assign(draws=1_000, chains=4, **missing, chosen=False)


def beside_published(folder: Path) -> Tables:
    columns = [name for name in COMPARISON_COLUMNS if name != "sampler"]
    numbers = pd.DataFrame(PUBLISHED, columns=columns[: len(PUBLISHED[0])]).assign(sampler="nutpie")
    columns = [name for name in FINDING_COLUMNS if name != "sampler"]
    findings = pd.DataFrame(FINDINGS, columns=columns).assign(sampler="nutpie")
    write_table(numbers.reindex(columns=list(COMPARISON_COLUMNS)), folder / "published.csv")
    write_table(findings[list(FINDING_COLUMNS)], folder / "findings.csv")
    return {name: read_table(folder / f"{name}.csv") for name in ("published", "findings")}


def images_of(study: Study, tiny: dict[str, Path], folder: Path) -> dict[str, Any]:
    """Every figure that a report of the study may have."""
    drawn = {}
    for path in drawings(study):
        name = path.removeprefix(f"results/{study.study}/figures/")
        drawn[name] = folder / name
        drawn[name].parent.mkdir(parents=True, exist_ok=True)
        drawn[name].write_bytes(tiny[drawn[name].suffix].read_bytes())
    return {"figures": {name: list(tiny.values()) for name in figures(study)}, "drawn": drawn}


def none(table: pd.DataFrame) -> "pd.Series[bool]":
    return table["replicate"] < 0


STUDIES: dict[str, dict[str, Any]] = {
    "whole": {"draw": [{"scenarios": ["few"]}]},
    "no figures": {},
    "one replicate": {"replicates": 1},
    "one parameterization": {"parameterizations": ["mixed"]},
    "several samplers": {"samplers": ["nutpie", "pymc"], "draw": [{}]},
    "a scenario without fits": {"draw": [{}]},
    "no fits": {},
    "given data": {"scenarios": [SCENARIOS[0], GIVEN]},
    "calibration": {"truth": "prior", "replicates": 12},
    "published": {},
}
SWEEPS: dict[str, dict[str, Any]] = {
    "a sweep": {
        "scenarios": SCENARIOS[:1],
        "sweep": {"data": {"ratio": [0.5, 2], "K": [2, 3]}, "sampling": {"tune": [10, 20]}},
    },
    "a sweep of settings": {"sweep": {"sampling": {"target_accept": [0.6, 0.9]}}},
    "a sweep without fits": {"scenarios": [], "sweep": {"data": {"sigma": [0.5, 2]}}},
}
MANY: dict[str, dict[str, Any]] = {
    "many scenarios": {
        "scenarios": [{**GIVEN, "name": f"s{k}"} for k in range(MOST_SHOWN + 1)],
        "parameterizations": ["noncentered", "centered"],
    }
}
FAILED: dict[str, Which] = {
    "a scenario without fits": lambda table: table["scenario"] == "few",
    "no fits": lambda table: table["replicate"] >= 0,
    "a sweep without fits": lambda table: table["replicate"] >= 0,
}


@pytest.fixture(scope="module")
def made(
    tiny: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Report]:
    """Return a function that writes the report of a study by name, each once."""
    known: dict[str, Report] = {}

    def make(name: str) -> Report:
        if name not in known:
            folder = tmp_path_factory.mktemp("study")
            config = {"study": "small", "scenarios": SCENARIOS, "replicates": 3}
            config |= (STUDIES | SWEEPS | MANY)[name]
            study = read_study(config)
            tables = tables_of(study, FAILED.get(name, none), folder)
            if name == "published":
                tables |= beside_published(folder)
            images = {"figures": {}} if name == "no figures" else images_of(study, tiny, folder)
            contents = Contents(
                study, tables, **images, captions=CAPTIONS, software={"numpy": "2.0"}
            )
            known[name] = Report(contents, page(contents))
        return known[name]

    return make


@pytest.fixture(params=STUDIES)
def each(request: pytest.FixtureRequest, made: Callable[[str], Report]) -> Report:
    """The report of every study in turn."""
    return made(request.param)


def assert_accessible(html: str) -> None:
    """Check that ids are unique, references exist, headings are nested and images have texts."""
    read = Html(html)
    ids = read.values("id")
    assert len(set(ids)) == len(ids), sorted({name for name in ids if ids.count(name) > 1})
    named = [link[1:] for link in read.values("href") if link.startswith("#")]
    assert set(named) | set(read.values("aria-labelledby")) <= set(ids)
    levels = [int(tag[1]) for tag, _ in read.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert all(image.get("alt", "").strip() for image in read.all("img"))
    assert read.all("html") == [{"lang": "en"}]


def assert_harmless(html: str) -> None:
    read = Html(html)
    assert SCRIPT in read.text + "".join(read.values("alt", "href"))
    assert not read.all("script")
    assert "alert" not in {tag for tag, _ in read.elements}


def test_a_report_is_accessible(each: Report) -> None:
    assert_accessible(each.html)


def test_a_report_needs_no_other_file(each: Report) -> None:
    addresses = each.read.values("src", "href", "srcset", "poster", "data", "action")
    assert addresses
    assert not [address for address in addresses if re.match(r"\s*(?:\w+:)?//", address)]
    assert all(source.startswith("data:image/") for source in each.read.values("src"))
    assert not each.read.all("script", "iframe", "object", "embed")
    assert "@import" not in each.html
    assert "url(" not in each.html


def test_a_report_shows_no_undefined_values(each: Report) -> None:
    assert not re.findall(r".{0,40}(?:\bnan\b|\bNone\b|<NA>|\binf\b).{0,40}", each.read.text)


def test_contents_list_every_section(each: Report) -> None:
    sections = [section["aria-labelledby"] for section in each.read.all("section")]
    listed = [link[1:] for link in each.read.values("href") if link.startswith("#")]
    assert listed == ["main", *(name for name in sections if name != "problems")]
    assert sections[:2] in (["answer", "question"], ["problems", "answer"])
    assert sections[-1] == "reproduce"


def test_text_from_outside_is_escaped(made: Callable[[str], Report]) -> None:
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


def is_shown(text: str, value: Any) -> bool:
    """Whether a cell shows a value of a table, to three digits unless it is a whole number."""
    if pd.isna(value):
        return text == ""
    if isinstance(value, str):
        return text == value
    text, _, limits = text.partition(" (")
    assert not limits or re.fullmatch(r"\S+ to \S+\)", limits)
    whole = not isinstance(value, float) or value.is_integer()
    exact = value if whole else float(f"{value:.3g}")
    return float(text.replace(",", "").replace("\N{MINUS SIGN}", "-")) == pytest.approx(exact)


def rows_of(report: Report, place: str) -> tuple[list[str], list[list[str]]]:
    """The scenarios that are headings in a table, and the rows of the table."""
    rows = report.read.tables[place][1:]
    return [row[0] for row in rows if len(row) == 1], [row for row in rows if len(row) > 1]


NUMBERS = {
    "answers": (
        "answers",
        [
            *("sampler", "parameterization", "verdict", "failed", "worst_estimand", "work"),
            *("ratio", "promised_ratio"),
        ],
    ),
    "bias-table": (
        "answers",
        [
            *("sampler", "parameterization", "verdict", "data_sets", "bias_of", "bias_squared"),
            "data_sets_to_decide",
        ],
    ),
    "versions": ("versions", ["sampler", "package", "version"]),
    "diagnostic-value-table": (
        "diagnostic_value",
        [
            *("sampler", "definition", "diagnostic", "wrong", "wrong_cells", "right"),
            *("auc", "auc_low", "auc_high", "compared_cells"),
            *("auc_within_cells", "auc_within_cells_low", "auc_within_cells_high"),
        ],
    ),
    "thresholds-table": (
        "diagnostic_value",
        [
            *("sampler", "definition", "diagnostic", "threshold"),
            *("sensitivity", "sensitivity_low", "sensitivity_high"),
            *("false_alarm", "false_alarm_low", "false_alarm_high"),
        ],
    ),
    "divergences-table": (
        "divergences",
        [
            *("sampler", "error", "cells", "fits", "data_sets", "diverging", "diverging_cells"),
            *("slope", "standard_error", "slope_low", "slope_high", "intercept"),
        ],
    ),
    "agreement-table": (
        "agreement_by_pair",
        ["parameterization", "sampler", "versus", "compared", "rms_z", "largest_z"],
    ),
    "samplers-cost-table": (
        "answers",
        ["parameterization", "sampler", "seconds", "leapfrog_steps", "worst_estimand", "work"],
    ),
    "calibration-table": (
        "calibration",
        [
            *("parameterization", "sampler", "estimand", "ranks", "p_value", "p_adjusted"),
            "within_band",
        ],
    ),
    "published-table": (
        "published",
        [
            *("sampler", "quantity", "published", "found", "lowest", "highest", "below", "fits"),
            *("p_value", "verdict"),
        ],
    ),
    "findings-table": (
        "findings",
        ["sampler", "finding", "statement", "value", "holds", "holds_in", "fits"],
    ),
}
# positions of columns that a table of the report has in addition to those of its file
ADDED = {"published-table": 0, "findings-table": 3}
ALWAYS = ("versions", "calibration-table")


@pytest.mark.parametrize("study", STUDIES)
@pytest.mark.parametrize("place", NUMBERS)
def test_tables_have_the_numbers_of_their_files(
    made: Callable[[str], Report],
    study: str,
    place: str,
) -> None:
    report = made(study)
    name, columns = NUMBERS[place]
    several = several_samplers(report.contents.study)
    if name not in report.contents.tables or (place == "samplers-cost-table" and not several):
        assert place not in report.read.tables
        return
    table = report.contents.tables[name].astype(object)
    columns = [column for column in columns if column != "sampler" or several or place in ALWAYS]
    above, rows = rows_of(report, place)
    if above:
        assert above == table["scenario"].unique().tolist()
    elif "scenario" in table and place != "published-table":
        columns = ["scenario", *columns]
    if place in ADDED:
        rows = [[*row[: ADDED[place]], *row[ADDED[place] + 1 :]] for row in rows]
    if place == "calibration-table":
        table["within_band"] = table["within_band"].map(str)
    assert len(rows) == len(table)
    for row, values in zip(rows, table[columns].to_numpy(), strict=True):
        assert len(row) == len(values)
        wrong = [pair for pair in zip(row, values, strict=True) if not is_shown(*pair)]
        assert not wrong


MEASURED = {
    "exact-errors-table": [
        *(("log_tau", "bias_squared"), ("tau", "probability_bias"), ("mu", "probability_bias")),
        *(("tau", "content_90"), ("tau", "mass_below_exact_q05"), ("tau", "ks")),
        ("log_tau", "rms_z"),
    ],
    "promise": [(estimand, "promise_ratio") for estimand in ("mu", "tau", "log_tau", TAIL)],
    "performance-table": [
        (estimand, measure)
        for estimand in ("mu", "tau")
        for measure in ("bias", "rmse", "coverage_90")
    ],
    "cost-table": [
        (estimand, measure)
        for measure in ("ess_per_second", "ess_per_leapfrog_step")
        for estimand in ("mu", "log_tau")
    ],
}


@pytest.mark.parametrize("place", MEASURED)
def test_measures_have_the_numbers_of_their_file(each: Report, place: str) -> None:
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


def test_the_design_is_shown_as_it_is(made: Callable[[str], Report]) -> None:
    _, rows = rows_of(made("given data"), "scenarios")
    everything = "centered, noncentered, mixed"
    assert rows == [
        ["few", "3", "3", "1, 4, 2", "chosen from the data", everything, "simulated"],
        ["given", "2", "1, 2", "1 each", "chosen from the data", everything, rows[1][-1]],
    ]
    assert rows[1][-1].startswith("given")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("one replicate", "more than one replicate"),
        ("one parameterization", "a second parameterization"),
        ("whole", "a second sampler"),
        ("whole", "no simulation-based calibration"),
        ("whole", "a fit of the published data"),
        ("no figures", "figures of single fits"),
        ("given data", "known true values for the data that are given"),
    ],
)
def test_missing_parts_of_a_study_are_listed(
    made: Callable[[str], Report], name: str, said: str
) -> None:
    (line,) = re.findall("This study does not have: [^.]*", made(name).read.words)
    assert said in line
    others = {"several samplers", "calibration", "published"}
    assert any(said not in made(other).read.text for other in others)


@pytest.mark.parametrize(
    ("name", "section"),
    [("several samplers", "samplers"), ("calibration", "calibration"), ("published", "published")],
)
def test_optional_sections_are_shown_if_the_study_has_them(
    made: Callable[[str], Report], name: str, section: str
) -> None:
    for study in STUDIES:
        assert (section in made(study).read.values("aria-labelledby")) == (study == name)


def test_a_study_without_figures_has_no_image(made: Callable[[str], Report]) -> None:
    read = made("no figures").read
    assert not read.all("img", "details")
    assert "fits" not in read.values("id")


def test_every_figure_is_shown_once(made: Callable[[str], Report]) -> None:
    for name in ("whole", "several samplers", "calibration"):
        contents, read = made(name).contents, made(name).read
        assert len(read.all("img")) == len(contents.figures) + len(contents.drawn)
        shown = {name for name in read.values("id") if name.startswith("figure-")}
        assert shown == {f"figure-{each.replace('_', '-')}" for each in contents.figures}


def test_every_figure_has_its_caption(made: Callable[[str], Report]) -> None:
    contents, read = made("whole").contents, made("whole").read
    names = [*contents.figures, *(Path(path).stem for path in contents.drawn)]
    for name in names:
        assert read.text.count(CAPTIONS[name]) == names.count(name)


def test_one_replicate_has_no_standard_errors(made: Callable[[str], Report]) -> None:
    _, rows = rows_of(made("one replicate"), "exact-errors-table")
    assert not [text for row in rows for text in row if "(" in text]
    assert "cannot be judged from one data set" in made("one replicate").read.text


def test_failed_fits_are_reported_first(made: Callable[[str], Report]) -> None:
    report = made("a scenario without fits")
    read = report.read
    assert "9 of 18 fits failed." in read.text
    assert f"few, mixed, nutpie: 3 of 3 fits failed. {SCRIPT}" in read.text
    assert "Mixed has no results: all of its fits failed." in read.text
    ids = read.values("id")
    assert ids.index("problems") < ids.index("answer")
    assert not made("whole").read.text.count("failed.")
    assert problems(made("whole").contents.tables["fits"]) == []


def test_a_study_of_given_data_alone_claims_no_true_values(
    made: Callable[[str], Report], study: Callable[..., Study]
) -> None:
    contents = made("given data").contents
    assert "tau = 3.5, except in given, whose data are given." in made("given data").read.words
    read = Html(page(replace(contents, study=study(scenarios=[GIVEN]))))
    assert "The data are given, so there are no true values." in read.words
    assert "mu = 4.5" not in read.words
    assert "performance-table" not in read.tables
    assert {"figure-estimates-mu", "figure-estimates-tau"} <= set(read.values("id"))
    assert "figure-bias" not in read.values("id")


def test_given_data_have_no_performance_measures(made: Callable[[str], Report]) -> None:
    _, rows = rows_of(made("given data"), "performance-table")
    assert [all(row[1:]) for row in rows] == [True] * 3 + [False] * 3
    assert not any(text for row in rows[3:] for text in row[1:])


def test_findings_without_a_value_are_not_counted(made: Callable[[str], Report]) -> None:
    text = made("published").read.words
    assert "1 of 2 published numbers cannot be distinguished from what was found here" in text
    assert "1 of 2 published findings hold here" in text


def test_the_lead_counts_fits_and_data_sets(made: Callable[[str], Report]) -> None:
    contents = made("whole").contents
    assert lead(contents.study, contents.tables["fits"]) == (
        "18 fits of 6 data sets in 2 scenarios, with 3 parameterizations and 1 sampler, each "
        "compared with the exact posterior."
    )
    config = {"scenarios": SCENARIOS[:1], "parameterizations": ["mixed"], "replicates": 1}
    one = read_study({"study": "one", **config})
    assert lead(one, contents.tables["fits"].query("parameterization == 'mixed'")[:1]) == (
        "1 fit of 1 data set in 1 scenario, with 1 parameterization and 1 sampler, each "
        "compared with the exact posterior."
    )


def test_the_lead_counts_shared_data_sets_once(made: Callable[[str], Report]) -> None:
    contents = made("given data").contents
    assert "18 fits of 4 data sets" in lead(contents.study, contents.tables["fits"])
    contents = made("whole").contents
    same = contents.study.model_copy(update={"same_data": True})
    assert "18 fits of 2 data sets" in lead(same, contents.tables["fits"])


def test_an_image_has_its_size(tiny: dict[str, Path], made: Callable[[str], Report]) -> None:
    contents = made("no figures").contents
    for files, kind in (
        ([tiny[".png"]], "png"),
        ([tiny[".svg"]], "svg+xml"),
        ([tiny[".png"], tiny[".svg"]], "svg+xml"),
    ):
        (image,) = Html(page(replace(contents, figures={"bias": files}))).all("img")
        assert image["src"].startswith(f"data:image/{kind};base64,")
        assert (image["width"], image["height"]) == ("614", "96")


def test_a_large_svg_is_shown_as_png(
    tiny: dict[str, Path], made: Callable[[str], Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "LARGEST_SVG", 100)
    figures = {"bias": [tiny[".svg"], tiny[".png"]], "rhat": [tiny[".svg"]]}
    images = Html(page(replace(made("no figures").contents, figures=figures))).all("img")
    kinds = [image["src"].removeprefix("data:image/").split(";")[0] for image in images]
    assert sorted(kinds) == ["png", "svg+xml"]


def test_figures_of_fits_have_unique_ids(
    tiny: dict[str, Path], made: Callable[[str], Report], tmp_path: Path
) -> None:
    few, lone = SCENARIOS
    scenarios = [{**few, "name": "a.b"}, {**few, "name": "a-b"}, {**lone, "name": "a"}]
    study = read_study({"study": "small", "scenarios": scenarios, "draw": [{}]})
    drawn = images_of(study, tiny, tmp_path)["drawn"]
    assert_accessible(page(replace(made("whole").contents, drawn=drawn)))


def one_fit(report: Report, *names: str) -> str:
    """The page of a fit."""
    fits, estimates = (
        table[(table[FIT_KEYS].astype(str) == pd.Series(names, index=FIT_KEYS)).all(axis=1)]
        for table in (report.contents.tables[name] for name in ("fits", "estimates"))
    )
    scenario, parameterization, sampler, replicate = names
    folder = f"{scenario}/{replicate}/{sampler}/{parameterization}/"
    drawn = {name: path for name, path in report.contents.drawn.items() if folder in name}
    return fit_page("small", names, fits, estimates, drawn, CAPTIONS)


def test_the_page_of_a_fit_has_its_figures_and_numbers(made: Callable[[str], Report]) -> None:
    report = made("whole")
    html = one_fit(report, "few", "mixed", "nutpie", "0")
    assert_accessible(html)
    read = Html(html)
    assert len(read.all("img")) == 6
    assert "few, mixed, replicate 0, by nutpie" in read.text
    estimates = report.contents.tables["estimates"].query(
        "scenario == 'few' and parameterization == 'mixed' and replicate == 0"
    )
    columns = ["estimand", "truth", "mean", "exact_mean", "sd", "exact_sd", "z_score", "ks", "rhat"]
    expected = estimates[[*columns, "ess_bulk", "ess_tail"]].astype(object).to_numpy()
    rows = read.tables["estimates-table"][1:]
    for row, values in zip(rows, expected, strict=True):
        assert all(is_shown(*pair) for pair in zip(row, values, strict=True))
    diagnostics = dict(read.tables["diagnostics-table"][1:])
    assert diagnostics["status"] == "ok"
    fit = report.contents.tables["fits"].query(
        "scenario == 'few' and parameterization == 'mixed' and replicate == 0"
    )
    assert float(diagnostics["step_size"]) == pytest.approx(fit["step_size"].item(), rel=0.005)


def test_the_page_of_a_failed_fit_says_why(made: Callable[[str], Report]) -> None:
    html = one_fit(made("a scenario without fits"), "few", "mixed", "nutpie", "1")
    assert_accessible(html)
    assert_harmless(html)
    text = Html(html).text
    assert f"few, mixed, nutpie: 1 of 1 fit failed. {SCRIPT}" in text
    assert not re.findall(r"\bnan\b|\bNone\b|<NA>", text)


def listed(report: Report, name: str, figure: str | None) -> dict[str, Any]:
    contents = report.contents
    study = contents.study.model_copy(update={"study": name})
    return summary(study, contents.tables["fits"], contents.tables["answers"], figure, CAPTIONS)


def test_the_index_lists_studies_with_their_answers(made: Callable[[str], Report]) -> None:
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


def test_the_index_says_that_fits_failed(made: Callable[[str], Report]) -> None:
    html = index([listed(made("a scenario without fits"), SCRIPT, None)])
    assert_harmless(html)
    assert "9 of 18 fits failed." in Html(html).text


def test_an_empty_index_is_a_page() -> None:
    assert_accessible(index([]))


def test_a_study_in_the_index_may_have_any_name(made: Callable[[str], Report]) -> None:
    assert_accessible(index([listed(made("whole"), name, None) for name in ("main", "1", "a.b")]))


def luminance(colour: str) -> float:
    """The relative luminance of `#rrggbb`, by WCAG 2."""
    channels = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_that_of_the_guidelines() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)


def schemes(repository: Path) -> Sequence[dict[str, str]]:
    style = (repository / "src/funnel_study/report/templates/style.css").read_text()
    blocks = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    return [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block)) for block in blocks]


@pytest.mark.parametrize("ground", ["paper", "card", "warn"])
@pytest.mark.parametrize("text", ["ink", "muted", "link"])
def test_text_has_enough_contrast_in_both_colour_schemes(
    repository: Path, text: str, ground: str
) -> None:
    light, dark = schemes(repository)
    assert set(light) == set(dark)
    for scheme in (light, dark):
        assert contrast(scheme[text], scheme[ground]) >= 4.5


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"scenarios": [GIVEN]},
        {"scenarios": [{"name": "y", "sigma": 1e-7, "y": [1e-12, -3.0, 2e99]}]},
        {"scenarios": [{**SCENARIOS[0], "sigma": [0.1, 1 / 3, 2.0], "mixed": [2]}]},
        {"scenarios": [{**SCENARIOS[0], "mixed": [], "parameterizations": ["mixed"]}]},
        {"scenarios": [{**SCENARIOS[0], "n_per_individual": [1] * 200, "published_seed": 1234}]},
        {"truth": "prior", "priors": {"mu_sd": 5, "tau_scale": 2.5, "tau": "half_cauchy"}},
        {"truth": {"mu": -1e-9, "tau": 1e20}, "seed": 2**127, "same_data": True},
        {"samplers": ["nutpie", "pymc3"], "draw": [{}, {"scenarios": ["few"], "replicates": [2]}]},
        {"replicates_per_job": 7, "keep_draws": False, "sampling": {"published_seed": 3}},
        *({"study": name} for name in ("no", "1e3", "1.0", "0x1F", "2021-07-16", "NULL", "1_0")),
    ],
    ids=str,
)
def test_a_configuration_is_unchanged_by_writing_and_reading(keys: dict[str, Any]) -> None:
    study = read_study({"study": "small", "scenarios": SCENARIOS, "replicates": 3, **keys})
    assert read_study(yaml.safe_load(as_yaml(study))) == study


def test_shipped_configurations_are_unchanged_by_writing_and_reading(repository: Path) -> None:
    for file in (repository / "config").glob("*.yaml"):
        study = read_study(yaml.safe_load(file.read_text()))
        assert read_study(yaml.safe_load(as_yaml(study))) == study


def test_a_report_contains_its_configuration(each: Report) -> None:
    study = each.contents.study
    assert as_yaml(study) in each.read.text
    assert f"make report CONFIG=config/{study.study}.yaml" in each.read.text


@pytest.mark.parametrize("name", SWEEPS)
def test_the_report_of_a_sweep_is_accessible_and_links_all_its_sections(
    made: Callable[[str], Report], name: str
) -> None:
    report = made(name)
    assert_accessible(report.html)
    links = [link[1:] for link in report.read.values("href") if link.startswith("#")]
    assert links[1:] == report.read.values("aria-labelledby")[-len(links[1:]) :]
    if name == "a sweep without fits":
        assert "No fit has an exact posterior to be compared with." in report.read.text
        assert "18 of 18 fits failed" in report.read.text


def test_the_sweep_is_the_first_section_and_replaces_those_by_scenario(
    made: Callable[[str], Report],
) -> None:
    report = made("a sweep")
    read = report.read
    sections = read.values("aria-labelledby")
    assert sections[0] == "sweep"
    assert not {"answer", "work", "exact-errors", "performance"} & set(sections)
    assert {"question", "design", "diagnostics", "reproduce"} <= set(sections)
    assert "ratio (0.5, 2); K (2, 3)" in read.text
    assert "summary/sweep.csv" in read.text
    assert "summary/answers.csv" in read.text
    figures = [each["id"] for each in read.all("figure") if each["id"].startswith("figure-")]
    assert figures[:2] == ["figure-sweep-best", "figure-sweep-map"]
    assert "figure-density-of-log-tau" not in figures
    # 5 points of data, fitted with two lengths of tuning
    assert "90 fits of 15 data sets in 10 scenarios" in read.text


def test_the_numbers_of_a_sweep_are_those_of_its_table(made: Callable[[str], Report]) -> None:
    report = made("a sweep")
    sweep = report.contents.tables["sweep"]
    worst = sweep[sweep["estimand"] == "worst"].reset_index(drop=True)
    rows = report.read.tables["sweep-table"]
    assert len(rows) == 1 + len(worst)
    column = {name: i for i, name in enumerate(rows[0])}
    for row, (_, values) in zip(rows[1:], worst.iterrows(), strict=True):
        assert float(row[column["tune"]]) == values["tune"]
        assert row[column["work"]] == with_error(values["work"], values["work_mcse"])
        ratio = row[column["ratio"]]
        assert ratio == ("" if np.isnan(values["ratio"]) else f"{values['ratio']:g}")
    least = worst.loc[worst.groupby("scenario", sort=False)["work"].idxmin(), "parameterization"]
    for name, count in least.value_counts().items():
        assert f"{name} takes the least work at {count} of {len(least)} points" in report.read.words


def test_the_index_shows_the_map_of_a_sweep_and_no_verdict_by_scenario(
    made: Callable[[str], Report],
) -> None:
    for name, figure in (("a sweep", "sweep_best"), ("a sweep of settings", "sweep_work")):
        contents = made(name).contents
        assert main_figure(contents.study) == figure
        tables = contents.tables
        entry = summary(contents.study, tables["fits"], tables["answers"], "a.svg", CAPTIONS)
        assert entry["figure"]["title"] == FIGURES[figure].title
        assert entry["answers"] == []


def test_many_scenarios_are_not_shown_one_by_one(made: Callable[[str], Report]) -> None:
    report = made("many scenarios")
    assert_accessible(report.html)
    sections = report.read.values("aria-labelledby")
    assert not {"sweep", "answer", "work", "exact-errors", "performance"} & set(sections)
    assert {"question", "design", "diagnostics", "reproduce"} <= set(sections)
    contents = report.contents
    assert main_figure(contents.study) == "diagnostic_value"
    tables = contents.tables
    entry = summary(contents.study, tables["fits"], tables["answers"], "a.svg", CAPTIONS)
    assert entry["answers"] == []
