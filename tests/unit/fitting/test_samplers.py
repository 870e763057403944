"""Test the samplers on known posteriors, and the steps that those which compete with NUTS count."""

import dataclasses
import importlib.util
import os
from collections.abc import Mapping

import numba
import numpy as np
import pytest
from arviz_stats.base import array_stats
from nutpie.compile_pymc import address_as_void_pointer
from problem_of import of_means, problem_of
from same_draws import assert_equal

from funnel import data
from funnel.choice import Choice
from funnel.data import DataSet
from funnel.exact import ExactPosterior
from funnel.group_means import Array
from funnel.parameterizations import choose, theta_from_z
from funnel.priors import Priors
from funnel_study.diagnosis.collate import ExpectedCell, collate
from funnel_study.diagnosis.diagnostics import diagnose
from funnel_study.diagnosis.exact_values import ExactValues, exact_values
from funnel_study.fitting import fit, samplers
from funnel_study.fitting.model import Model
from funnel_study.fitting.samplers import Draws, Sampler, Sampling
from funnel_study.fitting.samplers.stan import starts

WALNUTS = pytest.mark.skipif(
    importlib.util.find_spec("walnutpie") is None, reason="no wheel for this platform"
)
OF_WALNUTS = [pytest.param(name, marks=WALNUTS) for name in ("walnuts", "walnuts_careful")]
OF_NUTPIE = ["nutpie_low_rank", "mclmc", "mclmc_careful"]
COMPETING = ["stan_careful", "stan_dense", *OF_WALNUTS, *OF_NUTPIE]
SAMPLERS = pytest.mark.parametrize("name", ["nutpie", "pymc", "stan", *COMPETING])
NONCENTERED = Choice(np.zeros(9), 1.0)
# how far means and variances may be biased: the others than MCLMC have a Metropolis step or weights
BIAS = {"mclmc": 0.15, "mclmc_careful": 0.02}
FEW = frozenset({"step_size", "n_steps"})
NUTS = FEW | {"diverging", "energy", "tree_depth", "reached_max_treedepth", "acceptance_rate"}
STATS = {
    # last_tuned_step_size is what PyMC itself calls step_size
    "pymc": NUTS | {"last_tuned_step_size"},
    **dict.fromkeys(("walnuts", "walnuts_careful"), FEW),
    **dict.fromkeys(("mclmc", "mclmc_careful"), FEW | {"diverging"}),
}


def make(name: str, priors: Priors, sampling: Sampling, parameterization: str) -> Sampler:
    return samplers.make(name, Model(9, priors, parameterization), sampling)


@SAMPLERS
def test_posterior_means_agree_with_the_exact_ones_up_to_monte_carlo_error(
    name: str, weak: DataSet, priors: Priors
) -> None:
    exact = ExactPosterior(weak.data.means, priors)
    draws = {"pymc": 1_500, "nutpie": 10_000, "stan": 10_000}.get(name, 3_000)
    drawn = make(name, priors, Sampling(4, 1_000, draws, 0.95), "noncentered").sample(
        weak, NONCENTERED, seed=1
    )
    assert set(drawn.sample_stats) == STATS.get(name, NUTS)
    assert drawn.posterior["z"].shape == (*drawn.posterior["mu"].shape, 9)
    # each of the 1,000 tuning iterations takes at least one step; unlike the draws, some take many
    assert drawn.tuning_leapfrog_steps.shape == (4,)
    assert np.all(drawn.tuning_leapfrog_steps > 1_000)
    assert np.all(drawn.tuning_leapfrog_steps < 1_000 * 2**10)
    assert_near({name: drawn.posterior[name] for name in ("mu", "tau")}, exact, BIAS.get(name, 0.0))


@pytest.mark.parametrize("name", COMPETING)
def test_the_moments_of_independent_standard_normal_variables(
    name: str, weak: DataSet, priors: Priors
) -> None:
    """The model `ideal` consists of 11 of them."""
    sampler = make(name, priors, Sampling(4, 500, 2_000, 0.8), "ideal")
    drawn = sampler.sample(weak, Choice(np.full(9, np.nan), 1.0), seed=1)
    draws = np.dstack([drawn.posterior[name] for name in ("z_tau", "z_mu", "z")])
    # fourth powers have heavy tails, so they are checked together
    powers = {1: draws, 2: draws**2, 4: (draws**4).mean(axis=-1, keepdims=True)}
    for power, moment in ((1, 0.0), (2, 1.0), (4, 3.0)):
        bias = BIAS.get(name, 0.0) * (power > 1) * moment
        for values in np.moveaxis(powers[power], -1, 0):
            error = array_stats.mcse(values, method="mean")
            assert abs(values.mean() - moment) < 4 * error + bias


@SAMPLERS
def test_draws_depend_on_their_data_and_seed_only(
    name: str, weak: DataSet, priors: Priors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not on the machine, nor on earlier fits, other settings and, but for PyMC, other chains."""
    sampler = make(name, priors, Sampling(2, 100, 50, 0.9), "low_tau")
    first = sampler.sample(weak, NONCENTERED, seed=1)
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    for variable in ("STAN_NUM_THREADS", "OMP_NUM_THREADS", "RAYON_NUM_THREADS"):
        monkeypatch.setenv(variable, "7")
    other = of_means(weak.data.y[::-1] * 3, weak.data.se / 2)
    sampler.sample(other, Choice(np.ones(9), 1.0), seed=6)
    pilot = sampler.sample(weak, Choice(np.full(9, 0.5), 3.0), 2, Sampling(1, 20, 15, 0.8))
    assert pilot.posterior["z"].shape == (1, 15, 9)
    assert pilot.sample_stats["n_steps"].shape == (1, 15)
    assert pilot.tuning_leapfrog_steps.shape == (1,)
    for again in (sampler, make(name, priors, Sampling(2, 100, 50, 0.9), "low_tau")):
        assert_equal(again.sample(weak, NONCENTERED, seed=1), first)
    # all 63 bits of a seed count
    for seed in (2, 1 + 2**32, 1 + 2**62):
        drawn = sampler.sample(weak, NONCENTERED, seed=seed)
        assert not np.array_equal(drawn.posterior["mu"], first.posterior["mu"])
    if name != "pymc":
        one = sampler.sample(weak, NONCENTERED, 1, Sampling(1, 100, 50, 0.9))
        assert np.array_equal(one.posterior["z"][0], first.posterior["z"][0])


def test_pymc_returns_the_step_size_of_the_draws_not_the_last_one_of_tuning(
    weak: DataSet, priors: Priors
) -> None:
    sampler = make("pymc", priors, Sampling(2, 100, 50, 0.9), "noncentered")
    stats = sampler.sample(weak, NONCENTERED, seed=1).sample_stats
    assert np.all(np.ptp(stats["step_size"], axis=1) == 0)
    assert np.all(stats["last_tuned_step_size"] != stats["step_size"])


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
    exact = ExactPosterior(data_set.data.means, priors)
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
    exact = ExactPosterior(one.data.means, priors)
    divergences = {}
    for name in ("data_based", "noncentered"):
        sampler = make("stan", priors, Sampling(4, 1_000, 4_000, 0.8), name)
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


@WALNUTS
def test_walnuts_counts_the_steps_of_every_iteration(weak: DataSet, priors: Priors) -> None:
    """As in a run with a Python function that remembers where it was called."""
    import walnutpie

    from funnel_study.fitting.samplers import walnuts

    tune, draws = 60, 40
    sampler = walnuts.Sampler(Model(9, priors, "noncentered"), Sampling(1, tune, draws, 0.8))
    found = sampler.sample(weak, NONCENTERED, seed=3)
    model, _ = sampler._prepared(weak, NONCENTERED)
    ((seed, initial),) = starts(3, 1, 11)
    visited: list[bytes] = []

    def log_density(position: Array) -> tuple[float, Array]:
        visited.append(position.tobytes())
        return model.log_density_gradient(position)

    (chain,) = walnutpie.walnuts_pyfunc(
        log_density,
        **{"inits": initial, "num_chains": 1, "seed": seed, "save_warmup": True},
        **{"min_warmup_iter": tune, "max_warmup_iter": tune},
        **{"min_sampling_iter": draws, "max_sampling_iter": draws},
    )
    assert found.posterior["mu"][0] == pytest.approx(chain[:, 0])
    # an iteration begins at the draw before it, which the chain visited before unless it stayed
    begins, before = [0], initial
    for draw in np.concatenate([chain.warmup.warmup_draws, chain])[:-1]:
        begin = begins[-1]
        for _ in range(1 if np.array_equal(draw, before) else 2):
            begin = visited.index(draw.tobytes(), begin + 1)
        begins.append(begin)
        before = draw
    steps = np.diff([*begins, len(visited)]) - 1
    assert found.sample_stats["n_steps"][0].tolist() == steps[tune:].tolist()
    assert found.tuning_leapfrog_steps.tolist() == [steps[:tune].sum()]


@pytest.mark.parametrize("name", OF_NUTPIE)
def test_samplers_of_nutpie_count_all_gradients(name: str, weak: DataSet, priors: Priors) -> None:
    """With those of steps that were rejected, which MCLMC repeats with half the step size."""
    sampler = make(name, priors, Sampling(2, 200, 500, 0.8), "noncentered")
    compiled = sampler._compiled  # type: ignore[attr-defined]
    function, calls = compiled.compiled_logp_func, np.zeros(1, dtype=np.int64)
    gradient, address = function.ctypes, calls.ctypes.data

    @numba.cfunc(function._sig)
    def counted(size, position, there, value, data):  # type: ignore[no-untyped-def]
        numba.carray(address_as_void_pointer(address), 1, np.int64)[0] += 1
        return gradient(size, position, there, value, data)

    counting = dataclasses.replace(compiled, compiled_logp_func=counted)
    sampler._compiled = counting  # type: ignore[attr-defined]
    drawn = sampler.sample(weak, NONCENTERED, seed=1)
    steps = int(drawn.tuning_leapfrog_steps.sum() + drawn.sample_stats["n_steps"].sum())
    # beside the steps, those that choose the first metric and step size
    assert steps <= calls[0] <= steps + 2 * 30


@pytest.mark.filterwarnings("error")
def test_what_a_sampler_does_not_report_is_missing_in_the_tables(
    weak: DataSet, priors: Priors
) -> None:
    """Divergences are not 0."""
    rng, sampling = np.random.default_rng(1), Sampling(2, 10, 50, 0.8)
    mu, tau, theta = rng.normal(size=(2, 50)), rng.exponential(size=(2, 50)), rng.normal(size=9)
    theta = mu[..., None] + tau[..., None] * theta
    stats = {"n_steps": np.full((2, 50), 7), "step_size": np.ones((2, 50))}
    drawn = Draws({"mu": mu, "tau": tau, "z": theta}, stats, np.array([9, 9]), {})
    names = {"scenario": "a", "parameterization": "centered", "sampler": "b"}
    spec = fit.FitSpec(seed=1, **names, priors=priors, sampling=sampling)
    one = fit.Fit(0, 1, Choice(np.ones(9), 1.0), 1.0, drawn, {**drawn.posterior, "theta": theta})
    stored = fit.to_xarray(spec, [0], [one], K=9)
    of_fit = [stored[name].sel(replicate=0) for name in ("/", "posterior", "sample_stats")]
    rows, _ = diagnose({**names, "replicate": 0}, *of_fit, ExactValues(exact_values(weak, priors)))
    tables = collate([ExpectedCell(**names, K=9)], 1, 2, [rows])
    fits, chains = tables["fits"], tables["chains"]
    assert fits["leapfrog_steps"].tolist() == [700]
    assert fits[["divergences", "max_tree_depth_hits", "bfmi_min"]].isna().all(axis=None)
    assert chains[["divergences", "divergent_log_tau_rank"]].isna().all(axis=None)


def assert_near(found: Mapping[str, Array], exact: ExactPosterior, bias: float = 0.0) -> None:
    """Up to Monte Carlo error, and a bias in posterior standard deviations."""
    for name, draws in found.items():
        error = abs(draws.mean() - exact.mean()[name]) - bias * exact.sd()[name]
        assert error < 4 * array_stats.mcse(draws, method="mean"), name
