import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from funnel import data


def test_simulated_data_follow_the_model() -> None:
    rng = np.random.default_rng(1)
    K = 4_000
    one = data.simulate([2] * K, 0.5, 1.0, 2.0, rng)
    y, idx, _ = one.data.stored().values()
    assert stats.kstest(one.theta, stats.norm(1.0, 2.0).cdf).pvalue > 1e-3
    assert stats.kstest(y - one.theta[idx], stats.norm(0.0, 0.5).cdf).pvalue > 1e-3


@given(
    st.lists(st.integers(1, 6), min_size=1, max_size=8), st.floats(1e-3, 1e3), st.integers(0, 99)
)
def test_group_means_are_the_means_of_the_observations_of_each_individual(
    n: list[int], sigma: float, seed: int
) -> None:
    one = data.simulate(n, sigma, 1.0, 2.0, np.random.default_rng(seed))
    means = one.data.means
    y, idx, _ = one.data.stored().values()
    assert len(n) == means.K
    for k, count in enumerate(n):
        assert means.ybar[k] == pytest.approx(y[idx == k].mean(), rel=1e-9, abs=1e-9)
        assert means.standard_error[k] == pytest.approx(sigma / count**0.5)
