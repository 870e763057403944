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
def landscape_tables(points: int = 60) -> dict[str, pd.DataFrame]:
    """The tables of a landscape of two likelihoods, and its `fits`."""
    rng = np.random.default_rng(1)
    errors, features = {}, []
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
        of_each = {"ratio": np.exp2(rng.uniform(-4, 4, points)), "K": 2, "kind": "equal"}
        keys = {"scenario": name, "replicate": range(points), "likelihood": likelihood}
        features.append(pd.DataFrame({**keys, **of_each, "prior_scale": 2.0}))
    known = pd.concat(features, ignore_index=True)
    fits = known[["scenario", "replicate"]].merge(
        pd.DataFrame({"parameterization": [*SPREADS], "sampler": "nutpie"}), how="cross"
    )
    fits = fits.assign(status="ok", rhat_max=1.0, divergences=0)
    return {"fits": fits, **tables(errors, fits, known, seed=1)}
