from collections.abc import Callable
from typing import Any

import pytest

from funnel_study.run.estimate import cost_line, seconds
from funnel_study.run.resources import COSTS
from funnel_study.study.read import read_study
from funnel_study.study.schema import Study

FULL = {"chains": 4, "tune": 1_000, "draws": 10_000}
NINE = {"name": "nine", "sigma": 1, "n_per_individual": [1] * 9}


def test_the_seconds_are_those_of_starting_every_job_and_of_every_fit() -> None:
    config: dict[str, Any] = {
        **{"study": "a", "scenarios": [NINE], "parameterizations": ["mixed"], "sampling": FULL},
        **{"samplers": ["stan"], "replicates": 20, "replicates_per_job": 5},
    }
    fits = 4 * COSTS["stan"].start + 20 * COSTS["stan"].each
    diagnoses = sum(2 * cost.start + 20 * cost.each for cost in (COSTS["exact"], COSTS["diagnose"]))
    assert seconds(read_study(config)) == pytest.approx(fits + diagnoses + 40)


def test_a_sweep_costs_as_much_as_its_scenarios() -> None:
    sweep = {"data": {"ratio": [1, 2]}, "sampling": {"tune": [1_000, 23_000]}}
    config = {"study": "a", "sweep": sweep, "samplers": ["stan"], "replicates": 100}
    one = read_study({**config, "sweep": {"data": {"ratio": [1]}}})
    # chains of 33,000 iterations instead of 11,000
    assert seconds(read_study(config)) == pytest.approx((2 + 2 * 3) * seconds(one), rel=0.1)
    assert cost_line(read_study(config), 2).startswith("Study 'a': 4 scenarios, 1,200 fits. ")


def test_the_cost_is_one_line(study: Callable[..., Study]) -> None:
    many = study(replicates=50_000, keep_draws=False, replicates_per_job=50)
    assert cost_line(many, 100) == (
        "Study 'small': 2 scenarios, 300,000 fits. From the beginning, it takes about 1.5 h "
        "(at most 2.9 h) on 100 cores; no draws are kept"
    )
