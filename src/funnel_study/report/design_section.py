"""What the sections on the question and on the design of the study show."""

from __future__ import annotations

from typing import Any

import pandas as pd

from funnel import parameterizations
from funnel.priors import Priors
from funnel_study.report.contents import Contents
from funnel_study.report.markdown import cell_text
from funnel_study.report.problems import absent
from funnel_study.report.sweep_section import swept_values
from funnel_study.study.design import ratio
from funnel_study.study.scenario import Scenario
from funnel_study.study.schema import Study


def question(contents: Contents) -> dict[str, Any]:
    study = contents.study
    fitted = [name for each in study.scenarios for name in study.parameterizations_of(each)]
    summaries = {name: parameterizations.summary(name) for name in dict.fromkeys(fitted)}
    data = [(each.data.DISTRIBUTION, each.data.OBSERVED) for each in study.scenarios]
    of_sigma = [_prior_of_sigma(study, each) for each in study.scenarios]
    return {
        "parameterizations": summaries,
        "prior_of_tau": Priors(**study.priors.model_dump()).of_tau,
        "priors_of_sigma": list(dict.fromkeys(filter(None, of_sigma))),
        "data": list(dict.fromkeys(data)),
    }


def design(contents: Contents) -> dict[str, Any]:
    study = contents.study
    scenarios = pd.DataFrame(
        {
            "scenario": each.name,
            "likelihood": each.likelihood.replace("_", " "),
            "individuals": each.K,
            "sizes": _sizes(study, each),
            "s / tau": _ratio(study, each),
            "individuals that mixed centers": _mixed(study, each),
            "parameterizations": ", ".join(study.parameterizations_of(each)),
            "data": _data(study, each),
            "settings of its own": _settings(each),
        }
        for each in study.written
    )
    if not any(each.sampling for each in study.written):
        scenarios = scenarios.drop(columns="settings of its own", errors="ignore")
    return {
        "swept": list(swept_values(study)),
        "scenarios": scenarios,
        "absent": absent(study, contents.tables),
        "settings": _settings_of_study,
    }


def _settings_of_study(study: Study, true_values: str) -> pd.DataFrame:
    values = {
        "scenarios": len(study.scenarios),
        "replicates of each": study.replicates,
        "true values": true_values,
        "chains of each fit": study.sampling.chains,
        "tuning iterations": study.sampling.tune,
        "draws of each chain": study.sampling.draws,
        "target acceptance rate": study.sampling.target_accept,
        "seed": str(study.seed),
    }
    return pd.DataFrame(
        {"setting": values.keys(), "value": [cell_text(each) for each in values.values()]}
    )


def _sizes(study: Study, scenario: Scenario) -> str:
    """Return the keys of the data of a scenario as a short text."""
    sizes = {key: _short(value) for key, value in scenario.sizes.items()}
    if prior := _prior_of_sigma(study, scenario):
        sizes["sigma"] = f"unknown, {prior}"
    return "; ".join(f"{key}: {text}" for key, text in sizes.items())


def _prior_of_sigma(study: Study, scenario: Scenario) -> str:
    """Return the prior of sigma in the unit of a scenario, or an empty text if it is known."""
    if scenario.unknown_sigma is None:
        return ""
    return str(Priors(**study.priors_of(scenario).model_dump()).of_sigma)


def _ratio(study: Study, scenario: Scenario) -> str:
    found = ratio(study, scenario)
    return "" if found is None else f"{found:.3g}"


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
    """Return a number or a list of numbers as a short text."""
    if not isinstance(values, list):
        return f"{values:g}"
    if len(values) > 1 and len(set(values)) == 1:
        return f"{values[0]:g} each"
    shown = ", ".join(f"{value:g}" for value in values[:12])
    return shown + (f", ... ({len(values)})" if len(values) > 12 else "")
