"""The results of a sweep by its values, from the tables of its scenarios."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from funnel_study.analysis.statistics import t_limits
from funnel_study.analysis.work import LOW_ERROR, TAIL, WORST
from funnel_study.files.tables import CELL_KEYS

NAMES = {
    **{"mu": "mu", "tau": "tau", "log_tau": "log tau", TAIL: TAIL, "sigma": "sigma"},
    WORST: "worst estimand",
}
LABELS = {
    "likelihood": "likelihood",
    "ratio": "s / tau, the ratio of standard errors to tau",
    "sigma": "sigma",
    "K": "number of individuals K",
    "n": "observations of each individual",
    "imbalance": "imbalance: largest divided by smallest number of observations",
    "tau": "true tau",
    "target_accept": "target acceptance rate",
    "tune": "tuning iterations",
    "unit": "unit: what data, truth and priors are multiplied by",
}
MEASURES = ("work", "bias_squared", "content_90")
# verdicts on a squared bias
ABOVE, BELOW, UNDECIDED = "above", "below", "undecided"
# columns of the table besides the swept values
IDENTIFIERS = (*CELL_KEYS, "base")
RESULTS = (
    "estimand",
    *(column for measure in MEASURES for column in (measure, f"{measure}_mcse")),
    *("divergences", "fits", "failed"),
)


def sweep_table(
    swept: Mapping[str, Mapping[str, Any]],
    bases: Mapping[str, str],
    fits: pd.DataFrame,
    performance: pd.DataFrame,
) -> pd.DataFrame:
    """Return the performance of each parameterization at each point of a sweep.

    `swept` has the swept values of each point, by the name of its scenario, and `bases` the name of
    the scenario of the configuration that a point of settings belongs to. The table has one row per
    point, parameterization, sampler and estimand (`NAMES`). Its columns are explained in
    results/README.md; what a point or an estimand does not have is missing.
    """
    columns = list(dict.fromkeys(key for values in swept.values() for key in values))
    points = pd.DataFrame(
        [(name, bases.get(name), *map(values.get, columns)) for name, values in swept.items()],
        columns=["scenario", "base", *columns],
    )
    counted = fits.assign(failed=fits["status"] != "ok").groupby(CELL_KEYS, sort=False)
    cells = counted.agg(
        divergences=("divergences", "mean"), fits=("failed", "size"), failed=("failed", "sum")
    ).reset_index()
    table = points.merge(cells, on="scenario", how="inner")
    table = table.merge(pd.DataFrame({"estimand": [*NAMES]}), how="cross")
    has_sigma = performance.loc[performance["estimand"] == "sigma", "scenario"]
    table = table[(table["estimand"] != "sigma") | table["scenario"].isin(has_sigma)]
    for measure in MEASURES:
        rows = performance.loc[
            performance["measure"] == measure, [*CELL_KEYS, "estimand", "estimate", "mcse"]
        ].rename(columns={"estimate": measure, "mcse": f"{measure}_mcse"})
        table = table.merge(rows, on=[*CELL_KEYS, "estimand"], how="left", validate="one_to_one")
    return table[[*IDENTIFIERS, *columns, *RESULTS]]


def data_sets(sweep: pd.DataFrame) -> pd.Series:
    """Return the number of data sets behind each row."""
    return sweep["fits"] - sweep["failed"]


def limits(sweep: pd.DataFrame, column: str, *, log: bool = False) -> tuple[pd.Series, pd.Series]:
    """Return both ends of the 95 % interval of a column over data sets; nan without its errors."""
    error = sweep.get(f"{column}_mcse", pd.Series(np.nan, sweep.index))
    return t_limits(sweep[column], error, data_sets(sweep), log=log)


def bias_verdicts(sweep: pd.DataFrame) -> pd.Series:
    """Return whether the squared bias of each row is above or below `LOW_ERROR`, in a word.

    It is `ABOVE` or `BELOW` if its whole 95 % interval is, and `UNDECIDED` otherwise.
    """
    low, high = limits(sweep, "bias_squared")
    return pd.Series(
        np.select([low > LOW_ERROR, high < LOW_ERROR], [ABOVE, BELOW], UNDECIDED), sweep.index
    )


def swept_keys(table: pd.DataFrame) -> list[str]:
    """Return the columns of a table that have swept values."""
    return [str(name) for name in table.columns if name in LABELS]


def axes_of(table: pd.DataFrame) -> list[str]:
    """Return the swept keys with several values, those with more values first.

    Keys whose values are names come last.
    """
    counts = {key: table[key].nunique() for key in swept_keys(table)}
    ordered = sorted(counts, key=lambda key: (not is_numeric_dtype(table[key]), -counts[key]))
    return [key for key in ordered if counts[key] > 1]


def value_text(value: Any) -> str:
    """Return a value of a swept key, a number or a name, as text."""
    return value if isinstance(value, str) else f"{value:.6g}"


def least_work(table: pd.DataFrame) -> pd.DataFrame:
    """Return the row with the least work of every point, sampler and estimand.

    `second` is the work of the second divided by the least, and `clear` is whether the log of this
    ratio is more than two standard errors. These are those of independent estimates, which is
    cautious, because the parameterizations share their data sets. Without a second, `second` is
    missing.
    """
    rows = []
    for _, group in table.groupby(["scenario", "sampler", "estimand"], sort=False):
        ordered = group.sort_values("work", kind="stable")
        first = ordered.iloc[0].to_dict()
        ratio, clear = np.nan, len(ordered) == 1
        if len(ordered) > 1:
            second = ordered.iloc[1]
            ratio = second["work"] / first["work"]
            errors = (each["work_mcse"] / each["work"] for each in (second, first))
            clear = bool(np.log(ratio) > 2 * np.hypot(*errors))
        rows.append({**first, "second": ratio, "clear": clear})
    return pd.DataFrame(rows)
