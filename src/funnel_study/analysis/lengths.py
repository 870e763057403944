"""How errors decrease with the length of a chain."""

from __future__ import annotations

import numpy as np
import pandas as pd

from funnel_study.analysis.statistics import LOW_ERROR_GRADIENTS, MEAN, WORK
from funnel_study.analysis.work import is_ranked
from funnel_study.files.tables import CELL_KEYS

COLUMNS = [
    *(*CELL_KEYS, "estimand", "draws", "data_sets", "leapfrog_steps"),
    *("squared_error", "squared_error_mcse", "bias_squared", "bias_squared_mcse"),
    *("variance", "work", "work_mcse", "low_error_gradients"),
]
VALUES = ["leapfrog_steps", "squared_error", "bias_squared", "variance", "work", "chains"]


def lengths(errors: pd.DataFrame) -> pd.DataFrame:
    """Return the errors of single chains after each prefix of their draws, over data sets.

    `errors` is the table of `work.errors_of_fits`. The table has one row per cell, ranked estimand
    and prefix. `leapfrog_steps` are those of one chain with its tuning, `squared_error` is the mean
    of u^2, and the other columns are the measures of the same names. If `low_error_gradients` is
    right, its value for long chains is near the leapfrog steps at which `squared_error` falls to
    0.01, as long as the bias is small. Each mean has its Monte Carlo standard error over data sets.
    """
    known = errors[errors["estimand"].map(is_ranked).astype(bool) & errors["work"].notna()]
    rows = []
    keys = [*CELL_KEYS, "estimand", "draws"]
    values = known[VALUES].to_numpy(dtype=float)
    for key, group in known[keys].reset_index(drop=True).groupby(keys, sort=False):
        of = dict(zip(VALUES, values[group.index].T, strict=True))
        squared_error, bias = of["squared_error"][:, None], of["bias_squared"][:, None]
        work = np.stack([of["work"], of["chains"]]).T
        gradients = np.stack([of["variance"], of["leapfrog_steps"], of["bias_squared"]]).T
        rows.append(
            (
                *(*key, len(group), of["leapfrog_steps"].mean()),
                *(MEAN.of(squared_error), MEAN.standard_error(squared_error)),
                *(MEAN.of(bias), MEAN.standard_error(bias), of["variance"].mean()),
                *(WORK.of(work), WORK.standard_error(work), LOW_ERROR_GRADIENTS.of(gradients)),
            )
        )
    return pd.DataFrame(rows, columns=COLUMNS)
