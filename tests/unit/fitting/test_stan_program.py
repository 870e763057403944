"""Compare the Stan programs with the model in PyMC: log density and gradient at random points.

Both are on the unconstrained scale, where tau is represented by its logarithm, and include the
logarithm of its Jacobian. A program may leave out a constant of the log density.
"""

from collections.abc import Callable

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest
import stanli
from numpy.typing import NDArray
from problem_of import problem_of

from funnel import data
from funnel.choice import Choice
from funnel.data import DataSet
from funnel.parameterizations import choose, names, places
from funnel.priors import Priors
from funnel_study.fitting import pymc_model, stan_program

Array = NDArray[np.float64]
Density = Callable[[Array], tuple[float, Array]]
PRIORS = [Priors(4.0, 3.0), Priors(5.0, 2.0, tau="half_cauchy")]
POINTS = 20
pytestmark = pytest.mark.parametrize("priors", PRIORS, ids=lambda priors: priors.tau)


@pytest.fixture(scope="module")
def data_set() -> DataSet:
    sigma = [2.0, 0.5, 10.0, 3.0]
    return data.simulate([1, 4, 30, 2], sigma, 1.0, 2.0, np.random.default_rng(3))


def of_pymc(model: pm.Model) -> Density:
    """The log density and its gradient at the free variables, one after the other."""
    gradients = pt.grad(model.logp(), model.value_vars)
    function = model.compile_fn([model.logp(), *gradients], mode="FAST_COMPILE")
    shapes = {name: value.shape for name, value in model.initial_point().items()}
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes.values()])
    assert [each.name for each in model.value_vars] == list(shapes)

    def density(point: Array) -> tuple[float, Array]:
        parts = zip(shapes.items(), np.split(point, ends[:-1]), strict=True)
        log_density, *gradient = function({name: part.reshape(s) for (name, s), part in parts})
        return float(log_density), np.concatenate([np.atleast_1d(each) for each in gradient])

    return density


def assert_equal(program: str, values: dict[str, object], other: Density) -> None:
    model = stanli.Model(stan_code=program, data=values)
    rng = np.random.default_rng(1)
    found = []
    for _ in range(POINTS):
        point = rng.normal(0, 1.5, model.n_unconstrained)
        log_density, gradient = model.log_prob_grad(point)
        expected, expected_gradient = other(point)
        assert gradient == pytest.approx(
            expected_gradient, rel=1e-10, abs=1e-10 * np.abs(expected_gradient).max()
        )
        found.append((log_density, expected))
    (first, first_expected), *others = found
    for log_density, expected in others:
        assert log_density - first == pytest.approx(expected - first_expected, rel=1e-10)


@pytest.mark.parametrize(
    "c", [[1, 1, 1, 1], [0, 0, 0, 0], [0, 1, 0, 1], [0.3, 0.8, 0.0, 1.0], None], ids=str
)
def test_the_programs_for_any_centeredness_and_without_theta(
    data_set: DataSet, priors: Priors, c: list[float] | None
) -> None:
    choice, means = Choice(np.array(c or [np.nan] * 4), 0.4), data_set.group_means()
    name = "low_tau" if c else "marginal"
    built = pymc_model.build(4, priors, name)
    with built:
        pm.set_data({pymc_model.DATA: pymc_model.pack(means, choice)})
    values = stan_program.program_data(means, choice, priors, name)
    assert_equal(stan_program.program(priors, name), values, of_pymc(built))


@pytest.mark.parametrize("name", [name for name in names() if places(name)])
def test_the_programs_of_parameterizations_that_place_mu_and_theta(
    data_set: DataSet, priors: Priors, name: str
) -> None:
    choice, means = choose(name, problem_of(data_set, priors)), data_set.group_means()
    built = pymc_model.build(4, priors, name)
    with built:
        pm.set_data({pymc_model.DATA: pymc_model.pack(means, choice)})
    values = stan_program.program_data(means, choice, priors, name)
    assert_equal(stan_program.program(priors, name), values, of_pymc(built))


@pytest.mark.parametrize("c", [[1, 1, 1, 1], [0, 0, 0, 0], [0, 1, 0, 1]], ids=str)
@pytest.mark.parametrize("literal", [True, False])
def test_the_program_with_centered_individuals_apart(
    data_set: DataSet, priors: Priors, c: list[int], literal: bool
) -> None:
    """The model in PyMC with one vector of the individuals in their order."""
    centered = np.array(c, dtype=bool)
    with pm.Model() as built:
        mu = pm.Normal("mu", 0, priors.mu_sd)
        prior_of_tau = {"half_normal": pm.HalfNormal, "half_cauchy": pm.HalfCauchy}[priors.tau]
        tau = prior_of_tau("tau", priors.tau_scale)
        z = pm.Normal("z", pt.where(centered, mu, 0.0), pt.where(centered, tau, 1.0), shape=4)
        theta = pt.where(centered, z, mu + tau * z)
        if literal:
            idx = data_set.idx
            pm.Normal("y", theta[idx], data_set.sigma[idx], observed=data_set.y)
        else:
            means = data_set.group_means()
            pm.Normal("ybar", theta, means.standard_error, observed=means.ybar)
    in_order = of_pymc(built)
    # the program has the centered individuals first
    places = np.array([0, 1, *2 + np.flatnonzero(centered), *2 + np.flatnonzero(~centered)])

    def density(point: Array) -> tuple[float, Array]:
        ordered = np.empty_like(point)
        ordered[places] = point
        log_density, gradient = in_order(ordered)
        return log_density, gradient[places]

    assert_equal(
        stan_program.apart_program(priors),
        stan_program.apart_data(data_set, centered.astype(float), priors, literal=literal),
        density,
    )
