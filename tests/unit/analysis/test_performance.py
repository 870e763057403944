"""Performance measures and their standard errors, by hand and by simulation."""

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from funnel.analysis.criteria import jackknife_standard_error
from funnel.analysis.performance import (
    EMPIRICAL_SE,
    MEAN,
    MEASURES,
    PROPORTION,
    ROOT_MEAN_SQUARE,
    Statistic,
    comparisons,
    performance,
)
from funnel.diagnosis.exact_errors import QUANTILES

Array = NDArray[np.float64]


@pytest.mark.parametrize(
    ("statistic", "draw"),
    [
        (MEAN, lambda rng, shape: rng.normal(1.0, 2.0, shape)),
        (EMPIRICAL_SE, lambda rng, shape: rng.normal(1.0, 2.0, shape)),
        (ROOT_MEAN_SQUARE, lambda rng, shape: rng.normal(1.0, 2.0, shape)),
        (PROPORTION, lambda rng, shape: (rng.uniform(size=shape) < 0.8).astype(float)),
    ],
    ids=["mean", "empirical SE", "root mean square", "proportion"],
)
def test_a_standard_error_is_the_spread_of_the_estimate(
    statistic: Statistic, draw: "object"
) -> None:
    """Over 2,000 simulated studies of 100 replicates each."""
    studies = draw(np.random.default_rng(1), (2_000, 100))  # type: ignore[operator]
    estimates = [statistic.of(study) for study in studies]
    claimed = np.sqrt(np.mean([statistic.standard_error(study) ** 2 for study in studies]))
    # the spread of 2,000 estimates is itself known to 1.6 %
    assert claimed == pytest.approx(np.std(estimates), rel=0.06)


@pytest.mark.parametrize("statistic", [MEAN, EMPIRICAL_SE, ROOT_MEAN_SQUARE, PROPORTION])
def test_leave_one_out_values_equal_those_without_each_value(statistic: Statistic) -> None:
    x = np.random.default_rng(2).normal(3.0, 1.0, 12)
    literal = [statistic.of(np.delete(x, i)) for i in range(len(x))]
    assert statistic.leave_one_out(x) == pytest.approx(literal)


def test_the_jackknife_of_a_mean_is_its_standard_error() -> None:
    x = np.random.default_rng(3).normal(size=30)
    assert jackknife_standard_error(MEAN.leave_one_out(x)) == pytest.approx(MEAN.standard_error(x))


def tables(n: int = 4, failed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two parameterizations, one estimand, n replicates, the last `failed` of each failed."""
    rng = np.random.default_rng(4)
    keys = pd.MultiIndex.from_product(
        [["a"], ["centered", "noncentered"], ["nutpie"], range(n)],
        names=["scenario", "parameterization", "sampler", "replicate"],
    ).to_frame(index=False)
    gone = (keys["replicate"] >= n - failed).to_numpy()
    fits = keys.assign(
        status=np.where(gone, "failed", "ok"),
        rhat_max=np.where(gone, np.nan, np.where(keys["replicate"] == 0, 1.5, 1.0)),
        sampling_seconds=2.0,
        leapfrog_steps=np.where(gone, np.nan, 1000.0),
    )
    mean = 3.0 + keys["replicate"] + 0.5 * (keys["parameterization"] == "centered")
    values = {
        "mean": mean,
        "sd": 1.5,
        "q05": mean - 2,
        "q25": mean - 1,
        "q75": mean + 1,
        "q95": mean + 2,
        "exact_mean": mean - 0.25,
        "z": rng.normal(size=len(keys)),
        "ess_bulk": 400.0,
        "ks": 0.01,
        "wasserstein": 0.1,
        "mass_below_exact_q05": 0.04,
        **{f"error_{name}": 0.02 for name in QUANTILES},
    }
    estimates = keys.assign(estimand="tau", truth=4.0, **values)
    estimates.loc[gone, list(values)] = np.nan
    return fits, estimates


def value(table: pd.DataFrame, **where: str) -> pd.Series:
    for column, wanted in where.items():
        table = table[table[column] == wanted]
    assert len(table) == 1
    return table.iloc[0]


def test_measures_by_hand() -> None:
    found = performance(*tables())
    errors = np.array([-1.0, 0.0, 1.0, 2.0])
    one = {"parameterization": "noncentered"}
    assert value(found, measure="bias", **one)["estimate"] == pytest.approx(0.5)
    assert value(found, measure="bias", **one)["mcse"] == pytest.approx(errors.std(ddof=1) / 2)
    assert value(found, measure="empirical_se", **one)["estimate"] == errors.std(ddof=1)
    assert value(found, measure="rmse", **one)["estimate"] == pytest.approx(np.sqrt(1.5))
    assert value(found, measure="mean_posterior_sd", **one)["estimate"] == 1.5
    assert value(found, measure="coverage_50", **one)["estimate"] == 0.75
    assert value(found, measure="coverage_90", **one)["estimate"] == 1.0
    assert value(found, measure="mean_error", **one)["estimate"] == pytest.approx(0.25)
    assert value(found, measure="ess_per_second", **one)["estimate"] == 200.0
    assert value(found, measure="ess_per_leapfrog_step", **one)["estimate"] == 0.4
    assert value(found, measure="convergence_rate", **one)["estimate"] == 0.75
    assert set(found["measure"]) == {*MEASURES, "convergence_rate"}


def test_failed_fits_count_in_the_convergence_rate_only() -> None:
    found = performance(*tables(failed=1))
    one = {"parameterization": "centered"}
    assert value(found, measure="bias", **one)["replicates"] == 3
    rate = value(found, measure="convergence_rate", **one)
    assert (rate["estimate"], rate["replicates"]) == (0.5, 4)


def test_one_replicate_has_estimates_and_no_errors() -> None:
    found = performance(*tables(n=1))
    bias = value(found, measure="bias", parameterization="centered")
    assert np.isfinite(bias["estimate"])
    assert np.isnan(bias["mcse"])
    assert np.isnan(value(found, measure="empirical_se", parameterization="centered")["estimate"])


def test_differences_are_paired_by_replicate() -> None:
    found = comparisons(*tables())
    bias = value(found, measure="bias")
    assert (bias["parameterization"], bias["versus"]) == ("centered", "noncentered")
    assert bias["difference"] == pytest.approx(0.5)
    # all pairs differ by 0.5; without pairing, the error would include that of the data
    assert bias["mcse"] == pytest.approx(0, abs=1e-12)
    assert bias["replicates"] == 4


def test_replicates_needed_bring_the_error_to_a_tenth_of_the_effect() -> None:
    fits, estimates = tables()
    centered = estimates["parameterization"] == "centered"
    estimates.loc[centered, "mean"] += [0.1, -0.1, 0.2, -0.2]
    row = value(comparisons(fits, estimates), measure="bias")
    error_then = row["mcse"] * np.sqrt(row["replicates"] / row["replicates_needed"])
    assert error_then == pytest.approx(row["difference"] / 10, rel=0.3)
    assert error_then <= row["difference"] / 10
