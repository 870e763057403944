"""The sections on the question and on the design of the study."""

from __future__ import annotations

from typing import Any

import pandas as pd

from funnel import parameterizations
from funnel_study.report.contents import Contents, Section
from funnel_study.report.parts import counted, table_part, text_part
from funnel_study.report.problems import absent
from funnel_study.report.sweep_section import swept_values
from funnel_study.study.scenario import Scenario
from funnel_study.study.schema import Study


def model_text(study: Study) -> str:
    """Return the model and its parameterizations, with one line for each quantity."""
    priors = study.priors
    prior = {"half_normal": "HalfNormal", "half_cauchy": "HalfCauchy"}[priors.tau]
    laws = {
        "mu": (f"Normal(0, {priors.mu_sd:g})", "mean of the population"),
        "tau": (f"{prior}({priors.tau_scale:g})", "standard deviation of the population"),
        "theta_k": ("Normal(mu, tau)", "effect of individual k = 0, ..., K-1"),
        "y_i": ("Normal(theta[idx_i], sigma)", "observations, with known sigma"),
    }
    fitted = [name for each in study.scenarios for name in study.parameterizations_of(each)]
    sampled = {name: parameterizations.summary(name) for name in dict.fromkeys(fitted)}
    lines = [f"{name:8}~ {law:30}{what}" for name, (law, what) in laws.items()]
    return "\n".join([*lines, "", *(f"{name:13}{what}" for name, what in sampled.items())])


def question_section(study: Study) -> Section:
    return Section(
        "question",
        "The question",
        [
            text_part(
                "In a hierarchical model, a small tau pulls every theta towards mu. The posterior "
                "can then have the shape of a funnel, whose narrow neck NUTS cannot enter with the "
                "step size that suits its wide mouth. With another parameterization of the same "
                "model, the posterior has another shape. Which shape is easier to sample depends "
                "on how much information the data have about each individual."
            ),
            {"kind": "formulas", "text": model_text(study)},
            text_part(
                "In this model, mu and theta can be integrated out in closed form, which leaves a "
                "one-dimensional integral over tau. The posterior of every data set is therefore "
                "known exactly, by numerical quadrature (Gelman et al., Bayesian Data Analysis, "
                "2013, section 5.4), and the errors of every fit can be measured instead of being "
                "inferred from its divergences."
            ),
        ],
    )


def design_section(contents: Contents) -> Section:
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
                "settings": _settings(scenario),
            }
            for scenario in study.written
        ]
    )
    labels = {
        "scenario": "scenario",
        "K": "individuals",
        "sigma": "sigma",
        "n": "observations per individual",
        "mixed": "individuals that mixed centers",
        "parameterizations": "parameterizations",
        "data": "data",
    }
    sampling = study.sampling
    settings = (
        f"Every scenario has {counted(study.replicates, 'replicate')}. {_truth(study)} "
        f"Every fit has {counted(sampling.chains, 'chain')} of {sampling.tune:,} tuning "
        f"iterations and {sampling.draws:,} draws, with a target acceptance rate of "
        f"{sampling.target_accept:g}. "
        f"All random numbers are derived from the seed {study.seed}{_published_seeds(study)}. All "
        "parameterizations and samplers fit the same data set in a replicate."
    )
    own = any(scenario.sampling for scenario in study.written)
    if own:
        labels["settings"] = "settings of its own"
    parts = [text_part(settings, *swept_values(study))]
    if len(scenarios):
        parts.append(
            table_part(
                "scenarios",
                "Scenarios",
                "The data of each scenario, and the parameterizations that fit them.",
                scenarios,
                labels,
            )
        )
    versions = contents.tables["versions"]
    if len(versions):
        columns = {"sampler": "sampler", "package": "package", "version": "version"}
        title, caption = "Samplers", "Software that sampled the fits."
        parts.append(table_part("versions", title, caption, versions, columns))
    if missing := absent(study, contents.tables):
        parts.append(text_part("This study does not have: " + "; ".join(missing) + "."))
    return Section("design", "Design of the study", parts)


def _truth(study: Study) -> str:
    """Return a sentence on the true values."""
    given = [scenario.name for scenario in study.scenarios if scenario.y is not None]
    if len(given) == len(study.scenarios):
        return "The data are given, so there are no true values."
    truth = (
        "drawn from their priors for every replicate"
        if isinstance(study.truth, str)
        else f"mu = {study.truth.mu:g} and tau = {study.truth.tau:g}"
    )
    exception = f", except in {', '.join(given)}, whose data are given" if given else ""
    return f"The true values are {truth}{exception}."


def _published_seeds(study: Study) -> str:
    """Return which random numbers are not derived from the seed of the study."""
    published_data = any(scenario.published_seed is not None for scenario in study.scenarios)
    sampler = study.sampling.published_seed
    parts = []
    if published_data:
        parts.append("the published data, which have the published seeds")
    if sampler is not None:
        parts.append(f"the sampler of replicate 0, which has the seed {sampler}")
    return f", except for {' and '.join(parts)}" if parts else ""


def _settings(scenario: Scenario) -> str:
    """Return the settings of fits that differ from those of the study."""
    own = scenario.sampling.model_dump() if scenario.sampling else {}
    return ", ".join(f"{key} = {value:g}" for key, value in own.items())


def _data(study: Study, scenario: Any) -> str:
    if scenario.y is not None:
        return "given, the same for all replicates"
    if scenario.published_seed is not None:
        which = "every replicate is" if study.same_data else "replicate 0 is"
        return f"{which} the published data set"
    tau = "" if scenario.tau is None else f" with tau = {scenario.tau:g}"
    return ("one data set for all replicates" if study.same_data else "simulated") + tau


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
