import numpy as np
import pytest

from funnel.model import data
from funnel.model.data import DataSet, GroupMeans, Priors
from funnel.model.exact import ExactPosterior
from funnel.model.parameterizations import centeredness, names


def test_centered_and_noncentered_are_the_same_for_all(weak: DataSet, priors: Priors) -> None:
    means = weak.group_means()
    assert centeredness("centered", means, priors, None).tolist() == [1.0] * 9
    assert centeredness("noncentered", means, priors, None).tolist() == [0.0] * 9


def test_mixed_centers_those_that_are_listed(weak: DataSet, priors: Priors) -> None:
    c = centeredness("mixed", weak.group_means(), priors, [2, 6])
    assert np.flatnonzero(c).tolist() == [2, 6]
    assert centeredness("mixed", weak.group_means(), priors, []).sum() == 0


def test_mixed_without_a_list_centers_those_whose_data_outweigh(priors: Priors) -> None:
    n = [10, 5, 1000, 10, 1, 5, 100, 10, 5]
    one = data.simulate(n, 10, 4.5, 3.5, np.random.RandomState(345890))
    c = centeredness("mixed", one.group_means(), priors, None)
    assert {2, 6} <= set(np.flatnonzero(c).tolist())
    weight = ExactPosterior(one.group_means(), priors).data_weight()
    assert np.array_equal(c == 1.0, weight > 0.5)


@pytest.mark.parametrize(("sigma", "expected"), [(1e-3, 1.0), (1e3, 0.0)])
def test_mixed_is_centered_or_noncentered_at_the_extremes(sigma: float, expected: float) -> None:
    means = GroupMeans(np.array([1.0, 4.0, 7.0]), np.full(3, sigma))
    assert centeredness("mixed", means, Priors(5.0, 5.0), None).tolist() == [expected] * 3


@pytest.mark.parametrize("name", names())
def test_centeredness_is_one_number_in_0_1_for_every_individual(
    weak: DataSet, priors: Priors, name: str
) -> None:
    c = centeredness(name, weak.group_means(), priors, None)
    assert c.shape == (9,)
    assert np.all((c >= 0) & (c <= 1))
