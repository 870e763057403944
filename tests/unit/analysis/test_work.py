"""Work, shared bias and their standard errors: by hand, and by simulation with known answers."""

import numpy as np
import pandas as pd
import pytest
from chain_errors_of import chain_errors_of
from numpy.typing import NDArray

from funnel_study.analysis.statistics import MEAN
from funnel_study.analysis.work import (
    TAIL,
    errors_of_fits,
    probability_bias,
    standardised_errors,
)
from funnel_study.diagnosis.chain_errors import PROBABILITIES

Array = NDArray[np.float64]


def errors_of(errors: Array, **keys: object) -> pd.DataFrame:
    return errors_of_fits({"few": chain_errors_of(errors, **keys)})  # type: ignore[arg-type]


def of(table: pd.DataFrame, estimand: str, column: str) -> Array:
    return table.loc[table["estimand"] == estimand, column].to_numpy(dtype=float)


def test_values_by_hand() -> None:
    """Two chains with errors 0.1 and 0.3, which took 10 + 1 and 20 + 2 leapfrog steps."""
    u = np.array([0.1, 0.3])
    errors = np.broadcast_to(u[None, None, :, None], (1, 1, 2, 4))
    table = errors_of(
        errors, steps=np.array([[[10.0, 20.0]]]), tuning_steps=np.array([[[1.0, 2.0]]])
    )
    for name in ("mu", "tau", "log_tau", "theta[0]", "mu^2", "theta[0]^2"):
        assert of(table, name, "work") == pytest.approx([(11 * 0.01 + 22 * 0.09) / 2])
        assert of(table, name, "squared_error") == pytest.approx([0.05])
        assert of(table, name, "bias_squared") == pytest.approx([0.1 * 0.3])
        assert of(table, name, "variance") == pytest.approx([0.02])
        assert of(table, name, "leapfrog_steps") == pytest.approx([16.5])
    assert set(table["draws"]) == {500}
    assert set(table["chains"]) == {2}


def test_the_tail_and_the_probability_bias_by_hand() -> None:
    d = np.zeros((1, 1, 2, 2, len(PROBABILITIES)))
    place = PROBABILITIES.index(0.05)
    d[0, 0, :, 1, place] = 0.01, 0.03  # of tau
    found = chain_errors_of(np.zeros((1, 1, 2, 4)), below=d)
    u = standardised_errors(found).sel(estimand=TAIL).to_numpy().ravel()
    assert u == pytest.approx(np.array([0.01, 0.03]) / np.sqrt(0.05 * 0.95))
    bias = probability_bias(found)
    expected = 0.01 * 0.03 / (0.05 * 0.95) / len(PROBABILITIES)
    assert float(bias.sel(quantity="tau").squeeze()) == pytest.approx(expected)
    assert float(bias.sel(quantity="mu").squeeze()) == pytest.approx(0)
    table = errors_of_fits({"few": found})
    assert of(table, "tau", "probability_bias") == pytest.approx([expected])
    assert np.all(np.isnan(of(table, "log_tau", "probability_bias")))


def test_a_shared_bias_is_recovered_apart_from_noise() -> None:
    """Every data set has its own bias of random sign; the noise of chains is ten times larger."""
    rng = np.random.default_rng(2)
    size = (1, 20_000, 4, 4)
    bias = 0.05 * rng.choice([-1, 1], (*size[:2], 1, 1))
    table = errors_of(bias + rng.normal(0, 0.5, size))
    found = of(table, "tau", "bias_squared")[:, None]
    assert MEAN.of(found) == pytest.approx(0.05**2, abs=4 * MEAN.standard_error(found))
    assert MEAN.standard_error(found) < 0.05**2 / 2
    assert of(table, "tau", "variance").mean() == pytest.approx(0.25, rel=0.02)


def test_one_chain_has_work_and_no_bias_and_a_missing_chain_makes_its_fit_missing() -> None:
    errors = np.full((1, 3, 4, 4), 0.2)
    errors[0, 1, 2] = np.nan
    table, of_one = errors_of(errors), errors_of(errors[:, :, :1])
    for column in ("work", "bias_squared", "variance"):
        assert np.isnan(of(table, "mu", column)).tolist() == [False, True, False]
        assert np.isnan(of(of_one, "mu", column)).all() == (column != "work")
