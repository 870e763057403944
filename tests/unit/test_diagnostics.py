import numpy as np
import pytest
import xarray as xr
from numpy.typing import NDArray

from funnel import diagnostics
from funnel.data import DataSet, Priors, estimands
from funnel.diagnostics import bfmi, diagnose, estimate, truth_of

CELL = {"scenario": "a", "parameterization": "centered", "sampler": "stub", "replicate": 4}


@pytest.fixture
def data_set() -> DataSet:
    return DataSet(
        y=np.array([1.0, 2.0]),
        idx=np.array([0, 1]),
        sigma=np.ones(2),
        theta=np.array([0.5, 1.5]),
        mu=1.0,
        tau=2.0,
    )


def groups(
    rng: np.random.Generator, chains: int = 4, draws: int = 2_000, status: str = "ok"
) -> tuple[xr.Dataset, xr.Dataset, xr.Dataset]:
    dims, shape = ("chain", "draw"), (chains, draws)
    diverging = np.zeros(shape, dtype=np.int8)
    diverging[0, :7] = 1
    info = xr.Dataset({"status": status, "message": "" if status == "ok" else "why"})
    info["sampling_seconds"] = 1.5
    posterior = xr.Dataset(
        {
            "mu": (dims, rng.normal(1.0, 3.0, shape)),
            "tau": (dims, rng.exponential(2.0, shape)),
            "theta": ((*dims, "individual"), rng.normal(size=(*shape, 2))),
        }
    )
    stats = xr.Dataset(
        {
            "diverging": (dims, diverging),
            "energy": (dims, rng.normal(size=shape)),
            "step_size": (dims, np.full(shape, 0.25)),
            "reached_max_treedepth": (dims, np.zeros(shape, dtype=np.int8)),
            "n_steps": (dims, np.full(shape, 7, dtype=np.int32)),
            "acceptance_rate": (dims, np.full(shape, 0.9)),
        }
    )
    return info, posterior, stats


def ar1(rng: np.random.Generator, rho: float, shape: tuple[int, ...]) -> NDArray[np.float64]:
    noise = rng.normal(size=shape) * np.sqrt(1 - rho**2)
    draws = np.empty(shape)
    draws[..., 0] = rng.normal(size=shape[:-1])
    for i in range(1, shape[-1]):
        draws[..., i] = rho * draws[..., i - 1] + noise[..., i]
    return draws


def test_independent_draws_are_worth_themselves() -> None:
    draws = np.random.default_rng(1).normal(2.0, 3.0, (5, 4, 2_000))
    summary = estimate(draws)
    assert summary["ess_bulk"] == pytest.approx(np.full(5, 8_000), rel=0.1)
    assert summary["rhat"] == pytest.approx(np.ones(5), abs=0.005)
    assert summary["mcse_mean"] == pytest.approx(np.full(5, 3 / np.sqrt(8_000)), rel=0.1)
    assert summary["q05"] == pytest.approx(np.full(5, 2 - 3 * 1.645), abs=0.25)
    assert summary["mean"] == pytest.approx(draws.mean((1, 2)))


def test_correlated_draws_are_worth_less() -> None:
    # an AR(1) chain of correlation rho is worth (1 - rho) / (1 + rho) of its length
    draws = ar1(np.random.default_rng(2), 0.9, (3, 4, 10_000))
    assert estimate(draws)["ess_bulk"] == pytest.approx(np.full(3, 40_000 / 19), rel=0.2)


def test_chains_that_disagree_have_a_large_rhat() -> None:
    draws = np.random.default_rng(3).normal(size=(1, 4, 1_000))
    draws[0, 0] += 3
    assert estimate(draws)["rhat"][0] > 1.3


def test_draws_that_never_move_have_no_diagnostics() -> None:
    draws = np.random.default_rng(4).normal(size=(2, 4, 100))
    draws[1] = 3.0
    summary = estimate(draws)
    for name in ("mcse_mean", "ess_bulk", "ess_tail", "rhat"):
        assert np.isnan(summary[name][1])
        assert np.isfinite(summary[name][0])
    assert summary["mean"][1] == 3.0


def test_one_chain_has_an_rhat_no_more_than_a_number() -> None:
    draws = np.random.default_rng(5).normal(size=(2, 1, 100))
    assert np.all(np.isnan(estimate(draws)["rhat"]))
    assert np.all(np.isfinite(estimate(draws)["ess_bulk"]))


def test_bfmi_is_2_for_independent_energies_and_low_for_a_slow_walk() -> None:
    rng = np.random.default_rng(6)
    assert bfmi(rng.normal(size=(4, 20_000))) == pytest.approx(np.full(4, 2.0), rel=0.05)
    # 2 (1 - rho) for an AR(1) walk
    assert bfmi(ar1(rng, 0.95, (4, 20_000))) == pytest.approx(np.full(4, 0.1), rel=0.2)


def test_the_rows_of_a_fit(data_set: DataSet, priors: Priors) -> None:
    info, posterior, stats = groups(np.random.default_rng(7))
    found = diagnose(CELL, info, posterior, stats, data_set, priors)
    (fit,), rows = found["fits"], found["estimates"]
    assert found["densities"] == [], "only replicate 0 is the example of its cell"
    assert set(diagnostics.FIT_COLUMNS) <= set(fit)
    assert (fit["divergences"], fit["max_tree_depth_hits"]) == (7, 0)
    assert fit["leapfrog_steps"] == 7 * 8_000
    assert (fit["step_size"], fit["acceptance"]) == (0.25, pytest.approx(0.9))
    assert fit["sampling_seconds"] == 1.5
    assert [row["estimand"] for row in rows] == estimands(2)
    assert [row["truth"] for row in rows] == [1.0, 2.0, pytest.approx(np.log(2)), 0.5, 1.5]
    assert fit["ess_bulk_min"] == min(row["ess_bulk"] for row in rows)
    assert fit["rhat_max"] == max(row["rhat"] for row in rows)
    by_name = {row["estimand"]: row for row in rows}
    for quantile in diagnostics.QUANTILES:
        assert by_name["log_tau"][quantile] == pytest.approx(
            np.log(by_name["tau"][quantile]), rel=1e-2, abs=1e-2
        )


def test_a_failed_fit_has_every_row_and_no_values(data_set: DataSet, priors: Priors) -> None:
    found = diagnose(CELL, *groups(np.random.default_rng(8), status="failed"), data_set, priors)
    (fit,), rows = found["fits"], found["estimates"]
    assert (fit["status"], fit["message"], fit["divergences"]) == ("failed", "why", None)
    assert [row["estimand"] for row in rows] == estimands(2)
    assert all(row["mean"] is None and row["truth"] is not None for row in rows)


def test_truth_is_that_of_the_data(data_set: DataSet) -> None:
    assert truth_of(data_set) == {
        "mu": 1.0,
        "tau": 2.0,
        "log_tau": pytest.approx(np.log(2.0)),
        "theta[0]": 0.5,
        "theta[1]": 1.5,
    }
