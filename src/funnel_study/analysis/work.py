"""Errors of chains against the exact posterior, and what they cost in leapfrog steps.

For data set r, chain c and a function f of the parameters with exact posterior mean m_r and
standard deviation s_r, let u_rc = (mean of f over the draws of the chain - m_r) / s_r, and let L_rc
be the leapfrog steps of the chain, with those of its tuning and those that it took to choose the
centeredness, which every chain waits for. With C chains,

- the work is W_r = mean over c of L_rc u_rc^2: for n independent draws it is L / n, whatever the
  length of the chain, so the leapfrog steps that a given precision costs are proportional to it
- U_r = ((sum_c u_rc)^2 - sum_c u_rc^2) / (C (C - 1)) is an unbiased estimate of the squared bias
  that the chains of a data set share, a U-statistic (Hoeffding 1948, doi:10.1214/aoms/1177730196)
- V_r is the variance of u_rc over the chains.

The functions f are the estimands, their squares, and whether tau is below its exact 5 % quantile.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from funnel_study.files.tables import FIT_KEYS

# the estimands that all individuals share; sigma only where it is a parameter
POPULATION = ("mu", "tau", "log_tau", "sigma")
TAIL_LEVEL = 0.05
TAIL = "P(tau < q05)"
WORST = "worst"  # stands for the ranked estimand of the largest work
# squared bias, in exact posterior variances, below which a parameterization qualifies; a tenth of a
# standard deviation (the accuracy of Hoffman and Sountsov 2022, PMLR 151:7799)
LOW_ERROR = 0.01
STEPS = ["leapfrog_steps", "tuning_leapfrog_steps", "choosing_gradients"]
COLUMNS = [
    *(*FIT_KEYS, "draws", "estimand", "chains", "leapfrog_steps"),
    *("work", "squared_error", "bias_squared", "variance", "probability_bias"),
]


def all_steps(fits: pd.DataFrame, chains: int | pd.Series) -> pd.Series:
    """Return the leapfrog steps of fits that are part of their work, over all chains.

    These are the steps of the draws, of tuning, and, in each of the `chains`, of choosing the
    centeredness. `fits` has the columns `STEPS`.
    """
    draws, tuning, choosing = (fits[name].astype(float) for name in STEPS)
    return draws + tuning + chains * choosing


def square_of(estimand: str) -> str:
    """Return the name of the square of an estimand."""
    return f"{estimand}^2"


def is_estimand(name: str) -> bool:
    """Return whether `name` is that of an estimand, not of a square or a probability."""
    return name in POPULATION or (name.startswith("theta[") and name.endswith("]"))


def is_ranked(name: str) -> bool:
    """Return whether parameterizations are ranked by `name`: an estimand, or the tail of tau."""
    return name == TAIL or is_estimand(name)


def standardised_errors(found: xr.Dataset) -> xr.DataArray:
    """Return u of every chain, prefix and function f, named as by `TAIL` and `square_of`.

    `found` is a dataset of `diagnosis.chain_errors`. The result has its dimensions, of which
    `estimand` has the names of all functions. It is nan where an exact moment is unknown or does
    not exist.
    """
    means = (found["mean"] - found["exact_mean"]) / found["exact_sd"]
    squares = found["mean_of_square"] - found["exact_mean_of_square"]
    squares = squares / found["exact_sd_of_square"]
    names = [square_of(str(name)) for name in squares["estimand"].to_numpy()]
    squares = squares.assign_coords(estimand=names)
    tail = tail_error(found, TAIL_LEVEL).expand_dims(estimand=[TAIL])
    parts: list[xr.DataArray] = [means, tail, squares]
    return xr.concat(parts, dim="estimand", coords="minimal", compat="override")


def tail_error(found: xr.Dataset, level: float) -> xr.DataArray:
    """Return u of every chain and prefix for whether tau is below its exact quantile `level`."""
    below = found["below"].sel(quantity="tau", probability=level, drop=True)
    error: xr.DataArray = (below - level) / np.sqrt(level * (1 - level))
    return error


def shared_square(errors: xr.DataArray) -> xr.DataArray:
    """Return U, the unbiased estimate of the squared error that all chains share.

    It is nan for a single chain.
    """
    C = errors.sizes["chain"]
    if C == 1:
        return errors.isel(chain=0, drop=True) * np.nan
    total = errors.sum("chain", skipna=False)
    return (total**2 - (errors**2).sum("chain", skipna=False)) / (C * (C - 1))


def probability_bias(found: xr.Dataset) -> xr.DataArray:
    """Return the squared bias of the probabilities of tau and mu, by quantity.

    It is the mean over the exact quantiles q_j of `shared_square` of the error of P(f < q_j),
    divided by the variance p_j (1 - p_j) of the indicator. Its mean is 0 for chains without bias,
    whatever their length.
    """
    p = found["probability"]
    weighted = shared_square(found["below"] - p) / (p * (1 - p))
    return weighted.mean("probability", skipna=False)


def errors_of_fits(chain_errors: Mapping[str, xr.Dataset]) -> pd.DataFrame:
    """Return the errors and the work of every fit, after each prefix of its draws.

    `chain_errors` are the datasets of `diagnosis.chain_errors.join_cells` by scenario. The table
    has one row per fit, prefix of `draws` draws and function f. `leapfrog_steps` is the mean of L
    over the chains, `work`, `bias_squared` and `variance` are W_r, U_r and V_r, and `squared_error`
    is the mean of u^2. `probability_bias` exists for mu and tau only.
    """
    tables = []
    for scenario, found in chain_errors.items():
        u = standardised_errors(found)
        steps = found["leapfrog_steps"] + found["tuning_leapfrog_steps"]
        has_several = u.sizes["chain"] > 1
        variance = u.var("chain", ddof=1, skipna=False) if has_several else u[{"chain": 0}] * np.nan
        one = xr.Dataset(
            {
                "leapfrog_steps": steps.mean("chain", skipna=False),
                "work": (steps * u**2).mean("chain", skipna=False),
                "squared_error": (u**2).mean("chain", skipna=False),
                "bias_squared": shared_square(u),
                "variance": variance,
                "probability_bias": probability_bias(found)
                .rename(quantity="estimand")
                .reindex(estimand=u["estimand"]),
            }
        ).drop_vars("chain", errors="ignore")
        order = ["parameterization", "sampler", "replicate", "prefix", "estimand"]
        table = one.to_dataframe(dim_order=order).reset_index().rename(columns={"prefix": "draws"})
        tables.append(table.assign(scenario=scenario, chains=u.sizes["chain"]))
    return pd.concat(tables, ignore_index=True)[COLUMNS]
