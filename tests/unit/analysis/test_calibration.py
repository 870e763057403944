"""Simulation-based calibration of exact draws and of samplers that are wrong on purpose."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from funnel import data
from funnel.exact import ExactPosterior
from funnel.group_means import estimands
from funnel.priors import Priors
from funnel_study.analysis.calibration import calibration, ecdf_difference, is_within
from funnel_study.diagnosis import exact_errors

Array = NDArray[np.float64]
Draws = dict[str, Array]
CELL = {"scenario": "a", "parameterization": "exact", "sampler": "composition"}


def ranks_of(sampler: Callable[[ExactPosterior, np.random.Generator], Draws]) -> pd.DataFrame:
    """Ranks of true values from the prior among the draws of a sampler, for 150 data sets."""
    priors, rng = Priors(5.0, 5.0), np.random.default_rng(1)
    rows = []
    for replicate in range(150):
        one = data.simulate([1, 3, 10], 5.0, *priors.draw(rng), rng)
        drawn = sampler(ExactPosterior(one.group_means(), priors), rng)
        draws = np.stack([drawn["mu"], drawn["tau"], np.log(drawn["tau"]), *drawn["theta"].T])
        truth = np.array([one.mu, one.tau, np.log(one.tau), *one.theta])
        for name, rank in zip(estimands(3), exact_errors.ranks(draws[:, None], truth), strict=True):
            rows.append({**CELL, "replicate": replicate, "estimand": name, "rank": rank})
    return pd.DataFrame(rows)


def test_exact_draws_are_calibrated() -> None:
    table, _ = calibration(ranks_of(lambda exact, rng: exact.draws(exact_errors.RANKED_DRAWS, rng)))
    assert table["ranks"].tolist() == [150] * 6
    # six estimands with 95 % bands; tau and log tau have the same ranks
    assert table["p_value"].min() > 1e-3
    assert table["within_band"].sum() >= 5


def test_a_sampler_that_misses_small_tau_is_not_calibrated() -> None:
    def broken(exact: ExactPosterior, rng: np.random.Generator) -> Draws:
        drawn = exact.draws(3 * exact_errors.RANKED_DRAWS, rng)
        kept = drawn["tau"] > exact.quantile("tau", 0.3)
        return {name: values[kept][: exact_errors.RANKED_DRAWS] for name, values in drawn.items()}

    table, _ = calibration(ranks_of(broken))
    tau = table.set_index("estimand").loc["tau"]
    assert not tau["within_band"]
    assert tau["p_value"] < 1e-4


def test_the_band_contains_uniform_ecdfs_at_its_nominal_rate() -> None:
    rng = np.random.default_rng(2)
    within = [is_within(ecdf_difference(rng.uniform(size=60))) for _ in range(60)]
    assert np.mean(within) == pytest.approx(0.95, abs=0.08)
