"""Tables of a made-up study, as the answer reads them."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from funnel.group_means import estimands
from funnel_study.analysis.work import TAIL

Tables = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]
Values = float | Sequence[float]

RANKED = [*estimands(1), TAIL]
SQUARES = [f"{name}^2" for name in estimands(1)]


def cell(
    parameterization: str,
    work: Sequence[float] | Mapping[str, Sequence[float]],
    bias: Values | Mapping[str, Values] = 0.0,
    *,
    content: Values = 0.9,
    ess: Values = 100.0,
    ks: Values = 0.01,
    steps: Values = 900,
    seconds: Values = 2.0,
    failed: Sequence[int] = (),
    unknown: Sequence[int] = (),
    centeredness: Values = 0.5,
    chains: int = 4,
    scenario: str = "few",
    sampler: str = "nutpie",
) -> Tables:
    """The tables of fits, estimates and errors of a cell with K = 1.

    `work` has a value for each replicate, and is that of tau if no estimands are given; those that
    are not given have work 0.1. `bias` is the squared bias of mu, or of the given functions.
    `content` is that of the 90 % interval of theta[0]. Fits that `failed` have no values, and those
    that are `unknown` have no exact posterior.
    """
    works = dict(work) if isinstance(work, Mapping) else {"tau": work}
    squared = dict(bias) if isinstance(bias, Mapping) else {"mu": bias}
    n = len(next(iter(works.values())))
    names = {"scenario": scenario, "parameterization": parameterization, "sampler": sampler}
    keys = pd.DataFrame({**names, "replicate": range(n)})
    fits = keys.assign(
        status=["failed" if i in failed else "ok" for i in range(n)],
        ess_bulk_min=ess,
        leapfrog_steps=steps,
        tuning_leapfrog_steps=100,
        choosing_gradients=0,
        sampling_seconds=seconds,
        centeredness=centeredness,
    )
    errors = pd.concat(
        [
            keys.assign(
                draws=500,
                estimand=name,
                chains=chains,
                work=works.get(name, 0.1),
                bias_squared=squared.get(name, 0.0),
                probability_bias=squared.get(f"P of {name}", 0.0 if name == "mu" else np.nan),
            )
            for name in [*RANKED, *SQUARES]
        ],
        ignore_index=True,
    )
    estimates = pd.concat(
        [
            keys.assign(
                estimand=name,
                ks=ks if name == "tau" else 9.0,
                error_q05=0.0,
                error_q95=np.subtract(content, 0.9) if name == "theta[0]" else 0.0,
            )
            for name in estimands(1)
        ],
        ignore_index=True,
    )
    measured = ["work", "bias_squared", "probability_bias"]
    errors.loc[errors["replicate"].isin([*failed, *unknown]), measured] = np.nan
    columns = ["ks", "error_q05", "error_q95"]
    estimates.loc[estimates["replicate"].isin([*failed, *unknown]), columns] = np.nan
    columns = ["ess_bulk_min", "leapfrog_steps", "tuning_leapfrog_steps"]
    fits = fits.astype({"leapfrog_steps": "Int64", "tuning_leapfrog_steps": "Int64"})
    fits.loc[fits["replicate"].isin(failed), columns] = None
    return fits, estimates, errors


def joined(*cells: Tables) -> Tables:
    fits, estimates, errors = (
        pd.concat(tables, ignore_index=True) for tables in zip(*cells, strict=True)
    )
    return fits, estimates, errors


def study() -> list[Tables]:
    """A study with every verdict."""
    return [
        cell("centered", [90.0, 95.0, 92.0], centeredness=1),
        cell("noncentered", [2.0, 6.0, 2.5], bias=[0.002, 0.003, 0.001], ess=90.0),
        cell("mixed", [1.0, 1.5, 1.25], bias=[0.02, 0.021, 0.0215], ess=250.0),
        cell("equal", [1.0, 1.1, 1.2], centeredness=1),
        cell("partial", [3.0, 3.3, 4.45], bias=[0.001, 0.0015, 0.001]),
        cell("doubtful", [1.0, 1.02, 1.04], bias={"log_tau": [0.02, 0.001, 0.0123]}),
        cell("breaking", [1.0, 1.0, 1.0], failed=[1]),
        cell("other", [1.0, 1.0, 1.0], failed=[0, 1, 2]),
    ]
