"""The page of the advice, one HTML document that needs no other file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from funnel import parameterizations
from funnel.posterior import Marginal
from funnel_study.advice.advice import Advice, recommendation, table_of_groups
from funnel_study.advice.centeredness import (
    RECOMMENDED_RULE,
    centeredness,
    expected_costs,
    outside,
    read_costs,
    rule_in_words,
)
from funnel_study.advice.check import Check
from funnel_study.advice.code import FILES, programs
from funnel_study.advice.figures import Figure
from funnel_study.advice.priors import in_words
from funnel_study.analysis.sweep import NAMES
from funnel_study.report.contents import Part, Section
from funnel_study.report.numbers import number, ratio_with_interval
from funnel_study.report.parts import embedded_image, render_template, table_part, text_part

# the table and the programs of more groups would fill the page
MOST_SHOWN = 100
_LEVEL = 0.95
# so few groups say little about tau
_FEW = 4
# parameterizations whose centeredness differs by less are nearly the same
_SAME = 0.05


def page(
    advice: Advice, drawn: Mapping[str, tuple[Figure, Path]], check: Check | None = None
) -> str:
    """Return the page; `drawn` are the figures with their image files, by name."""
    parts = {
        name: {
            "kind": "figure",
            "id": f"figure-{name}",
            "title": figure.title,
            "caption": figure.caption,
            **embedded_image(path),
        }
        for name, (figure, path) in drawn.items()
    }
    sections = [
        Section("effects", "Effects of the groups", [parts["forest"], parts["shrinkage"]]),
        Section("population", "The population", _population(advice, parts["tau"])),
        Section("centeredness", "Recommended centeredness", _centeredness(advice)),
        Section("code", "Code to copy", _code(advice)),
        check_section(check, advice.groups.labels),
        Section("computed", "How it was computed", _computed(advice)),
    ]
    return render_template(
        "report.html",
        title=f"Funnel: advice on {advice.name}",
        kind="Advice on",
        study=advice.file,
        heading="How to sample the model of your data",
        lead=recommendation(advice),
        problems=advice.warnings,
        sections=sections,
        footer="",
    )


def population(advice: Advice) -> pd.DataFrame:
    """Return mean, sd and 95 % interval of mu, tau, a new effect and I^2, as numbers."""
    posterior = advice.posterior
    quantities: dict[str, Marginal] = {
        "mu, the mean of the population": posterior.mu,
        "tau, the standard deviation of the population": posterior.tau,
        "the effect of a new group": posterior.predictive(),
        "I^2, the share of tau^2 in the variance of the effects": posterior.i_squared,
    }
    rows = []
    for name, marginal in quantities.items():
        low, high = marginal.interval(_LEVEL)
        rows.append([name, marginal.mean, marginal.sd, marginal.quantile(0.5), low, high])
    columns = ["quantity", "mean", "sd", "median", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def _population(advice: Advice, figure: Part) -> list[Part]:
    table = population(advice)
    missing = (
        " A mean or standard deviation that does not exist under these priors is left out."
        if not np.isfinite(table[["mean", "sd"]].to_numpy()).all()
        else ""
    )
    few = (
        " With so few groups, tau depends mostly on its prior: compare with another one."
        if advice.groups.K <= _FEW
        else ""
    )
    columns = {
        "quantity": "quantity",
        "mean": "mean",
        "sd": "standard deviation",
        "median": "median",
        "low": "2.5 %",
        "high": "97.5 %",
    }
    caption = (
        f"The exact posterior.{missing} If I^2 is near 0, the effects differ no more than their "
        f"standard errors lead one to expect.{few}"
    )
    return [
        table_part("population-table", "The population", caption, table, columns, "population.csv"),
        figure,
    ]


def _centeredness(advice: Advice) -> list[Part]:
    table = table_of_groups(advice).assign(data_weight=advice.posterior.data_weight)
    rest = ""
    if len(table) > MOST_SHOWN:
        rest = f" The first {MOST_SHOWN} of {len(table):,} groups are shown."
        table = table.head(MOST_SHOWN)
    columns = {
        "group": "group",
        "y": "effect",
        "se": "standard error",
        "exact_mean": "exact mean",
        "exact_sd": "exact standard deviation",
        "data_weight": "weight of the data",
        "centeredness": "centeredness",
    }
    parts = [
        text_part(
            f"{rule_in_words()} Funnel calls this rule {RECOMMENDED_RULE}.",
            "With the centeredness c of a group, the sampler moves in "
            "z ~ Normal(c mu, tau^c), and the effect of the group is "
            "theta = mu + tau^(1 - c) (z - c mu). A centeredness of 0 is the noncentered and 1 the "
            "centered parameterization. The posterior of theta is always the same; the "
            "centeredness only decides how well a sampler can explore it.",
        ),
        table_part(
            "groups-table",
            "Groups",
            "The effects in the data, the exact posterior, and the recommended centeredness. The "
            "weight of the data is the posterior mean of tau^2 / (tau^2 + se^2); one minus this "
            f"weight is the shrinkage towards mu.{rest}",
            table,
            columns,
            "advice.csv",
        ),
    ]
    costs = read_costs()
    if costs is not None:
        parts.append(_costs(advice, costs))
    return parts


def _costs(advice: Advice, costs: pd.DataFrame) -> Part:
    expected = expected_costs(advice.posterior, costs)
    table = pd.DataFrame(
        {
            "parameterization": list(expected),
            "what": [parameterizations.summary(name) for name in expected],
            "work": [
                "nearly the same"
                if _is_recommended(advice, name)
                else ratio_with_interval(cost.log, cost.error)
                for name, cost in expected.items()
            ],
        }
    )
    beyond = outside(advice.posterior, costs)
    nearest = (
        f" Your data are outside of these studies in {' and '.join(beyond)}, so the nearest "
        "studies are used, and the true ratios may be more extreme."
        if beyond
        else ""
    )
    return table_part(
        "costs-table",
        "What other parameterizations cost",
        "The expected work of each, divided by that of the recommendation, interpolated in a "
        "table of studies at the number of groups, the ratio of standard errors to tau, and the "
        "imbalance of the standard errors, with 95 % intervals. In the studies, the recommendation "
        "pays for a pilot fit that finds the low tau. Your data do not need it, as their exact "
        "posterior is known, so numbers slightly below 1 are no reason to prefer another one."
        f"{nearest}",
        table,
        {"parameterization": "parameterization", "what": "NUTS samples", "work": "relative work"},
    )


def _is_recommended(advice: Advice, name: str) -> bool:
    """Return whether a parameterization nearly has the recommended centeredness."""
    if name == "marginal":  # which has no centeredness
        return False
    difference = centeredness(advice.posterior, name) - advice.centeredness
    return bool(np.abs(difference).max() < _SAME)


def _code(advice: Advice) -> list[Part]:
    parts = [
        text_part(
            "Each program has your data and the recommended centeredness in it. Copied into an "
            "empty file, it runs and prints mu and tau. For this model itself no sampling is "
            "needed, because its exact posterior is above. The programs are a start for models "
            "that have more to them, for example covariates.",
        )
    ]
    texts = programs(advice)
    links = [{"href": name, "text": name, "after": f": {what}"} for name, what in FILES.items()]
    if advice.groups.K <= MOST_SHOWN:
        for name, what in FILES.items():
            parts.append(text_part(f"{name}, {what}:"))
            parts.append({"kind": "commands", "label": name, "text": texts[name].rstrip()})
    return [*parts, {"kind": "links", "links": links}]


def check_section(check: Check | None, labels: Sequence[str]) -> Section:
    """Return the section on the check, or on how to run it; `labels` are those of the groups."""
    title = "Did the advice hold?"
    if check is None:
        said = text_part(
            "This was not checked. The same command with CHECK=1 (or --check) fits your data by "
            "several parameterizations, and compares the fits with the exact posterior. It takes "
            "several minutes."
        )
        return Section("check", title, [said])
    columns = {
        "parameterization": "parameterization",
        "verdict": "verdict",
        "worst_estimand": "worst estimand",
        "work": "work",
        "ratio": "relative work",
        "ratio_low": "2.5 %",
        "ratio_high": "97.5 %",
    }
    parts = [
        text_part(check.sentence),
        table_part(
            "check-table",
            "Fits of your data",
            "Work is the leapfrog steps that it takes to be as precise as one independent draw, "
            "measured against the exact posterior for the estimand that costs most; less is "
            f"better. Relative work is that divided by the work of {RECOMMENDED_RULE}, with its "
            "95 % interval over seeds of the sampler. In the fits, this rule finds the low tau by "
            "a short pilot fit, which is part of its work, instead of by the exact posterior. The "
            "verdict compares all of them, with marginal, which integrates theta out.",
            check.table.assign(
                worst_estimand=check.table["worst_estimand"].map(
                    lambda name: _estimand(name, labels), na_action="ignore"
                )
            ),
            columns,
        ),
    ]
    return Section("check", title, parts)


def _estimand(estimand: str, labels: Sequence[str]) -> str:
    """Return the name of an estimand, with the label of the group instead of its number."""
    if estimand.startswith("theta["):
        return f"effect of {labels[int(estimand[6:-1])]}"
    return NAMES[estimand]


def _computed(advice: Advice) -> list[Part]:
    groups, priors = advice.groups, advice.priors
    texts = []
    if groups.sigma is not None:
        how = (
            "the pooled standard deviation within groups, which the model takes as known"
            if groups.estimated
            else "as given"
        )
        texts.append(
            f"The file has {len(groups.observations):,} observations of {groups.K:,} groups. The "
            f"effect of a group is the mean of its observations, and its standard error is "
            f"sigma / sqrt(n), with sigma = {number(groups.sigma, 4)}, {how}."
        )
    texts.append(
        "The exact posterior is computed without sampling: given tau, the posteriors of mu and of "
        "all effects are normal, and the integral over tau is computed by quadrature to about ten "
        "digits. Nothing was sent anywhere; the computation ran on this machine."
    )
    model = "\n".join(
        f"{name:8}~ {law}"
        for name, law in {
            "mu": in_words(priors.mu),
            "tau": in_words(priors.tau),
            "theta_k": "Normal(mu, tau)",
            "y_k": "Normal(theta_k, se_k)",
        }.items()
    )
    return [{"kind": "formulas", "text": model}, text_part(*texts)]


def terminal_summary(advice: Advice, check: Check | None = None) -> str:
    """Return the summary that is printed."""
    lines = [f"{advice.file}: {advice.groups.K:,} groups"]
    for _, row in population(advice).iterrows():
        name = str(row["quantity"]).partition(",")[0]
        values = f"median {number(row['median'])}, 95 % interval {number(row['low'])} to "
        lines.append(f"  {name:25} {values}{number(row['high'])}")
    lines += [f"Warning: {warning}" for warning in advice.warnings]
    lines.append(recommendation(advice))
    if check is not None:
        lines.append(check.sentence)
    return "\n".join(lines)
