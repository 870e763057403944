"""The page of the advice, one HTML document that needs no other file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from funnel.parameterizations.low_tau import LOW
from funnel.priors import Flat
from funnel_study.advice.advice import (
    Advice,
    headline,
    interval,
    population,
    priors_in_words,
    recommendation,
    resolved,
)
from funnel_study.advice.check import ADVISED, Check
from funnel_study.advice.figures import Figure
from funnel_study.advice.priors import in_words
from funnel_study.advice.programs import CONSTANTS, FILES, programs
from funnel_study.advice.wording import render, said
from funnel_study.analysis.sweep import NAMES
from funnel_study.report.contents import Part, Section
from funnel_study.report.numbers import number
from funnel_study.report.parts import embedded_image, render_template, table_part, text_part

# the table and the programs of more groups would fill the page
MOST_SHOWN = 100
# so few groups say little about tau
_FEW = 4
_CENTEREDNESS = "z ~ Normal(c mu, tau0 (tau/tau0)^c),  theta = mu + (tau/tau0)^(1 - c) (z - c mu)"
# the columns of the table of the check with labels, if these are others than the names
_LABELS = {
    **{"ratio": "relative work", "ratio_low": "2.5 %", "ratio_high": "97.5 %"},
    **{"worst_estimand": "worst estimand"},
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
    shown = [figures[name] for name in figures if name != "tau"]
    effects = [*shown, _groups(advice)]
    sections = [
        Section("effects", "Effects of the groups", effects),
        Section("population", "The population", [_population(advice), figures["tau"]]),
        Section("growing", "Models that grow from here", _growing(advice)),
        Section("check", "Did the advice hold?", check_parts(check, advice.groups.labels)),
        Section("computed", "How it was computed", _computation(advice)),
    ]
    if advice.groups.covariates:  # which a study does not have
        sections = [each for each in sections if each.id != "check"]
    return render_template(
        "report.html",
        title=f"Funnel: advice on {advice.name}",
        kind="Advice on",
        study=advice.file,
        read=f": {advice.groups.read}",
        heading="The posterior of your data",
        lead=f"{headline(advice)} {said('answer')}\n{recommendation(advice)}",
        problems=advice.warnings,
        sections=sections,
        footer="",
    )


def _population(advice: Advice) -> Part:
    table = population(advice)
    complete = np.isfinite(table[["mean", "sd"]].to_numpy()).all()
    found = advice.population.set_index("estimand")["exact_mean"]
    freedom = advice.groups.K - 1 - len(advice.groups.covariates)
    caption = said("population", complete, advice.groups.K <= _FEW, found.get("Q"), freedom)
    shown = pd.DataFrame({"quantity": table["quantity"]})
    shown["mean (sd)"] = _with_errors(table["mean"], table["sd"])
    ends = (interval(row) for _, row in table.iterrows())
    # without brackets, this is not taken for a number, and wraps on narrow screens
    shown["median, 95 % interval"] = [f"{a}, {b} to {c}" for a, b, c in ends]
    return _table("population", "The population", caption, shown, "population.csv")


def _with_errors(values: Iterable[float], errors: Iterable[float]) -> list[str]:
    """Return numbers with their standard errors in brackets, where these exist."""
    pairs = list(zip(values, errors, strict=True))
    return [
        f"{resolved(*pair)} ({number(pair[1], 2)})" if np.isfinite(pair[1]) else number(pair[0])
        for pair in pairs
    ]


def _table(name: str, title: str, caption: str, table: pd.DataFrame, file: str = "") -> Part:
    labels = {name: _LABELS.get(name, name) for name in map(str, table)}
    return table_part(f"{name}-table", title, caption, table, labels, file)


def _groups(advice: Advice) -> Part:
    table, name = advice.of_groups.head(MOST_SHOWN), advice.response
    shown = pd.DataFrame({"group": table["group"]})
    if name:
        of_data = (table[column] for column in advice.groups.data)
        shown["data"] = [f"{number(y)} in {number(n)}" for y, n in zip(*of_data, strict=True)]
        shown[f"{name} (sd)"] = _with_errors(table[f"{name}_mean"], table[f"{name}_sd"])
    else:
        means = advice.groups.means
        shown["effect (se)"] = _with_errors(means.ybar, means.standard_error)[:MOST_SHOWN]
        shown["exact mean (sd)"] = _with_errors(table["exact_mean"], table["exact_sd"])
    shown["weight"] = table["data_weight"]
    caption = said("groups", advice.groups.K, MOST_SHOWN, name)
    return _table("groups", "Groups", caption, shown, "advice.csv")


def _growing(advice: Advice) -> list[Part]:
    if advice.rerun:
        return [text_part(recommendation(advice))]
    flat, instead = isinstance(advice.priors.mu, Flat), advice.instead
    parts: list[Part] = [
        text_part(said("data_based", advice.groups.kind)),
        {"kind": "formulas", "text": render("data_based.txt.jinja", flat=flat).rstrip()},
        *([text_part(said("with_covariates"))] if advice.groups.covariates else []),
        text_part(said("write_it", flat, advice.groups.kind)),
    ]
    of_c: list[Part] = [
        text_part(said("centeredness", advice.tau0, instead)),
        {"kind": "formulas", "text": _CENTEREDNESS},
    ]
    if instead not in CONSTANTS:
        of_c.append(text_part(said("rule", LOW)))
    if instead:
        parts, of_c = of_c, []
    parts.append(text_part(said("programs")))
    if advice.groups.K <= MOST_SHOWN:
        for name, text in programs(advice).items():
            parts.append(text_part(f"{name}, {FILES[name]}:"))
            parts.append({"kind": "commands", "label": name, "text": text.rstrip()})
    links = [{"href": name, "text": name, "after": f": {what}"} for name, what in FILES.items()]
    return [*parts, {"kind": "links", "links": links}, *of_c]


def check_parts(check: Check | None, labels: Sequence[str]) -> list[Part]:
    """Return the outcome of the check, or how to run it; `labels` are those of the groups."""
    if check is None:
        return [text_part(said("not_checked"))]
    names = NAMES | {f"theta[{k}]": f"effect of {label}" for k, label in enumerate(labels)}
    table = check.table.drop(columns="checked")
    table["worst_estimand"] = table["worst_estimand"].map(names)
    caption = said("checked", ADVISED)
    return [text_part(check.sentence), _table("check", "Fits of your data", caption, table)]


def _computation(advice: Advice) -> list[Part]:
    priors = {"mu": advice.priors.mu, "tau": advice.priors.tau, "sigma": advice.priors.sigma}
    laws = {name: in_words(prior) for name, prior in priors.items() if prior is not None}
    covariates = advice.groups.covariates
    laws |= {f"beta[{name}]": in_words(prior) for name, prior in advice.priors.beta.items()}
    terms = [
        f"(x[{name}]_k - {each.centre:.10g}) beta[{name}]" for name, each in covariates.items()
    ]
    laws["theta_k"] = f"Normal({' + '.join(['mu', *terms])}, tau)"
    width = max(map(len, laws))
    model = "\n".join(f"{name:{width}} ~ {law}" for name, law in laws.items())
    model += "\n" + said("law", advice.groups.kind)
    texts = [priors_in_words(advice), said("computation", advice.groups.kind)]
    return [{"kind": "formulas", "text": model}, text_part(*texts)]
