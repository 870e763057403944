"""The answer in words: a row of a table and a short sentence for each scenario and sampler.

The words are those of templates/verdicts.jinja, wherever the answer is shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from funnel_study.analysis.work import TAIL
from funnel_study.report.numbers import interval
from funnel_study.report.parts import words

MAIN = ("mu", "tau", "log_tau", TAIL)

Rows = list[dict[str, Any]]


def answer_table(answers: pd.DataFrame) -> pd.DataFrame:
    """Return what to use, how much more the others take, and what is biased.

    There is one row for each scenario and sampler of the table of answers.
    """
    macros = {"use": "use", "the others: times its work": "others", "biased": "biased"}
    cells = [
        [scenario, sampler, *(words("verdicts", macro, rows) for macro in macros.values())]
        for (scenario, sampler), rows in _groups(answers)
    ]
    table = pd.DataFrame(cells, columns=["scenario", "sampler", *macros])
    several = len(table["sampler"].unique()) > 1
    return table if several else table.drop(columns="sampler")


def sentences(answers: pd.DataFrame) -> list[tuple[str, str]]:
    """Return the answer for each scenario, and for each sampler if there are several."""
    several = len(answers["sampler"].unique()) > 1
    return [
        (", ".join(names[: 1 + several]), words("verdicts", "answer", rows))
        for names, rows in _groups(answers)
    ]


def _groups(answers: pd.DataFrame) -> Iterator[tuple[tuple[str, str], Rows]]:
    answers = answers.assign(text=interval(answers, "ratio"))
    known = answers.astype(object).where(answers.notna(), None)
    for (scenario, sampler), rows in known.groupby(["scenario", "sampler"], sort=False):
        yield (
            (str(scenario), str(sampler)),
            [{str(key): value for key, value in row.items()} for row in rows.to_dict("records")],
        )
