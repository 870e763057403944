"""Where the order of parameterizations depends on the lower tail of tau."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd

from funnel_study.analysis.criteria import same_as
from funnel_study.analysis.statistics import LOG_WORK, error_of_mean
from funnel_study.analysis.work import is_ranked
from funnel_study.files.tables import CELL_KEYS, FIT_KEYS

THIRDS = ("lowest", "middle", "highest")
COLUMNS = (
    *("scenario", "sampler", "estimand", "parameterization", "versus", "third"),
    *("q05_low", "q05_high", "log_ratio", "log_ratio_mcse", "wins", "data_sets"),
)


def work_by_tail(fits: pd.DataFrame, estimates: pd.DataFrame, errors: pd.DataFrame) -> pd.DataFrame:
    """Compare the work of parameterizations in thirds of the data sets, by their tail of tau.

    The data sets of a scenario are sorted by the exact 5 % quantile of tau, and divided into thirds
    of equal size, in which it is between `q05_low` and `q05_high`. The table has one row per
    scenario, sampler, ranked estimand, pair of parameterizations and third. `log_ratio` is the log
    of the mean work of `parameterization` over that of `versus`, with its standard error, paired by
    data set; `wins` is the number of the `data_sets` in which `parameterization` took less work.
    Parameterizations that equal another one are left out, and so are scenarios with fewer than
    three data sets.
    """
    is_same = pd.MultiIndex.from_frame(errors[CELL_KEYS]).isin(list(same_as(fits)))
    quantile = estimates.loc[estimates["estimand"] == "tau", [*FIT_KEYS, "exact_q05"]]
    is_counted = errors["estimand"].map(is_ranked).astype(bool) & ~is_same
    table = errors[is_counted].merge(quantile, on=FIT_KEYS)
    rows = []
    for key, group in table.groupby(["scenario", "sampler", "estimand"], sort=False):
        names = list(group["parameterization"].unique())
        wide = group.pivot_table("work", "replicate", "parameterization", dropna=False)
        columns = list(wide.columns)
        quantiles = group.groupby("replicate")["exact_q05"].first().reindex(wide.index)
        order = np.argsort(quantiles.to_numpy(dtype=float), kind="stable")
        work, q05 = wide.to_numpy(dtype=float)[order], quantiles.to_numpy(dtype=float)[order]
        for one, other in itertools.combinations(names, 2):
            pair = work[:, [columns.index(one), columns.index(other)]]
            known = np.flatnonzero(np.isfinite(pair).all(axis=1) & np.isfinite(q05))
            if len(known) < len(THIRDS):
                continue
            parts = np.array_split(known, len(THIRDS))
            for third, part in zip(THIRDS, parts, strict=True):
                a, b = pair[part, :1], pair[part, 1:]
                influence = LOG_WORK.influence(a) - LOG_WORK.influence(b)
                rows.append(
                    (
                        *(*key, one, other, third, q05[part].min(), q05[part].max()),
                        LOG_WORK.of(a) - LOG_WORK.of(b),
                        error_of_mean(influence),
                        int((a < b).sum()),
                        len(part),
                    )
                )
    return pd.DataFrame(rows, columns=list(COLUMNS))
