"""The data of a replicate depend on the seed, the scenario and its number only."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from funnel.data import DataSet
from funnel.group_means import Array
from funnel_study.study.blocks import Block
from funnel_study.study.jobs import simulation_job
from funnel_study.study.read import read_study
from funnel_study.study.replicates import replicate

PRINTED = 5e-9  # half a unit of the last digit that was published


def observed(one: DataSet) -> Array:
    return one.data.stored()["y"]


def simulated(study: dict[str, Any], scenario: str, number: int, block: Block) -> DataSet:
    return replicate(simulation_job(read_study(study), scenario, block), number)


@pytest.mark.parametrize("name", ["weak", "strong", "unbalanced"])
def test_replicate_0_is_the_published_data_set(
    default: dict[str, Any], published: dict[str, Any], name: str
) -> None:
    found, facts = simulated(default, name, 0, Block(0, 0)), published["scenarios"][name]
    assert np.allclose(found.theta, facts["theta"], rtol=0, atol=PRINTED * 1.01)
    if "y" in facts:
        assert np.allclose(observed(found), facts["y"], rtol=0, atol=PRINTED * 1.01)
    else:
        assert observed(found).sum() == pytest.approx(facts["y_sum"], abs=5e-7)


def test_the_data_of_a_replicate_do_not_depend_on_its_block(default: dict[str, Any]) -> None:
    alone = simulated(default, "weak", 7, Block(7, 7))
    beside, other = (simulated(default, "weak", number, Block(0, 24)) for number in (7, 8))
    assert np.array_equal(observed(alone), observed(beside))
    assert not np.array_equal(observed(alone), observed(other))


@pytest.mark.parametrize("seed", [None, 1234])
def test_with_same_data_all_replicates_have_the_data_of_replicate_0(
    default: dict[str, Any], seed: int | None
) -> None:
    default["scenarios"][0]["published_seed"] = seed
    first = simulated(default, "weak", 0, Block(0, 0))
    for number, block in ((0, Block(0, 0)), (7, Block(7, 7)), (9, Block(0, 24))):
        again = simulated(default | {"same_data": True}, "weak", number, block)
        assert np.array_equal(observed(again), observed(first))
        assert np.array_equal(again.theta, first.theta)


def test_true_values_drawn_from_the_prior_follow_it() -> None:
    spec = {
        **{"seed": 1, "scenario": "a", "truth": "prior", "published_seed": None},
        **{"same_data": False, "likelihood": "normal_unknown_sigma"},
        "sizes": {"n_per_individual": [1]},
        "priors": {"mu_sd": 2.0, "tau_scale": 3.0, "sigma": "exponential", "sigma_scale": 4.0},
    }
    drawn = [replicate(spec, number) for number in range(1_000)]
    assert stats.kstest([each.mu for each in drawn], stats.norm(0, 2.0).cdf).pvalue > 1e-3
    assert stats.kstest([each.tau for each in drawn], stats.halfnorm(0, 3.0).cdf).pvalue > 1e-3
    assert stats.kstest([each.sigma for each in drawn], stats.expon(0, 4.0).cdf).pvalue > 1e-3
