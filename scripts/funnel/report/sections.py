"""The sections that every report has."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from funnel.analysis.criteria import ESS_TO_JUDGE
from funnel.report.answer_text import sentences
from funnel.report.contents import Contents, Part, Section
from funnel.report.parts import cell_columns, figure_parts, measured_columns, table_part, text_part
from funnel.report.problems import too_short
from funnel.study.design import several_samplers
from funnel.study.schema import Study


def answer_section(contents: Contents) -> Section:
    answers = contents.tables["answers"]
    text = [
        "A fit is right here if no probability of the form tau < x is off by more than five points "
        "(its Kolmogorov-Smirnov distance to the exact posterior is at most 0.05). Of the "
        "parameterizations whose fits are all right, the best is the one with the most effective "
        "draws per leapfrog step, the cost that no machine changes. Effective draws are counted "
        "from the draws themselves: where z of log tau, among the errors below, is well above 1, "
        "they promise more than the fits keep. The room for wrong fits is the upper end of a 95 % "
        "Wilson interval. Monte Carlo error alone passes "
        "0.05 in one of twenty fits whose effective sample size of tau is about "
        f"{ESS_TO_JUDGE:.0f}: with fewer draws a fit may be called wrong for its length. "
        + too_short(contents.tables.get("estimates"))
    ]
    columns = {
        **cell_columns(contents),
        "fits": "fits",
        "failed": "failed",
        "wrong": "wrong about tau",
        "ks": "distance of tau",
        "ks_mcse": "its standard error",
        "efficiency": "ESS per leapfrog step",
        "ratio": "work over the best",
        "ratio_low": "95 % from",
        "ratio_high": "to",
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
                "Parameterizations, by scenario",
                "Distance: mean Kolmogorov-Smirnov distance of tau to its exact posterior. ESS: "
                "the lowest bulk effective sample size of a fit. Work: how many times the "
                "leapfrog steps of the best, for the same effective sample size.",
                answers,
                columns,
                file="summary/answers.csv",
            ),
            *figure_parts(contents, "density_of_log_tau"),
        ],
    )


def verdicts(study: Study, answers: pd.DataFrame) -> list[tuple[str, str]]:
    """The answer for each scenario, and sampler where there are several."""
    several = several_samplers(study)
    return [
        (f"{scenario}, {sampler}" if several else scenario, sentence)
        for (scenario, sampler), sentence in sentences(answers).items()
    ]


def exact_errors_section(contents: Contents) -> Section:
    table = measured_columns(
        contents,
        {
            ("tau", "ks"): "distance of tau",
            ("tau", "mass_below_exact_q05"): "mass of tau below its exact 5 % quantile",
            ("mu", "mean_error"): "error of the mean of mu",
            ("tau", "mean_error"): "error of the mean of tau",
            ("log_tau", "rms_z"): "root mean square z of log tau",
        },
    )
    return Section(
        "exact-errors",
        "How wrong the fits are",
        [
            text_part(
                "Each fit against the exact posterior of its own data: what the sampler adds to "
                "the statistics of the model."
            ),
            table_part(
                "exact-errors-table",
                "Errors against the exact posterior",
                "Means over replicates, their Monte Carlo standard errors in brackets. A fit that "
                "loses nothing has 0.05 of its draws below the exact 5 % quantile, and z of about "
                "1 if its errors are Monte Carlo's alone.",
                *table,
                file="summary/performance.csv",
            ),
            *figure_parts(contents, "ks_tau", "lost_mass", "z_tau", "mean_error"),
        ],
    )


def performance_section(contents: Contents) -> Section:
    table = measured_columns(
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
        "Performance against the truth",
        [
            text_part(
                "The measures of Morris, White and Crowther (2019) over replicates. With a fixed "
                "truth an exact posterior, too, is biased towards its prior and misses nominal "
                "coverage; the exact errors above say what a fit adds.",
                *_one_data_set(contents.study),
            ),
            table_part(
                "performance-table",
                "Bias, error and coverage",
                "Estimates with their Monte Carlo standard errors in brackets.",
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
            f"All replicates of {', '.join(names)} have one data set: what varies between them is "
            "sampling alone. Bias and coverage there are those of one data set, their errors those "
            "of the sampler, and neither says anything of other data."
        )


def diagnostics_section(contents: Contents) -> Section:
    value, counts = contents.tables["diagnostic_value"], contents.tables["divergences"]
    several = several_samplers(contents.study)
    sampler = {"sampler": "sampler"} if several else {}
    wrong = int(value.groupby("sampler")["wrong"].max().sum()) if len(value) else 0
    return Section(
        "diagnostics",
        "What the diagnostics say, and what that is worth",
        [
            text_part(
                "Divergences, E-BFMI, R-hat and effective sample sizes are all that one has "
                "without an exact posterior. Here it is known which fits are wrong, "
                f"{wrong} of them, so it can be counted how often each diagnostic fires when it "
                "should, and when it should not."
            ),
            table_part(
                "diagnostic-value-table",
                "What each diagnostic is worth",
                "Sensitivity: how often it fires among the fits that are wrong about tau. False "
                "alarm: among the others. With 95 % Wilson intervals, which take fits as "
                "independent; those of one data set are not. All cells of the study are pooled: "
                "another mix of them has other rates.",
                value,
                {
                    **sampler,
                    "diagnostic": "diagnostic",
                    "wrong": "wrong fits",
                    "wrong_cells": "in cells",
                    "sensitivity": "sensitivity",
                    "sensitivity_low": "from",
                    "sensitivity_high": "to",
                    "right": "other fits",
                    "false_alarm": "false alarm",
                    "false_alarm_low": "from ",
                    "false_alarm_high": "to ",
                },
                file="summary/diagnostic_value.csv",
            ),
            *figure_parts(contents, "diagnostic_value"),
            table_part(
                "divergences-table",
                "Divergences and errors",
                "Fits by their number of divergences: the mean distance of their draws of tau, and "
                "the part of them that is wrong, with its 95 % Wilson interval.",
                counts,
                {
                    **sampler,
                    "divergences": "divergences",
                    "fits": "fits",
                    "ks": "mean distance",
                    "ks_mcse": "standard error",
                    "wrong": "part wrong",
                    "wrong_low": "from",
                    "wrong_high": "to",
                },
                file="summary/divergences.csv",
            ),
            *figure_parts(contents, "divergences", "bfmi", "step_size", "rhat"),
        ],
    )


def cost_section(contents: Contents) -> Section:
    table = measured_columns(
        contents,
        {
            (estimand, measure): f"{label} of {estimand.replace('_', ' ')}"
            for measure, label in (
                ("ess_per_second", "ESS per second"),
                ("ess_per_leapfrog_step", "ESS per leapfrog step"),
            )
            for estimand in ("mu", "log_tau")
        },
    )
    return Section(
        "cost",
        "What it costs",
        [
            text_part(
                "Seconds are those of sampling on one core of one machine, tuning included and "
                "compiling not; leapfrog steps are the same on every machine. Effective draws of a "
                "fit that explores a part of its posterior only are worth nothing: read the exact "
                "errors first."
            ),
            table_part(
                "cost-table",
                "Effective draws for the work",
                "Means over replicates of bulk effective sample sizes, their standard errors in "
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
            "Where the time went",
            "Seconds of all jobs of a stage together, several of which may have run at once. "
            "Between jobs is what the cores waited for Snakemake, or for the last job of a stage; "
            "this page is not counted.",
            contents.tables["timing"],
            {
                "stage": "stage",
                "part": "part",
                "jobs": "jobs",
                "seconds": "seconds",
                "cpu_seconds": "CPU seconds",
                "share": "share of all",
                "largest_memory_mb": "largest memory, MB",
            },
            file="summary/timing.csv",
        )
