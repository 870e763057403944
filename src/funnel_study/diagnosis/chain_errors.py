"""What each chain of a fit found, and what it should have found under the exact posterior.

For every chain, and for the first 100, 300, 1,000, 3,000 and 10,000 of its draws as well as for all
of them: the means of every estimand and of its square, the proportions of the draws of mu and tau
that are below exact quantiles, and the leapfrog steps that these draws took. All measures of error
and of work in the module `analysis.work` follow from these numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

import numpy as np
import xarray as xr

from funnel.group_means import Array
from funnel_study.diagnosis.exact_values import MOMENTS, ExactValues
from funnel_study.diagnosis.interpolated import PROBABILITIES
from funnel_study.files.whole_files import UnusableFileError

PREFIXES = (100, 300, 1_000, 3_000, 10_000)
QUANTITIES = ("mu", "tau")  # log tau has the same probabilities as tau

_DIMENSIONS: dict[str, tuple[str, ...]] = {
    "mean": ("chain", "prefix", "estimand"),
    "mean_of_square": ("chain", "prefix", "estimand"),
    "below": ("chain", "prefix", "quantity", "probability"),
    "leapfrog_steps": ("chain", "prefix"),
    "tuning_leapfrog_steps": ("chain",),
    **{f"exact_{moment}": ("estimand",) for moment in MOMENTS},
}


def prefixes(draws: int) -> list[int]:
    """Return the lengths at which a chain of `draws` draws is measured; the last is `draws`."""
    return [*(length for length in PREFIXES if length < draws), draws]


def chain_errors(exact: ExactValues, draws: Array, steps: Array, tuning_steps: Array) -> xr.Dataset:
    """Return what the chains of one fit found, beside the exact moments.

    `draws` are (estimand, chain, draw), in the order of the estimands of `exact`, and `steps` the
    leapfrog steps of each (chain, draw). `tuning_steps` (chain,) are those of tuning, with those
    that it took to choose the centeredness, which every chain waits for.

    The variables have the dimensions in `_DIMENSIONS`. `below` is the proportion of the draws of a
    quantity below its exact quantile, and `leapfrog_steps` are those without tuning. What does not
    exist or is unknown is nan.
    """
    names, ends = exact.estimands, prefixes(draws.shape[-1])
    whole = empty_chain_errors(names, *draws.shape[1:])
    found = {name: values.to_numpy() for name, values in whole.items()}
    squares = draws**2
    for i, end in enumerate(ends):
        found["mean"][:, i] = draws[..., :end].mean(axis=-1).T
        found["mean_of_square"][:, i] = squares[..., :end].mean(axis=-1).T
        found["leapfrog_steps"][:, i] = steps[:, :end].sum(axis=-1)
    found["tuning_leapfrog_steps"][:] = tuning_steps
    for moment, values in exact.moments.items():
        found[f"exact_{moment}"][:] = np.where(np.isfinite(values), values, np.nan)
    for j, quantity in enumerate(QUANTITIES):
        quantiles = exact.quantile(quantity, PROBABILITIES)
        is_below = draws[names.index(quantity)] < quantiles[:, None, None]
        for i, end in enumerate(ends):
            share = is_below[..., :end].mean(axis=-1).T
            found["below"][:, i, j] = np.where(np.isfinite(quantiles), share, np.nan)
    return whole


def empty_chain_errors(names: Sequence[str], chains: int, draws: int) -> xr.Dataset:
    """Return the dataset of `chain_errors` for a fit that failed, in which all values are nan."""
    coordinates = _coordinates(tuple(names), chains, draws)
    empty = {
        name: (dims, np.full([coordinates.sizes[dim] for dim in dims], np.nan))
        for name, dims in _DIMENSIONS.items()
    }
    return xr.Dataset(empty, coords=coordinates)


@cache
def _coordinates(names: tuple[str, ...], chains: int, draws: int) -> xr.Coordinates:
    return xr.Coordinates(
        {
            "chain": range(chains),
            "prefix": prefixes(draws),
            "estimand": list(names),
            "quantity": list(QUANTITIES),
            "probability": list(PROBABILITIES),
        }
    )


def join_cells(
    cells: Iterable[tuple[str, str, Sequence[xr.Dataset]]], replicates: int
) -> xr.Dataset:
    """Return the datasets of all cells of a scenario as one dataset.

    `cells` has the parameterization, the sampler and the blocks of each cell. The dataset has the
    further dimensions `parameterization`, `sampler` and `replicate`.

    Raises UnusableFileError if a cell does not have exactly the replicates 0 to `replicates` - 1.
    """
    rows: dict[str, dict[str, xr.Dataset]] = {}
    for parameterization, sampler, blocks in cells:
        cell = xr.concat(blocks, dim="replicate", coords="minimal", compat="override")
        cell = cell.sortby("replicate")
        if cell["replicate"].to_numpy().tolist() != list(range(replicates)):
            raise UnusableFileError(
                f"{parameterization}, {sampler}: the errors of chains are not those of replicates "
                f"0 to {replicates - 1}"
            )
        rows.setdefault(parameterization, {})[sampler] = cell
    joined = [_along("sampler", by_sampler) for by_sampler in rows.values()]
    return _along("parameterization", dict(zip(rows, joined, strict=True)))


def _along(dimension: str, parts: Mapping[str, xr.Dataset]) -> xr.Dataset:
    """Return the datasets, given by their name in a new dimension, as one."""
    names = xr.DataArray(list(parts), dims=dimension, name=dimension)
    return xr.concat(list(parts.values()), dim=names, coords="minimal", compat="override")
