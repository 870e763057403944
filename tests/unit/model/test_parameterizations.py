import numpy as np
import pytest

from funnel.model import data
from funnel.model.data import DataSet, GroupMeans, Priors
from funnel.model.exact import ExactPosterior
from funnel.model.parameterizations import centeredness, names


def test_centered_and_noncentered_treat_all_individuals_alike(
    weak: DataSet, priors: Priors
) -> None:
    means = weak.group_means()
    assert centeredness("centered", means, priors, None).tolist() == [1.0] * 9
    assert centeredness("noncentered", means, priors, None).tolist() == [0.0] * 9


def test_mixed_centers_the_listed_individuals(weak: DataSet, priors: Priors) -> None:
    c = centeredness("mixed", weak.group_means(), priors, [2, 6])
    assert np.flatnonzero(c).tolist() == [2, 6]
    assert centeredness("mixed", weak.group_means(), priors, []).sum() == 0


def test_mixed_without_a_list_centers_individuals_with_informative_data(priors: Priors) -> None:
    n = [10, 5, 1000, 10, 1, 5, 100, 10, 5]
    one = data.simulate(n, 10, 4.5, 3.5, np.random.RandomState(345890))
    c = centeredness("mixed", one.group_means(), priors, None)
    assert {2, 6} <= set(np.flatnonzero(c).tolist())
    weight = ExactPosterior(one.group_means(), priors).data_weight()
    assert np.array_equal(c == 1.0, weight > 0.5)


@pytest.mark.parametrize(("sigma", "expected"), [(1e-3, 1.0), (1e3, 0.0)])
def test_mixed_equals_centered_or_noncentered_for_extreme_sigma(
    sigma: float, expected: float
) -> None:
    means = GroupMeans(np.array([1.0, 4.0, 7.0]), np.full(3, sigma))
    assert centeredness("mixed", means, Priors(5.0, 5.0), None).tolist() == [expected] * 3


@pytest.mark.parametrize("name", names())
def test_centeredness_is_between_0_and_1_for_each_individual(
    weak: DataSet, priors: Priors, name: str
) -> None:
    c = centeredness(name, weak.group_means(), priors, None)
    assert c.shape == (9,)
    assert np.all((c >= 0) & (c <= 1))
