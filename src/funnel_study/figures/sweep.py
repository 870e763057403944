"""Figures of a sweep, from its table: lines over one swept key, and maps over two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotnine as p9
from mizani.transforms import pseudo_log_trans

from funnel.group_means import Array
from funnel_study.analysis.sweep import LABELS, NAMES, axes_of, least_work, limits
from funnel_study.analysis.work import LOW_ERROR, WORST
from funnel_study.figures.panels import as_categories, finite, nothing_to_draw, numbers, rounded
from funnel_study.figures.sweep_axes import left_out, texts, tile_map, why_no_map, with_rows
from funnel_study.figures.theme import MUTED, colour_bar, colours, theme

# with more rows of panels than this, only one estimand is shown
MOST_ROWS = 12
# the content for log tau equals that for tau
_SHOWN = {"content_90": ("mu", "tau", "sigma"), "divergences": (WORST,)}
_REFERENCES = {"bias_squared": [LOW_ERROR], "content_90": [0.9]}
_SCALES: dict[str, dict[str, Any]] = {
    "linear": {},
    "log": {"trans": "log10", "labels": numbers},
    "squared bias": {
        "trans": pseudo_log_trans(sigma=0.003, base=10),
        "breaks": [-10, -1, -0.1, -0.01, 0, 0.01, 0.1, 1, 10],
        "labels": numbers,
    },
    "counts": {
        "trans": pseudo_log_trans(sigma=0.3, base=10),
        "breaks": [0, 1, 10, 100, 1_000, 10_000, 100_000],
        "labels": numbers,
    },
}


def lines(
    sweep: pd.DataFrame,
    *,
    value: str,
    label: str,
    scale: str = "linear",
    estimands: Sequence[str] = (),
) -> p9.ggplot:
    """Plot a column of the sweep over the first axis, with its 95 % intervals if it has errors.

    `scale` is a name in `_SCALES`; on "log", intervals are those of the log. Only the `estimands`
    are shown, if any are given. A single one has a column of panels for each of several samplers.
    """
    chosen = estimands or _SHOWN.get(value, tuple(NAMES))
    estimands = [name for name in chosen if name in set(sweep["estimand"])]
    references = _REFERENCES.get(value, [])
    axes = axes_of(sweep)
    if not axes:
        return nothing_to_draw("no key has several values")
    if sweep[value].isna().all():
        return nothing_to_draw("no fit has an exact posterior")
    x, *others = axes
    y, is_log = sweep[value], scale == "log"
    low, high = limits(sweep, value, log=is_log)
    if value == "content_90":
        low, high = low.clip(0, 1), high.clip(0, 1)
    table = sweep.assign(y=y.where(y > 0) if is_log else y, low=low, high=high)
    table = with_rows(table[table[x].notna()], others)
    rows = len(table["row"].cat.categories)
    cut = rows > MOST_ROWS and len(estimands) > 1
    if cut:
        estimands = estimands[-1:]
    kinds = [NAMES[name] for name in estimands]
    names = list(sweep["parameterization"].unique())
    shown = table[table["estimand"].isin(estimands) & finite(table["y"])]
    values = sorted(sweep[x].dropna().unique())
    positions = _positions(x, values)
    at = shown[x].map(dict(zip(values, positions, strict=True)))
    shown = shown.assign(x=at, estimand=shown["estimand"].map(NAMES))
    shown = as_categories(shown, parameterization=names, estimand=kinds)
    dodge = p9.position_dodge(width=0.02 * float(positions[-1] - positions[0]))
    one = len(kinds) == 1
    samplers = sweep["sampler"].nunique()
    columns = (samplers if samplers > 1 else min(3, rows)) if one else len(kinds)
    height = -(-rows // columns) if one else rows
    facets = (
        p9.facet_wrap("row", ncol=columns, scales="free_y" if samplers > 1 else "fixed")
        if one
        else p9.facet_grid("row", "estimand", scales="free_y" if rows > 1 else "fixed")
    )
    notes = kinds if cut else []
    if shown["low"].notna().any():
        notes = [*notes, "lines: 95 % intervals"]
    return (
        p9.ggplot(shown, p9.aes("x", "y", colour="parameterization"))
        + [
            p9.geom_hline(yintercept=each, linetype="dashed", colour=MUTED, size=0.5)
            for each in references
        ]
        + p9.geom_line(position=dodge, size=0.7)
        + p9.geom_linerange(
            p9.aes(ymin="low", ymax="high"), shown[finite(shown["low"])], position=dodge, size=0.6
        )
        + p9.geom_point(position=dodge, size=1.6)
        + (facets if rows > 1 or not one else [])
        + p9.scale_colour_manual(values=colours(names))
        + p9.scale_x_continuous(breaks=list(positions), labels=texts(values))
        + p9.scale_y_continuous(**_SCALES[scale])
        + p9.labs(
            subtitle="; ".join(notes) or None,
            x=LABELS[x],
            y=label,
            colour="",
            caption=left_out(sweep, x),
        )
        + theme(max(6.4, 1.8 + 2.3 * columns), 1.8 + 1.9 * height)
        + (p9.theme(axis_text_x=p9.element_text(angle=45, ha="right")) if len(values) > 4 else [])
    )


def _positions(key: str, values: list[Any]) -> Array:
    """Return the positions of values of a key on its axis."""
    if isinstance(values[0], str):
        return np.arange(float(len(values)))
    numbers = np.array(values, dtype=float)
    return np.asarray(-np.log10(1 - numbers) if key == "target_accept" else np.log10(numbers))


def work_map(sweep: pd.DataFrame) -> p9.ggplot:
    """Plot the work of the worst estimand over two swept keys, by parameterization."""
    table = sweep[(sweep["estimand"] == WORST) & (sweep["work"] > 0)]
    if len(axes_of(sweep)) < 2 or table.empty:
        return nothing_to_draw(why_no_map(sweep, "no fit has an exact posterior"))
    work, names = table["work"], table["parameterization"]
    ends = [work.min(), work.max()]
    scale = p9.scale_fill_cmap(
        "viridis", trans="log10", breaks=ends, labels=rounded, guide=colour_bar()
    )
    # the colours of small numbers are dark
    return tile_map(
        table.assign(column=pd.Categorical(names, names.unique()), label=rounded(work)),
        sweep,
        "work",
        [scale, p9.labs(fill="work of the worst estimand")],
        light=work**2 < ends[0] * ends[1],
    )


def best_map(sweep: pd.DataFrame) -> p9.ggplot:
    """Plot the parameterization with the least work over two swept keys, by estimand."""
    known = sweep[sweep["work"] > 0]
    if len(axes_of(sweep)) < 2 or known.empty:
        return nothing_to_draw(why_no_map(sweep, "no fit has an exact posterior"))
    best = least_work(known)
    names = list(sweep["parameterization"].unique())
    kinds = [NAMES[name] for name in NAMES if name in set(best["estimand"])]
    label = [f"{ratio:.2g}" if np.isfinite(ratio) else "" for ratio in best["second"]]
    best = best.assign(column=best["estimand"].map(NAMES), label=label)
    best = as_categories(best, column=kinds, parameterization=names)
    return tile_map(
        best,
        sweep,
        "parameterization",
        [
            p9.aes(alpha="clear"),
            p9.scale_fill_manual(values=colours(names)),
            p9.scale_alpha_manual(values={True: 1.0, False: 0.35}, guide=None),
            p9.labs(
                fill="least work",
                subtitle="numbers: work of the second, divided by the least; pale: within two "
                "standard errors",
            ),
            p9.theme(legend_key_width=18),
        ],
        light=best["clear"].astype(bool),
    )
