"""The advice is the same in any unit and at any origin, and default priors let the data speak."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funnel import Flat, Normal, Uniform, exact_posterior
from funnel.group_means import Array
from funnel.likelihoods.normal import NormalLikelihood
from funnel.parameterizations import low_tau
from funnel_study.advice.advice import Advice, advise, resolved, terminal_summary
from funnel_study.advice.groups import Groups
from funnel_study.advice.priors import choose

# yields of dyestuff in grams, means of five samples of each of six batches (Davies 1949)
DYES = ([1505.0, 1528.0, 1564.0, 1498.0, 1600.0, 1470.0], [22.14] * 6)
# changes of the activity index of Crohn's disease under placebo, in six historical trials
CROHN = (
    [-51.0, -49.0, -36.0, -47.0, -90.0, -54.0],
    [10.23, 6.83, 4.859, 19.677, 17.6, 11.555],
)
SCHOOLS = ([28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0], [15, 10, 16, 11, 9, 11, 10, 18])


def advice_on(y: Array, se: Array, mu: str = "") -> Advice:
    labels = [str(k) for k in range(len(y))]
    groups = Groups(labels, NormalLikelihood(y, se))
    return advise("some", "some.csv", groups, choose(groups, mu=mu))


effects = st.lists(
    st.tuples(st.floats(-10.0, 10.0), st.floats(0.1, 10.0)), min_size=2, max_size=8
).map(lambda pairs: (np.array(pairs)[:, 0], np.array(pairs)[:, 1]))


@settings(max_examples=40, deadline=None)
@given(effects, st.integers(-4, 6))
def test_the_unit_makes_no_difference(data: tuple[Array, Array], power: int) -> None:
    y, se = data
    factor = 10.0**power
    one, other = advice_on(y, se), advice_on(factor * y, factor * se)
    assert isinstance(one.priors.mu, Normal)
    np.testing.assert_allclose(other.priors.mu.mean, factor * one.priors.mu.mean, rtol=1e-9)
    np.testing.assert_allclose(other.priors.mu.sd, factor * one.priors.mu.sd, rtol=1e-9)
    np.testing.assert_allclose(other.tau0, factor * one.tau0, rtol=1e-6)
    np.testing.assert_allclose(other.centeredness, one.centeredness, atol=2e-3)
    for p in (0.05, 0.5, 0.95):
        expected = [factor * each.quantile(p) for each in (one.posterior.mu, one.posterior.tau)]
        found = [each.quantile(p) for each in (other.posterior.mu, other.posterior.tau)]
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6 * factor)


@settings(max_examples=40, deadline=None)
@given(effects, st.floats(-1000.0, 1000.0), st.sampled_from(["", "flat"]))
def test_the_origin_makes_no_difference(data: tuple[Array, Array], shift: float, mu: str) -> None:
    y, se = data
    one, other = advice_on(y, se, mu), advice_on(y + shift, se, mu)
    # the mean of the default prior of mu is rounded
    near = 1e-6 if mu else 0.01
    assert other.priors.tau == one.priors.tau
    np.testing.assert_allclose(other.tau0, one.tau0, rtol=near)
    np.testing.assert_allclose(other.centeredness, one.centeredness, atol=2e-3 + near)
    shifted = one.posterior.mu.quantile(0.5) + shift
    assert other.posterior.mu.quantile(0.5) == pytest.approx(shifted, abs=near * other.tau0 + 1e-5)


@pytest.mark.parametrize(("y", "se"), [DYES, CROHN, SCHOOLS], ids=["dyes", "crohn", "schools"])
@pytest.mark.parametrize("factor", [1e-3, 1.0, 1e3])
def test_default_priors_hardly_matter_where_the_data_speak(
    y: list[float], se: list[float], factor: float
) -> None:
    effects, errors = factor * np.array(y), factor * np.array(se)
    found = advice_on(effects, errors).posterior
    flat = exact_posterior(effects, errors, tau=Uniform(), mu=Flat())
    for p in (0.05, 0.5):
        assert found.tau.quantile(p) == pytest.approx(flat.tau.quantile(p), rel=0.12)
    assert found.mu.mean == pytest.approx(flat.mu.mean, abs=0.1 * flat.mu.sd)
    assert found.mu.sd == pytest.approx(flat.mu.sd, rel=0.15)


@pytest.mark.parametrize(
    ("y", "se"),
    [
        ([1.0, 1.0], [0.5, 0.5]),
        ([7.0, 7.0, 7.0], [1e-3, 1.0, 1e3]),
        ([0.0, 1.0], [1e-9, 1.0]),
        ([0.0, 1.0, 5.0], [1e-6, 1e6, 1e6]),
        ([1e9, 1e9], [1.0, 1.0]),
    ],
)
def test_default_priors_exist_for_any_data(y: list[float], se: list[float]) -> None:
    advice = advice_on(np.array(y), np.array(se))
    assert advice.warnings == []
    assert terminal_summary(advice)


def test_the_centeredness_is_the_weight_of_the_data_at_a_low_tau(
    advice: Callable[..., Advice],
) -> None:
    found = advice()
    tau = np.quantile(found.posterior.draws(200_000, seed=1)["tau"], low_tau.LOW)
    assert found.tau0 == pytest.approx(tau, rel=0.02)
    expected = tau**2 / (tau**2 + found.groups.means.standard_error**2)
    np.testing.assert_allclose(found.centeredness, expected, atol=0.01)


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (1527.53, 26.1, "1,528"),
        (1527.53, 0.261, "1,527.53"),
        (0.123456, 5.0, "0.123"),
        (-49.96, 8.7, "-50"),
        (3.14159, np.inf, "3.14"),
        (np.nan, 1.0, ""),
    ],
)
def test_numbers_are_given_to_two_digits_of_their_error(
    value: float, error: float, text: str
) -> None:
    assert resolved(value, error) == text
