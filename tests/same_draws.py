"""Whether two fits have the same draws, to the last bit."""

import numpy as np

from funnel_study.fitting.samplers import Draws


def assert_equal(one: Draws, other: Draws) -> None:
    for name in one.posterior:
        assert np.array_equal(one.posterior[name], other.posterior[name]), name
    assert np.array_equal(one.tuning_leapfrog_steps, other.tuning_leapfrog_steps)
    for name in one.sample_stats:
        assert np.array_equal(one.sample_stats[name], other.sample_stats[name]), name
