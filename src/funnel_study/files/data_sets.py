"""Data sets as xarray, in which they are stored."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from funnel.data import DataSet


def to_xarray(data_sets: Mapping[int, DataSet]) -> xr.Dataset:
    """Return the data sets of one scenario, given by replicate number, as one xarray dataset.

    Its variables are y (replicate, observation), idx (observation), theta (replicate, individual),
    mu and tau (replicate) and sigma (individual).
    """
    sets = data_sets.values()
    first = next(iter(sets))
    return xr.Dataset(
        {
            "y": (("replicate", "observation"), np.stack([each.y for each in sets])),
            "idx": ("observation", first.idx),
            "theta": (("replicate", "individual"), np.stack([each.theta for each in sets])),
            "mu": ("replicate", np.array([each.mu for each in sets], dtype=float)),
            "tau": ("replicate", np.array([each.tau for each in sets], dtype=float)),
            "sigma": ("individual", first.sigma),
        },
        coords={
            "replicate": np.array(list(data_sets), dtype=np.int64),
            "individual": np.arange(len(first.sigma)),
        },
    )


def from_xarray(block: xr.Dataset, replicate: int) -> DataSet:
    """Return the data set of `replicate` from a dataset that `to_xarray` made.

    Raises KeyError if the replicate is not in it.
    """
    one = block.sel(replicate=replicate)
    return DataSet(
        y=one["y"].to_numpy(),
        idx=one["idx"].to_numpy(),
        sigma=one["sigma"].to_numpy(),
        theta=one["theta"].to_numpy(),
        mu=float(one["mu"]),
        tau=float(one["tau"]),
    )
