"""The sections with results that every report has."""

from __future__ import annotations

from collections.abc import Iterator

from funnel_study.report.contents import Contents, Part, Section
from funnel_study.report.parts import figure_parts, measure_table, table_part, text_part
from funnel_study.study.design import several_samplers
from funnel_study.study.schema import Study


def exact_errors_section(contents: Contents) -> Section:
    table = measure_table(
        contents,
        {
            ("log_tau", "bias_squared"): "squared bias of log tau",
            ("tau", "probability_bias"): "squared bias of probabilities of tau",
            ("mu", "probability_bias"): "squared bias of probabilities of mu",
            ("tau", "content_90"): "content of the 90 % interval of tau",
            ("tau", "mass_below_exact_q05"): "fraction of draws below the exact 5 % quantile of "
            "tau",
            ("tau", "ks"): "distance of tau",
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
                "Means over replicates, with Monte Carlo standard errors in brackets. Squared "
                "biases are those that the chains of a fit share, apart from their noise, in units "
                "of the exact posterior variance; estimates are unbiased, so they may be negative. "
                "The "
                "squared bias of probabilities is averaged over nine exact quantiles. The content "
                "of an interval is its exact posterior probability. The distance is the "
                "Kolmogorov-Smirnov distance between the draws and the exact posterior. The error "
                "of a posterior mean divided by the Monte Carlo standard error that the fit "
                "reports is z; its root mean square is about 1 for a correct fit.",
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
    value, regressions = contents.tables["diagnostic_value"], contents.tables["divergences"]
    sampler = {"sampler": "sampler"} if several_samplers(contents.study) else {}
    names = {**sampler, "definition": "definition", "diagnostic": "diagnostic"}
    counts = value.groupby(["sampler", "definition"], sort=False)[["wrong", "right"]].max()
    wrong = counts.groupby("definition", sort=False).sum()
    listed = "; ".join(
        f"{n} of {n + right} fits by the {definition}"
        for definition, n, right in wrong.itertuples(name=None)
    )
    return Section(
        "diagnostics",
        "How well diagnostics detect wrong fits",
        [
            text_part(
                "Without an exact posterior, divergences, E-BFMI, R-hat and effective sample sizes "
                "are the only evidence that a fit is wrong. Here the errors of all fits are known. "
                "What counts as a wrong fit is a matter of definition, so there are three.",
                "By the bias of log tau, a fit is wrong if the mean of log tau over all of its "
                "chains is off by more than 0.1 exact posterior standard deviations. By the "
                "probability bias, it is wrong if the squared bias of the probabilities of tau, "
                "relative to their variance and averaged over nine exact quantiles, exceeds 0.01. "
                "By the KS distance, it is wrong if some probability P(tau < x) is off by more "
                "than five percentage points. The first and the last include Monte Carlo error, so "
                "a fit may be wrong only because it is short. The second is free of it on "
                "average, but its estimate from a few chains is noisy. It counts only the error "
                "that the chains share: for the same error of a fit, it is smaller if the chains "
                "disagree, whereas R-hat is then larger. Within a cell the AUC may therefore be "
                "below 0.5.",
                f"Wrong are {listed}." if listed else "No fit has a known error.",
                "The AUC of a diagnostic is the probability that a wrong fit looks worse than a "
                "right one, where ties count one half. A diagnostic that knows nothing has an AUC "
                "of 0.5. The AUC over all pairs of fits also measures whether the diagnostic "
                "recognises the cells (combinations of scenario, parameterization and sampler) in "
                "which wrong fits are frequent, so a study with other cells would have another "
                "AUC. Within cells, only fits of the same cell are compared.",
                "The 95 % intervals come from a bootstrap that resamples whole data sets. An "
                "interval is missing where fewer than five cells have wrong fits (within cells: "
                "wrong and right fits), because it would say nothing about other cells. It is also "
                "missing where all resamples give the same value, such as a sensitivity of 1. "
                "Parameterizations that equal another one are left out.",
            ),
            table_part(
                "diagnostic-value-table",
                "AUC of each diagnostic, by definition of a wrong fit",
                "The AUC over all pairs of a wrong and a right fit, and over the pairs of the same "
                "cell, with 95 % limits.",
                value,
                {
                    **names,
                    "wrong": "wrong fits",
                    "wrong_cells": "cells with wrong fits",
                    "right": "right fits",
                    "auc": "AUC",
                    "auc_low": "AUC, lower limit",
                    "auc_high": "AUC, upper limit",
                    "compared_cells": "cells with wrong and right fits",
                    "auc_within_cells": "AUC within cells",
                    "auc_within_cells_low": "AUC within cells, lower limit",
                    "auc_within_cells_high": "AUC within cells, upper limit",
                },
                file="summary/diagnostic_value.csv",
            ),
            *figure_parts(contents, "diagnostic_value", "roc"),
            table_part(
                "thresholds-table",
                "Sensitivity and false alarm rate at the customary thresholds",
                "The sensitivity is the proportion of the wrong fits whose diagnostic is beyond "
                "the threshold, and the false alarm rate is that of the right fits, with 95 % "
                "limits.",
                value,
                {
                    **names,
                    "threshold": "threshold",
                    "sensitivity": "sensitivity",
                    "sensitivity_low": "sensitivity, lower limit",
                    "sensitivity_high": "sensitivity, upper limit",
                    "false_alarm": "false alarm rate",
                    "false_alarm_low": "false alarm rate, lower limit",
                    "false_alarm_high": "false alarm rate, upper limit",
                },
                file="summary/diagnostic_value.csv",
            ),
            table_part(
                "divergences-table",
                "Regression of errors about tau on divergences",
                "The slope is the change of the error for ten times as many divergences, more "
                "precisely of 1 + divergences. A slope of 0.3 of a log10 means twice the error. "
                "The regression is over all fits (pooled), or with an intercept for every cell "
                "(within). Standard errors are robust to correlation within data sets, and the "
                "limits are those of 95 % intervals. They describe other data sets of the same "
                "cells, not other cells.",
                regressions,
                {
                    **sampler,
                    "error": "error",
                    "cells": "cells",
                    "fits": "fits",
                    "data_sets": "data sets",
                    "diverging": "fits with divergences",
                    "diverging_cells": "cells with divergences",
                    "slope": "slope",
                    "standard_error": "standard error",
                    "slope_low": "slope, lower limit",
                    "slope_high": "slope, upper limit",
                    "intercept": "intercept",
                },
                file="summary/divergences.csv",
            ),
            *figure_parts(
                contents, "divergences_and_error", "divergences", "bfmi", "step_size", "rhat"
            ),
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


def time_section(contents: Contents) -> Section:
    return Section("cost", "Run time", list(_timing(contents)))


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
