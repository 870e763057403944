"""The answer in words: a few sentences for each scenario and sampler.

The words are those of templates/verdicts.jinja, wherever the answer is shown.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from funnel_study.analysis.answer import NOT_RANKED
from funnel_study.analysis.work import TAIL
from funnel_study.report.numbers import number
from funnel_study.report.parts import words

MAIN = ("mu", "tau", "log_tau", TAIL)
# a promise ratio is called above 1 if it is by more than this number of standard errors
_CLEAR = 2.0


def sentences(answers: pd.DataFrame) -> dict[tuple[str, str], str]:
    """Return the answer for each scenario and sampler, from the table of answers."""
    answers = answers.reset_index(drop=True)
    known = answers.astype(object).where(answers.notna(), None)
    return {
        (str(scenario), str(sampler)): words(
            "verdicts", "answer", known.loc[group.index].to_dict("records"), _by_ess(group)
        )
        for (scenario, sampler), group in answers.groupby(["scenario", "sampler"], sort=False)
    }


def findings(tables: Mapping[str, pd.DataFrame]) -> dict[tuple[str, str], str]:
    """Return the answer for each scenario and sampler, and what it depends on.

    After the answer follow the parameterization with the least work for each estimand, whether the
    order depends on the data set, and how much effective sample sizes overstate.
    """
    found = {}
    for (scenario, sampler), text in sentences(tables["answers"]).items():
        answers, winners, performance, by_third = (
            table[(table["scenario"] == scenario) & (table["sampler"] == sampler)]
            for table in (
                tables[name] for name in ("answers", "winners", "performance", "work_by_tail")
            )
        )
        parts = [
            text,
            words("verdicts", "least_work", _least_work(winners)),
            _by_tail(answers, by_third),
            _overstatement(answers, performance),
        ]
        found[scenario, sampler] = " ".join(part for part in parts if part)
    return found


def _by_ess(answers: pd.DataFrame) -> dict[str, str] | None:
    """Return which parameterization effective sample sizes would prefer to the best, if any."""
    compared = answers[~answers["verdict"].isin(NOT_RANKED)]
    ratios = compared.set_index("parameterization")["promised_ratio"].astype(float)
    ratios = ratios[np.isfinite(ratios)]
    best = answers.loc[answers["verdict"] == "best", "parameterization"]
    if len(ratios) < 2 or best.empty or best.iloc[0] not in ratios:
        return None
    ratio = number(ratios[best.iloc[0]], trailing_zeros=True)
    if ratios.idxmin() == best.iloc[0] or ratio == "1.00":
        return None
    return {"seems": str(ratios.idxmin()), "best": str(best.iloc[0]), "ratio": ratio}


def _least_work(winners: pd.DataFrame) -> dict[str, list[tuple[str, str, float]]]:
    """Return the estimands for which each parameterization is the best, by its name.

    Each has the second best and its ratio of work. There are none with one parameterization.
    """
    found: dict[str, list[tuple[str, str, float]]] = {}
    for estimand in MAIN:
        rows = winners[winners["estimand"] == estimand].sort_values("ratio")
        if len(rows) > 1:
            best, second = rows["parameterization"].iloc[:2]
            found.setdefault(best, []).append((estimand, second, rows["ratio"].iloc[1]))
    return found


def _by_tail(answers: pd.DataFrame, by_third: pd.DataFrame) -> str:
    """Return a sentence on whether the order of the best and the second depends on the data set.

    It is empty unless the order for the lower tail of tau differs between the data sets with the
    smallest and the largest tails.
    """
    ranked = answers[answers["verdict"].isin(["best", "level", "slower"])].sort_values("ratio")
    if len(ranked) < 2:
        return ""
    best, second = ranked["parameterization"].iloc[:2]
    tail = by_third[by_third["estimand"] == TAIL]
    turned = tail.rename(columns={"parameterization": "versus", "versus": "parameterization"})
    both = pd.concat([tail, turned.assign(log_ratio=-turned["log_ratio"])])
    pair = both[(both["parameterization"] == best) & (both["versus"] == second)]
    ratios = np.exp(pair.set_index("third")["log_ratio"].reindex(["lowest", "highest"]))
    if ratios.isna().any() or (ratios["lowest"] < 1) == (ratios["highest"] < 1):
        return ""
    return words("verdicts", "order_by_tail", best, second, *ratios)


def _overstatement(answers: pd.DataFrame, performance: pd.DataFrame) -> str:
    """Return a sentence on how much effective sample sizes overstate the precision of fits.

    Parameterizations that are not ranked are left out.
    """
    left_out = answers.loc[answers["verdict"].isin(NOT_RANKED), "parameterization"]
    rows = performance[
        (performance["measure"] == "promise_ratio")
        & performance["estimand"].isin(MAIN)
        & ~performance["parameterization"].isin(left_out)
    ].dropna(subset=["estimate"])
    if rows.empty:
        return ""
    most = rows.sort_values("estimate").iloc[-1]
    is_clear = bool(most["estimate"] - _CLEAR * most["mcse"] > 1)
    return words("verdicts", "overstatement", most.to_dict(), is_clear)
