"""The samplers on the published weak data, against the exact posterior."""

from collections.abc import Callable

import numpy as np
import pytest
from arviz_stats.base import array_stats

from funnel.fitting import samplers
from funnel.fitting.samplers import Draws, Sampler, Sampling
from funnel.model.data import DataSet, Priors
from funnel.model.exact import ExactPosterior

STATS = {
    "diverging",
    "energy",
    "step_size",
    "tree_depth",
    "reached_max_treedepth",
    "n_steps",
    "acceptance_rate",
}
# what PyMC itself calls step_size, which the draws were not made with
MORE_STATS = {"nutpie": set(), "pymc": {"last_tuned_step_size"}}


@pytest.fixture(scope="module")
def make() -> Callable[[str], Sampler]:
    """Samplers of nine individuals, each compiled once."""
    made: dict[str, Sampler] = {}
    draws = {"pymc": 1_500}

    def sampler(name: str) -> Sampler:
        if name not in made:
            sampling = Sampling(4, 1_000, draws.get(name, 10_000), 0.95)
            made[name] = samplers.make(name, 9, Priors(5.0, 5.0), sampling)
        return made[name]

    return sampler


def test_samplers_are_found_by_their_modules() -> None:
    assert {"nutpie", "pymc"} <= set(samplers.names())


@pytest.mark.parametrize("name", ["nutpie", "pymc"])
def test_means_lie_within_monte_carlo_error_of_the_exact_ones(
    make: Callable[[str], Sampler], name: str, weak: DataSet, priors: Priors
) -> None:
    exact = ExactPosterior(weak.group_means(), priors)
    drawn = make(name).sample(weak, np.zeros(9), seed=1)
    assert set(drawn.sample_stats) == STATS | MORE_STATS[name]
    assert drawn.posterior["z"].shape == (*drawn.posterior["mu"].shape, 9)
    for estimand in ("mu", "tau"):
        draws = drawn.posterior[estimand]
        error = draws.mean() - exact.mean()[estimand]
        assert abs(error) < 4 * array_stats.mcse(draws, method="mean")


def test_a_chain_of_pymc_is_drawn_with_one_step_size_not_the_last_that_was_tried(
    weak: DataSet, priors: Priors
) -> None:
    sampler = samplers.make("pymc", 9, priors, Sampling(2, 100, 50, 0.9))
    stats = sampler.sample(weak, np.zeros(9), seed=1).sample_stats
    assert np.all(np.ptp(stats["step_size"], axis=1) == 0)
    assert np.all(stats["last_tuned_step_size"] != stats["step_size"])


@pytest.mark.parametrize("name", ["nutpie", "pymc"])
def test_a_fit_is_the_same_alone_and_after_another(
    make: Callable[[str], Sampler], name: str, weak: DataSet, priors: Priors
) -> None:
    sampling = Sampling(2, 100, 50, 0.9)
    other = DataSet(weak.y[::-1] * 3, weak.idx, weak.sigma / 2, weak.theta, weak.mu, weak.tau)
    alone = samplers.make(name, 9, priors, sampling).sample(weak, np.zeros(9), seed=5)
    used = samplers.make(name, 9, priors, sampling)
    used.sample(other, np.ones(9), seed=6)
    again = used.sample(weak, np.zeros(9), seed=5)
    assert_same(alone, again)


def assert_same(one: Draws, other: Draws) -> None:
    for name in one.posterior:
        assert np.array_equal(one.posterior[name], other.posterior[name]), name
    for name in one.sample_stats:
        assert np.array_equal(one.sample_stats[name], other.sample_stats[name]), name


def test_another_seed_gives_other_draws(make: Callable[[str], Sampler], weak: DataSet) -> None:
    one, other = (make("nutpie").sample(weak, np.zeros(9), seed=seed) for seed in (1, 2))
    assert not np.array_equal(one.posterior["mu"], other.posterior["mu"])
