"""Figures of a sweep, from its table: lines over one swept key, and maps over two.

The key with the most values is the horizontal axis, and in maps that with the second most is the
vertical one. There is a panel for every combination of the other keys.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotnine as p9
from mizani.transforms import pseudo_log_trans

from funnel_study.analysis.statistics import t_quantile
from funnel_study.analysis.sweep import ESTIMANDS, LABELS, NAMES, axes_of, data_sets, least_work
from funnel_study.analysis.work import LOW_ERROR, WORST
from funnel_study.figures.catalogue import FIGURES as CATALOGUE
from funnel_study.figures.panels import nothing_to_draw
from funnel_study.figures.theme import MUTED, colour_bar, colours, theme

# with more rows of panels than this, only one estimand is shown
MOST_ROWS = 12
# a map with more points than this in a panel has no numbers
MOST_NUMBERS = 60
# maps with more columns of panels than this have them below each other
MOST_COLUMNS = 5
# the horizontal or vertical size of a point in a map, inches
TILE = 0.5


def sweep_work(sweep: pd.DataFrame) -> p9.ggplot:
    with np.errstate(divide="ignore", invalid="ignore"):
        log, error = np.log(sweep["work"]), sweep["work_mcse"] / sweep["work"]
    reach = data_sets(sweep).map(t_quantile) * error
    table = sweep.assign(y=sweep["work"], low=np.exp(log - reach), high=np.exp(log + reach))
    return _lines(
        "sweep_work",
        table,
        ESTIMANDS,
        "leapfrog steps for the precision of one independent draw",
        [p9.scale_y_log10(labels=_numbers)],
    )


def sweep_bias(sweep: pd.DataFrame) -> p9.ggplot:
    reach = data_sets(sweep).map(t_quantile) * sweep["bias_squared_mcse"]
    value = sweep["bias_squared"]
    table = sweep.assign(y=value, low=value - reach, high=value + reach)
    marks = [-10, -1, -0.1, -0.01, 0, 0.01, 0.1, 1, 10]
    return _lines(
        "sweep_bias",
        table,
        ESTIMANDS,
        "squared bias, exact posterior variances",
        [
            p9.geom_hline(yintercept=LOW_ERROR, linetype="dashed", colour=MUTED, size=0.5),
            p9.scale_y_continuous(
                trans=pseudo_log_trans(sigma=0.003, base=10), breaks=marks, labels=_numbers
            ),
        ],
    )


def sweep_content(sweep: pd.DataFrame) -> p9.ggplot:
    reach = data_sets(sweep).map(t_quantile) * sweep["content_90_mcse"]
    value = sweep["content_90"]
    table = sweep.assign(y=value, low=value - reach, high=value + reach)
    return _lines(
        "sweep_content",
        table,
        # the content for log tau equals that for tau
        ("mu", "tau"),
        "exact probability of the 90 % interval",
        [p9.geom_hline(yintercept=0.9, linetype="dashed", colour=MUTED, size=0.5)],
    )


def sweep_divergences(sweep: pd.DataFrame) -> p9.ggplot:
    table = sweep.assign(y=sweep["divergences"], low=np.nan, high=np.nan)
    marks = [0, 1, 10, 100, 1_000, 10_000, 100_000]
    return _lines(
        "sweep_divergences",
        table,
        (WORST,),
        "divergent draws per fit, mean",
        [
            p9.scale_y_continuous(
                trans=pseudo_log_trans(sigma=0.3, base=10), breaks=marks, labels=_numbers
            )
        ],
    )


def sweep_map(sweep: pd.DataFrame) -> p9.ggplot:
    table = sweep[(sweep["estimand"] == WORST) & (sweep["work"] > 0)]
    axes = axes_of(sweep)
    if len(axes) < 2 or table.empty:
        return nothing_to_draw("sweep_map", _why_no_map(axes))
    names = list(table["parameterization"].unique())
    ends = [table["work"].min(), table["work"].max()]
    table = table.assign(
        column=pd.Categorical(table["parameterization"], names),
        label=rounded(table["work"]),
        # the colours of small numbers are dark
        light=table["work"] ** 2 < table["work"].min() * table["work"].max(),
    )
    return _map(
        "sweep_map",
        table,
        axes,
        "work",
        [
            p9.scale_fill_cmap(
                "viridis", trans="log10", breaks=ends, labels=rounded, guide=colour_bar()
            ),
            p9.labs(fill="work of the worst estimand"),
            p9.theme(legend_key_width=60),
        ],
    )


def sweep_best(sweep: pd.DataFrame) -> p9.ggplot:
    axes = axes_of(sweep)
    known = sweep[sweep["work"] > 0]
    if len(axes) < 2 or known.empty:
        return nothing_to_draw("sweep_best", _why_no_map(axes))
    best = least_work(known)
    names = list(sweep["parameterization"].unique())
    kinds = [NAMES[name] for name in ESTIMANDS if name in set(best["estimand"])]
    best = best.assign(
        column=pd.Categorical(best["estimand"].map(NAMES), kinds),
        parameterization=pd.Categorical(best["parameterization"], names),
        label=[f"{ratio:.2g}" if np.isfinite(ratio) else "" for ratio in best["second"]],
        light=best["clear"],
    )
    return _map(
        "sweep_best",
        best,
        axes,
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
        ],
    )


def _lines(
    figure: str, sweep: pd.DataFrame, estimands: Sequence[str], label: str, layers: list[Any]
) -> p9.ggplot:
    """Plot `y` with intervals from `low` to `high` over the first axis."""
    axes = axes_of(sweep)
    if not axes or sweep["y"].isna().all():
        why = "no key has several values" if not axes else "no fit has an exact posterior"
        return nothing_to_draw(figure, why)
    x = axes[0]
    table = _with_rows(sweep[sweep[x].notna()], axes[1:])
    rows = len(table["row"].cat.categories)
    if rows > MOST_ROWS and len(estimands) > 1:
        estimands = estimands[-1:]
    shown = table[table["estimand"].isin(estimands) & np.isfinite(table["y"])]
    names = list(sweep["parameterization"].unique())
    kinds = [NAMES[name] for name in estimands]
    shown = shown.assign(
        x=_position(x)(shown[x].astype(float)),
        parameterization=pd.Categorical(shown["parameterization"], names),
        estimand=pd.Categorical(shown["estimand"].map(NAMES), kinds),
    )
    values = np.array(sorted(sweep[x].dropna().unique()), dtype=float)
    positions = _position(x)(values)
    span = float(positions[-1] - positions[0])
    dodge = p9.position_dodge(width=0.02 * span)
    one = len(kinds) == 1
    columns = min(3, rows) if one else len(kinds)
    height = -(-rows // columns) if one else rows
    facets = (
        p9.facet_wrap("row", ncol=columns)
        if one
        else p9.facet_grid("row", "estimand", scales="free_y" if rows > 1 else "fixed")
    )
    subtitle = "lines: 95 % intervals" if shown["low"].notna().any() else None
    return (
        p9.ggplot(shown, p9.aes("x", "y", colour="parameterization"))
        + layers
        + p9.geom_line(position=dodge, size=0.7)
        + p9.geom_linerange(
            p9.aes(ymin="low", ymax="high"),
            shown[np.isfinite(shown["low"])],
            position=dodge,
            size=0.6,
        )
        + p9.geom_point(position=dodge, size=1.6)
        + (facets if rows > 1 or not one else [])
        + p9.scale_colour_manual(values=colours(names))
        + p9.scale_x_continuous(breaks=list(positions), labels=texts(values))
        + p9.labs(
            title=CATALOGUE[figure].title + (f": {kinds[0]}" if one and "work" in figure else ""),
            subtitle=subtitle,
            x=LABELS[x],
            y=label,
            colour="",
            caption=_left_out(sweep, x),
        )
        + theme(max(6.4, 1.8 + 2.3 * columns), 1.8 + 1.9 * height)
        + (p9.theme(axis_text_x=p9.element_text(angle=45, ha="right")) if len(values) > 4 else [])
    )


def _map(
    figure: str, table: pd.DataFrame, axes: list[str], fill: str, layers: list[Any]
) -> p9.ggplot:
    """Plot a tile per point over the first two axes, with a column of panels by `column`.

    If there would be too many columns, they are the rows instead.
    """
    x, y = axes[:2]
    left_out = _left_out(table, x, y)
    table = _with_rows(table[table[x].notna() & table[y].notna()], axes[2:])
    for key in (x, y):
        values = np.array(sorted(table[key].unique()), dtype=float)
        table[f"at_{key}"] = pd.Categorical(
            table[key].map(dict(zip(values, texts(values), strict=True))), texts(values)
        )
    facets = ["row", "column"]
    rows, columns = (len(table[key].cat.categories) for key in facets)
    if columns > max(rows, MOST_COLUMNS):
        facets, rows, columns = facets[::-1], columns, rows
    across, up = (len(table[f"at_{key}"].cat.categories) for key in (x, y))
    plot = (
        p9.ggplot(table, p9.aes(f"at_{x}", f"at_{y}", fill=fill))
        + p9.geom_tile(colour="white", size=0.4)
        + p9.facet_grid(*facets)
        + p9.labs(title=CATALOGUE[figure].title, x=LABELS[x], y=LABELS[y], caption=left_out)
        + theme(1.8 + columns * (0.3 + TILE * across), 2.2 + rows * (0.3 + max(0.8, TILE * up)))
        + p9.theme(panel_grid=p9.element_blank())
        + layers
    )
    if across * up <= MOST_NUMBERS:
        for light, colour in ((True, "white"), (False, "black")):
            numbers = table[table["light"] == light]
            if len(numbers):
                plot += p9.geom_text(p9.aes(label="label"), numbers, colour=colour, size=7, alpha=1)
    return plot


def _with_rows(table: pd.DataFrame, others: list[str]) -> pd.DataFrame:
    """Return `table` with a column `row` for the panels: the values of the keys `others`.

    The scenario of the configuration and the sampler are part of it if there are several.
    """
    keys = [key for key in ("base", *others, "sampler") if len(table[key].unique()) > 1]
    points = table[keys].drop_duplicates()
    # names in the order of the configuration, and numbers in ascending order
    order = points.apply(
        lambda column: column if column.name in others else pd.factorize(column)[0]
    )
    points = points.loc[order.sort_values(keys).index] if keys else points
    names = {key: _row_name(dict(zip(keys, key, strict=True))) for key in _tuples(points)}
    row = [names[key] for key in _tuples(table[keys])]
    return table.assign(row=pd.Categorical(row, list(dict.fromkeys(names.values()))))


def _tuples(table: pd.DataFrame) -> list[tuple[Any, ...]]:
    """Return the rows of `table` as keys; missing values are equal to each other."""
    filled = table.astype(object).where(table.notna(), None)
    return [tuple(row) for row in filled.to_numpy()]


def _row_name(values: dict[str, Any]) -> str:
    """Return the title of a row of panels, in lines that fit beside it."""
    parts = [
        value if isinstance(value, str) else f"{key} = {_text(value)}"
        for key, value in values.items()
        if value is not None
    ]
    return "\n".join(textwrap.wrap(", ".join(parts), 24))


def _left_out(sweep: pd.DataFrame, *keys: str) -> str:
    """Return a note on the points that have no value of the axes."""
    gone = sweep.loc[sweep[list(keys)].isna().any(axis=1), "base"].dropna().unique()
    if not len(gone):
        return ""
    return f"Not shown: {', '.join(gone)}, without a value of {' and '.join(keys)}."


def _why_no_map(axes: list[str]) -> str:
    return "no fit has an exact posterior" if len(axes) > 1 else "a map needs two swept keys"


def _position(key: str) -> Callable[[Any], Any]:
    """Return the function that maps the values of a key to positions on its axis."""
    if key == "target_accept":
        return lambda values: -np.log10(1 - values)
    return lambda values: np.log10(values)


def _text(value: float) -> str:
    return f"{value:.6g}"


def texts(values: Any) -> list[str]:
    """Return the labels of the values of a swept key."""
    return [_text(value) for value in values]


def rounded(values: Iterable[float]) -> list[str]:
    """Return values as text with two significant digits, or whole."""
    return [f"{value:,.0f}" if value >= 10 else f"{value:.2g}" for value in values]


def _numbers(values: list[float]) -> list[str]:
    return [f"{value:,.10g}" for value in values]


PLOTS = (sweep_work, sweep_best, sweep_map, sweep_bias, sweep_content, sweep_divergences)
