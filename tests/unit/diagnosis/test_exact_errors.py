from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from sample_stats import exact_draws
from scipy import stats

from funnel.data import DataSet
from funnel.exact import ExactPosterior
from funnel.priors import Priors
from funnel_study.diagnosis import exact_errors
from funnel_study.diagnosis.diagnostics import estimate, sort_each
from funnel_study.diagnosis.exact_values import ExactValues, exact_values

Array = NDArray[np.float64]
Compare = Callable[[Array], dict[str, Array]]


@pytest.fixture
def exact(weak: DataSet, priors: Priors) -> ExactPosterior:
    return ExactPosterior(weak.data.means, priors)


@pytest.fixture
def compare(weak: DataSet, priors: Priors) -> Compare:
    stored = ExactValues(exact_values(weak, priors))
    return lambda draws: exact_errors.compare(stored, sort_each(draws), estimate(draws))


def test_exact_draws_have_only_monte_carlo_errors(exact: ExactPosterior, compare: Compare) -> None:
    draws = exact_draws(exact, 4, 5_000, seed=1)
    found = compare(draws)
    assert np.all(np.abs(found["z_score"]) < 4)
    for quantile in exact_errors.QUANTILES:
        assert np.all(np.abs(found[f"error_{quantile}"]) < 4 * 0.5 / np.sqrt(20_000))
    assert found["ks"][1] < 2 / np.sqrt(20_000)
    assert found["mass_below_exact_q05"][1] == pytest.approx(0.05, abs=0.007)
    assert np.all(np.isnan(found["ks"][[0, 3, 4]]))


def test_draws_without_small_tau_have_large_errors(exact: ExactPosterior, compare: Compare) -> None:
    draws = exact_draws(exact, 4, 5_000, seed=2)
    kept = draws[:, draws[1] > exact.quantile("tau", 0.1)]
    kept = kept[:, : 4 * (kept.shape[1] // 4)].reshape(len(draws), 4, -1)
    found = compare(kept)
    assert found["mass_below_exact_q05"][1] == 0
    assert found["ks"][1] == pytest.approx(0.1, abs=0.01)
    assert found["z_score"][1] > 4
    assert found["error_q05"][1] == pytest.approx(0.145 - 0.05, abs=0.01)
    assert found["exact_below_lowest"][1] == pytest.approx(0.1, abs=0.002)


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
