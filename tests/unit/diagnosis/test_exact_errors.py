import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from funnel.data import DataSet
from funnel.exact import ExactPosterior
from funnel.priors import Priors
from funnel_study.diagnosis import exact_errors
from funnel_study.diagnosis.diagnostics import estimate, sort_each

Array = NDArray[np.float64]


def exact_draws(exact: ExactPosterior, chains: int, draws: int, seed: int) -> Array:
    """Return independent draws from the exact posterior, (estimand, chain, draw)."""
    drawn = exact.draws(chains * draws, np.random.default_rng(seed))
    rows = [drawn["mu"], drawn["tau"], np.log(drawn["tau"]), *drawn["theta"].T]
    return np.stack(rows).reshape(len(rows), chains, draws)


def compare(exact: ExactPosterior, draws: Array) -> dict[str, Array]:
    return exact_errors.compare(exact, sort_each(draws), estimate(draws))


@pytest.fixture
def exact(weak: DataSet, priors: Priors) -> ExactPosterior:
    return ExactPosterior(weak.group_means(), priors)


def test_exact_draws_have_only_monte_carlo_errors(exact: ExactPosterior) -> None:
    draws = exact_draws(exact, 4, 5_000, seed=1)
    found = compare(exact, draws)
    assert np.all(np.abs(found["z_score"]) < 4)
    for quantile in exact_errors.QUANTILES:
        assert np.all(np.abs(found[f"error_{quantile}"]) < 4 * 0.5 / np.sqrt(20_000))
    assert found["ks"][1] < 2 / np.sqrt(20_000)
    assert found["mass_below_exact_q05"][1] == pytest.approx(0.05, abs=0.007)
    assert np.all(np.isnan(found["ks"][[0, 3, 4]]))


def test_draws_without_small_tau_have_large_errors(exact: ExactPosterior) -> None:
    draws = exact_draws(exact, 4, 5_000, seed=2)
    kept = draws[:, draws[1] > exact.quantile("tau", 0.1)]
    kept = kept[:, : 4 * (kept.shape[1] // 4)].reshape(len(draws), 4, -1)
    found = compare(exact, kept)
    assert found["mass_below_exact_q05"][1] == 0
    assert found["ks"][1] == pytest.approx(0.1, abs=0.01)
    assert found["z_score"][1] > 4
    assert found["error_q05"][1] == pytest.approx(0.145 - 0.05, abs=0.01)
    assert found["exact_below_lowest"][1] == pytest.approx(0.1, abs=0.002)


def test_distances_agree_with_scipy(exact: ExactPosterior) -> None:
    draws = exact_draws(exact, 2, 500, seed=3) * 1.1
    found = compare(exact, draws)
    flat = draws[1].ravel()
    assert found["ks"][1] == pytest.approx(
        stats.kstest(flat, lambda x: exact.cdf("tau", x)).statistic
    )
    levels = (np.arange(20_000) + 0.5) / 20_000
    reference = stats.wasserstein_distance(flat, exact.quantile("tau", levels))
    assert found["wasserstein"][1] == pytest.approx(reference, rel=0.02)


@pytest.mark.parametrize("n", [1, 2, 63, 64, 65, 66, 1_000, 4_097])
def test_the_largest_difference_is_found_without_the_cdf_at_all_draws(n: int) -> None:
    rng = np.random.default_rng(n)
    for drawn in (
        rng.uniform(size=n),
        rng.uniform(size=n) ** 1.2,
        rng.uniform(0.3, 0.4, size=n),
        rng.uniform(size=n).round(1),
        np.where(np.arange(n) < n // 3, 0.5, rng.uniform(size=n)),
    ):
        ordered = np.sort(drawn)
        expected = exact_errors.kolmogorov_smirnov(ordered)
        assert exact_errors.largest_difference(lambda x: x, ordered) == expected
        assert expected == pytest.approx(stats.kstest(drawn, "uniform").statistic)


def test_ranks_are_uniform_if_truth_and_draws_have_the_same_distribution() -> None:
    rng = np.random.default_rng(4)
    draws, truth = rng.normal(size=(2_000, 2, 100)), rng.normal(size=2_000)
    ranks = exact_errors.ranks(draws, truth)
    assert ranks.min() == 0
    assert ranks.max() == 99
    counts = np.bincount(ranks.astype(int) // 10, minlength=10)
    assert stats.chisquare(counts).pvalue > 1e-3


def test_ranks_of_missing_true_values_and_of_few_draws_are_missing() -> None:
    draws = np.random.default_rng(5).normal(size=(2, 2, 100))
    assert np.isnan(exact_errors.ranks(draws, np.array([np.nan, 0.0]))).tolist() == [True, False]
    assert np.all(np.isnan(exact_errors.ranks(draws[:, :, :20], np.zeros(2))))
