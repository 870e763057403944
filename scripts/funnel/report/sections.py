"""The sections with results that every report has."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from funnel.analysis.criteria import ESS_TO_JUDGE
from funnel.report.answer_text import sentences
from funnel.report.contents import Contents, Part, Section
from funnel.report.parts import cell_columns, figure_parts, measure_table, table_part, text_part
from funnel.report.problems import short_fits
from funnel.study.design import several_samplers
from funnel.study.schema import Study


def answer_section(contents: Contents) -> Section:
    answers = contents.tables["answers"]
    text = [
        "A fit is called right if no probability of the form P(tau < x) is off by more than five "
        "percentage points, that is, if the Kolmogorov-Smirnov distance between its draws of tau "
        "and the exact posterior is at most 0.05. The best parameterization is the one with the "
        "highest effective sample size (ESS) per leapfrog step among those whose fits are all "
        "right. Unlike seconds, leapfrog steps do not depend on the machine.",
        "The ESS is estimated from the draws themselves. If the root mean square z of log tau, in "
        "the section on errors, is well above 1, the fits are less accurate than their ESS "
        "suggests.",
        "Monte Carlo error alone makes the distance exceed 0.05 in 5 % of the fits whose ESS of "
        f"tau is about {ESS_TO_JUDGE:.0f}, so a fit with fewer effective draws may be called wrong "
        f"just because it is short. {short_fits(contents.tables.get('estimates'))}".strip(),
    ]
    columns = {
        **cell_columns(contents),
        "fits": "fits",
        "failed": "failed fits",
        "wrong": "fits wrong about tau",
        "ks": "mean distance of tau",
        "ks_mcse": "standard error of the distance",
        "efficiency": "ESS per leapfrog step",
        "ratio": "cost relative to the best",
        "ratio_low": "cost, lower limit",
        "ratio_high": "cost, upper limit",
        "verdict": "verdict",
    }
    return Section(
        "answer",
        "The answer",
        [
            {"kind": "verdicts", "rows": verdicts(contents.study, answers)},
            text_part(*text),
            table_part(
                "answers",
                "Comparison of parameterizations, by scenario",
                "The distance is the Kolmogorov-Smirnov distance between the draws of tau and the "
                "exact posterior. The ESS is the lowest bulk effective sample size of a fit. The "
                "cost is the number of leapfrog steps for the same ESS, divided by that of the "
                "best parameterization, with 95 % limits. The verdict is level if the "
                "parameterization cannot be distinguished from the best, right if it has no wrong "
                "fits but a single replicate gives no limits, same if it equals another "
                "parameterization, and unknown if there is no exact posterior to compare with. The "
                "cost is a geometric mean over replicates, so it need not equal the ratio of the "
                "mean ESS per leapfrog step.",
                answers,
                columns,
                file="summary/answers.csv",
            ),
            *figure_parts(contents, "density_of_log_tau"),
        ],
    )


def verdicts(study: Study, answers: pd.DataFrame) -> list[tuple[str, str]]:
    """Return the answer for each scenario, and for each sampler if there are several."""
    several = several_samplers(study)
    return [
        (f"{scenario}, {sampler}" if several else scenario, sentence)
        for (scenario, sampler), sentence in sentences(answers).items()
    ]


def exact_errors_section(contents: Contents) -> Section:
    table = measure_table(
        contents,
        {
            ("tau", "ks"): "distance of tau",
            ("tau", "mass_below_exact_q05"): "fraction of draws below the exact 5 % quantile of "
            "tau",
            ("mu", "mean_error"): "error of the mean of mu",
            ("tau", "mean_error"): "error of the mean of tau",
            ("log_tau", "rms_z"): "root mean square z of log tau",
        },
    )
    return Section(
        "exact-errors",
        "Errors against the exact posterior",
        [
            text_part(
                "Each fit is compared with the exact posterior of its own data set. These are the "
                "errors that the sampler adds to those of the model."
            ),
            table_part(
                "exact-errors-table",
                "Errors of the fits",
                "Means over replicates, with Monte Carlo standard errors in brackets. The distance "
                "is the Kolmogorov-Smirnov distance between the draws and the exact posterior. The "
                "error of a posterior mean divided by the Monte Carlo standard error that the fit "
                "reports is z. A correct fit has on average a fraction of 0.05 of its draws below "
                "the exact 5 % quantile, and a root mean square z of about 1.",
                *table,
                file="summary/performance.csv",
            ),
            *figure_parts(contents, "ks_tau", "lost_mass", "z_tau", "mean_error"),
        ],
    )


def performance_section(contents: Contents) -> Section:
    """Return the section on performance measures; on estimates if there are no true values."""
    if all(scenario.y is not None for scenario in contents.study.scenarios):
        return Section(
            "performance",
            "Estimates",
            [
                text_part(
                    "The data of this study are given, so there are no true values, and no bias, "
                    "root mean square error or coverage."
                ),
                *figure_parts(contents, "estimates_mu", "estimates_tau"),
            ],
        )
    table = measure_table(
        contents,
        {
            (estimand, measure): f"{label} of {estimand}"
            for estimand in ("mu", "tau")
            for measure, label in (
                ("bias", "bias"),
                ("rmse", "root mean square error"),
                ("coverage_90", "90 % coverage"),
            )
        },
    )
    return Section(
        "performance",
        "Performance with respect to the true values",
        [
            text_part(
                "These are the performance measures of Morris, White and Crowther (2019), over "
                "replicates. If the true values are fixed, even the exact posterior is biased "
                "towards the prior and does not have nominal coverage. The previous section shows "
                "what the sampler adds to these errors.",
                *_one_data_set(contents.study),
            ),
            table_part(
                "performance-table",
                "Bias, root mean square error and coverage",
                "Estimates, with Monte Carlo standard errors in brackets.",
                *table,
                file="summary/performance.csv",
            ),
            *figure_parts(contents, "bias", "coverage", "estimates_mu", "estimates_tau"),
        ],
    )


def _one_data_set(study: Study) -> Iterator[str]:
    names = [each.name for each in study.scenarios if study.same_data or each.y is not None]
    if names and study.replicates > 1:
        yield (
            f"All replicates of {', '.join(names)} use the same data set and differ only in the "
            "seed of the sampler. Their bias and coverage describe this data set alone, and their "
            "standard errors the variation between runs of the sampler."
        )


def diagnostics_section(contents: Contents) -> Section:
    value, counts = contents.tables["diagnostic_value"], contents.tables["divergences"]
    several = several_samplers(contents.study)
    sampler = {"sampler": "sampler"} if several else {}
    wrong = int(value.groupby("sampler")["wrong"].max().sum()) if len(value) else 0
    return Section(
        "diagnostics",
        "How well diagnostics detect wrong fits",
        [
            text_part(
                "Without an exact posterior, divergences, E-BFMI, R-hat and effective sample sizes "
                "are the only evidence that a fit is wrong. Here it is known which fits are wrong "
                f"about tau ({wrong} of them), so the sensitivity and the false alarm rate of each "
                "diagnostic can be counted."
            ),
            table_part(
                "diagnostic-value-table",
                "Sensitivity and false alarm rate of each diagnostic",
                "The sensitivity is the proportion of the wrong fits that a diagnostic flags, and "
                "the false alarm rate is the proportion of the other fits that it flags. The 95 % "
                "Wilson limits treat fits as independent, although fits of the same data set are "
                "not. All cells (combinations of scenario, parameterization and sampler) are "
                "pooled, so a study with other cells would have other rates.",
                value,
                {
                    **sampler,
                    "diagnostic": "diagnostic",
                    "wrong": "wrong fits",
                    "wrong_cells": "cells with wrong fits",
                    "sensitivity": "sensitivity",
                    "sensitivity_low": "sensitivity, lower limit",
                    "sensitivity_high": "sensitivity, upper limit",
                    "right": "other fits",
                    "false_alarm": "false alarm rate",
                    "false_alarm_low": "false alarm rate, lower limit",
                    "false_alarm_high": "false alarm rate, upper limit",
                },
                file="summary/diagnostic_value.csv",
            ),
            *figure_parts(contents, "diagnostic_value"),
            table_part(
                "divergences-table",
                "Divergences and errors about tau",
                "Fits grouped by their number of divergences, with the mean Kolmogorov-Smirnov "
                "distance between their draws of tau and the exact posterior, and the proportion "
                "of wrong fits with its 95 % Wilson limits.",
                counts,
                {
                    **sampler,
                    "divergences": "divergences",
                    "fits": "fits",
                    "ks": "mean distance",
                    "ks_mcse": "standard error of the distance",
                    "wrong": "proportion wrong",
                    "wrong_low": "proportion, lower limit",
                    "wrong_high": "proportion, upper limit",
                },
                file="summary/divergences.csv",
            ),
            *figure_parts(contents, "divergences", "bfmi", "step_size", "rhat"),
        ],
    )


def cost_section(contents: Contents) -> Section:
    table = measure_table(
        contents,
        {
            (estimand, measure): f"ESS of {estimand.replace('_', ' ')} per {unit}"
            for measure, unit in (
                ("ess_per_second", "second"),
                ("ess_per_leapfrog_step", "leapfrog step"),
            )
            for estimand in ("mu", "log_tau")
        },
    )
    return Section(
        "cost",
        "Cost of sampling",
        [
            text_part(
                "Seconds are the wall time of sampling on one core of one machine, including "
                "tuning but not compilation. Leapfrog steps do not depend on the machine. The "
                "effective sample size (ESS) of a fit that explores only a part of the posterior "
                "is meaningless, so check the errors against the exact posterior first."
            ),
            table_part(
                "cost-table",
                "Effective sample size per second and per leapfrog step",
                "Bulk effective sample sizes, averaged over replicates, with standard errors in "
                "brackets.",
                *table,
                file="summary/performance.csv",
            ),
            *figure_parts(contents, "ess_per_leapfrog_step", "ess_per_second"),
            *_timing(contents),
        ],
    )


def _timing(contents: Contents) -> Iterator[Part]:
    if "timing" in contents.tables:
        yield table_part(
            "timing",
            "Run time by stage",
            "Seconds are summed over all jobs of a stage, several of which may have run at the "
            "same time. The stage between jobs is the time in which cores were idle because "
            "Snakemake was planning, or because the last job of a stage was still running. "
            "Writing this page is not included.",
            contents.tables["timing"],
            {
                "stage": "stage",
                "part": "part",
                "jobs": "jobs",
                "seconds": "seconds",
                "cpu_seconds": "CPU seconds",
                "share": "fraction of all seconds",
                "largest_memory_mb": "largest memory, MB",
            },
            file="summary/timing.csv",
        )
