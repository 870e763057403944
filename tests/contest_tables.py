"""Tables of a contest, from simulated errors."""

import numpy as np
import pandas as pd
from chain_errors_of import chain_errors_of

from funnel_study.analysis.contest import contest, with_centeredness, with_points
from funnel_study.diagnosis.chain_errors import PROBABILITIES, QUANTITIES

CONSTANTS = {"noncentered": 0.0, "half": 0.5, "centered": 1.0}
KINDS = {**dict.fromkeys(CONSTANTS, "constant"), "rule": "rule"}
RATIOS, SIZES = (0.25, 1.0, 4.0), (5, 20)
LONE = "unbalanced"


def contest_tables() -> dict[str, pd.DataFrame]:
    """The tables of a map over the ratio and K, in which centered suits small ratios.

    A parameterization `rule` has a centeredness of 1 / (1 + ratio), which is the best. The scenario
    `LONE` is not a point of the map.
    """
    rng = np.random.default_rng(1)
    names = (*CONSTANTS, "rule")
    scenarios, swept, fits = {}, {}, []
    points = [
        (f"ratio-{ratio:g}-K-{K}", ratio, {"ratio": ratio, "K": K})
        for ratio in RATIOS
        for K in SIZES
    ]
    for name, ratio, values in [*points, (LONE, 1.0, {})]:
        best = 1 / (1 + ratio)
        c = np.array([*CONSTANTS.values(), best])
        sd = 0.1 * np.exp((c - best) ** 2)[:, None, None, None]
        below = np.zeros((4, 6, 4, len(QUANTITIES), len(PROBABILITIES)))
        below[..., 1, PROBABILITIES.index(0.05)] = 0.1 * rng.normal(size=(4, 6, 4))
        u = rng.normal(size=(4, 6, 4, 5)) * sd
        scenarios[name] = chain_errors_of(u, parameterizations=names, below=below)
        swept[name] = values
        fits += [
            {
                "scenario": name,
                "sampler": "nutpie",
                "parameterization": each,
                "status": "ok",
                "centeredness": value,
            }
            for each, value in zip(names, c, strict=True)
        ]
    found = contest(scenarios, CONSTANTS, KINDS, [], seed=1)
    table = pd.DataFrame(fits)
    return {
        "fits": table,
        "contest": with_points(with_centeredness(found.regrets, table), swept),
        "contest_best": with_points(found.best, swept),
        "contest_summary": found.summary,
    }
