import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from funnel_study.diagnosis.ascending import Ascending

Array = NDArray[np.float64]
KINDS = ("smooth", "tied", "infinite", "missing", "constant", "both zeros")


def draws_of(kind: str, n: int, seed: int = 1) -> Array:
    draws = np.random.default_rng(seed).normal(size=n)
    if kind == "tied":
        return np.asarray(draws.round(1))
    if kind == "constant":
        return np.full(n, 2.0)
    if kind == "both zeros":
        return np.where(draws < 0, -0.0, 0.0)
    if kind == "infinite":
        draws[: n // 2 + 1] = -np.inf
    if kind == "missing":
        draws[n // 2] = np.nan
    return draws


@pytest.mark.parametrize("n", [1, 2, 3, 100, 10_001])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.filterwarnings("ignore:invalid value")
def test_ranks_scores_and_quantiles_are_those_of_numpy_and_scipy(kind: str, n: int) -> None:
    draws = draws_of(kind, n)
    found = Ascending.of(draws)
    np.testing.assert_array_equal(found.values, np.sort(draws))
    np.testing.assert_array_equal(draws[found.order], found.values)
    np.testing.assert_array_equal(found.stable_order(), np.argsort(draws, kind="stable"))
    ranks = stats.rankdata(draws)
    np.testing.assert_array_equal(found.ranks(), ranks)
    np.testing.assert_array_equal(
        found.normal_scores(), stats.norm.ppf((ranks - 3 / 8) / (n + 1 / 4))
    )
    p = np.linspace(0, 1, 997)
    # to the last bit
    np.testing.assert_array_equal(found.quantiles(p), np.quantile(draws, p))
    np.testing.assert_array_equal(found.quantiles(0.05), np.quantile(draws, 0.05))
    folded, distances = found.folded(), np.abs(draws - np.median(draws))
    if kind == "missing":
        assert np.all(np.isnan(folded.normal_scores()))
    else:
        np.testing.assert_array_equal(folded.values, np.sort(distances))
        np.testing.assert_array_equal(distances[folded.order], folded.values)
        np.testing.assert_array_equal(folded.ranks(), stats.rankdata(distances))


@pytest.mark.parametrize("kind", KINDS)
def test_a_known_order_is_used_only_if_it_is_right(kind: str) -> None:
    draws = draws_of(kind, 1_000)
    other = Ascending.of(draws_of(kind, 1_000, seed=2))
    with np.errstate(over="ignore"):
        for transformed in (np.exp(draws), -draws, draws):
            for like in (Ascending.of(draws), other):
                found = Ascending.of(transformed, like=like)
                np.testing.assert_array_equal(found.values, np.sort(transformed))
                np.testing.assert_array_equal(found.ranks(), stats.rankdata(transformed))
