"""Tables of scores of simulated arms, whose mean scores are known."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]
Noise = Callable[[np.random.Generator, int], Array]


def chi_squared(rng: np.random.Generator, n: int) -> Array:
    """The noise of a score from four chains, of mean 1."""
    return rng.gamma(2, 1 / 2, n)


def heavy_tailed(rng: np.random.Generator, n: int) -> Array:
    """Log-normal noise, of mean 1 and a coefficient of variation of 1.8."""
    return np.exp(rng.normal(-0.72, 1.2, n))


def points_of(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Points of a design, without a unit."""
    return pd.DataFrame(
        {
            **{"point": range(n), "likelihood": "normal"},
            "ratio": np.exp2(rng.uniform(-4, 4, n)),
            "K": np.round(np.exp2(rng.uniform(1.6, 6.3, n))),
            "imbalance": rng.choice(["equal", "one large", "geometric"], n),
            "prior_scale": np.exp2(rng.uniform(-1, 4, n)),
        }
    )


def scores_of(
    points: pd.DataFrame,
    log_means: Mapping[str, Callable[[pd.DataFrame], pd.Series]],
    rng: np.random.Generator,
    noise: Noise = chi_squared,
    of_data_sets: float = 1.0,
) -> pd.DataFrame:
    """Scores with these log means and, for all arms of a point, an effect of its data set.

    `of_data_sets` is the standard deviation of the log of that effect.
    """
    shared = np.exp(rng.normal(0, of_data_sets, len(points)))
    tables = [
        points.assign(
            parameterization=name,
            score=np.exp(log_mean(points)) * shared * noise(rng, len(points)),
        )
        for name, log_mean in log_means.items()
    ]
    return pd.concat(tables, ignore_index=True)
