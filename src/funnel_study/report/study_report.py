"""The pages in HTML: the report of a study, the page of a single fit, and the index of studies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from funnel_study.files.tables import FIT_KEYS
from funnel_study.report import sections
from funnel_study.report.contents import Contents
from funnel_study.report.contest_section import contest
from funnel_study.report.design_section import design, question
from funnel_study.report.numbers import number
from funnel_study.report.parts import (
    drawn_figure,
    figures_of,
    render_template,
    section,
    title_and_caption,
)
from funnel_study.report.problems import first_few, lead, problems, stuck_chains
from funnel_study.report.sweep_section import sweep
from funnel_study.study.design import (
    has_sweep,
    in_contest,
    is_shown_by_scenario,
    several_samplers,
    swept_axes,
)
from funnel_study.study.schema import Study

# what each section shows, by its id and the name of its template
SECTIONS = {
    "answer": sections.answer,
    "contest": contest,
    "sweep": sweep,
    "question": question,
    "design": design,
    "work": sections.work,
    "exact-errors": sections.exact_errors,
    "performance": sections.performance,
    "diagnostics": sections.diagnostics,
    "cost": sections.cost,
    "samplers": sections.samplers,
    "calibration": sections.calibration,
    "published": sections.published,
    "fits": sections.fits,
    "reproduce": sections.reproduce,
}


def page(contents: Contents) -> str:
    """Return the report of a study as one HTML document that needs no other file."""
    study, failures = contents.study, problems(contents.tables["fits"])
    return render_template(
        "report.html",
        title=f"Funnel: {study.study}",
        heading="Centered, non-centered, or a mixture of both?",
        study=study.study,
        lead=lead(study, contents.tables["fits"]),
        problems=[
            # a sweep may have thousands of cells
            *(failures if is_shown_by_scenario(study) else first_few(failures, "fits")),
            *first_few(stuck_chains(contents.tables["chains"])),
        ],
        sections=[
            section(
                name,
                study=study,
                figures=partial(figures_of, contents),
                **SECTIONS[name](contents),
            )
            for name in shown(contents)
        ],
        footer=", ".join(f"{name} {version}" for name, version in contents.software.items()),
    )


def shown(contents: Contents) -> Iterator[str]:
    """Yield the names of the sections; those by scenario only if there are few scenarios."""
    study, tables = contents.study, contents.tables
    if is_shown_by_scenario(study):
        yield from ("answer", "question", "design", "work")
        yield from ["contest"] if in_contest(study) else []
        yield from ("exact-errors", "performance", "diagnostics", "cost")
        yield from ["samplers"] if several_samplers(study) else []
    else:
        yield from ["contest"] if in_contest(study) else []
        yield from ["sweep"] if has_sweep(study) else []
        yield from ("question", "design", "diagnostics")
        yield from ["cost"] if "timing" in tables else []
    yield from (name for name in ("calibration", "published") if name in tables)
    yield from ["fits"] if contents.drawn else []
    yield "reproduce"


def main_figure(study: Study) -> str:
    """Return the name of the figure that stands for a study in the index."""
    if is_shown_by_scenario(study):
        return "density_of_log_tau"
    if in_contest(study) and len(swept_axes(study)) > 1:
        return "contest_map"
    if not has_sweep(study):
        return "contest_regret" if in_contest(study) else "diagnostic_value"
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
    labels = {
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
    figures = [drawn_figure(name, path) for name, path in drawn.items()]
    table = estimates[list(labels)].rename(columns=labels)
    of_fit = pd.DataFrame({"diagnostic": row.index, "value": values})
    return render_template(
        "report.html",
        title=f"Funnel: {', '.join(names)}",
        heading=f"{scenario}, {parameterization}, replicate {replicate}, by {sampler}",
        study=study,
        lead="One fit, compared with the exact posterior of its data set.",
        problems=problems(fits),
        sections=[
            section("figures", "fit-figures", drawn=figures),
            section("estimates", "fit-estimates", estimates=table),
            section("diagnostics", "fit-diagnostics", diagnostics=of_fit),
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
        "answers": sections.verdicts(study, answers) if is_shown_by_scenario(study) else [],
        "figure": figure and {**texts, "source": figure},
    }
