"""The section on a sweep, which stands first in the report of a study that has one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from funnel_study.analysis.sweep import ABOVE, bias_verdicts, least_work, swept_keys
from funnel_study.analysis.work import LOW_ERROR, TAIL, WORST
from funnel_study.report.contents import Contents, Part, Section
from funnel_study.report.numbers import with_error
from funnel_study.report.parts import counted, figures_of_category, table_part, text_part
from funnel_study.report.settings import courses, settings_of, settings_sentences
from funnel_study.study.design import several_samplers
from funnel_study.study.schema import Study

# a longer table is left to its file
MOST_ROWS = 200


def sweep_section(contents: Contents) -> Section:
    return Section(
        "sweep",
        "The sweep",
        [
            text_part(*swept_values(contents.study), *_findings(contents.tables["sweep"])),
            *_of_settings(contents.tables["sweep"]),
            text_part(
                "The work of a parameterization is the number of leapfrog steps, tuning included, "
                "that it needs to be as precise as one independent draw from the posterior. It is "
                "measured by the squared error of each chain against the exact posterior, in units "
                "of the posterior variance. The worst estimand is the one with the largest work at "
                f"a point: mu, tau, log tau, a theta, or the lower tail of tau, {TAIL}."
            ),
            *figures_of_category(contents, "Sweep"),
            *_table(contents),
            text_part(
                "The file summary/sweep.csv has the numbers of all points and estimands. The "
                "verdict on each parameterization at each point is in summary/answers.csv, all "
                "performance measures are in summary/performance.csv, and differences between "
                "parameterizations, paired by data set, are in summary/comparisons.csv."
            ),
        ],
    )


def swept_values(study: Study) -> Iterator[str]:
    """Yield a sentence on each part of a sweep."""
    if study.sweep is None:
        return
    for section, what in (
        (study.sweep.data, "Scenarios are made from"),
        (study.sweep.sampling, "Each scenario is fitted with"),
    ):
        values = section.model_dump() if section else {}
        lists = [
            f"{key} ({', '.join(f'{value:g}' for value in each)})"
            for key, each in values.items()
            if isinstance(each, list)
        ]
        constants = [
            f"{key} = {each:g}" for key, each in values.items() if not isinstance(each, list)
        ]
        constant = f", with {' and '.join(constants)}" if constants else ""
        if lists:
            every = "every combination of " if len(lists) > 1 else "every value of "
            yield f"{what} {every}{'; '.join(lists)}{constant}."


def _of_settings(sweep: pd.DataFrame) -> Iterator[Part]:
    """Yield what each swept setting of the sampler does to divergences and to bias."""
    for setting in settings_of(sweep):
        for text in settings_sentences(courses(sweep, setting), setting):
            yield text_part(text)


def _findings(sweep: pd.DataFrame) -> Iterator[str]:
    """Yield sentences on where each parameterization takes the least work, and is biased."""
    worst = sweep[(sweep["estimand"] == WORST) & (sweep["work"] > 0)]
    if worst.empty:
        yield "No fit has an exact posterior to be compared with."
        return
    best = least_work(worst)
    if len(worst["parameterization"].unique()) > 1:
        won = best.groupby("parameterization", sort=False)["clear"].agg(["size", "sum"])
        won = won.sort_values("size", ascending=False, kind="stable")
        each = [
            f"{name} takes the least work at {row['size']} of {counted(len(best), 'point')}, at "
            f"{row['sum']} of them by more than two standard errors"
            for name, row in won.iterrows()
        ]
        yield f"For the worst estimand, {'; '.join(each)}."
    log_tau = sweep[(sweep["estimand"] == "log_tau") & sweep["bias_squared_mcse"].notna()]
    shown = log_tau[bias_verdicts(log_tau) == ABOVE]
    if len(log_tau):
        diverging = int((log_tau["divergences"] >= 1).sum())
        quiet = int((shown["divergences"] < 1).sum())
        which = f"; {quiet} of the former have fewer than one" if len(shown) else ""
        yield (
            f"Of {counted(len(log_tau), 'pair')} of a point and a parameterization, "
            f"{len(shown)} are shown to have a squared bias of log tau above {LOW_ERROR}, and "
            f"{diverging} have at least one divergence per fit on average{which}."
        )


def _table(contents: Contents) -> Iterator[Part]:
    """Yield the numbers of the worst estimand, unless there are too many."""
    sweep = contents.tables["sweep"]
    rows = sweep[sweep["estimand"] == WORST]
    if len(rows) > MOST_ROWS:
        return
    keys = swept_keys(sweep)
    values = rows.assign(
        **{
            key: [f"{value:g}" if np.isfinite(value) else "" for value in rows[key]] for key in keys
        },
        **{
            measure: [
                with_error(value, error)
                for value, error in rows[[measure, f"{measure}_mcse"]].to_numpy(dtype=float)
            ]
            for measure in ("work", "bias_squared")
        },
    )
    base = {"base": "scenario of the configuration"} if rows["base"].notna().any() else {}
    sampler = {"sampler": "sampler"} if several_samplers(contents.study) else {}
    yield table_part(
        "sweep-table",
        "Worst estimand at each point",
        "Work, squared bias in exact posterior variances, both with standard errors in brackets, "
        "and the mean number of divergences per fit.",
        values,
        {
            **base,
            **{key: key for key in keys},
            **sampler,
            "parameterization": "parameterization",
            "work": "work",
            "bias_squared": "squared bias",
            "divergences": "divergences",
            "failed": "failed fits",
        },
        file="summary/sweep.csv",
    )
