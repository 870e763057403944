"""Undefined quantities are missing, and a quantity that cannot be computed stops nothing else."""

from dataclasses import replace

import numpy as np
import pytest
from problem_of import of_means
from sample_stats import groups_of_fit

from funnel.exact import ExactPosterior, QuadratureError
from funnel.group_means import GroupMeans
from funnel.priors import Priors
from funnel_study.diagnosis.columns import ERROR_COLUMNS, ESTIMATE_COLUMNS
from funnel_study.diagnosis.diagnostics import diagnose
from funnel_study.diagnosis.exact_values import ExactValues, exact_values

CELL = {"scenario": "a", "parameterization": "centered", "sampler": "stub", "replicate": 0}
NO_EXACT_POSTERIOR = "QuadratureError: exact posterior: it cannot be computed"


def exact_of(K: int, priors: Priors) -> ExactValues:
    data_set = of_means(np.full(K, 3.0), np.ones(K))
    data_set = replace(data_set, theta=np.full(K, 3.0), mu=3.0, tau=1e-8)
    return ExactValues(exact_values(data_set, priors))


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
    groups = groups_of_fit(np.random.default_rng(K), chains, draws, K)
    found, _ = diagnose(CELL, *groups, exact_of(K, priors))
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
    info, posterior, stats = groups_of_fit(np.random.default_rng(2), 2, 100)
    posterior["tau"][:] = 0.0
    found, _ = diagnose(CELL, info, posterior, stats, exact_of(2, priors))
    by_name = {row["estimand"]: row for row in found["estimates"]}
    for name in ("tau", "log_tau"):
        for column in ("mcse_mean", "ess_bulk", "ess_tail", "rhat"):
            assert np.isnan(by_name[name][column])
    assert found["fits"][0]["status"] == "ok"
    assert [row["moves"] for row in found["chains"]] == [0, 0]


@pytest.mark.usefixtures("no_quadrature")
def test_a_fit_without_an_exact_posterior_keeps_its_rows_and_has_a_message(priors: Priors) -> None:
    groups = groups_of_fit(np.random.default_rng(2), 2, 100)
    found, _ = diagnose(CELL, *groups, exact_of(2, priors))
    (fit,), rows = found["fits"], found["estimates"]
    assert (fit["status"], fit["message"]) == ("ok", NO_EXACT_POSTERIOR)
    assert fit["ess_bulk_min"] > 0
    assert found["densities"] == []
    assert len(rows) == 5
    for row in rows:
        assert set(row) == {*CELL, "estimand", *ESTIMATE_COLUMNS}
        assert np.isfinite([row["mean"], row["sd"], row["rhat"]]).all()
        assert np.isnan([row[name] for name in ERROR_COLUMNS if name != "rank"]).all()
