"""What a setting of the sampler does to divergences and to bias, from the table of a sweep."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from funnel_study.analysis.sweep import ABOVE, BELOW, axes_of, bias_verdicts, limits
from funnel_study.analysis.work import WORST
from funnel_study.report.numbers import number
from funnel_study.report.parts import words

SETTINGS = ("target_accept", "tune")


def settings_of(sweep: pd.DataFrame) -> list[str]:
    """Return the settings with several values in a sweep."""
    return [setting for setting in SETTINGS if setting in axes_of(sweep)]


def courses(sweep: pd.DataFrame, setting: str) -> dict[str, pd.DataFrame]:
    """Return the rows of each course, in ascending order of `setting`, by its name.

    A course is a scenario, parameterization, sampler and values of the other swept keys, with at
    least two values of the setting. It has the divergences and the squared bias of log tau of the
    table `sweep`, the verdict on this bias (`bias`), and the work of the worst estimand. Both have
    95 % Student t intervals over data sets, that of work on the log scale.
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
    rows["bias"] = bias_verdicts(rows)
    rows["bias_squared_low"], rows["bias_squared_high"] = limits(rows, "bias_squared")
    rows["work_low"], rows["work_high"] = limits(rows, "work", log=True)
    found = {}
    for values, group in rows.groupby(keys, sort=False, dropna=False):
        parts = [_text(key, value) for key, value in zip(keys, values, strict=True)]
        if len(group) > 1:
            found[", ".join(part for part in parts if part)] = group.sort_values(setting)
    return found


def settings_sentences(found: Mapping[str, pd.DataFrame], setting: str) -> Iterator[str]:
    """Yield sentences on whether a setting removes bias and divergences, from `courses`."""
    calm = {name: group["divergences"] < 1 for name, group in found.items()}
    low = {name: group["bias"] == BELOW for name, group in found.items()}
    left, unshown = (
        [name for name, each in holds.items() if not each.iloc[-1]] for holds in (calm, low)
    )
    removed = [name for name in found if _is_removed(found[name]["bias"])]
    changed = [name for name in found if low[name].iloc[-1] and not low[name].all()]
    decided = [name for name in changed if name not in removed]
    never = [name for name in unshown if not low[name].any()]
    again = [name for name in unshown if low[name].any()]
    harmless = [name for name in found if low[name].all() and not calm[name].all()]
    highest = max((group[setting].max() for group in found.values()), default=np.nan)
    yield words("settings", "answer", setting, highest, removed, decided, never, again)
    yield words("settings", "ends", setting, left, harmless)
    yield words("settings", "definition")


def _is_removed(bias: pd.Series) -> bool:
    """Return whether a bias is shown to be above the bound at some value and below at the last."""
    return bool((bias == ABOVE).any() and bias.iloc[-1] == BELOW)


def firsts(found: Mapping[str, pd.DataFrame], setting: str) -> pd.DataFrame:
    """Return from which value of a setting on divergences are few and bias is low, by course."""
    rows = [
        (
            name,
            _from(group[setting], group["divergences"] < 1),
            _from(group[setting], group["bias"] == BELOW),
        )
        for name, group in found.items()
    ]
    return pd.DataFrame(rows, columns=["course", "calm", "low"])


def _from(values: pd.Series, holds: pd.Series) -> str:
    """Return the first value from which on something holds in words."""
    after_last_failure = np.flatnonzero(~holds.to_numpy()).max(initial=-1) + 1
    if after_last_failure == len(values):
        return "not at the highest"
    first = number(values.iloc[after_last_failure]) if after_last_failure else "the lowest"
    return f"{first} on"


def _text(key: str, value: Any) -> str:
    """Return a value as part of the name of a course; it is empty if the value is missing."""
    if isinstance(value, str):
        return value
    return "" if pd.isna(value) else f"{key} = {value:g}"
