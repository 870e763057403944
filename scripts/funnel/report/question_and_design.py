"""The sections on the question and on the design of the study."""

from __future__ import annotations

from typing import Any

import pandas as pd

from funnel.report.contents import Contents, Section
from funnel.report.parts import counted, table_part, text_part
from funnel.report.problems import absent
from funnel.study.schema import Study


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


def question_section(study: Study) -> Section:
    return Section(
        "question",
        "The question",
        [
            text_part(
                "In a hierarchical model a small tau squeezes every theta towards mu, so the "
                "posterior may be a funnel, whose neck NUTS cannot enter with the step size that "
                "its mouth needs. Another parameterization of the same model has another shape. "
                "Which shape is benign depends on how much the data say of each individual."
            ),
            {"kind": "formulas", "text": model_text(study)},
            text_part(
                "In this model mu and theta integrate out in closed form, and tau is one-"
                "dimensional: the posterior of every data set is known exactly, by quadrature "
                "(Gelman et al., Bayesian Data Analysis, 2013, section 5.4). So the error of a fit "
                "is measured, not guessed from its divergences."
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
        f"{counted(study.replicates, 'replicate')} of every scenario; the truth is {truth}. Every "
        f"fit has {counted(sampling.chains, 'chain')} of {sampling.tune:,} tuning iterations and "
        f"{sampling.draws:,} draws, with a target acceptance of {sampling.target_accept:g}. "
        f"Random numbers derive from the seed {study.seed}{_published_seeds(study)}. All "
        "parameterizations and samplers of a replicate see the same data."
    )
    parts = [
        text_part(settings),
        table_part("scenarios", "Scenarios", "What data are drawn from.", scenarios, labels),
    ]
    versions = contents.tables["versions"]
    if len(versions):
        columns = {"sampler": "sampler", "package": "package", "version": "version"}
        title, caption = "Samplers", "What ran the fits."
        parts.append(table_part("versions", title, caption, versions, columns))
    if missing := absent(study, contents.tables):
        parts.append(text_part("What this study does not have: " + "; ".join(missing) + "."))
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


def _short(values: Any) -> str:
    """A list in a few words."""
    if not isinstance(values, list):
        return f"{values:g}"
    if len(values) > 1 and len(set(values)) == 1:
        return f"{values[0]:g} each"
    shown = ", ".join(f"{value:g}" for value in values[:12])
    return shown + (f", ... ({len(values)})" if len(values) > 12 else "")
