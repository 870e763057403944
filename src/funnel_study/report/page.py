"""The pages in HTML: the report of a study, the page of a single fit, and the index of studies.

The layout is in the folder templates.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from funnel_study.figures.registry import FIGURES
from funnel_study.files.tables import FIT_KEYS
from funnel_study.report.answer_sections import answer_section, verdicts, work_section
from funnel_study.report.contents import Contents, Section
from funnel_study.report.contest_section import contest_section
from funnel_study.report.numbers import number
from funnel_study.report.optional_sections import optional_sections, reproduce_section
from funnel_study.report.parts import drawn_figure, render_template, table_part
from funnel_study.report.problems import first_few, lead, problems, stuck_chains
from funnel_study.report.question_and_design import design_section, question_section
from funnel_study.report.sections import (
    cost_section,
    diagnostics_section,
    exact_errors_section,
    performance_section,
    time_section,
)
from funnel_study.report.sweep_section import sweep_section
from funnel_study.study.design import has_sweep, in_contest, is_shown_by_scenario, swept_axes
from funnel_study.study.schema import Study

MORE_CELLS = "more lines on failed fits (see status and message in summary/fits.csv)."


def page(contents: Contents) -> str:
    """Return the report of a study as one HTML document that needs no other file."""
    sections = [
        *_results(contents),
        *optional_sections(contents),
        reproduce_section(contents),
    ]
    failures = problems(contents.tables["fits"])
    return render_template(
        "report.html",
        title=f"Funnel: {contents.study.study}",
        heading="Centered, non-centered, or a mixture of both?",
        study=contents.study.study,
        lead=lead(contents.study, contents.tables["fits"]),
        problems=[
            # a sweep may have thousands of cells
            *(
                failures
                if is_shown_by_scenario(contents.study)
                else first_few(failures, MORE_CELLS)
            ),
            *first_few(stuck_chains(contents.tables["chains"])),
        ],
        sections=[section for section in sections if section.parts],
        footer=", ".join(f"{name} {version}" for name, version in contents.software.items()),
    )


def _results(contents: Contents) -> Iterator[Section]:
    """Yield the sections on the results; those by scenario only if there are few scenarios."""
    contest = [contest_section(contents)] if in_contest(contents.study) else []
    if not is_shown_by_scenario(contents.study):
        yield from contest
        if has_sweep(contents.study):
            yield sweep_section(contents)
        yield question_section(contents.study)
        yield design_section(contents)
        yield diagnostics_section(contents)
        yield time_section(contents)
        return
    yield answer_section(contents)
    yield question_section(contents.study)
    yield design_section(contents)
    yield work_section(contents)
    yield from contest
    yield exact_errors_section(contents)
    yield performance_section(contents)
    yield diagnostics_section(contents)
    yield cost_section(contents)


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
    row = fits.drop(columns=[*FIT_KEYS, "message"])
    diagnostics = pd.DataFrame(
        {
            "diagnostic": name,
            "value": number(value, 6) if isinstance(value, float) else str(value),
        }
        for name, value in row.iloc[0].items()
    )
    columns = {
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
    return render_template(
        "report.html",
        title=f"Funnel: {', '.join(names)}",
        heading=f"{scenario}, {parameterization}, replicate {replicate}, by {sampler}",
        study=study,
        lead="One fit, compared with the exact posterior of its data set.",
        problems=problems(fits),
        sections=[
            Section(
                "figures",
                "Figures",
                [drawn_figure(name, path) for name, path in drawn.items()],
            ),
            Section(
                "estimates",
                "Estimates",
                [
                    table_part(
                        "estimates-table",
                        "Estimates",
                        "Summaries of the draws and of the exact posterior. z is the error of the "
                        "mean in Monte Carlo standard errors.",
                        estimates,
                        columns,
                    )
                ],
            ),
            Section(
                "diagnostics",
                "Diagnostics",
                [
                    table_part(
                        "diagnostics-table",
                        "Diagnostics",
                        "The row of this fit in summary/fits.csv.",
                        diagnostics,
                        {"diagnostic": "diagnostic", "value": "value"},
                    )
                ],
            ),
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
    name = main_figure(study)
    title, caption = FIGURES[name].title, FIGURES[name].caption
    return {
        "name": study.study,
        "lead": lead(study, fits),
        "problems": problems(fits)[:1],
        "answers": verdicts(study, answers) if is_shown_by_scenario(study) else [],
        "figure": figure and {"title": title, "caption": caption, "source": figure},
    }
