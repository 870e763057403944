"""Reports of small studies, whose tables are made of random numbers."""

import re
from dataclasses import dataclass
from functools import cached_property
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from landscape_tables import landscape_tables

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
from funnel_study.figures.plan import chosen_fit_figures, figures
from funnel_study.figures.registry import FIGURES, FIT_FIGURES
from funnel_study.files.tables import FIT_KEYS, read_table, write_table
from funnel_study.published.conclusions import FINDING_COLUMNS
from funnel_study.published.numbers import COMPARISON_COLUMNS
from funnel_study.report.contents import Contents
from funnel_study.report.study_report import page
from funnel_study.study.design import (
    MOST_SHOWN,
    cells,
    has_design,
    has_sweep,
    is_calibration,
    several_samplers,
)
from funnel_study.study.jobs import sweep_job
from funnel_study.study.read import read_study
from funnel_study.study.schema import Study

Tables = dict[str, pd.DataFrame]

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
# the limits of the random numbers in the tables
LIMITS = {
    **{"divergences": (-300, 300), "bfmi_min": (0.1, 1.1), "step_size": (0.01, 1)},
    **{"rhat_max": (1, 1.05), "ess_bulk_min": (50, 2e4), "ess_tail_min": (50, 2e4)},
    **{"leapfrog_steps": (1e4, 5e5), "tuning_leapfrog_steps": (1e3, 5e4), "data_weight": (0, 1)},
}
ERROR_LIMITS = {
    **{"leapfrog_steps": (1e4, 1e5), "work": (1, 100), "squared_error": (1e-4, 0.03)},
    **{"bias_squared": (-1e-4, 1e-4), "variance": (1e-4, 0.03), "probability_bias": (-1e-4, 1e-4)},
}
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

    @cached_property
    def read(self) -> Html:
        return Html(self.html)


def random_columns(
    table: pd.DataFrame, limits: dict[str, tuple[float, float]], failed: str
) -> pd.DataFrame:
    """Add columns of uniform random numbers between limits, which are missing for failed fits."""
    rng = np.random.default_rng(1)
    values = {name: rng.uniform(*ends, len(table)) for name, ends in limits.items()}
    gone = table["scenario"].str.startswith(failed)
    return table.assign(**{name: np.where(gone, np.nan, each) for name, each in values.items()})


def tables_of(study: Study, failed: str, folder: Path) -> Tables:
    """The tables of a study, as a report reads them from their files."""
    rows = [
        (cell.scenario, cell.parameterization, cell.sampler, replicate)
        for cell in cells(study)
        for replicate in range(study.replicates)
    ]
    keys = pd.DataFrame(rows, columns=FIT_KEYS)
    gone = keys["scenario"].str.startswith(failed)
    fits = random_columns(keys, LIMITS, failed).assign(
        divergences=lambda table: table["divergences"].clip(lower=0).round(),
        choosing_gradients=lambda table: 0 * table["step_size"],
        sampling_seconds=np.linspace(0.2, 2, len(keys)),
        centeredness=np.linspace(0.2, 0.8, len(keys)),
        status=np.where(gone, "failed", "ok"),
        message=np.where(gone, SCRIPT, None),
    )
    errors = errors_of(study, keys, failed)
    named = [(each.name, name) for each in study.scenarios for name in estimands(each.K)]
    estimates = keys.merge(pd.DataFrame(named, columns=["scenario", "estimand"]), on="scenario")
    limits = dict.fromkeys(ESTIMATE_COLUMNS, (-2.0, 2.0)) | {"truth": (-2.0, 2.0)}
    limits |= {"ks": (0, 0.06), "mcse_mean": (0.1, 1), "rank": (0, 100), "ess_bulk": (50, 2e4)}
    estimates = random_columns(estimates, limits, failed)
    given = [each.name for each in study.scenarios if each.y is not None]
    estimates["rank"] = np.floor(estimates["rank"])
    estimates["truth"] = estimates["truth"].mask(estimates["scenario"].isin(given))
    versions = {"sampler": study.samplers, "package": SCRIPT, "version": "1.10"}
    tables = {
        "chains": keys.assign(chain=0, moves=0.9),
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
    if has_design(study):
        names = ("landscape_bands", "landscape_arms", "landscape_noise")
        tables |= {name: landscape_tables()[name] for name in names}
    tables["winners"] = winners(fits, estimates, errors, tables["answers"])
    if several_samplers(study):
        tables["agreement_by_pair"] = by_pair(agreement(estimates))
    if is_calibration(study):
        tables["calibration"], tables["calibration_curves"] = calibration(estimates)
    return through_files(tables, folder)


def through_files(tables: Tables, folder: Path) -> Tables:
    for name, table in tables.items():
        write_table(table, folder / f"{name}.csv")
    return {name: read_table(folder / f"{name}.csv") for name in tables}


def errors_of(study: Study, keys: pd.DataFrame, failed: str) -> pd.DataFrame:
    """The errors of the fits with these `keys`, some of which failed."""
    functions = [
        (each.name, name)
        for each in study.scenarios
        for name in (*estimands(each.K), TAIL, *map(square_of, estimands(each.K)))
    ]
    errors = keys.merge(pd.DataFrame(functions, columns=["scenario", "estimand"]), on="scenario")
    errors = random_columns(errors, ERROR_LIMITS, failed).assign(
        draws=1_000, chains=4, chosen=False
    )
    errors["work"] *= 1 + errors["estimand"].map(is_estimand)
    has_probabilities = errors["estimand"].isin(["mu", "tau"])
    return errors.assign(probability_bias=errors["probability_bias"].where(has_probabilities))


def beside_published() -> Tables:
    tables = {}
    for name, rows, columns in (
        ("published", PUBLISHED, COMPARISON_COLUMNS),
        ("findings", FINDINGS, FINDING_COLUMNS),
    ):
        names = [each for each in columns if each != "sampler"][: len(rows[0])]
        table = pd.DataFrame(rows, columns=names).assign(sampler="nutpie")
        tables[name] = table.reindex(columns=list(columns))
    return tables


def images_of(study: Study, tiny: dict[str, Path], folder: Path) -> dict[str, Any]:
    """Every figure that a report of the study may have."""
    drawn = {}
    for path in chosen_fit_figures(study):
        name = path.removeprefix(f"results/{study.study}/figures/")
        drawn[name] = folder / name
        drawn[name].parent.mkdir(parents=True, exist_ok=True)
        drawn[name].write_bytes(tiny[drawn[name].suffix].read_bytes())
    return {"figures": {name: list(tiny.values()) for name in figures(study)}, "drawn": drawn}


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
    "a sweep of units": {
        "sweep": {"unit": [0.1, 1, 10]},
        "parameterizations": ["half_unscaled", "half", "vip"],
        "samplers": ["nutpie", "stan"],
    },
    "a sweep without fits": {"scenarios": [], "sweep": {"data": {"sigma": [0.5, 2]}}},
    "a design": {
        "scenarios": [],
        "design": {"likelihood": ["normal", "poisson"], "ratio": {"low": 0.1, "high": 10}, "K": 2},
    },
    "many scenarios": {
        "scenarios": [{**GIVEN, "name": f"s{k}"} for k in range(MOST_SHOWN + 1)],
        "parameterizations": ["noncentered", "centered"],
    },
}
# the scenarios whose fits failed begin with this; elsewhere no fit failed
FAILED = {"a scenario without fits": "few", "no fits": "", "a sweep without fits": ""}


def report_of(name: str, tiny: dict[str, Path], folder: Path) -> Report:
    """Write the report of one of the studies."""
    config = {"study": "small", "scenarios": SCENARIOS, "replicates": 3, **STUDIES[name]}
    study = read_study(config)
    tables = tables_of(study, FAILED.get(name, "none"), folder)
    if name == "published":
        tables |= through_files(beside_published(), folder)
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
