"""The report of a study: one page from its tables and figures, every number of it computed.

`page` puts together what the sections say; the layout is in templates/. Text from a configuration
is escaped by Jinja, as everything that is not marked safe.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from great_tables import GT
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image

from funnel.answer import sentences
from funnel.catalogue import FIGURES, KINDS
from funnel.config import Study
from funnel.data import CELL, FIT
from funnel.design import is_calibration, several_samplers
from funnel.diagnostic_value import ESS_TO_JUDGE, LARGE
from funnel.summary import stuck_chains
from funnel.theme import DPI

LARGEST_SVG = 600_000  # bytes; a larger figure is shown as PNG
_TEMPLATES = Path(__file__).parent / "templates"
Part = dict[str, Any]


@dataclass(frozen=True)
class Contents:
    """What a report is made from.

    `tables` are the study's by name; `figures` are image files by name, each in some formats;
    `drawn` are those of single fits, by their path below figures/. `software` names what ran, with
    its version.
    """

    study: Study
    tables: Mapping[str, pd.DataFrame]
    figures: Mapping[str, Sequence[Path]]
    drawn: Mapping[str, Path] = field(default_factory=dict)
    software: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Section:
    """A heading and what stands below it."""

    id: str
    title: str
    parts: list[Part]


def page(contents: Contents) -> str:
    """The report as one HTML document that needs no other file."""
    sections = [
        _answer(contents),
        _question(contents.study),
        _design(contents),
        _exact_errors(contents),
        _performance(contents),
        _diagnostics(contents),
        _cost(contents),
        *_optional(contents),
        _reproduce(contents),
    ]
    return _render(
        "report.html",
        title=f"Funnel: {contents.study.study}",
        heading="Centered, non-centered, or a mixture of both?",
        study=contents.study.study,
        lead=lead(contents.study, contents.tables["fits"]),
        problems=[
            *problems(contents.tables["fits"]),
            *_few(stuck_chains(contents.tables["chains"])),
        ],
        sections=[section for section in sections if section.parts],
        footer=", ".join(f"{name} {version}" for name, version in contents.software.items()),
    )


def fit_page(
    study: str,
    names: Sequence[str],
    fits: pd.DataFrame,
    estimates: pd.DataFrame,
    drawn: Mapping[str, Path],
) -> str:
    """The page of one fit: its figures and its rows of both tables.

    `names` are its scenario, parameterization, sampler and replicate.
    """
    scenario, parameterization, sampler, replicate = names
    row = fits.drop(columns=[*FIT, "message"])
    diagnostics = pd.DataFrame(
        {
            "diagnostic": name,
            "value": _number(value, 6) if isinstance(value, float) else str(value),
        }
        for name, value in row.iloc[0].items()
    )
    columns = ("estimand", "truth", "mean", "exact_mean", "sd", "exact_sd", "z", "ks", "rhat")
    more = ("ess_bulk", "ess_tail")
    return _render(
        "report.html",
        title=f"Funnel: {', '.join(names)}",
        heading=f"{scenario}, {parameterization}, replicate {replicate}, by {sampler}",
        study=study,
        lead="One fit: its draws, beside the exact posterior of its data.",
        problems=problems(fits),
        sections=[
            Section("figures", "Figures", [_drawn_figure(*item) for item in drawn.items()]),
            Section(
                "estimates",
                "Estimates",
                [
                    _table(
                        "estimates-table",
                        "Estimates",
                        "Of the draws and of the exact posterior.",
                        estimates,
                        {name: name.replace("_", " ") for name in (*columns, *more)},
                    )
                ],
            ),
            Section(
                "diagnostics",
                "Diagnostics",
                [
                    _table(
                        "diagnostics-table",
                        "Diagnostics",
                        "As in summary/fits.csv.",
                        diagnostics,
                        {"diagnostic": "diagnostic", "value": "value"},
                    )
                ],
            ),
        ],
        footer="",
    )


def index(studies: Iterable[Mapping[str, Any]]) -> str:
    """The page that lists studies: `name`, `lead`, `problems`, `answers` and `figure` of each."""
    return _render("index.html", studies=list(studies))


def summary(
    study: Study, fits: pd.DataFrame, answers: pd.DataFrame, figure: str | None
) -> dict[str, Any]:
    """What the index of studies says of one; `figure` is the address of its main figure."""
    main = FIGURES["density_of_log_tau"]
    return {
        "name": study.study,
        "lead": lead(study, fits),
        "problems": problems(fits)[:1],
        "answers": _verdicts(study, answers),
        "figure": figure and {"title": main.title, "caption": main.caption, "source": figure},
    }


def lead(study: Study, fits: pd.DataFrame) -> str:
    """What was done, in a sentence."""
    n = len(fits)
    shared = [each.name for each in study.scenarios if study.same_data or each.y is not None]
    data_sets = sum(
        1 if scenario in shared else len(group["replicate"].unique())
        for scenario, group in fits.groupby("scenario")
    )
    return (
        f"{_count(n, 'fit')} of {_count(data_sets, 'data set')} in "
        f"{_count(len(study.scenarios), 'scenario')}, by "
        f"{_count(len(fits['parameterization'].unique()), 'parameterization')} and "
        f"{_count(len(study.samplers), 'sampler')}, each held against the exact posterior."
    )


def _few(lines: list[str]) -> list[str]:
    """The first of many lines, and how many there are."""
    more = f"... and {len(lines) - 5} more chains that hardly moved (moves in summary/chains.csv)."
    return lines if len(lines) <= 6 else [*lines[:5], more]


def problems(fits: pd.DataFrame) -> list[str]:
    """What a reader must know before the rest: which fits failed or cannot be judged, and why."""
    failed = fits[fits["status"] != "ok"]
    lines = []
    for names, group in failed.groupby(CELL, sort=False):
        whole = int((fits[CELL] == pd.Series(names, index=CELL)).all(axis=1).sum())
        lines.append(
            f"{', '.join(map(str, names))}: {len(group)} of {_count(whole, 'fit')} failed. "
            f"{group['message'].iloc[0]}"
        )
    if len(failed):
        lines.insert(0, f"{len(failed)} of {_count(len(fits), 'fit')} failed.")
    unjudged = fits[(fits["status"] == "ok") & (fits["message"].fillna("") != "")]
    for names, group in unjudged.groupby(CELL, sort=False):
        lines.append(
            f"{', '.join(map(str, names))}: {_count(len(group), 'fit')} cannot be held against an "
            f"exact posterior. {group['message'].iloc[0]}"
        )
    return lines


def _too_short(estimates: pd.DataFrame | None) -> str:
    """How many of the fits called wrong have so few draws that their length may be why."""
    if estimates is None:
        return ""
    tau = estimates[estimates["estimand"] == "tau"]
    wrong = tau[tau["ks"].astype(float) > LARGE]
    if wrong.empty:
        return "No fit of this study is called wrong."
    short = int((wrong["ess_bulk"].astype(float) < ESS_TO_JUDGE).sum())
    return (
        f"Of the {_count(len(wrong), 'fit')} called wrong here, {short or 'none'} "
        f"{'has' if short == 1 else 'have'} fewer."
    )


def _answer(contents: Contents) -> Section:
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
        + _too_short(contents.tables.get("estimates"))
    ]
    columns = {
        **_cell_columns(contents),
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
            {"kind": "verdicts", "rows": _verdicts(contents.study, answers)},
            _text(*text),
            _table(
                "answers",
                "Parameterizations, by scenario",
                "Distance: mean Kolmogorov-Smirnov distance of tau to its exact posterior. ESS: "
                "the lowest bulk effective sample size of a fit. Work: how many times the "
                "leapfrog steps of the best, for the same effective sample size.",
                answers,
                columns,
                file="summary/answers.csv",
            ),
            *_figures(contents, "density_of_log_tau"),
        ],
    )


def _verdicts(study: Study, answers: pd.DataFrame) -> list[tuple[str, str]]:
    """The answer for each scenario, and sampler where there are several."""
    several = several_samplers(study)
    return [
        (f"{scenario}, {sampler}" if several else scenario, sentence)
        for (scenario, sampler), sentence in sentences(answers).items()
    ]


def model_text(study: Study) -> str:
    """The model and its parameterizations, a line each."""
    priors = study.priors
    prior = {"half_normal": "HalfNormal", "half_cauchy": "HalfCauchy"}[priors.tau]
    laws = {
        "mu": (f"Normal(0, {priors.mu_sd:g})", "the population's mean"),
        "tau": (f"{prior}({priors.tau_sd:g})", "and its spread"),
        "theta_k": ("Normal(mu, tau)", "one effect an individual, k = 0 .. K-1"),
        "y_i": ("Normal(theta[idx_i], sigma)", "their observations, sigma known"),
    }
    moves = {
        "centered": "NUTS moves theta_k itself",
        "noncentered": "NUTS moves eta_k = (theta_k - mu) / tau",
        "mixed": "theta_k of some individuals, eta_k of the others",
    }
    lines = [f"{name:8}~ {law:30}{what}" for name, (law, what) in laws.items()]
    return "\n".join([*lines, "", *(f"{name:13}{what}" for name, what in moves.items())])


def _question(study: Study) -> Section:
    return Section(
        "question",
        "The question",
        [
            _text(
                "In a hierarchical model a small tau squeezes every theta towards mu, so the "
                "posterior may be a funnel, whose neck NUTS cannot enter with the step size that "
                "its mouth needs. Another parameterization of the same model has another shape. "
                "Which shape is benign depends on how much the data say of each individual."
            ),
            {"kind": "formulas", "text": model_text(study)},
            _text(
                "In this model mu and theta integrate out in closed form, and tau is one-"
                "dimensional: the posterior of every data set is known exactly, by quadrature "
                "(Gelman et al., Bayesian Data Analysis, 2013, section 5.4). So the error of a fit "
                "is measured, not guessed from its divergences."
            ),
        ],
    )


def _design(contents: Contents) -> Section:
    study = contents.study
    scenarios = pd.DataFrame(
        [
            {
                "scenario": scenario.name,
                "K": scenario.K,
                "sigma": _short(scenario.sigma),
                "n": _short(scenario.n_per_individual),
                "mixed": _mixed(study, scenario),
                "parameterizations": ", ".join(study.parameterizations_of(scenario)),
                "data": _data(study, scenario),
            }
            for scenario in study.scenarios
        ]
    )
    labels = {
        "scenario": "scenario",
        "K": "individuals",
        "sigma": "sigma",
        "n": "observations of each",
        "mixed": "mixed centers",
        "parameterizations": "parameterizations",
        "data": "data",
    }
    truth = (
        "drawn from their priors for every replicate"
        if isinstance(study.truth, str)
        else f"mu = {study.truth.mu:g} and tau = {study.truth.tau:g}"
    )
    sampling = study.sampling
    settings = (
        f"{_count(study.replicates, 'replicate')} of every scenario; the truth is {truth}. Every "
        f"fit has {_count(sampling.chains, 'chain')} of {sampling.tune:,} tuning iterations and "
        f"{sampling.draws:,} draws, with a target acceptance of {sampling.target_accept:g}. "
        f"Random numbers derive from the seed {study.seed}{_published_seeds(study)}. All "
        "parameterizations and samplers of a replicate see the same data."
    )
    parts = [
        _text(settings),
        _table("scenarios", "Scenarios", "What data are drawn from.", scenarios, labels),
    ]
    versions = contents.tables["versions"]
    if len(versions):
        columns = {"sampler": "sampler", "package": "package", "version": "version"}
        title, caption = "Samplers", "What ran the fits."
        parts.append(_table("versions", title, caption, versions, columns))
    if missing := absent(study, contents.tables):
        parts.append(_text("What this study does not have: " + "; ".join(missing) + "."))
    return Section("design", "How the study is built", parts)


def _published_seeds(study: Study) -> str:
    """Which random numbers do not derive from the study's seed."""
    of_data = any(scenario.published_seed is not None for scenario in study.scenarios)
    sampler = study.sampling.published_seed
    parts = ["published data by the published seeds"] if of_data else []
    parts += [f"the sampler of replicate 0 by {sampler}"] if sampler is not None else []
    return f", but {' and '.join(parts)}" if parts else ""


def _data(study: Study, scenario: Any) -> str:
    if scenario.y is not None:
        return "given: every replicate has the same"
    if scenario.published_seed is not None:
        which = "every replicate is" if study.same_data else "replicate 0 is"
        return f"{which} the published data set"
    return "one data set for all replicates" if study.same_data else "simulated"


def _mixed(study: Study, scenario: Any) -> str:
    if "mixed" not in study.parameterizations_of(scenario):
        return ""
    return "by the rule" if scenario.mixed is None else _short(scenario.mixed)


def absent(study: Study, tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """What a report could have, but the study does not; a phrase each."""
    phrases = []
    if study.replicates == 1:
        phrases.append("more than one replicate, so no Monte Carlo standard errors over replicates")
    if study.sampling.chains == 1:
        phrases.append("a second chain of each fit, so no R-hat")
    if len(tables["fits"]["parameterization"].unique()) == 1:
        phrases.append("a second parameterization to compare with")
    if not several_samplers(study):
        phrases.append("a second sampler to compare with")
    if not is_calibration(study):
        phrases.append("a truth drawn from the prior, so no simulation-based calibration")
    if "published" not in tables:
        phrases.append("a fit of the published data with the published settings")
    if not study.draw:
        phrases.append("figures of single fits (any is drawn by its name, or by make inspect)")
    if any(scenario.y is not None for scenario in study.scenarios):
        phrases.append("a known truth where data are given")
    return phrases


def _exact_errors(contents: Contents) -> Section:
    table = _measured(
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
            _text(
                "Each fit against the exact posterior of its own data: what the sampler adds to "
                "the statistics of the model."
            ),
            _table(
                "exact-errors-table",
                "Errors against the exact posterior",
                "Means over replicates, their Monte Carlo standard errors in brackets. A fit that "
                "loses nothing has 0.05 of its draws below the exact 5 % quantile, and z of about "
                "1 if its errors are Monte Carlo's alone.",
                *table,
                file="summary/performance.csv",
            ),
            *_figures(contents, "ks_tau", "lost_mass", "z_tau", "mean_error"),
        ],
    )


def _performance(contents: Contents) -> Section:
    table = _measured(
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
            _text(
                "The measures of Morris, White and Crowther (2019) over replicates. With a fixed "
                "truth an exact posterior, too, is biased towards its prior and misses nominal "
                "coverage; the exact errors above say what a fit adds.",
                *_one_data_set(contents.study),
            ),
            _table(
                "performance-table",
                "Bias, error and coverage",
                "Estimates with their Monte Carlo standard errors in brackets.",
                *table,
                file="summary/performance.csv",
            ),
            *_figures(contents, "bias", "coverage", "estimates_mu", "estimates_tau"),
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


def _diagnostics(contents: Contents) -> Section:
    value, counts = contents.tables["diagnostic_value"], contents.tables["divergences"]
    several = several_samplers(contents.study)
    sampler = {"sampler": "sampler"} if several else {}
    wrong = int(value.groupby("sampler")["wrong"].max().sum()) if len(value) else 0
    return Section(
        "diagnostics",
        "What the diagnostics say, and what that is worth",
        [
            _text(
                "Divergences, E-BFMI, R-hat and effective sample sizes are all that one has "
                "without an exact posterior. Here it is known which fits are wrong, "
                f"{wrong} of them, so it can be counted how often each diagnostic fires when it "
                "should, and when it should not."
            ),
            _table(
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
            *_figures(contents, "diagnostic_value"),
            _table(
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
            *_figures(contents, "divergences", "bfmi", "step_size", "rhat"),
        ],
    )


def _cost(contents: Contents) -> Section:
    table = _measured(
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
            _text(
                "Seconds are those of sampling on one core of one machine, tuning included and "
                "compiling not; leapfrog steps are the same on every machine. Effective draws of a "
                "fit that explores a part of its posterior only are worth nothing: read the exact "
                "errors first."
            ),
            _table(
                "cost-table",
                "Effective draws for the work",
                "Means over replicates of bulk effective sample sizes, their standard errors in "
                "brackets.",
                *table,
                file="summary/performance.csv",
            ),
            *_figures(contents, "ess_per_leapfrog_step", "ess_per_second"),
            *_timing(contents),
        ],
    )


def _timing(contents: Contents) -> Iterator[Part]:
    if "timing" in contents.tables:
        yield _table(
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


def _optional(contents: Contents) -> Iterator[Section]:
    """The sections that only some studies have."""
    if several_samplers(contents.study):
        yield _samplers(contents)
    if "calibration" in contents.tables:
        table = _table(
            "calibration-table",
            "Are the ranks of the truth uniform?",
            "ArviZ's test of uniformity, and whether the ECDF stays within its simultaneous 95 % "
            "band.",
            contents.tables["calibration"],
            {str(name): str(name).replace("_", " ") for name in contents.tables["calibration"]},
            file="summary/calibration.csv",
        )
        parts = [*_of_category(contents, "Calibration"), table]
        yield Section("calibration", "Is the inference calibrated?", parts)
    if "published" in contents.tables:
        yield _published(contents)
    if contents.drawn:
        yield Section("fits", "Single fits", list(_drawn(contents)))


def _samplers(contents: Contents) -> Section:
    agreement, cost = contents.tables["agreement_by_pair"], contents.tables["answers"]
    return Section(
        "samplers",
        "Do the samplers agree?",
        [
            _text("The same data and parameterization, fitted by each sampler."),
            _table(
                "agreement-table",
                "Differences of posterior means",
                "Over all estimands and replicates, in Monte Carlo standard errors: a root mean "
                "square of about 1 where both samplers explore the posterior.",
                agreement,
                {
                    "scenario": "scenario",
                    "parameterization": "parameterization",
                    "sampler": "sampler",
                    "versus": "versus",
                    "compared": "compared",
                    "rms_z": "root mean square z",
                    "largest_z": "largest z",
                },
                file="summary/agreement_by_pair.csv",
            ),
            _table(
                "samplers-cost-table",
                "What each sampler needs",
                "Medians of the fits that ended.",
                cost,
                {
                    "scenario": "scenario",
                    "parameterization": "parameterization",
                    "sampler": "sampler",
                    "seconds": "seconds of sampling",
                    "leapfrog_steps": "leapfrog steps",
                    "efficiency": "ESS per leapfrog step",
                },
                file="summary/answers.csv",
            ),
            *_of_category(contents, "Samplers"),
        ],
    )


def _published(contents: Contents) -> Section:
    numbers, findings = contents.tables["published"], contents.tables["findings"]
    judged = numbers[numbers["verdict"].isin(["agrees", "differs"])]
    several = several_samplers(contents.study)
    sampler = {"sampler": "sampler"} if several else {}
    numbers = numbers.assign(fit=numbers["scenario"] + ", " + numbers["parameterization"])
    holds = (findings["holds"] == "yes").sum()
    known = findings["holds"].isin(["yes", "no"]).sum()
    findings = findings.assign(
        test=findings["relation"] + " " + findings["bound"].map("{:.3g}".format),
    )
    return Section(
        "published",
        "The published study, beside this one",
        [
            _text(
                'A post of 2021 (jhrcook, "Mixing centered and non-centered parameterizations in a '
                'hierarchical model with PyMC3") showed the question with seven fits by PyMC3. '
                f"Of its numbers, {(judged['verdict'] == 'agrees').sum()} of {len(judged)} cannot "
                "be told from what was found here, which with four chains on a side leaves room "
                "for large differences, most of all where a chain is stuck; of its findings, "
                f"{holds} of {known} hold. Chains of "
                "another sampler, seed or platform are other chains, so distributions are "
                "compared; step sizes and E-BFMI of another sampler may well differ."
            ),
            *_figures(contents, "published"),
            _table(
                "findings-table",
                "Published findings",
                "Each as a statement that the fits could have refuted. In: under how many sampler "
                "seeds it holds, of those that have a value.",
                findings,
                {
                    "scenario": "scenario",
                    **sampler,
                    "finding": "finding",
                    "statement": "statement",
                    "value": "value",
                    "test": "must be",
                    "holds": "holds",
                    "holds_in": "in",
                    "fits": "of",
                },
                file="summary/findings.csv",
            ),
            _table(
                "published-table",
                "Published and found",
                "Means over chains, sums for divergences; lowest and highest of all sampler seeds. "
                "results/README.md has the rules of the verdicts.",
                numbers,
                {
                    "fit": "fit",
                    **sampler,
                    "quantity": "quantity",
                    "published": "published",
                    "found": "found",
                    "lowest": "lowest",
                    "highest": "highest",
                    "below": "below",
                    "fits": "of",
                    "p_value": "p",
                    "verdict": "verdict",
                },
                file="summary/published.csv",
            ),
        ],
    )


def _drawn(contents: Contents) -> Iterator[Part]:
    yield _text(
        "The draws themselves, beside the exact posterior. Any other fit is drawn by make inspect."
    )
    groups: dict[str, list[Part]] = {}
    for name, path in contents.drawn.items():
        scenario, replicate, *_ = name.split("/")
        group = f"{scenario}, replicate {replicate}"
        groups.setdefault(group, []).append(_drawn_figure(name, path))
    for title, parts in groups.items():
        yield {"kind": "details", "title": f"{title}: {len(parts)} figures", "parts": parts}


def _drawn_figure(name: str, path: Path) -> Part:
    """A figure of single fits by its path below figures/, which says of which."""
    scenario, replicate, *cell = name.split("/")[:-1]
    kind = KINDS[path.stem]
    return {
        "kind": "figure",
        "id": f"fit-{Path(name).with_suffix('')}",
        "title": f"{kind.title}: {', '.join([scenario, *cell])}, replicate {replicate}",
        "caption": kind.caption,
        **_image(path),
    }


def _reproduce(contents: Contents) -> Section:
    study = contents.study
    config = as_yaml(study)
    commands = (
        f"make study CONFIG=config/{study.study}.yaml     # all of it; goes on where it was\n"
        f"make report CONFIG=config/{study.study}.yaml    # tables, figures and this page anew\n"
    )
    links = [
        {
            "href": "provenance.html",
            "text": "provenance.html",
            "after": ": how each file was made (by make)",
        },
        *(
            {"href": f"summary/{name}.csv", "text": f"summary/{name}.csv", "after": ""}
            for name in contents.tables
        ),
    ]
    return Section(
        "reproduce",
        "How to reproduce it",
        [
            _text(
                "Save the configuration below as a file, for example as "
                f"config/{study.study}.yaml, and run:"
            ),
            {"kind": "commands", "label": "Commands", "text": commands},
            {"kind": "commands", "label": "Configuration", "text": config},
            _text("The tables behind this page, and where each file came from:"),
            {"kind": "links", "links": links},
        ],
    )


def as_yaml(study: Study) -> str:
    """The whole configuration of a study, as a file that describes it."""
    values = study.model_dump(exclude_none=True)
    return yaml.safe_dump(values, sort_keys=False, default_flow_style=None, width=88)


def _cell_columns(contents: Contents) -> dict[str, str]:
    sampler = {"sampler": "sampler"} if several_samplers(contents.study) else {}
    return {"scenario": "scenario", **sampler, "parameterization": "parameterization"}


def _measured(
    contents: Contents, measures: Mapping[tuple[str, str], str]
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Measures as columns, a row a cell, each with its Monte Carlo standard error; and labels."""
    performance = contents.tables["performance"]
    keys = ["scenario", "sampler", "parameterization"]
    table = performance[keys].drop_duplicates().reset_index(drop=True)
    for (estimand, measure), label in measures.items():
        chosen = performance[
            (performance["estimand"] == estimand) & (performance["measure"] == measure)
        ]
        texts = [
            _with_error(estimate, mcse)
            for estimate, mcse in chosen[["estimate", "mcse"]].to_numpy(dtype=float)
        ]
        table = table.merge(chosen[keys].assign(**{label: texts}), on=keys, how="left")
    return table, {**_cell_columns(contents), **{label: label for label in measures.values()}}


def _with_error(value: float, error: float) -> str:
    if not np.isfinite(value):
        return ""
    return _number(value) + (f" ({_number(error, 2)})" if np.isfinite(error) else "")


def _text(*paragraphs: str) -> Part:
    return {"kind": "text", "paragraphs": paragraphs}


def _table(
    id: str,  # noqa: A002
    title: str,
    caption: str,
    table: pd.DataFrame,
    columns: Mapping[str, str],
    file: str = "",
) -> Part:
    """A table with the chosen columns by their labels, to three digits."""
    chosen = table[list(columns)].rename(columns=dict(columns))
    reals = [name for name in chosen if pd.api.types.is_float_dtype(chosen[name])]
    texts = [name for name in chosen if not pd.api.types.is_numeric_dtype(chosen[name])]
    numbers = [name for name in chosen if name not in texts]
    measured = [name for name in texts if chosen[name].astype(str).str.contains(r"\d \(").any()]
    chosen = chosen.astype(dict.fromkeys(texts, object))
    grouped = "scenario" in chosen and chosen["scenario"].duplicated().any()
    rendered = (
        # a scenario stands above its rows: a column less, for narrow screens
        GT(chosen, groupname_col="scenario" if grouped else None)
        .fmt(_number, columns=reals)
        .fmt(lambda text: str(Markup.escape(text)), columns=texts)
        .sub_missing(missing_text="")
        .cols_align("right", columns=[*numbers, *measured])
        .as_raw_html()
    )
    # the page has styles of its own, and several tables whose cells would have the same ids
    html = re.sub(r"<style>.*?</style>", "", rendered, flags=re.DOTALL)
    html = re.sub(r' (?:id|headers|style)="[^"]*"', "", html)
    return {
        "kind": "table",
        "id": id,
        "title": title,
        "caption": caption,
        "file": file,
        "html": Markup(html),
    }


def _number(value: float, digits: int = 3) -> str:
    """A number to some digits, written out; whole numbers whole."""
    if not np.isfinite(value):
        return ""
    rounded = value if value == round(value) else float(f"{value:.{digits}g}")
    return f"{rounded:,.15g}"


def _figures(contents: Contents, *names: str) -> Iterator[Part]:
    for name in names:
        if name not in contents.figures:
            continue
        figure = FIGURES[name]
        yield {
            "kind": "figure",
            "id": f"figure-{name.replace('_', '-')}",
            "title": figure.title,
            "caption": figure.caption,
            **_image(*contents.figures[name]),
        }


def _of_category(contents: Contents, category: str) -> Iterable[Part]:
    names = [name for name, figure in FIGURES.items() if figure.category == category]
    return _figures(contents, *names)


_TYPES = {".svg": "image/svg+xml", ".png": "image/png"}


def _image(*paths: Path) -> dict[str, Any]:
    """An image as a data URI with its size in CSS pixels: vectors, unless they are large."""
    by_format = {path.suffix: path for path in paths}
    path = by_format.get(".svg") or paths[0]
    if ".png" in by_format and path.stat().st_size > LARGEST_SVG:
        path = by_format[".png"]
    raw = path.read_bytes()
    if path.suffix == ".png":
        with Image.open(path) as image:
            width, height = (size * 96 / DPI for size in image.size)
    else:
        found = re.search(rb'width="([\d.]+)pt" height="([\d.]+)pt"', raw[:2000])
        width, height = (float(size) * 96 / 72 for size in found.groups()) if found else (640, 480)
    encoded = base64.b64encode(raw).decode("ascii")
    return {
        "source": Markup(f"data:{_TYPES[path.suffix]};base64,{encoded}"),
        "width": round(width),
        "height": round(height),
    }


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}{'s'[: n != 1]}"


def _short(values: Any) -> str:
    """A list in a few words."""
    if not isinstance(values, list):
        return f"{values:g}"
    if len(values) > 1 and len(set(values)) == 1:
        return f"{values[0]:g} each"
    shown = ", ".join(f"{value:g}" for value in values[:12])
    return shown + (f", ... ({len(values)})" if len(values) > 12 else "")


def _render(template: str, **values: Any) -> str:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined
    )
    style = Markup((_TEMPLATES / "style.css").read_text(encoding="utf-8"))
    return environment.get_template(template).render(style=style, **values)
