"""What the sections on the question and on the design of the study show."""

from __future__ import annotations

from typing import Any

import pandas as pd

from funnel import parameterizations
from funnel_study.report.contents import Contents
from funnel_study.report.problems import absent
from funnel_study.report.sweep_section import swept_values
from funnel_study.study.scenario import KEYS, NORMAL, Scenario, UnknownSigma
from funnel_study.study.schema import Study


def question(contents: Contents) -> dict[str, Any]:
    study = contents.study
    fitted = [name for each in study.scenarios for name in study.parameterizations_of(each)]
    summaries = {name: parameterizations.summary(name) for name in dict.fromkeys(fitted)}
    return {"parameterizations": summaries}


def design(contents: Contents) -> dict[str, Any]:
    study = contents.study
    scenarios = pd.DataFrame(
        {
            "scenario": each.name,
            "individuals": each.K,
            "likelihood": each.likelihood,
            **{key: _short(value) for key in KEYS if (value := getattr(each, key)) is not None},
            "individuals that mixed centers": _mixed(study, each),
            "parameterizations": ", ".join(study.parameterizations_of(each)),
            "data": _data(study, each),
            "settings of its own": _settings(each),
        }
        for each in study.written
    )
    scenarios = scenarios.fillna("")
    if all(each.likelihood == NORMAL for each in study.written):
        scenarios = scenarios.drop(columns="likelihood", errors="ignore")
    if not any(each.sampling for each in study.written):
        scenarios = scenarios.drop(columns="settings of its own", errors="ignore")
    return {
        "swept": list(swept_values(study)),
        "scenarios": scenarios,
        "absent": absent(study, contents.tables),
    }


def _settings(scenario: Scenario) -> str:
    """Return the settings of fits that differ from those of the study."""
    own = scenario.sampling.model_dump() if scenario.sampling else {}
    return ", ".join(f"{key} = {value:g}" for key, value in own.items())


def _data(study: Study, scenario: Any) -> str:
    times = "" if scenario.unit is None else f", times {scenario.unit:g}"
    if scenario.y is not None:
        return f"given, the same for all replicates{times}"
    if scenario.published_seed is not None:
        which = "every replicate is" if study.same_data else "replicate 0 is"
        return f"{which} the published data set{times}"
    tau = "" if scenario.tau is None else f" with tau = {scenario.tau:g}"
    return ("one data set for all replicates" if study.same_data else "simulated") + tau + times


def _mixed(study: Study, scenario: Any) -> str:
    if "mixed" not in study.parameterizations_of(scenario):
        return ""
    return "chosen from the data" if scenario.mixed is None else _short(scenario.mixed)


def _short(values: Any) -> str:
    """Return a number, a list of numbers or a prior as a short text."""
    if isinstance(values, UnknownSigma):
        return f"unknown, {values.prior} ({values.scale:g})"
    if not isinstance(values, list):
        return f"{values:g}"
    if len(values) > 1 and len(set(values)) == 1:
        return f"{values[0]:g} each"
    shown = ", ".join(f"{value:g}" for value in values[:12])
    return shown + (f", ... ({len(values)})" if len(values) > 12 else "")
