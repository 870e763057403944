"""Test that another unit of the data changes nothing but the unit.

Data, sigma and priors are multiplied by a number. What a parameterization chooses, the log density
and the lengths of trajectories then stay the same.
"""

import numpy as np
import pytest
import stanli
from hypothesis import given, settings
from hypothesis import strategies as st
from problem_of import problem_of

from funnel import data, parameterizations
from funnel.choice import Choice
from funnel.data import DataSet
from funnel.group_means import Array
from funnel.parameterizations import choose, is_unit_free, names, pilot
from funnel.priors import Priors
from funnel_study.fitting import fit, samplers, stan_program
from funnel_study.fitting.model import Model
from funnel_study.fitting.samplers import Sampling

UNIT_FREE = [name for name in names() if is_unit_free(name)]
# the power of the unit by which z_mu and z are multiplied, where it is not 0
POWERS = {"fisher": (1, 0), "rbest": (1, 0), "sum_to_zero": (1, 0), "sum_to_zero_centered": (1, 1)}
K = 5


def in_unit(seed: int, unit: float) -> tuple[DataSet, Priors]:
    """The same random data set in any unit, from informative to hardly informative individuals."""
    sigma = unit * np.array([0.3, 1.0, 2.0, 5.0, 30.0])
    counts = [1, 3, 20, 1, 1]
    rng = np.random.default_rng(seed)
    one = data.simulate(counts, sigma, 1.5 * unit, 2.0 * unit, rng)
    return one, Priors(5.0 * unit, 4.0 * unit)


def powers(name: str, choice: Choice) -> Array:
    """The power of the unit by which each variable is multiplied, with 0 for log tau."""
    if parameterizations.is_marginal(name):
        return np.array([1.0, 0.0])
    if np.isfinite(choice.centeredness).all():
        # with a tau0, z has the unit of the data; without, it is theta or eta
        of_z = choice.centeredness if choice.tau0 == 1.0 else np.ones(K)
        return np.array([1.0, 0.0, *of_z])
    of_mu, of_z = POWERS.get(name, (0, 0))
    return np.array([0.0, of_mu, *[of_z] * parameterizations.size(name, K)])


def stan_log_density(name: str, one: DataSet, priors: Priors, choice: Choice, at: Array) -> float:
    model = Model(K, priors, name)
    values = stan_program.program_data(one, choice, model)
    compiled = stanli.Model(stan_code=stan_program.program(model), data=values)
    return float(compiled.log_prob_grad(at)[0])


@pytest.mark.parametrize("name", UNIT_FREE)
@given(seed=st.integers(0, 2**32 - 1), power=st.integers(-4, 6))
@settings(max_examples=5, deadline=None)
def test_choice_and_density_are_the_same_in_any_unit(name: str, seed: int, power: int) -> None:
    """At two points, in two units: the densities differ by the same constant.

    Those of Stan, which tests/unit/fitting/test_stan_program.py compares with PyMC.
    """
    unit, rng = 10.0**power, np.random.default_rng(seed)
    (one, priors), (other, other_priors) = in_unit(seed, 1.0), in_unit(seed, unit)
    first = choose(name, problem_of(one, priors))
    second = choose(name, problem_of(other, other_priors))
    # a pilot fit may be indifferent between two neighbours of its grid
    step = pilot.GRID[1] if name == "pilot" else 1e-9
    assert second.centeredness == pytest.approx(first.centeredness, abs=1.5 * step, nan_ok=True)
    assert second.tau0 == pytest.approx(first.tau0 * (1.0 if first.tau0 == 1.0 else unit))
    second = Choice(first.centeredness, second.tau0, constants=second.constants)
    exponents = powers(name, first)
    # log tau is the second variable after mu, and the first before z_mu
    is_log_tau = np.arange(len(exponents)) == parameterizations.variables(name).index(
        "tau" if "tau" in parameterizations.variables(name) else "z_tau"
    )
    shift = 0.0 if parameterizations.is_ideal(name) else np.log(unit)
    differences = []
    for _ in range(2):
        at = rng.normal(0.0, 1.0, len(exponents))
        moved = np.where(is_log_tau, at + shift, at * unit**exponents)
        one_density = stan_log_density(name, one, priors, first, at)
        differences.append(stan_log_density(name, other, other_priors, second, moved) - one_density)
    assert differences[1] == pytest.approx(differences[0], rel=1e-7, abs=1e-6)


@pytest.mark.parametrize("name", sorted(set(names()) - set(UNIT_FREE)))
def test_the_published_form_depends_on_the_unit(name: str) -> None:
    """Its z is no multiple of itself, so its trajectories are longer in large units."""
    small, large = (mean_steps("stan", name, unit) for unit in (1.0, 1e4))
    assert large > 3 * small


def mean_steps(sampler: str, name: str, unit: float) -> float:
    """The mean number of leapfrog steps of a draw."""
    one, priors = in_unit(7, unit)
    sampling = Sampling(chains=4, tune=700, draws=500, target_accept=0.9)
    drawer = samplers.make(sampler, Model(K, priors, name), sampling)
    done = fit.fit_one(fit.FitSpec(1, "a", name, sampler, priors, sampling), drawer, one, 0)
    assert done.message == ""
    assert done.draws
    return float(np.mean(done.draws.sample_stats["n_steps"]))


@pytest.mark.parametrize("name", UNIT_FREE)
def test_trajectories_are_as_long_in_any_unit(name: str) -> None:
    """Up to chance: step sizes of single chains differ by a fifth or so.

    Stan itself has a unit, as it shrinks the variances that it adapts to towards 0.001. So in small
    units, only the variables that have none are explored as fast.
    """
    units = (1e-4, 1.0, 1e6) if name in ("data_based", "ideal") else (1.0, 1e4)
    lengths = [mean_steps("stan", name, unit) for unit in units]
    assert max(lengths) < 1.6 * min(lengths)


@pytest.mark.parametrize("sampler", ["nutpie", "pymc"])
def test_other_samplers_take_trajectories_as_long_in_any_unit(sampler: str) -> None:
    lengths = [mean_steps(sampler, "data_based", unit) for unit in (1e-4, 1e6)]
    assert max(lengths) < 1.5 * min(lengths)
