"""What a setting of the sampler does to divergences and to bias, from the table of a sweep."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from funnel.group_means import Array
from funnel_study.analysis.sweep import ABOVE, BELOW, LABELS, axes_of, bias_verdicts
from funnel_study.analysis.work import LOW_ERROR, WORST
from funnel_study.report.markdown import markdown_table
from funnel_study.report.numbers import number, with_error

# what a sweep of each setting tells
SETTINGS = {
    "target_accept": "Whether a higher target acceptance rate removes bias",
    "tune": "How much tuning a fit needs",
}
_NOUNS = {"target_accept": "target acceptance rate", "tune": "number of tuning iterations"}


def settings_of(sweep: pd.DataFrame) -> list[str]:
    """Return the settings with several values in a sweep."""
    return [setting for setting in SETTINGS if setting in axes_of(sweep)]


def courses(sweep: pd.DataFrame, setting: str) -> dict[str, pd.DataFrame]:
    """Return the rows of each course, in ascending order of `setting`, by its name.

    A course is a scenario, parameterization, sampler and values of the other swept keys, with at
    least two values of the setting. It has the divergences and the squared bias of log tau of the
    table `sweep`, the verdict on this bias (`bias`), and the work of the worst estimand.
    """
    several = [key for key in ("base", "sampler") if len(sweep[key].unique()) > 1]
    keys = [*several, *(key for key in axes_of(sweep) if key != setting), "parameterization"]
    known = sweep[sweep[setting].notna() & sweep["bias_squared_mcse"].notna()]
    of_log_tau = known[known["estimand"] == "log_tau"]
    worst = sweep.loc[
        sweep["estimand"] == WORST,
        ["scenario", "parameterization", "sampler", "work", "work_mcse"],
    ]
    rows = of_log_tau.drop(columns=["work", "work_mcse"]).merge(
        worst, on=["scenario", "parameterization", "sampler"], validate="one_to_one"
    )
    rows = rows.assign(bias=bias_verdicts(rows))
    found = {}
    for values, group in rows.groupby(keys, sort=False, dropna=False):
        parts = [_text(key, value) for key, value in zip(keys, values, strict=True)]
        if len(group) > 1:
            found[", ".join(part for part in parts if part)] = group.sort_values(setting)
    return found


def settings_sentences(found: Mapping[str, pd.DataFrame], setting: str) -> Iterator[str]:
    """Yield sentences on whether bias goes with the divergences, from `courses`."""
    yield (
        "Fits count as free of bias where the whole 95 % interval of the squared bias of log tau "
        f"is below {LOW_ERROR} posterior variances, and as biased where it is above."
    )
    quiet = [
        name
        for name, group in found.items()
        if (group["divergences"] < 1).all() and (group["bias"] == BELOW).all()
    ]
    if quiet:
        yield (
            f"At every {_NOUNS[setting]}, there is less than one divergence per fit, and fits are "
            f"free of bias, for: {'; '.join(quiet)}."
        )
    for name, group in found.items():
        if name not in quiet:
            yield _course(name, group, setting)


def settings_page(sweeps: Mapping[str, pd.DataFrame]) -> str:
    """Return what the settings of the sampler do in Markdown.

    `sweeps` are the tables `sweep` of studies by their name.
    """
    lines = [
        "# Settings of the sampler",
        "This page is written by `make findings`. Work, bias and the exact posterior are explained "
        "in [method.md](method.md).",
    ]
    for study, sweep in sweeps.items():
        fits = sweep.drop_duplicates(["scenario", "parameterization", "sampler"])["fits"]
        for setting in settings_of(sweep):
            found = courses(sweep, setting)
            lines += [
                f"## {SETTINGS[setting]}",
                f"From the study [{study}](../config/{study}.yaml): {number(int(fits.sum()))} "
                f"fits, {number(int(fits.max()))} of each scenario, parameterization and "
                f"{_NOUNS[setting]}.",
                *settings_sentences(found, setting),
                markdown_table(settings_table(found, setting)),
            ]
    return "\n\n".join(lines) + "\n"


def settings_table(found: Mapping[str, pd.DataFrame], setting: str) -> pd.DataFrame:
    """Return one row per value of a setting and course, as text, from `courses`."""
    return pd.DataFrame(
        [
            {
                "fits": name,
                LABELS[setting]: number(row[setting]),
                "divergences per fit": number(row["divergences"]),
                "squared bias of log tau": with_error(
                    row["bias_squared"], row["bias_squared_mcse"]
                ),
                f"above or below {LOW_ERROR}": row["bias"],
                "work of the worst estimand": with_error(row["work"], row["work_mcse"]),
            }
            for name, group in found.items()
            for _, row in group.iterrows()
        ]
    )


def _course(name: str, group: pd.DataFrame, setting: str) -> str:
    """Return how divergences and bias go along one course, and which of them vanishes first."""
    values = group[setting].to_numpy(dtype=float)
    first, last = group.iloc[0], group.iloc[-1]
    calm = _from(values, group["divergences"] < 1)
    right = _from(values, group["bias"] == BELOW)
    divergences = _since(
        calm,
        values,
        "divergences are fewer than one per fit",
        "one divergence per fit or more is left",
    )
    left = "biased" if last["bias"] == ABOVE else "not shown to be free of bias"
    bias = _since(right, values, "fits are free of bias", f"fits are {left}")
    order = ""
    if calm < right:
        order = ": divergences vanish first"
    elif values[0] == right < calm:
        order = ": the divergences come without bias"
    elif right < calm:
        order = ": bias vanishes first"
    before, after = (
        with_error(row["bias_squared"], row["bias_squared_mcse"]) for row in (first, last)
    )
    return (
        f"{name}: from a {_NOUNS[setting]} of {number(values[0])} to {number(values[-1])}, "
        f"divergences per fit go from {number(first['divergences'])} to "
        f"{number(last['divergences'])}, and the squared bias of log tau from {before} to {after}. "
        f"{divergences.capitalize()}, and {bias}{order}."
    )


def _since(value: float, values: Array, holds: str, fails: str) -> str:
    """Return from which of the values of a setting on something holds."""
    if np.isinf(value):
        return f"{fails} at {number(values[-1])}"
    return f"{holds} at any value" if value == values[0] else f"{holds} from {number(value)} on"


def _from(values: Array, holds: pd.Series) -> float:
    """Return the first value from which on something holds; it is infinite if there is none."""
    after_last_failure = np.flatnonzero(~holds.to_numpy()).max(initial=-1) + 1
    return float(np.append(values, np.inf)[after_last_failure])


def _text(key: str, value: Any) -> str:
    """Return a value as part of the name of a course; it is empty if the value is missing."""
    if isinstance(value, str):
        return value
    return "" if pd.isna(value) else f"{key} = {value:g}"
