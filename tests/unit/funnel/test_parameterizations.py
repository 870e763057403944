import numpy as np
import pytest
from problem_of import of_means, problem_of
from scipy import integrate, stats

from funnel import data
from funnel.data import DataSet
from funnel.exact import ExactPosterior
from funnel.group_means import GroupMeans
from funnel.inference import draw_theta
from funnel.likelihoods.normal import NormalLikelihood
from funnel.parameterizations import (
    by_ratio,
    centeredness,
    choose,
    constant,
    is_ideal,
    is_marginal,
    names,
    places,
    summary,
    theta_from_z,
)
from funnel.priors import Priors
from funnel.rough_tau import estimate_of_variance


def test_mixed_centers_the_listed_individuals(weak: DataSet, priors: Priors) -> None:
    for listed in ([2, 6], []):
        c = centeredness("mixed", problem_of(weak, priors, listed))
        assert np.flatnonzero(c).tolist() == listed


def test_partial_and_mixed_center_by_the_weight_of_the_data(priors: Priors) -> None:
    n = [10, 5, 1000, 10, 1, 5, 100, 10, 5]
    one = data.simulate(n, 10, 4.5, 3.5, np.random.RandomState(345890))
    weight = ExactPosterior(one.data.means, priors).data_weight()
    assert np.array_equal(centeredness("partial", problem_of(one, priors)), weight)
    c = centeredness("mixed", problem_of(one, priors))
    assert np.array_equal(c == 1.0, weight > 0.5)
    assert {2, 6} <= set(np.flatnonzero(c).tolist())


def test_z_is_theta_where_centered_and_eta_where_noncentered() -> None:
    mu, tau, z = np.array([2.0]), np.array([0.5]), np.array([[1.0, 3.0]])
    theta = theta_from_z(mu, tau, z, np.array([1.0, 0.0]))
    assert theta == pytest.approx(np.array([[1.0, 2.0 + 0.5 * 3.0]]))


def test_theta_has_its_distribution_given_mu_tau_and_the_data() -> None:
    """Its moments are compared with those of prior times likelihood by quadrature."""
    means = NormalLikelihood(np.array([3.0, -1.0]), np.array([0.5, 4.0]))
    mu, tau, n = 1.0, 2.0, 200_000
    drawn = draw_theta(means, np.full(n, mu), np.full(n, tau), None, np.random.default_rng(1))
    assert drawn.shape == (n, 2)
    for k in range(2):

        def density(theta: float, k: int = k) -> float:
            prior = stats.norm.pdf(theta, mu, tau)
            return float(prior * stats.norm.pdf(means.y[k], theta, means.se[k]))

        mass, first, second = (
            integrate.quad(lambda theta, j=j: theta**j * density(theta), -30, 30)[0]
            for j in range(3)
        )
        mean, sd = first / mass, np.sqrt(second / mass - (first / mass) ** 2)
        assert abs(drawn[:, k].mean() - mean) < 4 * sd / np.sqrt(n)
        assert drawn[:, k].std() == pytest.approx(sd, rel=4 / np.sqrt(2 * n))
    assert abs(np.corrcoef(drawn.T)[0, 1]) < 4 / np.sqrt(n)


def test_theta_is_mu_where_tau_underflows() -> None:
    means = NormalLikelihood(np.array([3.0]), np.array([0.5]))
    tau = np.array([0.0, 1e-300])
    drawn = draw_theta(means, np.array([1.0, 2.0]), tau, None, np.random.default_rng(1))
    assert drawn[:, 0] == pytest.approx([1.0, 2.0], rel=1e-12)


@pytest.mark.parametrize("name", names())
def test_centeredness_is_between_0_and_1_for_each_individual(
    weak: DataSet, priors: Priors, name: str
) -> None:
    assert summary(name).startswith("NUTS samples ")
    choice = choose(name, problem_of(weak, priors))
    assert choice.centeredness.shape == (9,)
    assert choice.gradients >= 0
    if is_marginal(name) or places(name) or is_ideal(name):
        assert np.all(np.isnan(choice.centeredness))
    elif (same := constant(name)) is not None:
        assert choice.centeredness.tolist() == [same] * 9
    else:
        assert np.all((choice.centeredness >= 0) & (choice.centeredness <= 1))


def test_by_count_centers_individuals_with_at_least_ten_observations(priors: Priors) -> None:
    one = data.simulate([9, 10, 1, 100], [1e-6, 1.0, 1.0, 1e6], 0.0, 1.0, np.random.default_rng(1))
    choice = choose("by_count", problem_of(one, priors))
    assert choice.centeredness.tolist() == [0.0, 1.0, 0.0, 1.0]
    assert choice.gradients == 0


# log relative risks of tuberculosis in 13 trials of a vaccine, and their variances (Colditz et al.
# 1994, JAMA 271:698), as rounded by the R package metafor, which estimates tau^2 as 0.3088
BCG = np.array(
    [
        *((-0.8893, 0.3256), (-1.5854, 0.1946), (-1.3481, 0.4154), (-1.4416, 0.0200)),
        *((-0.2175, 0.0512), (-0.7861, 0.0069), (-1.6209, 0.2230), (0.0120, 0.0040)),
        *((-0.4694, 0.0564), (-1.3713, 0.0730), (-0.3394, 0.0124), (0.4459, 0.5325)),
        (-0.0173, 0.0714),
    ]
)


def test_the_estimate_of_tau_is_that_of_dersimonian_and_laird() -> None:
    y, variance = BCG.T
    means = GroupMeans(y, np.sqrt(variance))
    assert estimate_of_variance(means) == pytest.approx(0.3088, abs=5e-4)
    # in other units, however large or small
    for unit in (1.0, 1e-100, 1e100):
        one = of_means(unit * y, unit * np.sqrt(variance))
        c = by_ratio.centeredness(problem_of(one, Priors(5.0, 5.0)))
        assert np.array_equal(c == 1, variance < 0.3088)


def test_the_estimate_of_tau_is_right_on_average() -> None:
    """Untruncated it is unbiased, and it is hardly ever truncated for so many individuals."""
    s, rng = np.repeat([0.5, 1.0, 3.0], 40), np.random.default_rng(1)
    found = [
        estimate_of_variance(GroupMeans(rng.normal(4.0, np.hypot(1.5, s)), s)) for _ in range(2_000)
    ]
    assert abs(np.mean(found) - 2.25) < 4 * np.std(found) / np.sqrt(len(found))


@pytest.mark.parametrize(("y", "s"), [([3.0], [0.1]), ([1.0, 1.1, 0.9], [5.0, 5.0, 5.0])])
def test_by_ratio_centers_nobody_if_nothing_says_that_tau_is_above_0(
    y: list[float], s: list[float]
) -> None:
    problem = problem_of(of_means(y, s), Priors(5.0, 5.0))
    assert by_ratio.centeredness(problem).tolist() == [0.0] * len(y)
