"""The data set of each replicate of a study."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from funnel.data import DataSet, given_data, simulate_data
from funnel.priors import Priors
from funnel.seeds import data_seed


def replicate(spec: Mapping[str, Any], number: int) -> DataSet:
    """Return the data set of the replicate with this number.

    `spec` is the mapping that `jobs.simulation_job` returns. The true values of given data `y`
    are nan. With `same_data`, every replicate has the data of replicate 0. With a
    `published_seed`, replicate 0 is the published data set.
    """
    likelihood, sizes = spec["likelihood"], spec["sizes"]
    if "y" in spec:
        return given_data(likelihood, sizes, spec["y"])
    if spec["same_data"]:
        number = 0
    rng: np.random.Generator | np.random.RandomState
    rng = np.random.default_rng(data_seed(spec["seed"], spec["scenario"], number))
    truth = spec["truth"]
    if truth == "prior":
        mu, tau, sigma = Priors(**spec["priors"]).draw(rng)
    else:
        mu, tau, sigma = truth["mu"], truth["tau"], truth.get("sigma", np.nan)
    if number == 0 and spec["published_seed"] is not None:
        rng = np.random.RandomState(spec["published_seed"])
    return simulate_data(likelihood, sizes, mu, tau, rng, sigma)
