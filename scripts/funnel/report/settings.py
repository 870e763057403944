"""What a setting of the sampler does to divergences and to bias, from the table of a sweep."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from funnel.analysis.sweep import LABELS, axes_of
from funnel.analysis.work import LOW_ERROR, WORST
from funnel.report.markdown import markdown_table
from funnel.report.numbers import number, with_error

# what a sweep of each setting tells
SETTINGS = {
    "target_accept": "Whether a higher target acceptance rate removes bias",
    "tune": "How much tuning a fit needs",
}
# verdicts on a squared bias
ABOVE, BELOW, UNDECIDED = "above", "below", "undecided"
_NOUNS = {"target_accept": "target acceptance rate", "tune": "number of tuning iterations"}


def bias_verdicts(sweep: pd.DataFrame) -> pd.Series:
    """Return whether the squared bias of each row is above or below `LOW_ERROR`, in a word.

    It is `ABOVE` or `BELOW` if its whole 95 % interval by Student's t distribution is, and
    `UNDECIDED` otherwise.
    """
    freedom = (sweep["fits"] - sweep["failed"] - 1).clip(lower=1)
    reach = stats.t.ppf(0.975, freedom) * sweep["bias_squared_mcse"]
    above = sweep["bias_squared"] - reach > LOW_ERROR
    below = sweep["bias_squared"] + reach < LOW_ERROR
    return pd.Series(np.select([above, below], [ABOVE, BELOW], UNDECIDED), sweep.index)


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


def settings_sentences(sweep: pd.DataFrame) -> Iterator[str]:
    """Yield sentences on whether bias goes with the divergences, for each setting that is swept."""
    for setting in SETTINGS:
        if setting in axes_of(sweep):
            yield (
                "Fits count as free of bias where the whole 95 % interval of the squared bias of "
                f"log tau is below {LOW_ERROR} posterior variances, and as biased where it is "
                "above."
            )
            yield from _sentences(courses(sweep, setting), setting)


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
        for setting, title in SETTINGS.items():
            if setting in axes_of(sweep):
                lines += [
                    f"## {title}",
                    f"From the study [{study}](../config/{study}.yaml): {number(int(fits.sum()))} "
                    f"fits, {number(int(fits.max()))} of each scenario, parameterization and "
                    f"{_NOUNS[setting]}.",
                    *settings_sentences(sweep),
                    markdown_table(settings_table(sweep, setting)),
                ]
    return "\n\n".join(lines) + "\n"


def settings_table(sweep: pd.DataFrame, setting: str) -> pd.DataFrame:
    """Return one row per value of a setting and course, as text."""
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
            for name, group in courses(sweep, setting).items()
            for _, row in group.iterrows()
        ]
    )


def _sentences(found: dict[str, pd.DataFrame], setting: str) -> Iterator[str]:
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


def _course(name: str, group: pd.DataFrame, setting: str) -> str:
    values = group[setting].to_numpy(dtype=float)
    first, last = group.iloc[0], group.iloc[-1]
    calm = _from(values, (group["divergences"] < 1).to_numpy())
    right = _from(values, (group["bias"] == BELOW).to_numpy())
    bias = [with_error(row["bias_squared"], row["bias_squared_mcse"]) for row in (first, last)]
    ends = [number(values[0]), number(values[-1])]
    what = {ABOVE: "biased", UNDECIDED: "not shown to be free of bias", BELOW: ""}[last["bias"]]
    return (
        f"{name}: from a {_NOUNS[setting]} of {ends[0]} to {ends[1]}, divergences per fit go from "
        f"{number(first['divergences'])} to {number(last['divergences'])}, and the squared bias "
        f"of log tau from {bias[0]} to {bias[1]}. {_order(calm, right, ends, what)}"
    )


def _order(calm: float, right: float, ends: list[str], what: str) -> str:
    """Return from where on there are no divergences and no bias, and which comes first.

    `ends` are the lowest and highest value of the setting, and `what` is what the fits are at the
    highest one if they are not free of bias.
    """
    divergences = _since(
        calm,
        ends,
        "divergences are fewer than one per fit",
        "one divergence per fit or more is left",
    )
    bias = _since(right, ends, "fits are free of bias", f"fits are {what}")
    end = ""
    if calm < right:
        end = ": divergences vanish first"
    elif right < calm:
        always = number(right) == ends[0]
        end = ": the divergences come without bias" if always else ": bias vanishes first"
    return f"{divergences.capitalize()}, and {bias}{end}."


def _since(value: float, ends: list[str], holds: str, fails: str) -> str:
    """Return from which value of the setting on something holds."""
    if np.isinf(value):
        return f"{fails} at {ends[1]}"
    text = number(value)
    return f"{holds} at any value" if text == ends[0] else f"{holds} from {text} on"


def _from(values: np.ndarray, holds: np.ndarray) -> float:
    """Return the first value from which on something holds; it is infinite if there is none."""
    fails = np.flatnonzero(~holds)
    if not len(fails):
        return float(values[0])
    return float(values[fails[-1] + 1]) if fails[-1] + 1 < len(values) else np.inf


def _text(key: str, value: Any) -> str:
    """Return a value as part of the name of a course; it is empty if the value is missing."""
    if isinstance(value, str):
        return value
    return "" if pd.isna(value) else f"{key} = {value:g}"
