"""Test the samplers on the published weak data, in comparison with the exact posterior."""

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
# last_tuned_step_size is what PyMC itself calls step_size
MORE_STATS = {"nutpie": set(), "pymc": {"last_tuned_step_size"}}


@pytest.fixture(scope="module")
def make() -> Callable[[str], Sampler]:
    """Return a function that returns a sampler for nine individuals, compiled once per module."""
    made: dict[str, Sampler] = {}
    draws = {"pymc": 1_500}

    def sampler(name: str) -> Sampler:
        if name not in made:
            sampling = Sampling(4, 1_000, draws.get(name, 10_000), 0.95)
            made[name] = samplers.make(name, 9, Priors(5.0, 5.0), sampling)
        return made[name]

    return sampler


def test_the_names_of_samplers_are_those_of_their_modules() -> None:
    assert {"nutpie", "pymc"} <= set(samplers.names())


@pytest.mark.parametrize("name", ["nutpie", "pymc"])
def test_posterior_means_agree_with_the_exact_ones_up_to_monte_carlo_error(
    make: Callable[[str], Sampler], name: str, weak: DataSet, priors: Priors
) -> None:
    exact = ExactPosterior(weak.group_means(), priors)
    drawn = make(name).sample(weak, np.zeros(9), seed=1)
    assert set(drawn.sample_stats) == STATS | MORE_STATS[name]
    assert drawn.posterior["z"].shape == (*drawn.posterior["mu"].shape, 9)
    # each of the 1,000 tuning iterations takes at least one step; unlike the draws, some take many
    assert drawn.tuning_leapfrog_steps.shape == (4,)
    assert np.all(drawn.tuning_leapfrog_steps > 1_000)
    assert np.all(drawn.tuning_leapfrog_steps < 1_000 * 2**10)
    for estimand in ("mu", "tau"):
        draws = drawn.posterior[estimand]
        error = draws.mean() - exact.mean()[estimand]
        assert abs(error) < 4 * array_stats.mcse(draws, method="mean")


@pytest.mark.parametrize("name", ["nutpie", "pymc"])
def test_the_marginal_model_agrees_with_the_exact_posterior(
    name: str, weak: DataSet, priors: Priors
) -> None:
    exact = ExactPosterior(weak.group_means(), priors)
    sampler = samplers.make(name, 9, priors, Sampling(4, 1_000, 2_000, 0.95), marginal=True)
    drawn = sampler.sample(weak, np.full(9, np.nan), seed=1)
    assert set(drawn.posterior) == {"mu", "tau"}
    for estimand, draws in drawn.posterior.items():
        error = draws.mean() - exact.mean()[estimand]
        assert abs(error) < 4 * array_stats.mcse(draws, method="mean")


def test_pymc_returns_the_step_size_of_the_draws_not_the_last_one_of_tuning(
    weak: DataSet, priors: Priors
) -> None:
    sampler = samplers.make("pymc", 9, priors, Sampling(2, 100, 50, 0.9))
    stats = sampler.sample(weak, np.zeros(9), seed=1).sample_stats
    assert np.all(np.ptp(stats["step_size"], axis=1) == 0)
    assert np.all(stats["last_tuned_step_size"] != stats["step_size"])


@pytest.mark.parametrize("name", ["nutpie", "pymc"])
def test_a_fit_does_not_depend_on_earlier_fits_of_the_sampler(
    make: Callable[[str], Sampler], name: str, weak: DataSet, priors: Priors
) -> None:
    sampling = Sampling(2, 100, 50, 0.9)
    other = DataSet(weak.y[::-1] * 3, weak.idx, weak.sigma / 2, weak.theta, weak.mu, weak.tau)
    alone = samplers.make(name, 9, priors, sampling).sample(weak, np.zeros(9), seed=5)
    used = samplers.make(name, 9, priors, sampling)
    used.sample(other, np.ones(9), seed=6)
    again = used.sample(weak, np.zeros(9), seed=5)
    assert_equal(alone, again)


def assert_equal(one: Draws, other: Draws) -> None:
    for name in one.posterior:
        assert np.array_equal(one.posterior[name], other.posterior[name]), name
    assert np.array_equal(one.tuning_leapfrog_steps, other.tuning_leapfrog_steps)
    for name in one.sample_stats:
        assert np.array_equal(one.sample_stats[name], other.sample_stats[name]), name


@pytest.mark.parametrize("name", ["nutpie", "pymc"])
@pytest.mark.parametrize("other_seed", [2, 1 + 2**32, 1 + 2**62])
def test_different_seeds_give_different_draws(
    name: str, other_seed: int, weak: DataSet, priors: Priors
) -> None:
    """All 63 bits of a seed count."""
    sampler = samplers.make(name, 9, priors, Sampling(2, 20, 20, 0.9))
    one, other = (sampler.sample(weak, np.zeros(9), seed=seed) for seed in (1, other_seed))
    assert not np.array_equal(one.posterior["mu"], other.posterior["mu"])
