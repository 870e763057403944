"""The data set of each replicate of a study."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from funnel.data import DataSet, from_observations, simulate
from funnel.priors import Priors
from funnel.seeds import data_seed


def replicate(spec: Mapping[str, Any], number: int) -> DataSet:
    """Return the data set of the replicate with this number.

    `spec` is the mapping that `jobs.simulation_job` returns. The true values of given observations
    `y` are nan. With `same_data`, every replicate has the data of replicate 0. With a
    `published_seed`, replicate 0 is the published data set.
    """
    if "y" in spec:
        return from_observations(spec["n_per_individual"], spec["sigma"], spec["y"])
    if spec["same_data"]:
        number = 0
    rng: np.random.Generator | np.random.RandomState
    rng = np.random.default_rng(data_seed(spec["seed"], spec["scenario"], number))
    if spec["truth"] == "prior":
        mu, tau = Priors(**spec["priors"]).draw(rng)
    else:
        mu, tau = spec["truth"]["mu"], spec["truth"]["tau"]
    if number == 0 and spec["published_seed"] is not None:
        rng = np.random.RandomState(spec["published_seed"])
    return simulate(spec["n_per_individual"], spec["sigma"], mu, tau, rng)
