"""Datasets of what chains found, made from given errors."""

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from funnel.group_means import estimands
from funnel_study.diagnosis.chain_errors import PROBABILITIES, QUANTITIES

Array = NDArray[np.float64]


def chain_errors_of(
    errors: Array,
    steps: float | Array = 1_000.0,
    tuning_steps: float | Array = 0.0,
    parameterizations: tuple[str, ...] = ("mixed",),
    below: Array | None = None,
    sampler: str = "nutpie",
) -> xr.Dataset:
    """Return the dataset of one scenario whose chains have the given errors.

    `errors` (parameterization, replicate, chain, estimand) are those of the means in exact standard
    deviations; estimands have exact mean 2 and standard deviation 3, and K is at least 1. `below`
    (parameterization, replicate, chain, quantity, probability) are errors of probabilities.
    """
    K = errors.shape[-1] - 3
    first = errors.shape[:3]
    p = np.array(PROBABILITIES)
    probabilities = np.zeros((*first, len(QUANTITIES), len(p))) if below is None else below
    dims = ("parameterization", "sampler", "replicate", "chain", "prefix")
    cells = dims[:3]

    def placed(values: Array) -> Array:
        """Add the dimensions sampler and prefix, each of length 1."""
        return values[:, None, :, :, None]

    exact = (len(parameterizations), 1, first[1], errors.shape[-1])
    return xr.Dataset(
        {
            "mean": ((*dims, "estimand"), placed(2.0 + 3.0 * errors)),
            "mean_of_square": ((*dims, "estimand"), placed(5.0 + 7.0 * errors)),
            "below": ((*dims, "quantity", "probability"), placed(p + probabilities)),
            "leapfrog_steps": (dims, placed(np.broadcast_to(steps, first))),
            "tuning_leapfrog_steps": (
                dims[:4],
                np.broadcast_to(tuning_steps, first)[:, None],
            ),
            "exact_mean": ((*cells, "estimand"), np.full(exact, 2.0)),
            "exact_sd": ((*cells, "estimand"), np.full(exact, 3.0)),
            "exact_mean_of_square": ((*cells, "estimand"), np.full(exact, 5.0)),
            "exact_sd_of_square": ((*cells, "estimand"), np.full(exact, 7.0)),
        },
        coords={
            "parameterization": list(parameterizations),
            "sampler": [sampler],
            "replicate": np.arange(first[1]),
            "chain": np.arange(first[2]),
            "prefix": [500],
            "estimand": estimands(K),
            "quantity": list(QUANTITIES),
            "probability": list(PROBABILITIES),
        },
    )
