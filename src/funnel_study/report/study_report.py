"""The pages in HTML: the report of a study, the page of a single fit, and the index of studies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from funnel_study.files.tables import FIT_KEYS
from funnel_study.report import sections
from funnel_study.report.answer_text import sentences
from funnel_study.report.contents import Contents, Section
from funnel_study.report.design_section import design, question
from funnel_study.report.landscape_section import landscape
from funnel_study.report.numbers import number
from funnel_study.report.parts import (
    drawn_figure,
    embedded_figures,
    render_template,
    section,
    table_part,
    title_and_caption,
)
from funnel_study.report.problems import first_few, lead, problems, stuck_chains
from funnel_study.report.sweep_section import sweep
from funnel_study.study.design import (
    has_design,
    has_sweep,
    is_shown_by_scenario,
    several_samplers,
    swept_axes,
)
from funnel_study.study.schema import Study

# what sections show besides the tables of the study, by their id and the name of their template
SECTIONS = {
    "answer": sections.answer,
    "landscape": landscape,
    "sweep": sweep,
    "published": sections.published,
    "fits": sections.fits,
    "question": question,
    "design": design,
}
_ESTIMATES = {
    "estimand": "estimand",
    "truth": "true value",
    "mean": "mean",
    "exact_mean": "exact mean",
    "sd": "standard deviation",
    "exact_sd": "exact standard deviation",
    "z_score": "z-score of the mean",
    "ks": "Kolmogorov-Smirnov distance",
    "rhat": "R-hat",
    "ess_bulk": "bulk ESS",
    "ess_tail": "tail ESS",
}


def page(contents: Contents) -> str:
    """Return the report of a study as one HTML document that needs no other file."""
    study, failures = contents.study, problems(contents.tables["fits"])
    by_scenario = is_shown_by_scenario(study)
    sampler = ["sampler"] if several_samplers(study) else []
    return render_template(
        "report.html",
        title=f"Funnel: {study.study}",
        heading="Centered, non-centered, or a mixture of both?",
        study=study.study,
        lead=lead(study, contents.tables["fits"]),
        problems=[
            # a sweep may have thousands of cells
            *(failures if by_scenario else first_few(failures, "fits")),
            *first_few(stuck_chains(contents.tables["chains"])),
        ],
        sections=[
            section(
                name,
                study=study,
                config=sections.as_yaml(study),
                tables=contents.tables,
                figures=partial(embedded_figures, contents),
                by_scenario=by_scenario,
                sampler=sampler,
                cell=["scenario", *sampler, "parameterization"],
                **(SECTIONS[name](contents) if name in SECTIONS else {}),
            )
            for name in shown(contents)
        ],
        footer=", ".join(f"{name} {version}" for name, version in contents.software.items()),
    )


def shown(contents: Contents) -> Iterator[str]:
    """Yield the names of the sections; those by scenario only if there are few scenarios."""
    study, tables = contents.study, contents.tables
    if is_shown_by_scenario(study):
        yield from ("answer", "work", "exact-errors", "performance", "diagnostics", "cost")
        yield from ["samplers"] if several_samplers(study) else []
    else:
        yield from ["landscape"] if has_design(study) else []
        yield from ["sweep"] if has_sweep(study) else []
        yield "diagnostics"
        yield from ["cost"] if "timing" in tables else []
    yield from (name for name in ("calibration", "published") if name in tables)
    yield from ["fits"] if contents.drawn else []
    yield from ("question", "design", "reproduce")


def main_figure(study: Study) -> str:
    """Return the name of the figure that stands for a study in the index."""
    if is_shown_by_scenario(study):
        return "density_of_log_tau"
    if not has_sweep(study):
        return "landscape" if has_design(study) else "diagnostic_value"
    return "sweep_best" if len(swept_axes(study)) > 1 else "sweep_work"


def fit_page(
    study: str,
    names: Sequence[str],
    fits: pd.DataFrame,
    estimates: pd.DataFrame,
    drawn: Mapping[str, Path],
) -> str:
    """Return the page of one fit, with its figures and its rows of the tables.

    `names` are its scenario, parameterization, sampler and replicate. `fits` and `estimates` have
    the rows of this fit only. `drawn` are its image files, by their path below figures/.
    """
    scenario, parameterization, sampler, replicate = names
    row = fits.drop(columns=[*FIT_KEYS, "message"]).iloc[0]
    values = [number(each, 6) if isinstance(each, float) else str(each) for each in row]
    of_fit = pd.DataFrame({"diagnostic": row.index, "value": values})
    caption = "Summaries of the draws and of the exact posterior."
    of_file = "The row of this fit in summary/fits.csv."
    labels = {name: name for name in ("diagnostic", "value")}
    tables = [
        table_part("estimates-table", "Estimates", caption, estimates, _ESTIMATES),
        table_part("diagnostics-table", "Diagnostics", of_file, of_fit, labels),
    ]
    return render_template(
        "report.html",
        title=f"Funnel: {', '.join(names)}",
        heading=f"{scenario}, {parameterization}, replicate {replicate}, by {sampler}",
        study=study,
        lead="One fit, compared with the exact posterior of its data set.",
        problems=problems(fits),
        sections=[
            Section("figures", "Figures", [drawn_figure(*each) for each in drawn.items()]),
            Section("estimates", "Estimates", tables[:1]),
            Section("diagnostics", "Diagnostics", tables[1:]),
        ],
        footer="",
    )


def index(studies: Iterable[Mapping[str, Any]]) -> str:
    """Return the page that lists studies, from the `summary` of each."""
    return render_template("index.html", studies=list(studies))


def summary(
    study: Study,
    fits: pd.DataFrame,
    answers: pd.DataFrame,
    figure: str | None,
) -> dict[str, Any]:
    """Return the entry of a study in the index; `figure` is the address of its main figure."""
    texts = title_and_caption(main_figure(study))
    return {
        "name": study.study,
        "lead": lead(study, fits),
        "problems": problems(fits)[:1],
        "answers": sentences(answers) if is_shown_by_scenario(study) else [],
        "figure": figure and {**texts, "source": figure},
    }
