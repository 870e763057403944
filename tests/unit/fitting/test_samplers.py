"""Test the samplers on the published weak data, in comparison with the exact posterior."""

import os
from collections.abc import Mapping

import numpy as np
import pytest
from arviz_stats.base import array_stats
from problem_of import of_means, problem_of
from same_draws import assert_equal

from funnel import data
from funnel.choice import Choice
from funnel.data import DataSet
from funnel.exact import ExactPosterior
from funnel.group_means import Array
from funnel.parameterizations import choose, theta_from_z
from funnel.priors import Priors
from funnel_study.fitting import samplers
from funnel_study.fitting.model import Model
from funnel_study.fitting.samplers import Draws, Sampling
from funnel_study.fitting.samplers.stan import starts

NONCENTERED = Choice(np.zeros(9), 1.0)
SAMPLERS = pytest.mark.parametrize("name", ["nutpie", "pymc", "stan"])
STATS = {
    *("diverging", "energy", "step_size", "tree_depth", "reached_max_treedepth", "n_steps"),
    "acceptance_rate",
}
# last_tuned_step_size is what PyMC itself calls step_size
MORE_STATS = {"nutpie": set(), "pymc": {"last_tuned_step_size"}, "stan": set()}


@SAMPLERS
def test_posterior_means_agree_with_the_exact_ones_up_to_monte_carlo_error(
    name: str, weak: DataSet, priors: Priors
) -> None:
    exact = ExactPosterior(weak.group_means(), priors)
    draws = 1_500 if name == "pymc" else 10_000
    sampler = samplers.make(name, Model(9, priors, "noncentered"), Sampling(4, 1_000, draws, 0.95))
    drawn = sampler.sample(weak, NONCENTERED, seed=1)
    assert set(drawn.sample_stats) == STATS | MORE_STATS[name]
    assert drawn.posterior["z"].shape == (*drawn.posterior["mu"].shape, 9)
    # each of the 1,000 tuning iterations takes at least one step; unlike the draws, some take many
    assert drawn.tuning_leapfrog_steps.shape == (4,)
    assert np.all(drawn.tuning_leapfrog_steps > 1_000)
    assert np.all(drawn.tuning_leapfrog_steps < 1_000 * 2**10)
    assert_near({name: drawn.posterior[name] for name in ("mu", "tau")}, exact)


@SAMPLERS
def test_the_marginal_model_agrees_with_the_exact_posterior(
    name: str, weak: DataSet, priors: Priors
) -> None:
    exact = ExactPosterior(weak.group_means(), priors)
    sampler = samplers.make(name, Model(9, priors, "marginal"), Sampling(4, 1_000, 2_000, 0.95))
    drawn = sampler.sample(weak, Choice(np.full(9, np.nan), 1.0), seed=1)
    assert set(drawn.posterior) == {"mu", "tau"}
    assert_near(drawn.posterior, exact)


def test_pymc_returns_the_step_size_of_the_draws_not_the_last_one_of_tuning(
    weak: DataSet, priors: Priors
) -> None:
    sampler = samplers.make("pymc", Model(9, priors, "noncentered"), Sampling(2, 100, 50, 0.9))
    stats = sampler.sample(weak, NONCENTERED, seed=1).sample_stats
    assert np.all(np.ptp(stats["step_size"], axis=1) == 0)
    assert np.all(stats["last_tuned_step_size"] != stats["step_size"])


@SAMPLERS
def test_a_fit_depends_on_its_own_data_and_seed_only(
    name: str, weak: DataSet, priors: Priors
) -> None:
    """Not on earlier fits of the sampler, of other data and with other settings."""
    other = of_means(weak.data.y[::-1] * 3, weak.data.se / 2)
    sampler = samplers.make(name, Model(9, priors, "low_tau"), Sampling(2, 100, 50, 0.9))
    first = sampler.sample(weak, NONCENTERED, seed=1)
    sampler.sample(other, Choice(np.ones(9), 1.0), seed=6)
    pilot = sampler.sample(weak, Choice(np.full(9, 0.5), 3.0), 2, Sampling(1, 20, 15, 0.8))
    assert pilot.posterior["z"].shape == (1, 15, 9)
    assert pilot.sample_stats["n_steps"].shape == (1, 15)
    assert pilot.tuning_leapfrog_steps.shape == (1,)
    assert pilot.tuning_leapfrog_steps[0] >= 20
    assert_equal(sampler.sample(weak, NONCENTERED, seed=1), first)
    # all 63 bits of a seed count
    for seed in (2, 1 + 2**32, 1 + 2**62):
        drawn = sampler.sample(weak, NONCENTERED, seed=seed)
        assert not np.array_equal(drawn.posterior["mu"], first.posterior["mu"])


@pytest.mark.parametrize(
    ("parameterization", "literal"),
    [("centered", True), ("centered", False), ("marginal", False), ("data_based", False)],
)
def test_stans_draws_depend_neither_on_cores_nor_on_other_chains(
    parameterization: str,
    literal: bool,
    weak: DataSet,
    priors: Priors,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one, three = Sampling(1, 100, 50, 0.9), Sampling(3, 100, 50, 0.9)

    def drawn(sampling: Sampling) -> Draws:
        sampler = samplers.make(
            "stan", Model(9, priors, parameterization), sampling, literal=literal
        )
        return sampler.sample(weak, choose(parameterization, problem_of(weak, priors)), 5)

    all_drawn = drawn(three)
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    monkeypatch.setenv("STAN_NUM_THREADS", "7")
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    assert_equal(all_drawn, drawn(three))
    for name, draws in drawn(one).posterior.items():
        assert np.array_equal(draws[0], all_drawn.posterior[name][0])


@pytest.mark.parametrize(
    ("c", "literal"),
    [
        *(([1, 1, 1], True), ([0, 0, 0], True), ([0, 1, 0], True)),
        *(([1, 1, 1], False), ([0, 0, 0], False), ([0, 1, 0], False), ([0.5, 0.9, 0.2], False)),
    ],
)
def test_every_program_of_stan_agrees_with_the_exact_posterior(
    c: list[float], literal: bool, priors: Priors
) -> None:
    """Every individual has another mean, so z in a wrong order would be far off."""
    centeredness, tau0 = np.array(c, dtype=float), 1.0 if set(c) <= {0, 1} else 3.0
    data_set = data.simulate([1, 4, 30], [2.0, 1.0, 5.0], 1.0, 4.0, np.random.default_rng(3))
    exact = ExactPosterior(data_set.group_means(), priors)
    sampling = Sampling(4, 1_000, 4_000, 0.95)
    sampler = samplers.make("stan", Model(3, priors, "mixed"), sampling, literal=literal)
    drawn = sampler.sample(data_set, Choice(centeredness, tau0), seed=1)
    mu, tau = drawn.posterior["mu"], drawn.posterior["tau"]
    theta = theta_from_z(mu, tau, drawn.posterior["z"], centeredness, tau0)
    found = {"mu": mu, "tau": tau, **{f"theta[{k}]": theta[..., k] for k in range(3)}}
    assert_near(found, exact)


def test_data_based_explores_a_funnel_with_one_dominating_individual(priors: Priors) -> None:
    """Without divergences, and with the lower tail of tau; noncentered has divergences."""
    s = np.array([0.01, *np.linspace(0.4, 0.7, 8)])
    one = data.simulate([1] * 9, s, 0.3, 0.2, np.random.default_rng(2))
    exact = ExactPosterior(one.group_means(), priors)
    divergences = {}
    for name in ("data_based", "noncentered"):
        sampler = samplers.make("stan", Model(9, priors, name), Sampling(4, 1_000, 4_000, 0.8))
        drawn = sampler.sample(one, choose(name, problem_of(one, priors)), seed=1)
        divergences[name] = int(drawn.sample_stats["diverging"].sum())
        if name == "data_based":
            is_low = drawn.posterior["tau"] < exact.quantile("tau", 0.05)
            error = abs(is_low.mean() - 0.05)
            assert error < 4 * array_stats.mcse(is_low.astype(float), method="mean")
    assert divergences["data_based"] == 0
    assert divergences["noncentered"] > 10


def test_chains_of_stan_with_the_same_seed_have_other_initial_values() -> None:
    """A seed of Stan has 32 bits: of 300,000 chains, some pairs share theirs."""
    first = starts(1, 4, 11)
    assert [seed for seed, _ in first] == [seed for seed, _ in starts(1, 4, 11)]
    assert len({seed for seed, _ in first}) == 4
    for seed, initial in first:
        assert 0 < seed < 2**32
        assert initial.shape == (11,)
        assert np.all(np.abs(initial) <= 2)
    assert not set(first[0][1]) & set(first[1][1])
    assert not set(first[0][1]) & set(starts(1 + 2**32, 4, 11)[0][1])


def assert_near(found: Mapping[str, Array], exact: ExactPosterior) -> None:
    for name, draws in found.items():
        error = abs(draws.mean() - exact.mean()[name])
        assert error < 4 * array_stats.mcse(draws, method="mean"), name
