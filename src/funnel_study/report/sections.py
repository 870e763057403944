"""What the templates of the sections show besides the tables of a study, by section."""

from __future__ import annotations

from typing import Any

import yaml

from funnel_study.analysis.criteria import DIFFERS, NOT_DISTINGUISHED
from funnel_study.report.answer_text import answer_table, sentences
from funnel_study.report.contents import Contents
from funnel_study.report.numbers import number
from funnel_study.report.parts import drawn_figure
from funnel_study.study.schema import Study


def answer(contents: Contents) -> dict[str, Any]:
    errors = contents.tables["errors"]
    return {
        "verdict_table": answer_table(contents.tables["answers"]),
        "verdicts": sentences(contents.tables["answers"]),
        "published": errors.loc[errors["chosen"].astype(bool), "scenario"].unique(),
    }


def published(contents: Contents) -> dict[str, Any]:
    numbers, findings = contents.tables["published"], contents.tables["findings"]
    bounds = findings["relation"] + " " + findings["bound"].map(number)
    return {
        "same": (numbers["verdict"] == NOT_DISTINGUISHED).sum(),
        "judged": numbers["verdict"].isin([NOT_DISTINGUISHED, DIFFERS]).sum(),
        "holds": (findings["holds"] == "yes").sum(),
        "known": findings["holds"].isin(["yes", "no"]).sum(),
        "numbers": numbers.assign(fit=numbers["scenario"] + ", " + numbers["parameterization"]),
        "findings": findings.assign(must_be=bounds),
    }


def fits(contents: Contents) -> dict[str, Any]:
    """Return the figures of single fits by data set."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for name, path in contents.drawn.items():
        scenario, replicate, *_ = name.split("/")
        of = f"{scenario}, replicate {replicate}"
        groups.setdefault(of, []).append(drawn_figure(name, path))
    return {"groups": groups}


def as_yaml(study: Study) -> str:
    """Return the whole configuration of a study as YAML."""
    values = study.model_dump(exclude_none=True)
    return yaml.safe_dump(values, sort_keys=False, default_flow_style=None, width=88)
