"""The tables and pages of the benchmark, and the common module of the programs of peers."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.special import expit

import peer
from funnel.data import simulate
from funnel.inference import exact_posterior_of
from funnel.priors import Priors
from funnel_study.benchmark import tables
from funnel_study.benchmark.command_cost import Run
from funnel_study.benchmark.results_page import figure, markdown
from funnel_study.benchmark.tables import BASELINE, FUNNEL, LABELS
from funnel_study.figures.theme import save

PRIORS = Priors(mu_sd=5, tau_scale=5)


def fit(peer: str, parameterization: str = "centered", **values: Any) -> dict[str, Any]:
    names = {"peer": peer, "scenario": "weak", "parameterization": parameterization}
    status = {"replicate": 0, "status": "ok", "message": ""}
    costs = {"seconds": 6.0, "cpu_seconds": 10.0, "sampling_seconds": 4.0, "compile_seconds": 1.0}
    counts = {"leapfrog_steps": 80_000, "chains": 4, "ess_bulk": 500.0}
    errors = {"squared_error": 0.002, "z_tau": 1.0, "ks": 0.01}
    of_peer = {"cores": 2, "build_seconds": 30.0, "largest_memory_mb": 300.0, "versions": "some 1"}
    of_peer["cores_per_fit"] = 1 if peer == FUNNEL else 2
    return {**names, **status, **costs, **counts, **errors, **of_peer, **values}


def tables_of(*fits: dict[str, Any]) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows = pd.DataFrame(fits)
    cells = tables.cells(rows)
    return cells.set_index(tables.KEYS), tables.peers(rows, cells).set_index("peer")


@settings(deadline=None)
@given(
    own=st.lists(st.floats(0, 1e4) | st.just(float("nan")), min_size=1, max_size=20),
    more=st.floats(0.1, 1e4),
)
def test_the_costs_of_fits_add_up_to_those_of_their_run(own: Sequence[float], more: float) -> None:
    whole = float(np.nansum(own)) + more
    runs = [Run(part * whole, 2 * part * whole, 300.0, "") for part in (0.25, 0.75)]
    done = tables.with_costs(pd.DataFrame({"seconds": own}), *runs)
    # the rest is divided evenly, up to rounding of the sum
    share = pytest.approx(more / len(own), abs=1e-9 * whole)
    assert all(each == share for each in done["seconds"] - np.nan_to_num(own))
    assert done["cpu_seconds"].to_numpy() == pytest.approx(2 * done["seconds"].to_numpy())


def test_a_cell_has_means_and_rates() -> None:
    cells, _ = tables_of(
        fit(FUNNEL, seconds=1.0), fit(FUNNEL, seconds=2.0), fit("pystan", z_tau=-2.0)
    )
    funnel, stan = (cells.loc[(name, "weak", "centered")] for name in (FUNNEL, "pystan"))
    assert funnel["fits"] == 2
    assert funnel["fits_per_minute"] == pytest.approx(40)
    assert funnel["ess_per_cpu_second"] == pytest.approx(50)
    # the chains of a fit by the other program have two cores
    assert funnel["leapfrog_steps_per_core_second"] == pytest.approx(20_000)
    assert stan["leapfrog_steps_per_core_second"] == pytest.approx(10_000)
    assert stan["z_tau"] == pytest.approx(2)
    assert stan["funnel_times_as_fast"] == pytest.approx(4)
    assert cells["times_as_fast_as_pymc3"].isna().all()


def test_all_cells_have_the_same_weight() -> None:
    fast = [fit(FUNNEL, seconds=1.0) for _ in range(9)]
    _, peers = tables_of(*fast, fit(FUNNEL, "mixed", seconds=3.0))
    found = peers.loc[FUNNEL, ["fits_per_minute", "fits", "cells"]]
    assert found.tolist() == pytest.approx([30, 10, 2])


def test_ratios_are_over_the_cells_that_both_have() -> None:
    _, peers = tables_of(
        *(fit(FUNNEL, seconds=1.0), fit(FUNNEL, "mixed", seconds=100.0)),
        fit("pystan", seconds=5.0),
        fit("pystan", "mixed", status="failed", seconds=1.0),
        fit(BASELINE, seconds=50.0),
    )
    assert peers["funnel_times_as_fast"].to_dict() == pytest.approx(
        {FUNNEL: 1, "pystan": 5, BASELINE: 50}
    )
    assert peers["times_as_fast_as_pymc3"].to_dict() == pytest.approx(
        {FUNNEL: 50, "pystan": 10, BASELINE: 1}
    )
    assert peers.loc["pystan", ["status", "failed"]].tolist() == ["incomplete", 1]


@pytest.mark.parametrize("values", [{"ks": 0.06}, {"z_tau": 4.0}])
def test_ess_is_computed_from_explored_cells_only(values: dict[str, float]) -> None:
    lost = {"parameterization": "noncentered", "ess_bulk": 9.0}
    cells, peers = tables_of(
        *(fit(FUNNEL), fit(FUNNEL, **lost, **values)),
        *(fit("pystan", cpu_seconds=20.0), fit("pystan", **lost, z_tau=90.0)),
    )
    assert cells["explored"].tolist() == [True, False, True, False]
    assert peers["ess_per_cpu_second"].to_dict() == pytest.approx({FUNNEL: 50, "pystan": 25})
    assert peers.loc["pystan", "status"] == "ok"


def test_an_error_costs_the_seconds_of_a_chain_times_its_squared_error() -> None:
    """Four times the seconds or a quarter of the draws, and so four times the squared error."""
    cells, _ = tables_of(
        *(fit(FUNNEL), fit(FUNNEL, "mixed", squared_error=0.004)),
        *(fit("pystan", cpu_seconds=40.0), fit("pystan", "mixed", squared_error=0.016)),
    )
    assert cells["seconds_to_error"].tolist() == pytest.approx([0.5, 1, 2, 4])
    assert cells["gradients_to_error"].tolist() == pytest.approx([4000, 8000, 4000, 32_000])
    assert cells["seconds_to_error_se"].isna().all()
    # with several data sets, there is a standard error
    failed = fit("pystan", status="failed")
    cells, _ = tables_of(fit("pystan"), fit("pystan", cpu_seconds=30.0), failed)
    found = cells.loc[("pystan", "weak", "centered")]
    assert found["seconds_to_error"] == pytest.approx(1)
    assert found["seconds_to_error_se"] == pytest.approx(0.5)
    assert found["gradients_to_error_se"] == 0


def test_a_peer_that_is_wrong_in_an_explored_cell_is_reported() -> None:
    _, peers = tables_of(
        *(fit(FUNNEL), fit(FUNNEL, "mixed")), *(fit("pystan"), fit("pystan", "mixed", z_tau=-9.0))
    )
    assert peers["status"].to_dict() == {FUNNEL: "ok", "pystan": "wrong"}
    assert peers.loc["pystan", "message"].endswith(": weak, mixed")


def test_quality_distinguishes_exact_draws_from_others() -> None:
    rng = np.random.default_rng(1)
    data_set = simulate([1] * 9, 10.0, 4.5, 3.5, np.random.RandomState(1234))
    exact = exact_posterior_of(data_set.data, PRIORS)
    draws = exact.draws(4000, rng)
    mu, tau = (draws[name].reshape(4, 1000) for name in ("mu", "tau"))
    theta = draws["theta"].reshape(4, 1000, -1)
    right = tables.quality(mu, tau, theta, exact)
    assert abs(right["z_tau"]) < 4
    assert right["ks"] < stats.kstwo.ppf(1 - 1e-4, 4000)
    assert right["ess_bulk"] == pytest.approx(4000, rel=0.2)
    # the mean of three squared errors of four means of 1,000 independent draws each
    assert 0.25 < 1000 * right["squared_error"] < 3
    assert right["chains"] == 4
    # each theta counts for a ninth of a third
    moved = tables.quality(mu, tau, theta + 9 * exact.sd()["theta[2]"] * (np.arange(9) == 2), exact)
    assert moved["squared_error"] == pytest.approx(9**2 / 27, rel=0.05)
    wrong = tables.quality(mu, 1.3 * tau, theta, exact)
    assert wrong["squared_error"] > 10 * right["squared_error"]
    assert wrong["z_tau"] > 5
    assert wrong["ks"] > right["ks"]


def test_the_page_and_the_figure_show_every_peer(tmp_path: Path) -> None:
    nothing = {"status": "failed", "message": "no Python 3.10", "seconds": np.nan}
    fits = pd.DataFrame([fit(FUNNEL), fit("pystan"), fit("pymc3", **nothing), fit(FUNNEL, "mixed")])
    cells = tables.cells(fits)
    peers = tables.peers(fits, cells)
    failed = peers.set_index("peer").loc["pymc3"]
    assert (failed["status"], failed["message"]) == ("failed", "no Python 3.10")
    assert failed["fits"] == failed["cells"] == 0
    assert np.isnan(failed["fits_per_minute"])
    page = markdown(peers, cells, ["a machine"])
    stan, pymc3 = LABELS["pystan"], LABELS["pymc3"]
    for text in ("| Funnel | ok |", f"| {pymc3} | failed |", f"- {pymc3}: no Python 3.10"):
        assert text in page
    assert f"| {stan}: centered | 0.5 |" in page
    save(figure(cells), tmp_path / "bench.svg")
    drawn = (tmp_path / "bench.svg").read_text()
    forms = ("Funnel: centered", "Funnel: mixed", f"{stan}: centered")
    assert all(f"<!-- {form} -->" in drawn for form in forms)


def test_a_peer_keeps_the_draws_of_every_fit_and_the_message_of_one_that_raises(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fit_or_raise(problem: peer.Problem, sampling: peer.Sampling, seed: int) -> peer.Result:
        if seed == 0:
            raise ValueError("no\nluck")
        assert problem.centered.tolist() == [True, False]
        assert (problem.mu_sd, problem.tau_scale, problem.K) == (5, 4, 2)
        mu = np.full((sampling.chains, sampling.draws), problem.y.mean())
        return peer.Result(mu, mu, np.stack([mu, mu], axis=-1), 7, 0.5, np.nan)

    data = {"y": [1.0, 2.0, 4.0], "idx": [0, 1, 1], "sigma": [1.0, 2.0, 2.0]}
    data["centered"] = [True, False]
    job = {
        "sampling": {"chains": 2, "tune": 5, "draws": 3, "target_accept": 0.9, "cores": 1},
        "priors": {"mu_sd": 5.0, "tau_scale": 4.0},
        "fits": [{"data": data, "seed": i, "output": str(tmp_path / f"{i}.npz")} for i in range(2)],
    }
    (tmp_path / "job.json").write_text(json.dumps(job))
    monkeypatch.setattr("sys.argv", ["program", str(tmp_path / "job.json")])
    peer.main(fit_or_raise, {"some": "1.0"})
    with np.load(tmp_path / "0.npz", allow_pickle=False) as failed:
        assert str(failed["message"]) == "ValueError: no luck"
    with np.load(tmp_path / "1.npz", allow_pickle=False) as done:
        assert done["theta"].shape == (2, 3, 2)
        assert done["leapfrog_steps"] == 7
        assert done["seconds"] > 0
        assert done["versions"].tolist() == ["some 1.0"]
    assert not list(tmp_path.glob(".*"))


# in the last case, the permutation of the individuals is not its own inverse
@pytest.mark.parametrize("binomial", [False, True])
@pytest.mark.parametrize("centered", [[True] * 3, [False] * 3, [False, False, True]])
def test_the_model_of_the_peers_has_the_right_density(centered: list[bool], binomial: bool) -> None:
    import pymc as pm

    from model_in_pymc import build

    y, sigma, trials = np.array([1, 2, 4, 7]), np.array([1.0, 2.0, 2.0, 3.0]), np.full(4, 8)
    idx = np.array([0, 1, 1, 2])
    of_data = {"trials": trials} if binomial else {"sigma": sigma}
    problem = peer.Problem(y, idx, np.array(centered), mu_sd=5.0, tau_scale=4.0, **of_data)
    model = build(problem, pm)
    logp = model.compile_logp(mode="FAST_COMPILE")
    mu, log_tau, theta = 0.7, -0.4, np.array([1.5, 2.5, 4.5])
    tau, is_centered = np.exp(log_tau), np.array(centered)
    eta = (theta - mu) / tau
    expected = stats.norm.logpdf(mu, 0, 5) + stats.halfnorm.logpdf(tau, scale=4) + log_tau
    if binomial:
        expected += stats.binom.logpmf(y, trials, expit(theta[idx])).sum()
    else:
        expected += stats.norm.logpdf(y, theta[idx], sigma).sum()
    # the density of eta is that of theta times tau
    expected += stats.norm.logpdf(theta, mu, tau).sum() + log_tau * (~is_centered).sum()
    name = "theta" if all(centered) else "theta_centered"
    point = {"mu": mu, "tau_log__": log_tau, name: theta[is_centered], "eta": eta[~is_centered]}
    names = {variable.name for variable in model.value_vars}
    found = logp({key: value for key, value in point.items() if key in names})
    assert found == pytest.approx(expected)
