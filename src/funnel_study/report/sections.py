"""What the sections of the report show: their numbers and their tables.

The words of a section are in the template of its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import yaml

from funnel_study.analysis.criteria import DIFFERS, NOT_DISTINGUISHED
from funnel_study.analysis.work import TAIL
from funnel_study.report.answer_text import MAIN, sentences
from funnel_study.report.contents import Contents
from funnel_study.report.numbers import interval, number, with_errors
from funnel_study.report.parts import drawn_figure
from funnel_study.study.design import is_shown_by_scenario, several_samplers
from funnel_study.study.schema import Study

_CELL = ("scenario", "sampler", "parameterization")
# labels of columns, where they are not the names of the columns
_LABELS = {
    "auc": "AUC",
    "auc_within_cells": "AUC within cells",
    "below": "seeds below the published number",
    "compared": "comparisons",
    "compared_cells": "cells with wrong and right fits",
    "cpu_seconds": "CPU seconds",
    "data_sets_to_decide": "data sets that would decide",
    "diverging": "fits with divergences",
    "diverging_cells": "cells with divergences",
    "failed": "failed fits",
    "false_alarm": "false alarm rate",
    "holds_in": "seeds for which it holds",
    "largest_memory_mb": "largest memory, MB",
    "largest_z": "largest absolute z",
    "p_adjusted": "adjusted p-value",
    "p_value": "p-value",
    "promised_ratio": "relative to the least, by ESS alone",
    "right": "right fits",
    "rms_z": "root mean square z",
    "share": "fraction of all seconds",
    "versus": "compared with",
    "wrong": "wrong fits",
    "wrong_cells": "cells with wrong fits",
}


def columns(study: Study, table: pd.DataFrame, *names: str) -> pd.DataFrame:
    """Return columns of a table under their labels; that of the sampler if there are several."""
    chosen = [name for name in names if name != "sampler" or several_samplers(study)]
    return table[chosen].rename(columns=_label)


def _label(name: str) -> str:
    for end, limit in (("_low", ", lower limit"), ("_high", ", upper limit")):
        if name.endswith(end):
            return _label(name.removesuffix(end)) + limit
    return _LABELS.get(name, name.replace("_", " "))


def measures(contents: Contents, labels: Mapping[tuple[str, str], str]) -> pd.DataFrame:
    """Return a table with one row per cell and one column per measure.

    `labels` has the label of each (estimand, measure). Each value has its Monte Carlo standard
    error in brackets.
    """
    performance = contents.tables["performance"]
    keys = list(_CELL)
    table = performance[keys].drop_duplicates().reset_index(drop=True)
    for (estimand, measure), label in labels.items():
        chosen = performance[
            (performance["estimand"] == estimand) & (performance["measure"] == measure)
        ]
        texts = chosen[keys].assign(**{label: with_errors(chosen, "estimate", "mcse")})
        table = table.merge(texts, on=keys, how="left")
    return columns(contents.study, table, *_CELL, *labels.values())


def verdicts(study: Study, answers: pd.DataFrame) -> list[tuple[str, str]]:
    """Return the answer for each scenario, and for each sampler if there are several."""
    several = several_samplers(study)
    return [
        (f"{scenario}, {sampler}" if several else scenario, sentence)
        for (scenario, sampler), sentence in sentences(answers).items()
    ]


def answer(contents: Contents) -> dict[str, Any]:
    study, answers, errors = contents.study, contents.tables["answers"], contents.tables["errors"]
    texts = {
        "work (95 % interval)": interval(answers, "work"),
        "relative to the best (95 % interval)": interval(answers, "ratio"),
        "squared bias (95 % interval)": interval(answers, "bias_squared"),
    }
    work, ratio, bias = texts
    table = answers.assign(**texts)
    ranked = (*_CELL, "verdict", "failed", "worst_estimand", work, ratio, "promised_ratio")
    biased = (*_CELL, "verdict", "data_sets", "bias_of", bias, "data_sets_to_decide")
    return {
        "verdicts": verdicts(study, answers),
        "answers": columns(study, table, *ranked),
        "biases": columns(study, table, *biased),
        "published": list(errors.loc[errors["chosen"].astype(bool), "scenario"].unique()),
    }


def work(contents: Contents) -> dict[str, Any]:
    """Return who takes the least work for each estimand, and by how much ESS overstates."""
    winners = contents.tables["winners"]
    main = winners[~winners["estimand"].str.startswith("theta")]
    shown = {
        "work (standard error)": with_errors(main, "work", "work_mcse"),
        "relative to the least": interval(main, "ratio"),
        "data sets won": won(main),
    }
    keys = ("scenario", "sampler", "estimand", "parameterization")
    labels = {(name, "promise_ratio"): name.replace("_", " ") for name in MAIN if name != TAIL}
    return {
        "winners": columns(contents.study, main.assign(**shown), *keys, *shown),
        "promises": measures(contents, {**labels, (TAIL, "promise_ratio"): TAIL}),
    }


def won(winners: pd.DataFrame) -> list[str]:
    """Return in how many of the data sets each parameterization took the least work."""
    return [f"{n} of {of}" for n, of in winners[["wins", "data_sets"]].itertuples(index=False)]


def exact_errors(contents: Contents) -> dict[str, Any]:
    labels = {
        ("log_tau", "bias_squared"): "squared bias of log tau",
        ("tau", "probability_bias"): "squared bias of probabilities of tau",
        ("mu", "probability_bias"): "squared bias of probabilities of mu",
        ("tau", "content_90"): "content of the 90 % interval of tau",
        ("tau", "mass_below_exact_q05"): "fraction of draws below the exact 5 % quantile of tau",
        ("tau", "ks"): "distance of tau",
        ("log_tau", "rms_z"): "root mean square z of log tau",
    }
    return {"errors": measures(contents, labels)}


def performance(contents: Contents) -> dict[str, Any]:
    """Return performance measures; the section shows only estimates if there are no true values."""
    scenarios, same = contents.study.scenarios, contents.study.same_data
    measured = {"bias": "bias", "rmse": "root mean square error", "coverage_90": "90 % coverage"}
    labels = {
        (estimand, measure): f"{label} of {estimand}"
        for estimand in ("mu", "tau")
        for measure, label in measured.items()
    }
    return {
        "no_truth": all(each.y is not None for each in scenarios),
        "one_data_set": [each.name for each in scenarios if same or each.y is not None],
        "performance": measures(contents, labels),
    }


def diagnostics(contents: Contents) -> dict[str, Any]:
    study, value = contents.study, contents.tables["diagnostic_value"]
    counts = value.groupby(["sampler", "definition"], sort=False)[["wrong", "right"]].max()
    wrong = counts.groupby("definition", sort=False).sum()
    names = ("sampler", "definition", "diagnostic")

    def limited(name: str) -> tuple[str, str, str]:
        return name, f"{name}_low", f"{name}_high"

    auc = ("wrong", "wrong_cells", "right", *limited("auc"), "compared_cells")
    slope = ("diverging", "diverging_cells", "slope", "standard_error", *limited("slope")[1:])
    return {
        "wrong": [(name, n, n + right) for name, n, right in wrong.itertuples()],
        "value": columns(study, value, *names, *auc, *limited("auc_within_cells")),
        "thresholds": columns(
            study, value, *names, "threshold", *limited("sensitivity"), *limited("false_alarm")
        ),
        "regressions": columns(
            study,
            contents.tables["divergences"],
            *("sampler", "error", "cells", "fits", "data_sets", *slope, "intercept"),
        ),
    }


def cost(contents: Contents) -> dict[str, Any]:
    """Return ESS by cost, unless scenarios are not shown one by one, and the run time."""
    study, timing = contents.study, contents.tables.get("timing")
    labels = {
        (estimand, f"ess_per_{unit}"): f"ESS of {estimand} per {unit}".replace("_", " ")
        for unit in ("second", "leapfrog_step")
        for estimand in ("mu", "log_tau")
    }
    names = ("stage", "part", "jobs", "seconds", "cpu_seconds", "share", "largest_memory_mb")
    return {
        "ess": measures(contents, labels) if is_shown_by_scenario(study) else None,
        "timing": None if timing is None else columns(study, timing, *names),
    }


def samplers(contents: Contents) -> dict[str, Any]:
    agreement = contents.tables["agreement_by_pair"]
    costs = contents.tables["answers"].rename(columns={"seconds": "seconds of sampling"})
    cell = ("scenario", "parameterization", "sampler")
    return {
        "agreement": columns(
            contents.study, agreement, *cell, "versus", "compared", "rms_z", "largest_z"
        ),
        "cost": columns(
            contents.study,
            costs,
            *(*cell, "seconds of sampling", "leapfrog_steps", "worst_estimand", "work"),
        ),
    }


def calibration(contents: Contents) -> dict[str, Any]:
    table = contents.tables["calibration"]
    adjusted = table["p_adjusted"].astype(float).dropna()
    return {
        "tests": len(adjusted),
        "smallest": adjusted.min(),
        "fewest": table["ranks"].min(),
        "reach": contents.tables["calibration_curves"]["upper"].max(),
        "calibration": table.rename(columns=_label),
    }


def published(contents: Contents) -> dict[str, Any]:
    numbers, findings = contents.tables["published"], contents.tables["findings"]
    seeds = {"fits": "seeds with a value"}
    shown = numbers.assign(fit=numbers["scenario"] + ", " + numbers["parameterization"])
    tested = findings.assign(
        **{"must be": findings["relation"] + " " + findings["bound"].map(number)}
    )
    return {
        "same": (numbers["verdict"] == NOT_DISTINGUISHED).sum(),
        "judged": numbers["verdict"].isin([NOT_DISTINGUISHED, DIFFERS]).sum(),
        "holds": (findings["holds"] == "yes").sum(),
        "known": findings["holds"].isin(["yes", "no"]).sum(),
        "numbers": columns(
            contents.study,
            shown.rename(columns=seeds),
            *("fit", "sampler", "quantity", "published", "found", "lowest", "highest", "below"),
            *("seeds with a value", "p_value", "verdict"),
        ),
        "findings": columns(
            contents.study,
            tested.rename(columns=seeds),
            *("scenario", "sampler", "finding", "statement", "value", "must be", "holds"),
            *("holds_in", "seeds with a value"),
        ),
    }


def fits(contents: Contents) -> dict[str, Any]:
    """Return the figures of single fits by data set."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for name, path in contents.drawn.items():
        scenario, replicate, *_ = name.split("/")
        figure = drawn_figure(name, path)
        groups.setdefault(f"{scenario}, replicate {replicate}", []).append(figure)
    return {"groups": groups}


def reproduce(contents: Contents) -> dict[str, Any]:
    return {"config": as_yaml(contents.study), "names": list(contents.tables)}


def as_yaml(study: Study) -> str:
    """Return the whole configuration of a study as YAML."""
    values = study.model_dump(exclude_none=True)
    return yaml.safe_dump(values, sort_keys=False, default_flow_style=None, width=88)
