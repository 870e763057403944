"""Reports of small studies, whose tables are made of random numbers."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from funnel.group_means import estimands
from funnel_study.analysis.agreement import agreement, by_pair
from funnel_study.analysis.answer import answers, winners
from funnel_study.analysis.calibration import calibration
from funnel_study.analysis.diagnostic_value import diagnostic_value
from funnel_study.analysis.divergences import divergences_and_errors
from funnel_study.analysis.performance import performance
from funnel_study.analysis.sweep import sweep_table
from funnel_study.analysis.work import TAIL, is_estimand, square_of
from funnel_study.diagnosis.diagnostics import ESTIMATE_COLUMNS
from funnel_study.figures.plan import drawings, figures
from funnel_study.figures.registry import FIGURES, FIT_FIGURES
from funnel_study.files.tables import FIT_KEYS, read_table, write_table
from funnel_study.published.conclusions import FINDING_COLUMNS
from funnel_study.published.numbers import COMPARISON_COLUMNS
from funnel_study.report.contents import Contents
from funnel_study.report.study_report import page
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
FINDINGS = (
    ("few", "centered: many divergences", "divergences", 99, ">", 100, "no", 3, 1),
    ("few", "centered: a funnel", "ratio of deviations", 0.4321, "<", 2 / 3, "yes", 3, 3),
    ("few", "centered: divergences at the neck", "mean rank", None, "<", 0.25, "", 0, 0),
)
CAPTIONS = {name: each.caption for name, each in {**FIGURES, **FIT_FIGURES}.items()}


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
    "a sweep": {
        "scenarios": SCENARIOS[:1],
        "sweep": {"data": {"ratio": [0.5, 2], "K": [2, 3]}, "sampling": {"tune": [10, 20]}},
    },
    "a sweep of settings": {"sweep": {"sampling": {"target_accept": [0.6, 0.9]}}},
    "a sweep without fits": {"scenarios": [], "sweep": {"data": {"sigma": [0.5, 2]}}},
    "many scenarios": {
        "scenarios": [{**GIVEN, "name": f"s{k}"} for k in range(MOST_SHOWN + 1)],
        "parameterizations": ["noncentered", "centered"],
    },
}
FAILED: dict[str, Which] = {
    "a scenario without fits": lambda table: table["scenario"] == "few",
    "no fits": lambda table: table["replicate"] >= 0,
    "a sweep without fits": lambda table: table["replicate"] >= 0,
}


def report_of(name: str, tiny: dict[str, Path], folder: Path) -> Report:
    """Write the report of one of the studies."""
    config = {"study": "small", "scenarios": SCENARIOS, "replicates": 3, **STUDIES[name]}
    study = read_study(config)
    tables = tables_of(study, FAILED.get(name, none), folder)
    if name == "published":
        tables |= beside_published(folder)
    images = {"figures": {}} if name == "no figures" else images_of(study, tiny, folder)
    contents = Contents(study, tables, **images, software={"numpy": "2.0"})
    return Report(contents, page(contents))


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
