"""The figures of a study: functions from its tables to plots.

`FIGURES` has a function for every name in `catalogue`; each takes the tables of fits and of
estimates and returns a plot. They hold for any number of scenarios, parameterizations, samplers
and replicates: panels are added, never squeezed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import plotnine as p9
from mizani.breaks import breaks_extended

from funnel.catalogue import FIGURES as CATALOGUE
from funnel.theme import INK, MUTED, colours, theme

COLUMNS = 3  # panels side by side

Plot = Callable[[pd.DataFrame, pd.DataFrame], p9.ggplot]


def divergences(fits: pd.DataFrame, estimates: pd.DataFrame) -> p9.ggplot:
    counts = [0, 1, 10, 100, 1_000, 10_000, 100_000]
    scale = p9.scale_x_continuous(
        trans="pseudo_log",
        breaks=counts,
        labels=lambda shown: [f"{count:,.0f}" for count in shown],
    )
    return _over_replicates("divergences", fits, fits["divergences"], "divergent draws", scale)


def bfmi(fits: pd.DataFrame, estimates: pd.DataFrame) -> p9.ggplot:
    scale = p9.scale_x_continuous(limits=(0, None))
    return _over_replicates("bfmi", fits, fits["bfmi_min"], "lowest E-BFMI", scale, 0.3)


def step_size(fits: pd.DataFrame, estimates: pd.DataFrame) -> p9.ggplot:
    scale = p9.scale_x_log10()
    return _over_replicates("step_size", fits, fits["step_size"], "step size", scale)


def rhat(fits: pd.DataFrame, estimates: pd.DataFrame) -> p9.ggplot:
    # R-hat of chains that agree may fall below 1, which has no logarithm
    excess = (fits["rhat_max"] - 1).clip(lower=1e-5)
    scale = p9.scale_x_log10()
    return _over_replicates("rhat", fits, excess, "largest R-hat, less 1", scale, 0.01)


def ess_per_second(fits: pd.DataFrame, estimates: pd.DataFrame) -> p9.ggplot:
    rate = fits["ess_bulk_min"] / fits["sampling_seconds"]
    label = "lowest bulk ESS per second"
    return _over_replicates("ess_per_second", fits, rate, label, p9.scale_x_log10())


def ess_per_leapfrog_step(fits: pd.DataFrame, estimates: pd.DataFrame) -> p9.ggplot:
    rate = fits["ess_bulk_min"] / fits["leapfrog_steps"]
    label = "lowest bulk ESS per leapfrog step"
    return _over_replicates("ess_per_leapfrog_step", fits, rate, label, p9.scale_x_log10())


def estimates_mu(fits: pd.DataFrame, estimates: pd.DataFrame) -> p9.ggplot:
    return _against_truth("estimates_mu", fits, estimates[estimates["estimand"] == "mu"])


def estimates_tau(fits: pd.DataFrame, estimates: pd.DataFrame) -> p9.ggplot:
    return _against_truth("estimates_tau", fits, estimates[estimates["estimand"] == "tau"])


FIGURES: dict[str, Plot] = {
    "divergences": divergences,
    "bfmi": bfmi,
    "step_size": step_size,
    "rhat": rhat,
    "ess_per_second": ess_per_second,
    "ess_per_leapfrog_step": ess_per_leapfrog_step,
    "estimates_mu": estimates_mu,
    "estimates_tau": estimates_tau,
}


def _over_replicates(
    figure: str,
    fits: pd.DataFrame,
    value: pd.Series[Any],
    label: str,
    scale: Any,
    threshold: float | None = None,
) -> p9.ggplot:
    """One value a fit, by parameterization, in a panel for each scenario and sampler."""
    names = list(fits["parameterization"].unique())
    table = _with_panels(fits.assign(value=value.astype(float)))
    table["parameterization"] = pd.Categorical(table["parameterization"], names[::-1])
    shown = table[np.isfinite(table["value"])]
    medians = (
        shown.groupby(["panel", "parameterization"], observed=True)["value"].median().reset_index()
    )
    panels = table["panel"].cat.categories
    columns = min(COLUMNS, len(panels))
    rows = -(-len(panels) // columns)
    plot = (
        p9.ggplot(shown, p9.aes("value", "parameterization", colour="parameterization"))
        # empty panels and rows stay: a cell without a value is a result
        + p9.geom_blank(p9.aes(y="parameterization"), table.assign(value=_middle(shown["value"])))
        + p9.geom_point(
            position=p9.position_jitter(width=0, height=0.18, random_state=1), alpha=0.6, size=1.6
        )
        + p9.geom_point(data=medians, shape="|", size=7, stroke=1.1, colour=INK)
        + p9.facet_wrap("panel", ncol=columns)
        + p9.scale_colour_manual(values=colours(names), guide=None)
        + scale
        + p9.labs(title=CATALOGUE[figure].title, x=label, y="", caption=_not_shown(fits, shown))
        + theme(1.3 + 2.7 * columns, 1.1 + rows * (0.6 + 0.3 * len(names)))
    )
    if threshold is not None:
        plot += p9.geom_vline(xintercept=threshold, linetype="dashed", colour=MUTED, size=0.5)
    return plot


def _against_truth(figure: str, fits: pd.DataFrame, estimates: pd.DataFrame) -> p9.ggplot:
    """Means and 90 % intervals of one estimand over replicates, with the truth."""
    names = list(estimates["parameterization"].unique())
    table = _with_panels(estimates)
    table["parameterization"] = pd.Categorical(table["parameterization"], names)
    shown = table[np.isfinite(table["mean"].astype(float))]
    symbol = estimates["estimand"].iloc[0]
    rows = len(table["panel"].cat.categories)
    return (
        p9.ggplot(table, p9.aes("replicate", colour="parameterization"))
        + p9.geom_linerange(p9.aes(ymin="q05", ymax="q95"), shown, size=0.6, alpha=0.8)
        + p9.geom_point(p9.aes(y="mean"), shown, size=1.3)
        + p9.geom_point(p9.aes(y="truth"), shape="_", size=2.5, colour=INK)
        + p9.facet_grid("panel", "parameterization", scales="free_y")
        + p9.scale_colour_manual(values=colours(names), guide=None)
        + p9.scale_x_continuous(breaks=_whole_numbers)
        + p9.labs(
            title=CATALOGUE[figure].title,
            x="replicate",
            y=f"{symbol}: mean and 90 % interval",
            caption=_not_shown(fits, shown),
        )
        + theme(1.3 + 2.6 * len(names), 1.2 + 1.6 * rows)
        + p9.theme(strip_text_y=p9.element_text(angle=0, ha="left"))
    )


def _with_panels(table: pd.DataFrame) -> pd.DataFrame:
    """`table` with a column `panel`: the scenario, and the sampler where there are several."""
    panel = table["scenario"]
    if len(table["sampler"].unique()) > 1:
        panel = panel + ", " + table["sampler"]
    return table.assign(panel=pd.Categorical(panel, panel.unique()))


def _whole_numbers(limits: tuple[float, float]) -> list[int]:
    return sorted({round(each) for each in breaks_extended(n=5)(limits)})


def _middle(values: pd.Series[Any]) -> float:
    return float(values.median()) if len(values) else 1.0


def _not_shown(fits: pd.DataFrame, shown: pd.DataFrame) -> str:
    """What a figure cannot show: fits that failed, and values that are undefined."""
    failed = fits[fits["status"] != "ok"]
    undefined = len(fits) - len(failed) - len(shown)
    lines = []
    if len(failed):
        keys = failed["scenario"].str.cat(failed[["parameterization", "sampler"]], sep=" / ")
        counts = keys.value_counts(sort=False)
        listed = ", ".join(f"{cell}: {count}" for cell, count in counts.head(6).items())
        more = f" and {len(counts) - 6} more cells" if len(counts) > 6 else ""
        lines.append(
            f"Not shown: {len(failed)} of {len(fits)} fits, which failed ({listed}{more})."
        )
    if undefined > 0:
        lines.append(f"Not shown: {undefined} of {len(fits)} fits, for which this is undefined.")
    return "\n".join(lines)
