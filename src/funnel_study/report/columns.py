"""Columns of tables, under the labels that people read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from funnel_study.report.numbers import interval, p_value, with_errors

# labels of columns, where they are not the names of the columns
_LABELS = {
    "auc": "AUC",
    "auc_within_cells": "AUC within cells",
    "below": "seeds below the published number",
    "compared": "comparisons",
    "compared_cells": "cells with wrong and right fits",
    "cpu_seconds": "CPU seconds",
    "data_sets_to_decide": "data sets that would decide",
    "diverging": "fits with divergences",
    "diverging_cells": "cells with divergences",
    "failed": "failed fits",
    "false_alarm": "false alarm rate",
    "holds_in": "seeds for which it holds",
    "largest_memory_mb": "largest memory, MB",
    "largest_share": "largest share",
    "largest_z": "largest absolute z",
    "p_adjusted": "adjusted p-value",
    "p_value": "p-value",
    "promised_ratio": "relative to the least, by ESS alone",
    "right": "right fits",
    "rms_z": "root mean square z",
    "share": "fraction of all seconds",
    "versus": "compared with",
    "wins": "data sets won",
    "within_a_quarter": "at most 1.25",
    "wrong": "wrong fits",
    "wrong_cells": "cells with wrong fits",
}


def columns(
    table: pd.DataFrame, names: Iterable[str], labels: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Return columns of a table under their labels; `labels` replaces some of the usual ones.

    `work (95 % interval)` is the column `work` with its limits in brackets, `work_low` and
    `work_high`, and `work (standard error)` that with `work_mcse`. `wins` are a number of
    `data_sets`. Small p-values are shown as below 0.001.
    """
    found: dict[str, list[str] | pd.Series] = {}
    for name in names:
        column, _, bracket = name.partition(" (")
        if bracket == "95 % interval)":
            values: list[str] | pd.Series = interval(table, column)
        elif bracket:
            values = with_errors(table, column, f"{column}_mcse")
        elif column in ("p_value", "p_adjusted"):
            values = [p_value(float(each)) for each in table[column].astype(float)]
        elif column == "wins":
            values = [f"{n} of {of}" for n, of in table[["wins", "data_sets"]].to_numpy().tolist()]
        else:
            values = table[column]
        label = (labels or {}).get(column) or _label(column)
        found[f"{label} ({bracket}" if bracket else label] = values
    return pd.DataFrame(found, index=table.index)


def _label(name: str) -> str:
    for end, limit in (("_low", ", lower limit"), ("_high", ", upper limit")):
        if name.endswith(end):
            return _label(name.removesuffix(end)) + limit
    return _LABELS.get(name, name.replace("_", " "))


def measures(
    performance: pd.DataFrame, keys: list[str], labels: Mapping[tuple[str, str], str]
) -> pd.DataFrame:
    """Return a table with one row per cell and one column per measure.

    `keys` are the columns that name a cell, and `labels` has the label of each (estimand, measure).
    Each value has its Monte Carlo standard error in brackets.
    """
    table = performance[keys].drop_duplicates()
    for (estimand, measure), label in labels.items():
        chosen = performance[
            (performance["estimand"] == estimand) & (performance["measure"] == measure)
        ]
        texts = chosen[keys].assign(**{label: with_errors(chosen, "estimate", "mcse")})
        table = table.merge(texts, on=keys, how="left")
    return table
