"""The section on a sweep, which stands first in the report of a study that has one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from funnel_study.analysis.sweep import ABOVE, bias_verdicts, least_work, swept_keys, value_text
from funnel_study.analysis.work import WORST
from funnel_study.report.contents import Contents
from funnel_study.report.parts import words
from funnel_study.report.settings import courses, settings_of, settings_sentences
from funnel_study.study.schema import Study

# a longer table is left to its file
MOST_ROWS = 200


def sweep(contents: Contents) -> dict[str, Any]:
    """Return what the section shows."""
    table = contents.tables["sweep"]
    rows = table[table["estimand"] == WORST]
    worst = rows[rows["work"] > 0]
    won = pd.DataFrame(columns=["parameterization", "least work", "clearly"])
    if len(worst):
        by_name = least_work(worst).groupby("parameterization", sort=False)["clear"]
        won = by_name.agg(["size", "sum"]).sort_values("size", ascending=False, kind="stable")
        won = won.reset_index().set_axis(["parameterization", "least work", "clearly"], axis=1)
    log_tau = table[(table["estimand"] == "log_tau") & table["bias_squared_mcse"].notna()]
    settings = settings_of(table)
    keys = swept_keys(table)
    texts = {key: rows[key].map(value_text).mask(rows[key].isna()) for key in keys}
    return {
        "swept": list(swept_values(contents.study)),
        "points": int(won["least work"].sum()),
        "won": won,
        "compared": worst["parameterization"].nunique(),
        "pairs": _pairs(log_tau),
        "settings": [
            text
            for setting in settings
            for text in settings_sentences(courses(table, setting), setting)
        ],
        "keys": [*(["base"] if rows["base"].notna().any() else []), *keys],
        "rows": rows.assign(**texts) if len(rows) <= MOST_ROWS else None,
    }


def _pairs(log_tau: pd.DataFrame) -> pd.DataFrame | None:
    """Return the number of rows, of those that are biased, divergent, and biased but not divergent.

    There is none without rows.
    """
    biased, divergent = bias_verdicts(log_tau) == ABOVE, log_tau["divergences"] >= 1
    counts = {"all": len(log_tau), "biased": biased.sum(), "divergent": divergent.sum()}
    counts["biased, not divergent"] = (biased & ~divergent).sum()
    return pd.DataFrame([counts]) if len(log_tau) else None


def swept_values(study: Study) -> Iterator[str]:
    """Yield a sentence on each part of a sweep, or on the design."""
    if study.design:
        keys = study.design.model_dump(exclude={"sigma", "seed"})
        yield words("settings", "design", keys)
    if study.sweep is None:
        return
    for what in ("data", "sampling"):
        section = getattr(study.sweep, what)
        values = section.model_dump() if section else {}
        lists = {key: each for key, each in values.items() if isinstance(each, list)}
        constants = {key: each for key, each in values.items() if key not in lists}
        if "sigma" in constants and isinstance(prior := constants["sigma"], dict):
            constants["sigma"] = f"a parameter, {prior['prior']}"
        if lists:
            yield words("settings", "swept", what, lists, constants)
    if study.sweep.unit:
        yield words("settings", "swept", "unit", {"unit": study.sweep.unit}, {})
