"""Simulation-based calibration of exact draws and of samplers that are wrong on purpose."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from funnel import data
from funnel.inference import Exact, exact_posterior_of
from funnel.priors import Priors
from funnel_study.analysis.calibration import calibration, ecdf_difference, is_within
from funnel_study.diagnosis import exact_errors

Array = NDArray[np.float64]
Draws = dict[str, Array]
CELL = {"scenario": "a", "parameterization": "exact", "sampler": "composition"}


def ranks_of(
    sampler: Callable[[Exact, np.random.Generator], Draws], data_sets: int = 150
) -> pd.DataFrame:
    """Ranks of true values from the prior among the draws of a sampler; sigma is unknown."""
    priors, rng = Priors(5.0, 5.0, sigma="half_normal", sigma_scale=8.0), np.random.default_rng(1)
    sizes = {"n_per_individual": [1, 3, 10]}
    rows = []
    for replicate in range(data_sets):
        mu, tau, sigma = priors.draw(rng)
        one = data.simulate_data("normal_unknown_sigma", sizes, mu, tau, rng, sigma)
        drawn = sampler(exact_posterior_of(one.data, priors), rng)
        theta = {f"theta[{k}]": drawn["theta"][:, k] for k in range(3)}
        draws = {**drawn, "log_tau": np.log(drawn["tau"]), **theta}
        truth = {"mu": mu, "tau": tau, "log_tau": np.log(tau), "sigma": sigma}
        truth |= dict(zip(theta, one.theta, strict=True))
        stacked = np.stack([draws[name] for name in truth])[:, None]
        ranks = exact_errors.ranks(stacked, np.array(list(truth.values())))
        for name, rank in zip(truth, ranks, strict=True):
            rows.append({**CELL, "replicate": replicate, "estimand": name, "rank": rank})
    return pd.DataFrame(rows)


def test_exact_draws_are_calibrated() -> None:
    table, _ = calibration(ranks_of(lambda exact, rng: exact.draws(exact_errors.RANKED_DRAWS, rng)))
    assert table["ranks"].tolist() == [150] * 7
    # seven estimands with 95 % bands; tau and log tau have the same ranks
    assert table["p_value"].min() > 1e-3
    assert table["within_band"].sum() >= 5
    assert table.set_index("estimand")["p_adjusted"].isna().to_dict() == {
        name: name == "log_tau" for name in table["estimand"]
    }


def test_a_sampler_that_misses_small_tau_is_not_calibrated() -> None:
    def broken(exact: Exact, rng: np.random.Generator) -> Draws:
        drawn = exact.draws(3 * exact_errors.RANKED_DRAWS, rng)
        kept = drawn["tau"] > exact.quantile("tau", 0.3)
        return {name: values[kept][: exact_errors.RANKED_DRAWS] for name, values in drawn.items()}

    table, _ = calibration(ranks_of(broken, 60))
    tau = table.set_index("estimand").loc["tau"]
    assert not tau["within_band"]
    assert tau["p_value"] < 1e-4


def test_the_band_contains_uniform_ecdfs_at_its_nominal_rate() -> None:
    rng = np.random.default_rng(2)
    within = [is_within(ecdf_difference(rng.uniform(size=60))) for _ in range(60)]
    assert np.mean(within) == pytest.approx(0.95, abs=0.08)
