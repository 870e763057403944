import numpy as np
import pytest
from arviz_stats.base import array_stats
from numpy.typing import NDArray
from sample_stats import groups_of_fit
from scipy import stats as scipy_stats

from funnel.data import DataSet, simulate_data
from funnel.exact import ExactPosterior
from funnel.group_means import estimands
from funnel.inference import exact_posterior_of
from funnel.likelihoods.normal import NormalLikelihood
from funnel.priors import Priors
from funnel_study.analysis.work import errors_of_fits
from funnel_study.diagnosis import diagnostics
from funnel_study.diagnosis.chain_errors import join_cells
from funnel_study.diagnosis.diagnostics import (
    bfmi,
    chain_diagnostics,
    diagnose,
    estimate,
    geometry,
    sort_each,
)
from funnel_study.diagnosis.exact_values import ExactValues, exact_values
from funnel_study.files.formats import join_replicates

CELL = {"scenario": "a", "parameterization": "centered", "sampler": "stub", "replicate": 4}


@pytest.fixture
def data_set() -> DataSet:
    data = NormalLikelihood.given_data([1.0, 2.0], n_per_individual=[1, 1], sigma=1.0)
    return DataSet(data, np.array([0.5, 1.5]), mu=1.0, tau=2.0)


@pytest.fixture
def exact(data_set: DataSet, priors: Priors) -> ExactValues:
    return ExactValues(exact_values(data_set, priors))


def ar1(rng: np.random.Generator, rho: float, shape: tuple[int, ...]) -> NDArray[np.float64]:
    noise = rng.normal(size=shape) * np.sqrt(1 - rho**2)
    draws = np.empty(shape)
    draws[..., 0] = rng.normal(size=shape[:-1])
    for i in range(1, shape[-1]):
        draws[..., i] = rho * draws[..., i - 1] + noise[..., i]
    return draws


@pytest.mark.parametrize("length", [3, 4, 5, 100, 101])
@pytest.mark.parametrize("kind", ["smooth", "tied", "one infinite", "one missing", "constant"])
def test_diagnostics_from_shared_orders_equal_those_of_arviz(length: int, kind: str) -> None:
    draws = ar1(np.random.default_rng(length), 0.5, (2, 4, length))
    if kind == "tied":
        draws = draws.round(1)
    elif kind == "constant":
        draws[1] = 2.0
    elif kind != "smooth":
        draws[1, 2, 1] = np.inf if kind == "one infinite" else np.nan
    with np.errstate(all="ignore"):
        found = estimate(draws)
        moving = np.ptp(draws, axis=(-2, -1)) > 0
        for name, by_arviz in (
            ("ess_bulk", array_stats.ess(draws, method="bulk")),
            ("ess_tail", array_stats.ess(draws, method="tail", prob=diagnostics.TAIL)),
            ("mcse_mean", array_stats.mcse(draws, method="mean")),
            ("rhat", array_stats.rhat(draws, method="rank")),
        ):
            np.testing.assert_allclose(found[name], np.where(moving, by_arviz, np.nan), rtol=1e-12)


def test_bfmi_is_2_for_independent_energies_and_low_for_a_slow_walk() -> None:
    rng = np.random.default_rng(6)
    assert bfmi(rng.normal(size=(4, 20_000))) == pytest.approx(np.full(4, 2.0), rel=0.05)
    # E-BFMI of an AR(1) walk is 2 (1 - rho)
    assert bfmi(ar1(rng, 0.95, (4, 20_000))) == pytest.approx(np.full(4, 0.1), rel=0.2)


def test_the_row_of_a_fit_and_those_of_its_estimates(
    data_set: DataSet, priors: Priors, exact: ExactValues
) -> None:
    info, posterior, stats = groups_of_fit(np.random.default_rng(7))
    found, _ = diagnose(CELL, info, posterior, stats, exact)
    (fit,), rows = found["fits"], found["estimates"]
    assert found["densities"] == [], "only replicate 0 has densities"
    assert (fit["divergences"], fit["max_tree_depth_hits"]) == (7, 0)
    assert fit["leapfrog_steps"] == 7 * 8_000
    assert fit["tuning_leapfrog_steps"] == 10 + 11 + 12 + 13
    directly = ExactPosterior(data_set.data.means, priors)
    assert fit["data_weight"] == pytest.approx(directly.data_weight().mean())
    assert fit["centeredness"] == 0.75
    assert [row["estimand"] for row in rows] == estimands(2)
    assert [row["truth"] for row in rows] == [1.0, 2.0, pytest.approx(np.log(2)), 0.5, 1.5]
    chains = found["chains"]
    assert [row["chain"] for row in chains] == [0, 1, 2, 3]
    assert [row["divergences"] for row in chains] == [7, 0, 0, 0]
    assert fit["bfmi_min"] == min(row["bfmi"] for row in chains)
    assert fit["ess_bulk_min"] == min(row["ess_bulk"] for row in rows)
    assert fit["rhat_max"] == max(row["rhat"] for row in rows)


def test_a_fit_with_unknown_sigma_has_its_rows_too(priors: Priors) -> None:
    priors = Priors(priors.mu_sd, priors.tau_scale, sigma="half_normal", sigma_scale=2.0)
    sizes, rng = {"n_per_individual": [3, 5]}, np.random.default_rng(9)
    data_set = simulate_data("normal_unknown_sigma", sizes, 1.0, 2.0, rng, sigma=1.5)
    info, posterior, stats = groups_of_fit(rng)
    posterior["sigma"] = posterior["mu"].dims, rng.exponential(1.0, posterior["mu"].shape)
    exact = ExactValues(exact_values(data_set, priors))
    found, errors = diagnose(CELL, info, posterior, stats, exact)
    rows = found["estimates"]
    assert [row["estimand"] for row in rows] == estimands(2, sigma=True)
    (of_sigma,) = [row for row in rows if row["estimand"] == "sigma"]
    directly = exact_posterior_of(data_set.data, priors)
    assert of_sigma["truth"] == 1.5
    assert of_sigma["mean"] == float(posterior["sigma"].mean())
    assert of_sigma["exact_mean"] == pytest.approx(directly.mean()["sigma"])
    assert of_sigma["exact_q95"] == pytest.approx(float(directly.quantile("sigma", 0.95)))
    assert [np.isnan(row["tilt"]) for row in rows] == [True, True, True, False, False, True]
    assert errors["estimand"].to_numpy().tolist() == estimands(2, sigma=True)
    assert float(errors["exact_mean"].sel(estimand="sigma")) == of_sigma["exact_mean"]


def test_every_chain_bears_the_whole_cost_of_choosing(exact: ExactValues) -> None:
    info, posterior, stats = groups_of_fit(np.random.default_rng(7))
    info["choosing_gradients"] = 1_002
    rows, found = diagnose(CELL, info, posterior, stats, exact)
    (fit,) = rows["fits"]
    assert (fit["tuning_leapfrog_steps"], fit["choosing_gradients"]) == (46, 1_002)
    assert found["tuning_leapfrog_steps"].to_numpy().tolist() == [1_012, 1_013, 1_014, 1_015]
    work = errors_of_fits(
        {"a": join_cells([("mixed", "nutpie", [join_replicates({0: found})])], 1)}
    )
    whole = work[work["draws"] == work["draws"].max()]
    assert set(whole["leapfrog_steps"]) == {7 * 2_000 + 46 / 4 + 1_002}


def test_a_failed_fit_has_all_rows_with_missing_values(exact: ExactValues) -> None:
    found, _ = diagnose(CELL, *groups_of_fit(np.random.default_rng(8), status="failed"), exact)
    (fit,), rows = found["fits"], found["estimates"]
    assert [row["chain"] for row in found["chains"]] == [0, 1, 2, 3]
    assert all(row[name] is None for row in found["chains"] for name in diagnostics.CHAIN_COLUMNS)
    assert (fit["status"], fit["message"], fit["divergences"]) == ("failed", "the reason", None)
    assert [row["estimand"] for row in rows] == estimands(2)
    assert all(row["mean"] is None and row["truth"] is not None for row in rows)


def geometry_of(
    tau: NDArray[np.float64], z: NDArray[np.float64], theta: NDArray[np.float64] | None = None
) -> dict[str, NDArray[np.float64]]:
    """Return the geometry of z (chain, draw, K); theta, by default z, makes no difference."""
    thetas = np.moveaxis(z if theta is None else theta, -1, 0)
    return geometry(sort_each(np.stack([tau, tau, np.log(tau), *thetas])), z)


def test_the_measure_of_a_funnel_is_a_ratio_of_standard_deviations() -> None:
    tau = np.tile([1.0, 1.0, 4.0, 4.0], 25).reshape(2, 50)
    z = (tau * np.tile([-1, 1], 50).reshape(2, 50))[..., None]
    assert geometry_of(tau, z)["funnel"][3] == 0.25
    assert geometry_of(tau, 7 + 3 * z)["funnel"][3] == 0.25


def test_the_tilt_is_spearmans_correlation_with_tau() -> None:
    rng = np.random.default_rng(11)
    tau, other = np.exp(rng.normal(size=(2, 3, 100)))
    z = np.stack([1 / tau, tau**3, other + tau], axis=-1)
    tilt = geometry_of(tau, z)["tilt"]
    assert tilt[3:5] == pytest.approx([-1, 1])
    assert tilt[5] == pytest.approx(scipy_stats.spearmanr(other + tau, tau, axis=None).statistic)


@pytest.mark.filterwarnings("error")
def test_an_undefined_funnel_or_tilt_is_missing() -> None:
    tau = np.exp(np.random.default_rng(13).normal(size=(1, 60)))
    stuck, few = np.full((1, 60, 1), 3.0), tau[:, :4, None]
    assert np.isnan(geometry_of(tau, stuck)["funnel"][3])
    assert np.isnan(geometry_of(tau, stuck)["tilt"][3])
    assert np.isnan(geometry_of(tau[:, :4], few)["funnel"][3])
    assert geometry_of(tau[:, :4], few)["tilt"][3] == pytest.approx(1)
    assert np.isnan(geometry_of(tau * 0 + 2, tau[..., None])["tilt"][3])


def test_chains_that_diverge_in_the_neck_have_a_low_rank() -> None:
    _, _, stats = groups_of_fit(np.random.default_rng(14), chains=3, draws=100)
    log_tau = np.arange(300.0).reshape(3, 100)
    stats["diverging"][:] = 0
    stats["diverging"][0, :2] = 1
    stats["diverging"][2, [98, 99]] = 1
    ranks = scipy_stats.rankdata(log_tau)
    found = chain_diagnostics(stats, log_tau, ranks, np.array([30.0, 40.0, 50.0]))
    assert found["divergences"].tolist() == [2, 0, 2]
    assert found["divergent_log_tau_rank"][[0, 2]] == pytest.approx([1 / 300, 299 / 300])
    assert np.isnan(found["divergent_log_tau_rank"][1])
    tied = chain_diagnostics(stats, np.zeros((3, 100)), np.full(300, 150.5), np.zeros(3))
    assert tied["divergent_log_tau_rank"][[0, 2]] == pytest.approx([0.5, 0.5])
