"""The page of the advice, one HTML document that needs no other file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from funnel import parameterizations
from funnel.parameterizations.low_tau import LOW
from funnel_study.advice.advice import Advice, population, recommendation, table_of_groups
from funnel_study.advice.centeredness import (
    RECOMMENDED_RULE,
    Cost,
    centeredness,
    expected_costs,
    outside,
    read_costs,
)
from funnel_study.advice.check import Check
from funnel_study.advice.figures import Figure
from funnel_study.advice.priors import in_words
from funnel_study.advice.programs import FILES, programs
from funnel_study.advice.wording import said
from funnel_study.analysis.sweep import NAMES
from funnel_study.report.contents import Part, Section
from funnel_study.report.numbers import ratio_with_interval
from funnel_study.report.parts import embedded_image, render_template, table_part, text_part

# the table and the programs of more groups would fill the page
MOST_SHOWN = 100
# so few groups say little about tau
_FEW = 4
# parameterizations whose centeredness differs by less are nearly the same
_SAME = 0.05
# the columns of the tables with labels, if these are others than the names
_LABELS = {
    **{"sd": "standard deviation", "low": "2.5 %", "high": "97.5 %", "y": "effect"},
    **{"se": "standard error", "exact_mean": "exact mean", "exact_sd": "exact standard deviation"},
    **{"data_weight": "weight of the data", "what": "NUTS samples", "ratio": "relative work"},
    **{"ratio_low": "2.5 %", "ratio_high": "97.5 %", "worst_estimand": "worst estimand"},
}


def page(
    advice: Advice, drawn: Mapping[str, tuple[Figure, Path]], check: Check | None = None
) -> str:
    """Return the page; `drawn` are the figures with their image files, by name."""
    figures: dict[str, Part] = {
        name: {
            **{"kind": "figure", "id": f"figure-{name}", "title": figure.title},
            **{"caption": figure.caption, **embedded_image(path)},
        }
        for name, (figure, path) in drawn.items()
    }
    sections = [
        Section("effects", "Effects of the groups", [figures["forest"], figures["shrinkage"]]),
        Section("population", "The population", [_population(advice), figures["tau"]]),
        Section("centeredness", "Recommended centeredness", _centeredness(advice)),
        Section("code", "Code to copy", _programs(advice)),
        Section("check", "Did the advice hold?", check_parts(check, advice.groups.labels)),
        Section("computed", "How it was computed", _computation(advice)),
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


def _population(advice: Advice) -> Part:
    table = population(advice)
    complete = np.isfinite(table[["mean", "sd"]].to_numpy()).all()
    caption = said("population", complete, advice.groups.K <= _FEW)
    return _table("population", "The population", caption, table, "population.csv")


def _table(name: str, title: str, caption: str, table: pd.DataFrame, file: str = "") -> Part:
    labels = {name: _LABELS.get(name, name) for name in map(str, table)}
    return table_part(f"{name}-table", title, caption, table, labels, file)


def _centeredness(advice: Advice) -> list[Part]:
    table = table_of_groups(advice)
    table.insert(5, "data_weight", advice.posterior.data_weight)
    caption = said("groups", len(table), MOST_SHOWN)
    groups = _table("groups", "Groups", caption, table.head(MOST_SHOWN), "advice.csv")
    costs = read_costs()
    rows = [
        (name, parameterizations.summary(name), _cost(advice, name, cost))
        for name, cost in expected_costs(advice.posterior, costs).items()
    ]
    others = pd.DataFrame(rows, columns=["parameterization", "what", "relative work"])
    caption = said("costs", outside(advice.posterior, costs))
    return [
        text_part(said("rule", RECOMMENDED_RULE, LOW), said("centeredness")),
        groups,
        _table("costs", "What other parameterizations cost", caption, others),
    ]


def _cost(advice: Advice, name: str, cost: Cost) -> str:
    """Return what a parameterization costs, unless it nearly is the recommended one."""
    difference = np.abs(centeredness(advice.posterior, name) - advice.centeredness).max()
    # that of marginal, which has no centeredness, is nan
    return "nearly the same" if difference < _SAME else ratio_with_interval(cost.log, cost.error)


def _programs(advice: Advice) -> list[Part]:
    parts = [text_part(said("programs"))]
    if advice.groups.K <= MOST_SHOWN:
        for name, text in programs(advice).items():
            parts.append(text_part(f"{name}, {FILES[name]}:"))
            parts.append({"kind": "commands", "label": name, "text": text.rstrip()})
    links = [{"href": name, "text": name, "after": f": {what}"} for name, what in FILES.items()]
    return [*parts, {"kind": "links", "links": links}]


def check_parts(check: Check | None, labels: Sequence[str]) -> list[Part]:
    """Return the outcome of the check, or how to run it; `labels` are those of the groups."""
    if check is None:
        return [text_part(said("not_checked"))]
    names = NAMES | {f"theta[{k}]": f"effect of {label}" for k, label in enumerate(labels)}
    table = check.table.assign(worst_estimand=check.table["worst_estimand"].map(names))
    caption = said("checked", RECOMMENDED_RULE)
    return [text_part(check.sentence), _table("check", "Fits of your data", caption, table)]


def _computation(advice: Advice) -> list[Part]:
    laws = {
        **{"mu": in_words(advice.priors.mu), "tau": in_words(advice.priors.tau)},
        **{"theta_k": "Normal(mu, tau)", "y_k": "Normal(theta_k, se_k)"},
    }
    texts = [said("computation")]
    if advice.groups.sigma is not None:
        texts = [said("observations", advice.groups), *texts]
    model = "\n".join(f"{name:8}~ {law}" for name, law in laws.items())
    return [{"kind": "formulas", "text": model}, text_part(*texts)]
