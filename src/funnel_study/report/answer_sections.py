"""The sections on the answer and on the work that it is based on."""

from __future__ import annotations

import pandas as pd

from funnel_study.analysis.work import LOW_ERROR, TAIL
from funnel_study.report.answer_text import sentences
from funnel_study.report.contents import Contents, Section
from funnel_study.report.numbers import interval, with_error
from funnel_study.report.parts import (
    cell_columns,
    figure_parts,
    measure_table,
    table_part,
    text_part,
)
from funnel_study.study.design import several_samplers
from funnel_study.study.schema import Study


def verdicts(study: Study, answers: pd.DataFrame) -> list[tuple[str, str]]:
    """Return the answer for each scenario, and for each sampler if there are several."""
    several = several_samplers(study)
    return [
        (f"{scenario}, {sampler}" if several else scenario, sentence)
        for (scenario, sampler), sentence in sentences(answers).items()
    ]


def answer_section(contents: Contents) -> Section:
    answers = contents.tables["answers"]
    table = answers.assign(
        work_with_interval=interval(answers, "work"),
        ratio_with_interval=interval(answers, "ratio"),
        bias_with_interval=interval(answers, "bias_squared"),
    )
    columns = {
        **cell_columns(contents),
        "verdict": "verdict",
        "failed": "failed fits",
        "worst_estimand": "worst estimand",
        "work_with_interval": "work (95 % interval)",
        "ratio_with_interval": "relative to the best (95 % interval)",
        "promised_ratio": "relative to the least, by ESS alone",
    }
    of_bias = {
        **cell_columns(contents),
        "verdict": "verdict",
        "data_sets": "data sets",
        "bias_of": "bias of",
        "bias_with_interval": "squared bias (95 % interval)",
        "data_sets_to_decide": "data sets that would decide",
    }
    return Section(
        "answer",
        "The answer",
        [
            {"kind": "verdicts", "rows": verdicts(contents.study, answers)},
            text_part(
                "The work of a parameterization is the number of leapfrog steps, tuning included, "
                "that it needs to be as precise as one independent draw from the posterior. It is "
                "measured by the squared error of each chain against the exact posterior, in units "
                "of the posterior variance. Parameterizations are ranked by the estimand that "
                "costs them most: mu, tau, log tau, a theta, or the lower tail of tau, which is "
                f"the probability {TAIL} of values below the exact 5 % quantile.",
                "A parameterization qualifies if every squared bias that its chains share is shown "
                f"to be below {LOW_ERROR} posterior variances, that is, if the upper end of its "
                "95 % interval is. It is wrong if the lower end of any of them is above this "
                "bound, and undecided in between. Besides the means of the estimands and of their "
                "squares, this concerns the probabilities of tau and mu and the content of the "
                "90 % intervals.",
                *_about_data_sets(contents),
            ),
            *figure_parts(contents, "work"),
            table_part(
                "answers",
                "Comparison of parameterizations, by scenario",
                "The best is the qualifying parameterization with the least work for its worst "
                "estimand. The intervals of the work are from a bootstrap of the data sets in "
                "which the worst estimand and the best parameterization are chosen anew. A "
                "parameterization is level if it is the best in more than 2.5 % of the resamples, "
                "and slower otherwise. The last column is what a user without the exact posterior "
                "would have seen: leapfrog steps per effective draw, from the lowest bulk "
                "effective sample size (ESS) of each fit, relative to the smallest of them.",
                table,
                columns,
                file="summary/answers.csv",
            ),
            table_part(
                "bias-table",
                "The squared bias that decides each verdict",
                "The squared bias with the largest lower end of its 95 % interval if this is above "
                "the bound, otherwise that with the largest upper end, in exact posterior "
                "variances. If the verdict is undecided, the last column is the number of data "
                "sets at which no interval would contain the bound, if the estimates stay.",
                table,
                of_bias,
                file="summary/answers.csv",
            ),
            *figure_parts(contents, "density_of_log_tau"),
        ],
    )


def work_section(contents: Contents) -> Section:
    """Return the section on who wins for each estimand, and on what the order depends."""
    winners = contents.tables["winners"]
    main = winners[~winners["estimand"].str.startswith("theta")]
    table = main.assign(
        measured=[
            with_error(work, error)
            for work, error in main[["work", "work_mcse"]].to_numpy(dtype=float)
        ],
        relative=interval(main, "ratio"),
        won=[f"{won} of {of}" for won, of in zip(main["wins"], main["data_sets"], strict=True)],
    )
    several = several_samplers(contents.study)
    sampler = {"sampler": "sampler"} if several else {}
    labels = {
        ("mu", "promise_ratio"): "mu",
        ("tau", "promise_ratio"): "tau",
        ("log_tau", "promise_ratio"): "log tau",
        (TAIL, "promise_ratio"): TAIL,
    }
    return Section(
        "work",
        "Which estimand, and which data set",
        [
            text_part(
                "The order of the parameterizations may depend on the estimand and on the data "
                "set. Differences for the worst estimand are the primary contrast of a scenario; "
                "their p-values in summary/comparisons.csv are adjusted by Holm's method. All "
                "other comparisons describe what was seen."
            ),
            table_part(
                "winners",
                "Work by estimand",
                "Work with its standard error over data sets in brackets, the ratio to the "
                "parameterization with the least mean work for this estimand with its 95 % "
                "interval, paired by data set, and the number of data sets in which the "
                "parameterization took the least work. Parameterizations that equal another one "
                "are left out; the thetas are in the file.",
                table,
                {
                    "scenario": "scenario",
                    **sampler,
                    "estimand": "estimand",
                    "parameterization": "parameterization",
                    "measured": "work (standard error)",
                    "relative": "relative to the least",
                    "won": "data sets won",
                },
                file="summary/winners.csv",
            ),
            *figure_parts(contents, "work_by_tau", "work_by_data_weight"),
            text_part(
                "Effective sample sizes are each fit's own estimate of its precision. The promise "
                "ratio is the work by exact error divided by the work that effective sample sizes "
                "promise: above 1, they overstate the precision of the fits; below 1, they "
                "understate it."
            ),
            table_part(
                "promise",
                "Promise ratios: by how much effective sample sizes overstate",
                "Means over data sets, with Monte Carlo standard errors in brackets. The promise "
                "for the lower tail is that of the tail ESS of tau, and those for the others are "
                "of their bulk ESS.",
                *measure_table(contents, labels),
                file="summary/performance.csv",
            ),
            *figure_parts(contents, "error_by_length"),
        ],
    )


def _about_data_sets(contents: Contents) -> list[str]:
    """Return what the averages leave out, if anything."""
    chosen = contents.tables["errors"]
    names = list(chosen.loc[chosen["chosen"].astype(bool), "scenario"].unique())
    if not names:
        return []
    return [
        f"Replicate 0 of {', '.join(names)} is the published data set. It was chosen and is no "
        "random sample, so it is shown in figures but left out of all averages and their standard "
        "errors."
    ]
