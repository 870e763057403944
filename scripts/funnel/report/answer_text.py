"""The answer in words: a few sentences for each scenario and sampler."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from funnel.analysis.answer import Row
from funnel.report.numbers import number


def sentences(answers: pd.DataFrame) -> dict[tuple[str, str], str]:
    """Return the answer for each scenario and sampler, from the table of answers."""
    return {
        (str(scenario), str(sampler)): _answer(group)
        for (scenario, sampler), group in answers.groupby(["scenario", "sampler"], sort=False)
    }


def _answer(group: pd.DataFrame) -> str:
    rows = [{str(key): value for key, value in row.items()} for row in group.to_dict("records")]
    phrases = [
        _PHRASES[verdict](row) for verdict in _PHRASES for row in _with_verdict(rows, verdict)
    ]
    if not _with_verdict(rows, "best"):
        phrases.insert(0, "No parameterization is free of wrong and failed fits.")
    return " ".join(phrases)


def _with_verdict(rows: Sequence[Row], verdict: str) -> list[Row]:
    return [row for row in rows if row["verdict"] == verdict]


def _best(row: Row) -> str:
    return (
        f"Use {row['parameterization']}: none of its {_fits(row['fits'])} is wrong about tau "
        f"{_distance(row)}. The 95 % interval for the proportion of wrong fits reaches up to "
        f"{100 * row['wrong_high']:.0f} %."
    )


def _same(row: Row) -> str:
    how_many = {"centered": "every", "noncentered": "no"}[row["same_as"]]
    return (
        f"{_name(row)} is the same as {row['same_as']} here, because it centers {how_many} "
        "individual."
    )


def _right(row: Row) -> str:
    how = {
        "level": "cannot be distinguished from the best",
        "slower": "has no wrong fits, but is slower than the best",
        "right": "has no wrong fits",
    }[row["verdict"]]
    ratio, low, high = (
        number(row[name], trailing_zeros=True) for name in ("ratio", "ratio_low", "ratio_high")
    )
    interval = f"95 % interval {low} to {high}" if low else "one replicate, so no interval"
    return (
        f"{_name(row)} {how}: it takes {ratio} times the leapfrog steps for the same effective "
        f"sample size ({interval})."
    )


def _wrong(row: Row) -> str:
    counts = {"is wrong about tau in": row["wrong"], "failed in": row["failed"]}
    what = [f"{how} {n} of {_fits(row['fits'])}" for how, n in counts.items() if n]
    return f"{_name(row)} {' and '.join(what)} {_distance(row)}."


def _unknown(row: Row) -> str:
    return (
        f"{_name(row)} cannot be judged: some of its {_fits(row['fits'])} have no exact posterior "
        "to be compared with."
    )


def _no_fit(row: Row) -> str:
    return f"{_name(row)} has no results: all of its fits failed."


_PHRASES = {
    "best": _best,
    "level": _right,
    "slower": _right,
    "right": _right,
    "same": _same,
    "wrong": _wrong,
    "unknown": _unknown,
    "no fit": _no_fit,
}


def _name(row: Row) -> str:
    return str(row["parameterization"]).capitalize()


def _fits(count: int) -> str:
    return f"{count} fit{'s'[: count != 1]}"


def _distance(row: Row) -> str:
    if not np.isfinite(row["ks"]):
        return "(distance unknown)"
    error = f", standard error {number(row['ks_mcse'], 2)}" if np.isfinite(row["ks_mcse"]) else ""
    return f"(mean distance {number(row['ks'])}{error})"
