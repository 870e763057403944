"""Data sets as xarray, in which they are stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from funnel.data import DataSet
from funnel.likelihoods import likelihood_class


def to_xarray(data_sets: Mapping[int, DataSet]) -> xr.Dataset:
    """Return the data sets of one scenario, given by replicate number, as one xarray dataset.

    Its variables are the true values theta (replicate, individual), mu and tau (replicate), and
    true_sigma (replicate) if sigma is a parameter; and those that the likelihood stores. For normal
    data with known sigma, these are y (replicate, observation), idx (observation) and sigma
    (individual). The name of the likelihood is an attribute.
    """
    sets = data_sets.values()
    data = next(iter(sets)).data
    stored = [each.data.stored() for each in sets]
    # only the first varies between replicates
    varying, *others = data.STORED.items()
    name, dimension = varying
    variables: dict[str, Any] = {
        name: (("replicate", dimension), np.stack([each[name] for each in stored]))
    }
    variables |= {name: (dim, stored[0][name]) for name, dim in others}
    if data.SIGMA:
        variables["true_sigma"] = ("replicate", np.array([each.sigma for each in sets]))
    return xr.Dataset(
        {
            **variables,
            "theta": (("replicate", "individual"), np.stack([each.theta for each in sets])),
            "mu": ("replicate", np.array([each.mu for each in sets], dtype=float)),
            "tau": ("replicate", np.array([each.tau for each in sets], dtype=float)),
        },
        coords={
            "replicate": np.array(list(data_sets), dtype=np.int64),
            "individual": np.arange(data.K),
        },
        attrs={"likelihood": type(data).__module__.rpartition(".")[2]},
    )


def from_xarray(block: xr.Dataset, replicate: int) -> DataSet:
    """Return the data set of `replicate` from a dataset that `to_xarray` made.

    Raises KeyError if the replicate is not in it.
    """
    one = block.sel(replicate=replicate)
    kind = likelihood_class(block.attrs["likelihood"])
    return DataSet(
        kind.from_stored(**{name: one[name].to_numpy() for name in kind.STORED}),
        theta=one["theta"].to_numpy(),
        mu=float(one["mu"]),
        tau=float(one["tau"]),
        sigma=float(one["true_sigma"]) if kind.SIGMA else np.nan,
    )
