"""The score of a fit: its mean work over five functions that are fixed before any fit is seen.

They are mu, log tau, P(tau < q05), P(tau > q95), and the mean over all thetas. Nothing is selected,
so the score of an arm is not inflated by its own noise, as the largest of several noisy works is.
The work W is that of the module `work`: for each function, the mean over the chains of the leapfrog
steps times the squared error in exact posterior variances.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import xarray as xr

from funnel_study.analysis.criteria import RHAT_THRESHOLD
from funnel_study.analysis.work import TAIL, TAIL_LEVEL, shared_square, tail_error
from funnel_study.files.tables import FIT_KEYS

UPPER_TAIL = "P(tau > q95)"
THETAS = "thetas"
PARTS = ("mu", "log_tau", TAIL, UPPER_TAIL, THETAS)
COLUMNS = [*FIT_KEYS, "draws", "leapfrog_steps", *PARTS, "score"]

ByPart = dict[str, xr.DataArray]


def scores(chain_errors: Mapping[str, xr.Dataset]) -> pd.DataFrame:
    """Return the score of every fit, after each prefix of its draws.

    `chain_errors` are the datasets of `diagnosis.chain_errors.join_cells` by scenario. The table
    has one row per fit and prefix of `draws` draws. `PARTS` have the work of each function, `score`
    is their mean, and `leapfrog_steps` the mean over the chains, with tuning and choosing. The
    score of a failed fit is nan, and that of a chain whose log tau is -inf is inf.
    """
    table = _by_fit(chain_errors, _work)
    return table.assign(score=table[[*PARTS]].mean(axis=1, skipna=False))[COLUMNS]


def squared_biases(chain_errors: Mapping[str, xr.Dataset]) -> pd.DataFrame:
    """Return the unbiased estimate U of the squared bias of `PARTS`, in the rows of `scores`.

    U is that of the module `work`, in exact posterior variances. It is nan for a single chain.
    """
    table = _by_fit(
        chain_errors,
        lambda found: {name: shared_square(u) for name, u in _errors(found).items()},
    )
    return table[[*FIT_KEYS, "draws", *PARTS]]


def _by_fit(
    chain_errors: Mapping[str, xr.Dataset], measure: Callable[[xr.Dataset], ByPart]
) -> pd.DataFrame:
    """Return what `measure` finds of each fit and prefix, averaged over the thetas."""
    tables = []
    for scenario, found in chain_errors.items():
        parts = measure(found)
        parts[THETAS] = parts[THETAS].mean("estimand", skipna=False)
        table = xr.Dataset(parts).to_dataframe().reset_index().rename(columns={"prefix": "draws"})
        tables.append(table.assign(scenario=scenario))
    return pd.concat(tables, ignore_index=True)


def _work(found: xr.Dataset) -> ByPart:
    steps = found["leapfrog_steps"] + found["tuning_leapfrog_steps"]
    parts = {"leapfrog_steps": steps, **{k: steps * u**2 for k, u in _errors(found).items()}}
    return {name: each.mean("chain", skipna=False) for name, each in parts.items()}


def _errors(found: xr.Dataset) -> ByPart:
    """Return u of every chain and prefix for each of `PARTS`; of the thetas, by estimand."""
    u = (found["mean"] - found["exact_mean"]) / found["exact_sd"]
    return {
        "mu": u.sel(estimand="mu", drop=True),
        "log_tau": u.sel(estimand="log_tau", drop=True),
        TAIL: tail_error(found, TAIL_LEVEL),
        UPPER_TAIL: tail_error(found, 1 - TAIL_LEVEL),
        THETAS: u.sel(estimand=u["estimand"].str.startswith("theta[")),
    }


def scores_of_halves(chain_errors: Mapping[str, xr.Dataset]) -> pd.DataFrame:
    """Return the `scores` of the first and of the second half of the chains of every fit.

    The column `half` tells them apart. They are identical arms, so `arms.compare` on them shows
    what noise alone does.
    """
    half = next(iter(chain_errors.values())).sizes["chain"] // 2
    parts = {"first": slice(half), "second": slice(half, 2 * half)}
    tables = [
        scores({name: found.isel(chain=part) for name, found in chain_errors.items()})
        for part in parts.values()
    ]
    return pd.concat(tables, keys=parts, names=["half"]).reset_index("half").reset_index(drop=True)


def with_reruns(
    table: pd.DataFrame, again: pd.DataFrame, threshold: float = RHAT_THRESHOLD
) -> pd.DataFrame:
    """Return `table` as if every fit whose R-hat is above `threshold` had been run again.

    The second run counts, and is charged with the leapfrog steps of both. `table` has the columns
    `point`, `parameterization`, `sampler`, `draws`, `leapfrog_steps`, `score` and `rhat_max`, and
    `again` has the second runs, at least of these fits. The column `rerun` of the result says which
    they are.

    Raises ValueError if a second run is missing.
    """
    keys = ["point", "parameterization", "sampler", "draws"]
    both = table.merge(
        again[[*keys, "leapfrog_steps", "score"]],
        on=keys,
        how="left",
        suffixes=("", "_again"),
        validate="one_to_one",
        indicator="_found",
    )
    rerun = (both["rhat_max"] > threshold).to_numpy()
    if (rerun & (both["_found"] == "left_only")).any():
        raise ValueError(f"a fit whose R-hat is above {threshold} has no second run")
    steps = both["leapfrog_steps"] + both["leapfrog_steps_again"]
    score = both["score_again"] * steps / both["leapfrog_steps_again"]
    return table.assign(
        rerun=rerun,
        leapfrog_steps=np.where(rerun, steps, both["leapfrog_steps"]),
        score=np.where(rerun, score, both["score"]),
    )
