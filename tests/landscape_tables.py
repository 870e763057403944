"""Tables of a landscape, from simulated errors of chains whose mean work is known."""

from functools import cache

import numpy as np
import pandas as pd
from chain_errors_of import chain_errors_of

from funnel_study.analysis.landscape import tables
from funnel_study.diagnosis.chain_errors import PROBABILITIES, QUANTITIES

# standard deviations of the errors of each parameterization
SPREADS = {"centered": 2.0, "noncentered": 1.0, "data_based": 1.0}
LIKELIHOODS = ("normal", "poisson")


@cache
def landscape_tables(points: int = 60, stuck: int = 0) -> dict[str, pd.DataFrame]:
    """The tables of a landscape of two likelihoods, and its `fits`.

    The first `stuck` fits of each scenario that are centered have errors 100 times as large, an
    R-hat of 1.5, and a second run whose errors are usual ones.
    """
    rng = np.random.default_rng(1)
    errors, again, features = {}, [], []
    spread = np.array(list(SPREADS.values()))[:, None, None, None]
    for likelihood in LIKELIHOODS:
        name = f"{likelihood}-K-2"
        shape = (len(SPREADS), points, 4)
        below = spread[..., None] * rng.normal(size=(*shape, len(QUANTITIES), len(PROBABILITIES)))
        errors[name] = chain_errors_of(
            spread * rng.normal(size=(*shape, 5)),
            parameterizations=tuple(SPREADS),
            below=below * np.sqrt(np.array(PROBABILITIES) * (1 - np.array(PROBABILITIES))),
        )
        if stuck:
            some = {"parameterization": ["centered"], "replicate": range(stuck)}
            again.append((name, errors[name].sel(some)))
            errors[name] = errors[name].copy(deep=True)
            errors[name]["mean"].loc[some] = 2 + 100 * (errors[name]["mean"].loc[some] - 2)
        of_each = {"ratio": np.exp2(rng.uniform(-4, 4, points)), "K": 2, "kind": "equal", "mu": 0.5}
        keys = {"scenario": name, "replicate": range(points), "likelihood": likelihood}
        features.append(pd.DataFrame({**keys, **of_each, "prior_scale": 2.0}))
    known = pd.concat(features, ignore_index=True)
    fits = known[["scenario", "replicate"]].merge(
        pd.DataFrame({"parameterization": [*SPREADS], "sampler": "nutpie"}), how="cross"
    )
    is_stuck = (fits["parameterization"] == "centered") & (fits["replicate"] < stuck)
    fits = fits.assign(status="ok", rhat_max=np.where(is_stuck, 1.5, 1.0), divergences=0)
    return {"fits": fits, **tables(errors, again, fits, known, seed=1)}
