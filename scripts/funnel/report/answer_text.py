"""The answer in words: a few sentences for each scenario and sampler."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from funnel.analysis.answer import Row


def sentences(answers: pd.DataFrame) -> dict[tuple[str, str], str]:
    """The answer for each scenario and sampler, in a few plain sentences."""
    return {
        (str(scenario), str(sampler)): _sentence(group)
        for (scenario, sampler), group in answers.groupby(["scenario", "sampler"], sort=False)
    }


def _sentence(group: pd.DataFrame) -> str:
    rows = [{str(key): value for key, value in row.items()} for row in group.to_dict("records")]
    phrases = [
        _PHRASES[verdict](row) for verdict in _PHRASES for row in _with_verdict(rows, verdict)
    ]
    if not _with_verdict(rows, "best"):
        phrases.insert(0, "No parameterization has all its fits right.")
    return " ".join(phrases)


def _with_verdict(rows: Sequence[Row], verdict: str) -> list[Row]:
    return [row for row in rows if row["verdict"] == verdict]


def _best(row: Row) -> str:
    return (
        f"Use {row['parameterization']}: none of its {_fits(row['fits'])} is wrong about tau "
        f"(mean distance {_with_error(row['ks'], row['ks_mcse'])}), which leaves room for "
        f"{100 * row['wrong_high']:.0f} % of such fits to be."
    )


def _same(row: Row) -> str:
    how = {"centered": "every", "noncentered": "no"}[row["same_as"]]
    return (
        f"{row['parameterization'].capitalize()} is {row['same_as']} here: it centers {how} "
        "individual."
    )


def _right(row: Row) -> str:
    how = {
        "level": "cannot be told from the best",
        "slower": "is right, but needs more work",
        "right": "is right",
    }[row["verdict"]]
    known = np.isfinite(row["ratio_low"])
    interval = f"95 % interval {_three(row['ratio_low'])} to {_three(row['ratio_high'])}"
    return (
        f"{row['parameterization'].capitalize()} {how}: it takes {_three(row['ratio'])} times the "
        "leapfrog steps for the same effective sample size "
        f"({interval if known else 'one replicate, so no interval'})."
    )


def _wrong(row: Row) -> str:
    kinds = {"is wrong about tau in": row["wrong"], "failed in": row["failed"]}
    what = [f"{how} {n} of {_fits(row['fits'])}" for how, n in kinds.items() if n]
    return (
        f"{row['parameterization'].capitalize()} {' and '.join(what)} (mean distance "
        f"{_with_error(row['ks'], row['ks_mcse'])})."
    )


def _unknown(row: Row) -> str:
    return (
        f"{row['parameterization'].capitalize()} is not judged: not all of its "
        f"{_fits(row['fits'])} have an exact posterior to be held against."
    )


def _no_fit(row: Row) -> str:
    return f"{row['parameterization'].capitalize()} has no fit: all failed."


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


def _fits(count: int) -> str:
    return f"{count} fit{'s'[: count != 1]}"


def _with_error(value: float, error: float) -> str:
    return f"{value:.3g}" + (f", standard error {error:.2g}" if np.isfinite(error) else "")


def _three(value: float) -> str:
    """Three digits, zeros at the end too: 1.00, 64.7, 115."""
    return f"{value:#.3g}".rstrip(".")
