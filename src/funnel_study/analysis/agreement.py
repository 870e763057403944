"""Agreement of samplers that fitted the same data with the same parameterization."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd

KEYS = ["scenario", "parameterization", "replicate", "estimand"]
PAIR = ["scenario", "parameterization", "sampler", "versus"]
COLUMNS = (*KEYS, "sampler", "versus", "difference", "mcse", "z_score")


def agreement(estimates: pd.DataFrame) -> pd.DataFrame:
    """Compare the posterior means of every pair of samplers.

    The table has one row per scenario, parameterization, replicate, estimand and pair of samplers.
    `difference` is the posterior mean by `sampler` minus that by `versus`. `mcse` is its Monte
    Carlo standard error, computed from those of the two independent fits. `z_score` is `difference`
    / `mcse`, which is standard normal if both samplers explore the whole posterior. All three are
    missing if either fit failed.
    """
    columns = [*KEYS, "mean", "mcse_mean"]
    by_sampler = {name: rows[columns] for name, rows in estimates.groupby("sampler", sort=False)}
    tables = [pd.DataFrame(columns=list(COLUMNS))]
    for one, other in itertools.combinations(by_sampler, 2):
        both = by_sampler[one].merge(by_sampler[other], on=KEYS, suffixes=("", "_other"))
        difference = both["mean"] - both["mean_other"]
        mcse = np.hypot(both["mcse_mean"].astype(float), both["mcse_mean_other"].astype(float))
        found = {"sampler": one, "versus": other, "difference": difference, "mcse": mcse}
        tables.append(both[KEYS].assign(**found, z_score=difference / mcse))
    return pd.concat(tables[1:] or tables, ignore_index=True)


def by_pair(agreement: pd.DataFrame) -> pd.DataFrame:
    """Summarise the z scores of `agreement` by scenario, parameterization and pair of samplers.

    `rms_z` is their root mean square and `largest_z` their largest absolute value, over the
    `compared` combinations of estimand and replicate. The z scores of one fit are correlated.
    """
    rows = []
    for names, group in agreement.groupby(PAIR, sort=False):
        z = group["z_score"].dropna().to_numpy(dtype=float)
        found = (np.sqrt(np.mean(z**2)), np.abs(z).max()) if len(z) else (np.nan, np.nan)
        rows.append((*names, len(z), *found))
    return pd.DataFrame(rows, columns=[*PAIR, "compared", "rms_z", "largest_z"])
