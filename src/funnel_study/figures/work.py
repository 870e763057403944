"""Figures of the work of parameterizations, and of what it depends on."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotnine as p9

from funnel_study.analysis.criteria import same_as
from funnel_study.analysis.statistics import t_limits
from funnel_study.analysis.work import LOW_ERROR, TAIL, WORST
from funnel_study.figures.panels import finite, missing_note, nothing_to_draw, numbers, with_panels
from funnel_study.figures.theme import INK, MUTED, colour_scale, theme
from funnel_study.files.tables import CELL_KEYS, FIT_KEYS

_SHOWN = {"mu": "mu", "tau": "tau", "log_tau": "log tau", TAIL: TAIL, "sigma": "sigma"}
_REFERENCE = "noncentered"


def work(performance: pd.DataFrame) -> p9.ggplot:
    """Plot the work of each parameterization, by estimand, with 95 % intervals."""
    shown = {**_SHOWN, WORST: "worst estimand"}
    chosen = performance[performance["estimand"].isin(shown)]
    logs = chosen[chosen["measure"] == "log_work"].dropna(subset=["estimate"])
    if logs.empty:
        return nothing_to_draw("no fit has an exact posterior")
    names = list(logs["parameterization"].unique())
    low, high = t_limits(logs["estimate"], logs["mcse"], logs["replicates"])
    table = with_panels(logs).assign(
        work=np.exp(logs["estimate"]),
        low=np.exp(low),
        high=np.exp(high),
        estimand=pd.Categorical(logs["estimand"].map(shown), list(shown.values())[::-1]),
    )
    rows = len(table["panel"].cat.categories)
    dodge = p9.position_dodge(width=0.6)
    return (
        p9.ggplot(table, p9.aes("estimand", "work", colour="parameterization"))
        + p9.geom_linerange(p9.aes(ymin="low", ymax="high"), position=dodge, size=0.8)
        + p9.geom_point(position=dodge, size=2)
        + p9.facet_wrap("panel", ncol=1)
        + p9.coord_flip()
        + colour_scale(names)
        + p9.scale_y_log10(labels=numbers)
        + p9.labs(
            x="", y="leapfrog steps for the precision of one independent draw (less is better)"
        )
        + theme(
            7.5, 1.6 + rows * (0.5 + 0.22 * logs["estimand"].nunique() * max(len(names), 2) / 2)
        )
    )


def ratio_by_data_set(
    fits: pd.DataFrame,
    errors: pd.DataFrame,
    estimates: pd.DataFrame | None = None,
    *,
    x: str,
    label: str,
    log: bool = False,
) -> p9.ggplot:
    """Plot the work of each parameterization over that of a reference, for each data set.

    `x` is a column of the fits or, with `estimates`, one of theirs for tau. Parameterizations that
    equal another one are left out.
    """
    places = fits if estimates is None else estimates[estimates["estimand"] == "tau"]
    errors = errors.merge(places[[*FIT_KEYS, x]].rename(columns={x: "x"}), on=FIT_KEYS)
    is_same = pd.MultiIndex.from_frame(errors[CELL_KEYS]).isin(list(same_as(fits)))
    chosen = errors[errors["estimand"].isin(_SHOWN) & ~is_same]
    names = list(chosen["parameterization"].unique())
    reference = _REFERENCE if _REFERENCE in names else names[0]
    keys = ["scenario", "sampler", "replicate", "estimand"]
    of_reference = chosen.loc[chosen["parameterization"] == reference, [*keys, "work"]]
    table = chosen[chosen["parameterization"] != reference].merge(
        of_reference, on=keys, suffixes=("", "_of_reference")
    )
    table["ratio"] = table["work"] / table["work_of_reference"]
    table = table[finite(table["ratio"]) & (table["ratio"] > 0)]
    if table.empty:
        return nothing_to_draw("no data set has two parameterizations to compare")
    table = with_panels(table).assign(
        estimand=pd.Categorical(table["estimand"].map(_SHOWN), list(_SHOWN.values())),
        data=np.where(table["chosen"], "chosen data set", "random data set"),
    )
    width = 11.0
    return (
        p9.ggplot(table, p9.aes("x", "ratio", colour="parameterization"))
        + p9.geom_hline(yintercept=1, colour=INK, size=0.4)
        + p9.geom_point(p9.aes(shape="data"), alpha=0.5, size=1.3)
        + p9.geom_smooth(
            data=table[~table["chosen"]], method="lm", se=False, size=1.1, fullrange=False
        )
        + p9.facet_grid("panel", "estimand", scales="free_y")
        + colour_scale(name for name in names if name != reference)
        + p9.scale_shape_manual(values={"random data set": "o", "chosen data set": "D"})
        + (p9.scale_x_log10(labels=numbers) if log else [])
        + p9.scale_y_log10(labels=numbers)
        + p9.labs(
            subtitle=f"above 1: {reference} takes less work; lines: linear trend of the log",
            x=label,
            y=f"work divided by that\nof {reference}",
            shape="",
            caption=missing_note(fits, fits[fits["status"] == "ok"], width),
        )
        + theme(width, 1.8 + 1.9 * len(table["panel"].cat.categories))
    )


def error_by_length(lengths: pd.DataFrame) -> p9.ggplot:
    """Plot the error of single chains by their length, and where it would be low."""
    chosen = lengths[lengths["estimand"].isin(_SHOWN)]
    if chosen.empty:
        return nothing_to_draw("no fit has an exact posterior")
    table = with_panels(chosen).assign(
        estimand=pd.Categorical(chosen["estimand"].map(_SHOWN), list(_SHOWN.values()))
    )
    last = table[table["draws"] == table["draws"].max()]
    predicted = last[finite(last["low_error_gradients"])].assign(squared_error=LOW_ERROR)
    return (
        p9.ggplot(table, p9.aes("leapfrog_steps", "squared_error", colour="parameterization"))
        + p9.geom_hline(yintercept=LOW_ERROR, linetype="dashed", colour=MUTED, size=0.5)
        + p9.geom_line(size=0.7)
        + p9.geom_point(size=1.5)
        + p9.geom_point(p9.aes(x="low_error_gradients"), predicted, shape="x", size=3, stroke=0.9)
        + p9.facet_grid("panel", "estimand")
        + colour_scale(table["parameterization"].unique())
        + p9.scale_x_log10(labels=lambda steps: numbers(each / 1000 for each in steps))
        + p9.scale_y_log10(labels=numbers)
        + p9.labs(
            subtitle="dashed line: low error; crosses: leapfrog steps to low error, predicted from "
            "the whole chains",
            x="thousands of leapfrog steps of one chain, tuning included",
            y="mean squared error,\nposterior variances",
        )
        + theme(11, 1.8 + 1.9 * len(table["panel"].cat.categories))
    )
