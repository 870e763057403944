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
from problem_of import LIKELIHOODS, priors_of, problem_of, small_data_set

from funnel.choice import Choice
from funnel.data import DataSet
from funnel.parameterizations import choose, fits, is_marginal, names, places
from funnel_study.fitting import pymc_model, stan_program
from funnel_study.fitting.model import Model

Array = NDArray[np.float64]
Density = Callable[[Array], tuple[float, Array]]
POINTS = 20
# of tau and of sigma, where that is a parameter
PRIORS = [("half_normal", "exponential"), ("half_cauchy", "half_cauchy")]
pytestmark = [
    pytest.mark.parametrize("likelihood", LIKELIHOODS),
    pytest.mark.parametrize("kinds", PRIORS, ids=" ".join),
]


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


def assert_programs_agree(model: Model, data_set: DataSet, choice: Choice) -> None:
    built = pymc_model.build(model)
    with built:
        pm.set_data({pymc_model.DATA: pymc_model.pack(data_set, choice, model)})
    values = stan_program.program_data(data_set, choice, model)
    assert_equal(stan_program.program(model), values, of_pymc(built))


@pytest.mark.parametrize("c", [[0, 1, 0, 1], [0.3, 0.8, 0.0, 1.0]], ids=str)
def test_the_programs_for_any_centeredness(
    likelihood: str, kinds: tuple[str, str], c: list[float]
) -> None:
    model = Model(4, priors_of(likelihood, *kinds), "low_tau", likelihood)
    assert_programs_agree(model, small_data_set(likelihood), Choice(np.array(c), 0.4))


@pytest.mark.parametrize("name", [name for name in names() if is_marginal(name) or places(name)])
def test_the_programs_without_theta_and_of_parameterizations_that_place_it(
    likelihood: str, kinds: tuple[str, str], name: str
) -> None:
    if not fits(name, likelihood):
        pytest.skip("has no such likelihood")
    data_set, priors = small_data_set(likelihood), priors_of(likelihood, *kinds)
    model = Model(4, priors, name, likelihood)
    assert_programs_agree(model, data_set, choose(name, problem_of(data_set, priors)))


@pytest.mark.parametrize("c", [[1, 1, 1, 1], [0, 0, 0, 0], [0, 1, 0, 1]], ids=str)
@pytest.mark.parametrize("literal", [True, False])
def test_the_program_with_centered_individuals_apart(
    likelihood: str, kinds: tuple[str, str], c: list[int], literal: bool
) -> None:
    """The model in PyMC with one vector of the individuals in their order."""
    if literal and likelihood != "normal":
        pytest.skip("only normal data with known sigma have a literal model")
    data_set, priors = small_data_set(likelihood), priors_of(likelihood, *kinds)
    model, centered = Model(4, priors, "mixed", likelihood), np.array(c, dtype=bool)
    built = pymc_model.build(model)
    choice = Choice(centered.astype(float), 1.0)
    with built:
        pm.set_data({pymc_model.DATA: pymc_model.pack(data_set, choice, model)})
    in_order = of_pymc(built)
    first = len(model.variables) - 1
    # the program has the centered individuals first
    places = np.array(
        [*range(first), *first + np.flatnonzero(centered), *first + np.flatnonzero(~centered)]
    )

    def density(point: Array) -> tuple[float, Array]:
        ordered = np.empty_like(point)
        ordered[places] = point
        log_density, gradient = in_order(ordered)
        return log_density, gradient[places]

    assert_equal(
        stan_program.apart_program(model, literal=literal),
        stan_program.apart_data(data_set, centered.astype(float), model, literal=literal),
        density,
    )
