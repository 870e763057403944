"""What a sampler says of its draws, made up."""

import numpy as np
import xarray as xr
from numpy.typing import NDArray


def sample_stats(
    rng: np.random.Generator, shape: tuple[int, int], diverging: NDArray[np.int8] | None = None
) -> xr.Dataset:
    """The group sample_stats of one fit of `shape` (chain, draw), all alike but the energy."""
    dims, zeros = ("chain", "draw"), np.zeros(shape, dtype=np.int8)
    return xr.Dataset(
        {
            "diverging": (dims, zeros if diverging is None else diverging),
            "energy": (dims, rng.normal(size=shape)),
            "step_size": (dims, np.full(shape, 0.25)),
            "last_tuned_step_size": (dims, np.full(shape, np.nan)),
            "reached_max_treedepth": (dims, zeros),
            "n_steps": (dims, np.full(shape, 7, dtype=np.int32)),
            "acceptance_rate": (dims, np.full(shape, 0.9)),
        }
    )
