"""What the unit of the data costs, from the tables of a study that sweeps it.

The data sets of a scenario in different units are proportional, and the exact posterior is the
same. So the work of a fit, which is in exact posterior variances, can be compared data set by data
set.
"""

from __future__ import annotations

import pandas as pd
from scipy import stats

from funnel_study.analysis.performance import PRIMARY, Values
from funnel_study.analysis.statistics import holm
from funnel_study.analysis.work import WORST
from funnel_study.files.tables import FIT_KEYS

# by the scenario of the configuration
COURSE = ["sampler", "base", "parameterization"]
LEVEL = 0.05


def works(points: pd.DataFrame, values: Values) -> pd.DataFrame:
    """Return the work of every fit, for the estimand with the largest mean work in its cell.

    `points` has the `base` and the `unit` of each `scenario`. The columns are `COURSE`, `unit`,
    `replicate` and `work`.
    """
    chosen = values.keys["estimand"] == WORST
    rows = values.keys.loc[chosen, FIT_KEYS].assign(work=values.of["work"][chosen, 0])
    return rows.merge(points, on="scenario", validate="many_to_one")


def dependence(of_fits: pd.DataFrame) -> pd.DataFrame:
    """Return whether the work of each course depends on the unit: one row per `COURSE`.

    `spread` is the median work in the unit of the largest (`largest_at`) divided by that in the
    unit of the least (`least_at`), since single fits that are stuck dominate means. `p_value` is
    that of Friedman's test, which compares the ranks of the units within each data set (1937, JASA
    32:675), adjusted by Holm's method over the rows of a sampler. `depends` is whether it is below
    `LEVEL`. Data sets with a failed fit are left out.
    """
    rows = []
    for names, group in of_fits.groupby(COURSE, sort=False):
        table = group.pivot_table("work", "replicate", "unit").dropna()
        medians = table.median()
        p = stats.friedmanchisquare(*table.to_numpy().T).pvalue
        row = (medians.max() / medians.min(), medians.idxmax(), medians.idxmin(), p)
        rows.append((*names, *row))
    columns = [*COURSE, "spread", "largest_at", "least_at", "p_value"]
    found = pd.DataFrame(rows, columns=columns)
    for _, of_sampler in found.groupby("sampler"):
        found.loc[of_sampler.index, "p_value"] = holm(of_sampler["p_value"].to_numpy(float))
    return found.assign(depends=found["p_value"] < LEVEL)


def log_ratios(
    points: pd.DataFrame, comparisons: pd.DataFrame, parameterization: str, versus: str
) -> pd.DataFrame:
    """Return the log of the work of one parameterization divided by that of another.

    The rows are points, and the estimand is that with the largest work. `mcse` is the standard
    error of `difference`, paired by data set.
    """
    estimand, measure = PRIMARY
    rows = comparisons[
        (comparisons["estimand"] == estimand)
        & (comparisons["measure"] == measure)
        & (comparisons["parameterization"] == parameterization)
        & (comparisons["versus"] == versus)
    ]
    return rows.merge(points, on="scenario", validate="many_to_one")
