"""Errors by the length of a chain, by hand."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from chain_errors_of import chain_errors_of
from numpy.typing import NDArray

from funnel_study.analysis.lengths import COLUMNS, lengths
from funnel_study.analysis.work import errors_of_fits

Array = NDArray[np.float64]
TUNING = 50.0


def lengths_of(errors: dict[int, Array]) -> pd.DataFrame:
    """The table of chains with errors of tau after each number of draws, one step per draw.

    `errors` (replicate, chain) are those of every estimand, by the number of draws.
    """
    parts = []
    for draws, u in errors.items():
        all_estimands = np.broadcast_to(u[None, :, :, None], (1, *u.shape, 4))
        one = chain_errors_of(all_estimands, steps=draws, tuning_steps=TUNING)
        parts.append(one.assign_coords(prefix=[draws]))
    # the steps of tuning are those of the chain, whatever the prefix
    joined = xr.concat(
        parts, dim="prefix", data_vars="minimal", coords="minimal", compat="override"
    )
    table = lengths(errors_of_fits({"few": joined}))
    return table[table["estimand"] == "tau"].set_index("draws")


@pytest.mark.filterwarnings("error")
def test_every_column_by_hand() -> None:
    """Two data sets with two chains: errors 0.1, 0.3 and 0.2, 0.2, then half of them.

    By data set, u^2 is 0.05 and 0.04, U 0.03 and 0.04, and the variance 0.02 and 0. The chi-squared
    error of work, with 4 degrees of freedom, is larger than that of 0.05 and 0.04. A third data set
    has failed fits.
    """
    u = np.array([[0.1, 0.3], [np.nan, np.nan], [0.2, 0.2]])
    rows = lengths_of({100: u, 400: u / 2})
    errors, work = (0.045, 0.005, 0.035, 0.005, 0.01), 150 * 0.045
    expected = (2, 150, *errors, work, work * np.sqrt(2 / 4), np.inf)
    assert rows.loc[100, list(COLUMNS[5:])].to_list() == pytest.approx(expected)
    assert rows.loc[400, "work"] == pytest.approx(450 * 0.045 / 4)
    assert rows.loc[400, "low_error_gradients"] == pytest.approx(0.0025 * 450 / (0.01 - 0.035 / 4))
    # a single chain has neither bias nor gradients
    row = lengths_of({100: np.array([[0.1], [0.3]])}).loc[100]
    assert row["work"] == pytest.approx(150 * 0.05)
    assert (
        row[["bias_squared", "bias_squared_mcse", "variance", "low_error_gradients"]].isna().all()
    )
