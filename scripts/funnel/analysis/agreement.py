"""Whether samplers agree: the same data and parameterization, fitted by each of them."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd

COLUMNS = (
    *("scenario", "parameterization", "replicate", "estimand", "sampler", "versus"),
    *("difference", "mcse", "z"),
)


PAIR_COLUMNS = (
    *("scenario", "parameterization", "sampler", "versus"),
    *("compared", "rms_z", "largest_z"),
)


def agreement(estimates: pd.DataFrame) -> pd.DataFrame:
    """The difference of every posterior mean between each two samplers of a fit.

    `difference` is that of `sampler` less `versus`, `mcse` its Monte Carlo standard error, from
    those of the two independent fits, and z the one over the other: a standard normal where both
    explore the posterior. Missing where a fit failed.
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
        tables.append(both[keys].assign(**found, z=difference / mcse))
    if not tables:
        return pd.DataFrame(columns=list(COLUMNS))
    table: pd.DataFrame = pd.concat(tables, ignore_index=True)
    return table.reindex(columns=list(COLUMNS))


def by_pair(agreement: pd.DataFrame) -> pd.DataFrame:
    """The root mean square and the largest z, by size, of each two samplers of a cell.

    Over `compared` estimands and replicates; those of one fit are correlated.
    """
    rows = []
    keys = list(PAIR_COLUMNS[:4])
    for names, group in agreement.groupby(keys, sort=False):
        z = group["z"].dropna().to_numpy(dtype=float)
        found = (np.sqrt(np.mean(z**2)), np.abs(z).max()) if len(z) else (np.nan, np.nan)
        rows.append((*names, len(z), *found))
    return pd.DataFrame(rows, columns=list(PAIR_COLUMNS))
