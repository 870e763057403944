"""The answer in words: a few sentences for each scenario and sampler."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from funnel_study.analysis.work import LOW_ERROR, TAIL
from funnel_study.report.numbers import number

Row = dict[str, Any]


def sentences(answers: pd.DataFrame) -> dict[tuple[str, str], str]:
    """Return the answer for each scenario and sampler, from the table of answers."""
    return {
        (str(scenario), str(sampler)): _answer(group)
        for (scenario, sampler), group in answers.groupby(["scenario", "sampler"], sort=False)
    }


def _answer(group: pd.DataFrame) -> str:
    rows = [{str(key): value for key, value in row.items()} for row in group.to_dict("records")]
    there_is_a_best = bool(_with_verdict(rows, "best"))
    rows = [{**row, "has_a_best": there_is_a_best} for row in rows]
    phrases = [
        _PHRASES[verdict](row) for verdict in _PHRASES for row in _with_verdict(rows, verdict)
    ]
    if not there_is_a_best:
        phrases.insert(
            0,
            "No parameterization is shown to have a squared bias below "
            f"{LOW_ERROR} posterior variances.",
        )
    return " ".join([*phrases, *_by_ess(rows)])


def _with_verdict(rows: Sequence[Row], verdict: str) -> list[Row]:
    return [row for row in rows if row["verdict"] == verdict]


def _best(row: Row) -> str:
    return (
        f"Use {row['parameterization']}: it needs {number(row['work'])} leapfrog steps "
        f"{_interval(row, 'work')} to be as precise as one independent draw, for "
        f"{estimand_text(row['worst_estimand'])}, the estimand that costs it most. Its squared "
        f"bias is at most {number(row['bias_squared_high'], 2)} posterior variances for every "
        f"estimand ({_data_sets(row)})."
    )


def _same(row: Row) -> str:
    how_many = {"centered": "every", "noncentered": "no"}[str(row["same_as"])]
    return (
        f"{_name(row)} is the same as {row['same_as']} here, because it centers {how_many} "
        "individual."
    )


def _slower(row: Row) -> str:
    return f"{_name(row)} is slower: it {_cost(row)}."


def _level(row: Row) -> str:
    return f"{_name(row)} cannot be distinguished from the best: it {_cost(row)}."


def _undecided(row: Row) -> str:
    if row["data_sets"] < 2:
        return f"{_name(row)} cannot be judged from one data set. It {_cost(row)}."
    if row["bias_squared_high"] < LOW_ERROR:
        return f"{_name(row)} cannot be judged from fits with a single chain. It {_cost(row)}."
    needed = row["data_sets_to_decide"]
    how_many = ""
    if isinstance(needed, int | float) and np.isfinite(needed):
        how_many = f"; about {number(needed)} data sets would decide"
    return (
        f"{_name(row)} is undecided: {_bias(row)}, and may be above {LOW_ERROR}{how_many}. It "
        f"{_cost(row)}."
    )


def _wrong(row: Row) -> str:
    return f"{_name(row)} is wrong: {_bias(row)}. It {_cost(row)}."


def _failed(row: Row) -> str:
    return f"{_name(row)} failed in {row['failed']} of {_fits(row['fits'])}."


def _unknown(row: Row) -> str:
    return (
        f"{_name(row)} cannot be judged: some of its {_fits(row['fits'])} have no exact posterior "
        "to be compared with."
    )


def _no_fit(row: Row) -> str:
    return f"{_name(row)} has no results: all of its fits failed."


_PHRASES = {
    "best": _best,
    "level": _level,
    "slower": _slower,
    "same": _same,
    "undecided": _undecided,
    "wrong": _wrong,
    "failed": _failed,
    "unknown": _unknown,
    "no fit": _no_fit,
}


def _by_ess(rows: Sequence[Row]) -> list[str]:
    """Return what effective sample sizes alone would have said, if they can be compared."""
    compared = [
        row
        for row in rows
        if row["verdict"] not in ("same", "no fit") and np.isfinite(row["promised_ratio"])
    ]
    best = _with_verdict(compared, "best")
    if len(compared) < 2 or not best:
        return []
    least = min(compared, key=lambda row: row["promised_ratio"])
    ratio = number(best[0]["promised_ratio"], trailing_zeros=True)
    if least["verdict"] == "best" or ratio == "1.00":
        return []
    return [
        f"By effective sample size (ESS) alone, {least['parameterization']} would seem to be the "
        f"best, and {best[0]['parameterization']} to take {ratio} times its work."
    ]


def _name(row: Row) -> str:
    return str(row["parameterization"]).capitalize()


def _fits(count: int) -> str:
    return f"{count} fit{'s'[: count != 1]}"


def _data_sets(row: Row) -> str:
    return f"{row['data_sets']} data set{'s'[: row['data_sets'] != 1]}"


def listed(names: Sequence[str]) -> str:
    """Return names as a list in a sentence, as in a, b and c."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def estimand_text(name: str) -> str:
    """Return the name of an estimand, or of the tail of tau, in a sentence."""
    return "the lower tail of tau" if name == TAIL else name.replace("_", " ")


def _function(name: str) -> str:
    """Return what a bias is of: a probability, an interval, or the mean of an estimand."""
    if name == TAIL:
        return name
    kinds = ("probabilities of ", "90 % interval of ")
    return ("" if name.startswith(kinds) else "mean of ") + estimand_text(name)


def _interval(row: Row, name: str) -> str:
    low, high = (number(row[f"{name}_{end}"], trailing_zeros=True) for end in ("low", "high"))
    return f"(95 % interval {low} to {high})" if low else "(one data set, so no interval)"


def _cost(row: Row) -> str:
    """Return what a parameterization costs, compared with the best if there is one."""
    if not row["has_a_best"]:
        interval = f" {_interval(row, 'work')}" if row["data_sets"] > 1 else ""
        return (
            f"needs {number(row['work'])} leapfrog steps{interval} to be as precise as one "
            f"independent draw, for {estimand_text(row['worst_estimand'])}"
        )
    ratio = number(row["ratio"], trailing_zeros=True)
    return (
        f"takes {ratio} times the work of the best {_interval(row, 'ratio')}, most of all for "
        f"{estimand_text(row['worst_estimand'])}"
    )


def _bias(row: Row) -> str:
    low, high = (number(row[f"bias_squared_{end}"], 2) for end in ("low", "high"))
    return (
        f"the squared bias of its {_function(row['bias_of'])} is "
        f"{number(row['bias_squared'], 2)} posterior variances (95 % interval {low} to {high})"
    )
