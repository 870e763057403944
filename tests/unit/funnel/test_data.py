from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from funnel import data
from funnel_study.files import data_sets
from funnel_study.study.blocks import Block
from funnel_study.study.jobs import simulation_job
from funnel_study.study.read import read_study

PRINTED = 5e-9  # half a unit of the last digit that was published


@pytest.mark.parametrize("name", ["weak", "strong", "unbalanced"])
def test_replicate_0_is_the_published_data_set(
    default: dict[str, Any], published: dict[str, Any], name: str
) -> None:
    found = data.replicate(simulation_job(read_study(default), name, Block(0, 0)), 0)
    facts = published["scenarios"][name]
    assert np.allclose(found.theta, facts["theta"], rtol=0, atol=PRINTED * 1.01)
    if "y" in facts:
        assert np.allclose(found.y, facts["y"], rtol=0, atol=PRINTED * 1.01)
    else:
        assert found.y.sum() == pytest.approx(facts["y_sum"], abs=5e-7)


def test_the_data_of_a_replicate_do_not_depend_on_its_block(default: dict[str, Any]) -> None:
    study = read_study(default)
    alone = data.replicate(simulation_job(study, "weak", Block(7, 7)), 7)
    beside = data.replicate(simulation_job(study, "weak", Block(0, 24)), 7)
    assert np.array_equal(alone.y, beside.y)
    assert not np.array_equal(
        alone.y, data.replicate(simulation_job(study, "weak", Block(0, 24)), 8).y
    )


@pytest.mark.parametrize("seed", [None, 1234])
def test_with_same_data_all_replicates_have_the_data_of_replicate_0(
    default: dict[str, Any], seed: int | None
) -> None:
    default["scenarios"][0]["published_seed"] = seed
    first = data.replicate(simulation_job(read_study(default), "weak", Block(0, 0)), 0)
    study = read_study(default | {"same_data": True})
    for block, number in ((Block(0, 0), 0), (Block(7, 7), 7), (Block(0, 24), 9)):
        again = data.replicate(simulation_job(study, "weak", block), number)
        assert np.array_equal(again.y, first.y)
        assert np.array_equal(again.theta, first.theta)


def test_simulated_data_follow_the_model() -> None:
    rng = np.random.default_rng(1)
    K = 4_000
    one = data.simulate([2] * K, 0.5, 1.0, 2.0, rng)
    assert stats.kstest(one.theta, stats.norm(1.0, 2.0).cdf).pvalue > 1e-3
    assert stats.kstest(one.y - one.theta[one.idx], stats.norm(0.0, 0.5).cdf).pvalue > 1e-3


@pytest.mark.parametrize(
    ("tau", "law"), [("half_normal", stats.halfnorm), ("half_cauchy", stats.halfcauchy)]
)
def test_the_prior_density_of_tau_agrees_with_scipy(tau: str, law: stats.rv_continuous) -> None:
    at = np.linspace(0, 30, 31)
    found = data.Priors(1.0, 2.5, tau).density_of_tau(at)
    assert found == pytest.approx(law.pdf(at, scale=2.5))


def test_true_values_drawn_from_the_prior_follow_it() -> None:
    spec = {
        "seed": 1,
        "scenario": "a",
        "n_per_individual": [1],
        "sigma": 1.0,
        "truth": "prior",
        "priors": {"mu_sd": 2.0, "tau_scale": 3.0},
        "published_seed": None,
        "same_data": False,
    }
    drawn = [data.replicate(spec, number) for number in range(1_000)]
    assert stats.kstest([each.mu for each in drawn], stats.norm(0, 2.0).cdf).pvalue > 1e-3
    assert stats.kstest([each.tau for each in drawn], stats.halfnorm(0, 3.0).cdf).pvalue > 1e-3


@given(
    st.lists(st.integers(1, 6), min_size=1, max_size=8), st.floats(1e-3, 1e3), st.integers(0, 99)
)
def test_group_means_are_the_means_of_the_observations_of_each_individual(
    n: list[int], sigma: float, seed: int
) -> None:
    one = data.simulate(n, sigma, 1.0, 2.0, np.random.default_rng(seed))
    means = one.group_means()
    assert len(n) == means.K
    for k, count in enumerate(n):
        assert means.ybar[k] == pytest.approx(one.y[one.idx == k].mean(), rel=1e-9, abs=1e-9)
        assert means.standard_error[k] == pytest.approx(sigma / count**0.5)


def test_a_block_of_data_is_converted_to_xarray_and_back() -> None:
    rng = np.random.default_rng(1)
    sets = {number: data.simulate([2, 1, 3], 0.7, 1.0, 2.0, rng) for number in (4, 5)}
    block = data_sets.to_xarray(sets)
    assert dict(block.sizes) == {"replicate": 2, "observation": 6, "individual": 3}
    assert block["replicate"].to_numpy().tolist() == [4, 5]
    found = data_sets.from_xarray(block, 5)
    for field in ("y", "idx", "sigma", "theta", "mu", "tau"):
        assert np.array_equal(getattr(found, field), getattr(sets[5], field))
    with pytest.raises(KeyError):
        data_sets.from_xarray(block, 6)
