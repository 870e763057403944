"""The tables of a study that are computed from its fits, estimates and errors of chains."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pandas as pd
import xarray as xr

from funnel_study.analysis.answer import answers, winners
from funnel_study.analysis.criteria import random_data_sets
from funnel_study.analysis.diagnostic_value import diagnostic_value, roc_curves
from funnel_study.analysis.divergences import divergences_and_errors
from funnel_study.analysis.lengths import lengths
from funnel_study.analysis.performance import comparisons, performance
from funnel_study.analysis.sweep import NAMES
from funnel_study.analysis.tail import work_by_tail
from funnel_study.analysis.work import errors_of_fits

TABLES = (
    *("errors", "answers", "winners", "performance", "comparisons", "lengths", "work_by_tail"),
    *("diagnostic_value", "roc", "divergences"),
)


def analyse(
    fits: pd.DataFrame,
    estimates: pd.DataFrame,
    chain_errors: Mapping[str, xr.Dataset],
    chosen: Collection[str],
    many_scenarios: bool,
) -> dict[str, pd.DataFrame]:
    """Return the tables of `TABLES` by name.

    `chain_errors` has the errors of chains by scenario. `chosen` are the scenarios whose replicate
    0 was chosen: the table of errors has all data sets, the others are on those that are a random
    sample. With `many_scenarios`, as in a sweep, no table has every theta.
    """
    of_prefixes = errors_of_fits(chain_errors)
    errors = of_prefixes[of_prefixes["draws"] == of_prefixes["draws"].max()]
    is_chosen = (errors["replicate"] == 0) & errors["scenario"].isin(chosen)
    found = {"errors": errors.assign(chosen=is_chosen)}
    fits, estimates, errors, of_prefixes = (
        random_data_sets(table, chosen) for table in (fits, estimates, errors, of_prefixes)
    )
    estimands = NAMES if many_scenarios else None
    shown, shown_of_prefixes = (
        table if estimands is None else table[table["estimand"].isin(estimands)]
        for table in (errors, of_prefixes)
    )
    found["answers"] = answers(fits, estimates, errors)
    return {
        **found,
        "winners": winners(fits, estimates, errors, found["answers"]),
        "performance": performance(fits, estimates, errors, estimands),
        "comparisons": comparisons(fits, estimates, errors, estimands),
        "lengths": lengths(shown_of_prefixes),
        "work_by_tail": work_by_tail(fits, estimates, shown),
        "diagnostic_value": diagnostic_value(fits, estimates, errors),
        "roc": roc_curves(fits, estimates, errors),
        "divergences": divergences_and_errors(fits, estimates, errors),
    }
