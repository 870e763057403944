"""Agreement of samplers that fitted the same data with the same parameterization."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd

COLUMNS = (
    *("scenario", "parameterization", "replicate", "estimand", "sampler", "versus"),
    *("difference", "mcse", "z_score"),
)


PAIR_COLUMNS = (
    *("scenario", "parameterization", "sampler", "versus"),
    *("compared", "rms_z", "largest_z"),
)


def agreement(estimates: pd.DataFrame) -> pd.DataFrame:
    """Compare the posterior means of every pair of samplers.

    The table has one row per scenario, parameterization, replicate, estimand and pair of samplers.
    `difference` is the posterior mean by `sampler` minus that by `versus`. `mcse` is its Monte
    Carlo standard error, computed from those of the two independent fits. `z` is `difference` /
    `mcse`, which is standard normal if both samplers explore the whole posterior. All three are
    missing if either fit failed.
    """
    keys = ["scenario", "parameterization", "replicate", "estimand"]
    names = list(estimates["sampler"].unique())
    by_sampler = {
        name: estimates.loc[estimates["sampler"] == name, [*keys, "mean", "mcse_mean"]]
        for name in names
    }
    tables = []
    for one, other in itertools.combinations(names, 2):
        both = by_sampler[one].merge(by_sampler[other], on=keys, suffixes=("", "_other"))
        difference = both["mean"] - both["mean_other"]
        mcse = np.hypot(both["mcse_mean"].astype(float), both["mcse_mean_other"].astype(float))
        found = {"sampler": one, "versus": other, "difference": difference, "mcse": mcse}
        tables.append(both[keys].assign(**found, z_score=difference / mcse))
    if not tables:
        return pd.DataFrame(columns=list(COLUMNS))
    table: pd.DataFrame = pd.concat(tables, ignore_index=True)
    return table.reindex(columns=list(COLUMNS))


def by_pair(agreement: pd.DataFrame) -> pd.DataFrame:
    """Summarise the z values of `agreement` by scenario, parameterization and pair of samplers.

    `rms_z` is their root mean square and `largest_z` their largest absolute value, over the
    `compared` combinations of estimand and replicate. The z values of one fit are correlated.
    """
    rows = []
    keys = list(PAIR_COLUMNS[:4])
    for names, group in agreement.groupby(keys, sort=False):
        z = group["z_score"].dropna().to_numpy(dtype=float)
        found = (np.sqrt(np.mean(z**2)), np.abs(z).max()) if len(z) else (np.nan, np.nan)
        rows.append((*names, len(z), *found))
    return pd.DataFrame(rows, columns=list(PAIR_COLUMNS))
