import numpy as np
import pytest
from arviz_stats.base import array_stats
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from funnel_study.diagnosis.effective_size import ess

Array = NDArray[np.float64]


def ar1(correlation: float, chains: int, length: int, seed: int) -> Array:
    """Return chains (chain, draw) in which successive draws have this correlation."""
    draws = np.random.default_rng(seed).normal(size=(chains, length))
    for i in range(1, length):
        draws[:, i] = correlation * draws[:, i - 1] + draws[:, i] * np.sqrt(1 - correlation**2)
    return draws


def agrees(draws: NDArray[np.generic]) -> bool:
    """Whether the ESS of `draws` (chain, draw) is that of ArviZ."""
    with np.errstate(all="ignore"):
        found, expected = ess(draws), array_stats.ess(draws, method="mean")
    return bool(np.isclose(found, expected, rtol=1e-12, atol=0, equal_nan=True))


@settings(max_examples=300, deadline=None)
@given(
    correlation=st.floats(-0.999, 0.9999),
    chains=st.integers(1, 9),
    length=st.one_of(st.integers(1, 30), st.integers(31, 1_500)),
    seed=st.integers(0, 1_000),
    digits=st.sampled_from([0, 1, 15]),
)
def test_the_ess_of_any_chains_is_that_of_arviz(
    correlation: float, chains: int, length: int, seed: int, digits: int
) -> None:
    draws = ar1(correlation, chains, length, seed).round(digits)
    assert agrees(draws)
    assert agrees(draws <= np.quantile(draws, 0.05))


@pytest.mark.parametrize("correlation", [-0.9, 0.0, 0.9, 0.999, 0.99999])
def test_the_ess_of_long_chains_is_that_of_arviz(correlation: float) -> None:
    """Chains that mix slowly are correlated at more lags than are tried first."""
    assert agrees(ar1(correlation, 4, 10_000, seed=1))


@pytest.mark.parametrize("length", [3, 4, 5, 6, 7, 100, 101])
def test_undefined_and_extreme_draws_have_the_ess_of_arviz(length: int) -> None:
    draws = ar1(0.5, 4, length, seed=1)
    alternating = np.tile([1.0, -1.0], 4 * length)[: 4 * length].reshape(4, length)
    for extreme in (np.full((4, length), 3.0), draws * 1e-20, draws * 1e200, alternating):
        assert agrees(extreme)
    for value in (np.nan, np.inf, -np.inf):
        # also where an odd length leaves a draw out of both halves
        for place in (0, length // 2):
            spoiled = draws.copy()
            spoiled[1, place] = value
            assert agrees(spoiled)
