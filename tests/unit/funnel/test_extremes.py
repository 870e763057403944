"""Undefined quantities are missing, and a quantity that cannot be computed stops nothing else."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from chain_errors_of import chain_errors_of
from numpy.typing import NDArray
from sample_stats import sample_stats

from funnel.data import DataSet
from funnel.exact import ExactPosterior, QuadratureError
from funnel.group_means import GroupMeans
from funnel.priors import Priors
from funnel_study.analysis.answer import answers
from funnel_study.analysis.performance import performance
from funnel_study.analysis.work import errors_of_fits
from funnel_study.diagnosis.columns import ERROR_COLUMNS, ESTIMATE_COLUMNS
from funnel_study.diagnosis.diagnostics import diagnose
from funnel_study.figures.fit_draws import FitDraws, View
from funnel_study.figures.of_fit import draw
from funnel_study.figures.registry import FIT_FIGURES
from funnel_study.report.answer_text import sentences
from funnel_study.report.problems import problems

CELL = {"scenario": "a", "parameterization": "centered", "sampler": "stub", "replicate": 0}
NO_EXACT_POSTERIOR = "QuadratureError: exact posterior: it cannot be computed"


def data_of(K: int) -> DataSet:
    return DataSet(np.full(K, 3.0), np.arange(K), np.ones(K), np.full(K, 3.0), mu=3.0, tau=1e-8)


def fit_of(K: int, chains: int, draws: int, tau: float | None = None) -> tuple[xr.Dataset, ...]:
    rng = np.random.default_rng(K)
    dims, shape = ("chain", "draw"), (chains, draws)
    info = xr.Dataset({"status": "ok", "message": "", "sampling_seconds": 0.5})
    info["centeredness"] = "individual", np.ones(K)
    info["tuning_leapfrog_steps"] = "chain", np.full(chains, 9)
    info["choosing_gradients"] = 0
    drawn = rng.exponential(1.0, shape) if tau is None else np.full(shape, tau)
    each = ((*dims, "individual"), rng.normal(3.0, 1.0, (*shape, K)))
    posterior = xr.Dataset(
        {"mu": (dims, rng.normal(size=shape)), "tau": (dims, drawn), "theta": each, "z": each}
    )
    return info, posterior, sample_stats(rng, shape)


@pytest.fixture
def no_quadrature(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: ExactPosterior, means: GroupMeans, priors: Priors) -> None:
        raise QuadratureError("exact posterior: it cannot be computed")

    monkeypatch.setattr(ExactPosterior, "__init__", fail)


@pytest.mark.parametrize("K", [1, 2, 200])
@pytest.mark.parametrize(("chains", "draws"), [(1, 4), (2, 4), (2, 100)])
def test_diagnostics_of_few_chains_and_draws_are_finite_or_missing(
    K: int, chains: int, draws: int, priors: Priors
) -> None:
    found, _ = diagnose(CELL, *fit_of(K, chains, draws), data_of(K), priors)
    (fit,), rows = found["fits"], found["estimates"]
    assert fit["status"] == "ok"
    assert np.isnan(fit["rhat_max"]) == (chains == 1)
    for row in rows:
        numbers = [value for value in row.values() if isinstance(value, float)]
        assert not np.any(np.isinf(numbers)), row
        # these are never 0: a 0 would stand for a missing value
        assert not {0.0} & {row[name] for name in ("sd", "mcse_mean", "ess_bulk", "rhat")}


@pytest.mark.filterwarnings("error")
def test_draws_of_tau_that_underflow_leave_missing_diagnostics(priors: Priors) -> None:
    found, _ = diagnose(CELL, *fit_of(2, 2, 100, tau=0.0), data_of(2), priors)
    by_name = {row["estimand"]: row for row in found["estimates"]}
    for name in ("tau", "log_tau"):
        for column in ("mcse_mean", "ess_bulk", "ess_tail", "rhat"):
            assert np.isnan(by_name[name][column])
    assert found["fits"][0]["status"] == "ok"
    assert [row["moves"] for row in found["chains"]] == [0, 0]


@pytest.mark.usefixtures("no_quadrature")
def test_a_fit_without_an_exact_posterior_keeps_its_rows_and_has_a_message(priors: Priors) -> None:
    found, _ = diagnose(CELL, *fit_of(2, 2, 100), data_of(2), priors)
    (fit,), rows = found["fits"], found["estimates"]
    assert (fit["status"], fit["message"]) == ("ok", NO_EXACT_POSTERIOR)
    assert fit["ess_bulk_min"] > 0
    assert found["densities"] == []
    assert len(rows) == 5
    for row in rows:
        assert set(row) == {*CELL, "estimand", *ESTIMATE_COLUMNS}
        assert np.isfinite([row["mean"], row["sd"], row["rhat"]]).all()
        assert np.isnan([row[name] for name in ERROR_COLUMNS if name != "rank"]).all()


@pytest.mark.usefixtures("no_quadrature")
@pytest.mark.parametrize("name", ["data", "traces", "tau"])
def test_a_figure_without_an_exact_posterior_says_why(name: str, priors: Priors) -> None:
    _, posterior, _ = fit_of(2, 2, 100)
    values = {name: posterior[name].to_numpy() for name in ("mu", "tau", "theta", "z")}
    fit = FitDraws("centered", np.ones(2), **values, diverging=np.zeros((2, 100), dtype=bool))
    figure, view = FIT_FIGURES[name], View("a", 0, data_of(2), priors, "stub", [fit])
    plot = draw(figure.function, figure.title, view)
    assert plot.labels.subtitle == "nothing to draw: there is no exact posterior"


def table_of(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame({**CELL, "replicate": [0, 1], "status": "ok", "message": None, **columns})


def errors_of(means: NDArray[np.float64]) -> pd.DataFrame:
    """The errors of fits with one chain each and K = 1, whose estimates have the errors (fit,)."""
    errors = np.broadcast_to(means[None, :, None, None], (1, len(means), 1, 4))
    below = np.broadcast_to(means[None, :, None, None, None], (1, len(means), 1, 2, 9))
    names = ("centered",)
    return errors_of_fits(
        {"a": chain_errors_of(errors, parameterizations=names, below=below, sampler="stub")}
    )


def test_fits_without_an_exact_posterior_are_not_judged() -> None:
    fits = table_of(
        ess_bulk_min=[100.0, 90.0],
        leapfrog_steps=[1_000, 900],
        tuning_leapfrog_steps=[100, 90],
        choosing_gradients=0,
        sampling_seconds=[1.0, 1.0],
        centeredness=[0.5, 0.5],
        message=[None, NO_EXACT_POSTERIOR],
    )
    known = [0.01, np.nan]
    estimates = table_of(estimand="tau", ks=known, error_q05=known, error_q95=known)
    errors = errors_of(np.array(known))
    table = answers(fits, estimates.drop(columns=["status", "message"]), errors)
    assert table["verdict"].tolist() == ["unknown"]
    assert table["data_sets"].tolist() == [1]
    assert "Centered cannot be judged" in sentences(table)["a", "stub"]
    (line,) = problems(fits)
    assert line.startswith("a, centered, stub: 1 fit cannot be compared")


def test_a_rate_without_fits_and_a_standard_error_of_one_fit_are_missing() -> None:
    fits = table_of(
        rhat_max=np.nan,
        leapfrog_steps=[0, 9],
        tuning_leapfrog_steps=[9, 9],
        choosing_gradients=0,
        sampling_seconds=[0.0, 1.0],
    )[:1]
    estimates = table_of(estimand="tau", **dict.fromkeys(ESTIMATE_COLUMNS, 1.0))
    estimates = estimates.drop(columns=["status", "message"])[:1]
    table = performance(fits, estimates, errors_of(np.array([0.1])))
    table = table[table["estimand"].isin(["tau", "all"])].set_index("measure")
    # neither leapfrog steps nor seconds nor R-hat, and no bias of a single chain
    unknown = ["convergence_rate", "ess_per_second", "ess_per_leapfrog_step"]
    unknown += ["bias_squared", "chain_variance", "low_error_gradients"]
    assert (table.loc[unknown, "replicates"] == 0).all()
    assert table.loc[unknown, "estimate"].isna().all()
    assert table.loc["coverage_90", "estimate"] == 1
    assert table.loc["work", "estimate"] == pytest.approx(10)
    assert table["mcse"].isna().all()
