from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from funnel_study.fitting import samplers
from funnel_study.run import resources
from funnel_study.study.schema import Study

SAME_STUDY = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
FULL = {"chains": 4, "tune": 1000, "draws": 10_000}


@pytest.mark.parametrize("sampler", samplers.names())
def test_every_sampler_was_measured(sampler: str) -> None:
    assert sampler in resources.COSTS


@pytest.mark.parametrize(
    ("work", "K", "fits", "peak"),
    [
        *(("nutpie", 9, 1, 378), ("nutpie", 9, 25, 626), ("nutpie", 90, 5, 949)),
        *(("diagnose", 9, 1, 241), ("diagnose", 9, 25, 244), ("diagnose", 90, 5, 554)),
    ],
)
def test_a_job_asks_for_more_memory_than_one_was_measured_to_take(
    study: Callable[..., Study], work: str, K: int, fits: int, peak: int
) -> None:
    """The Snakemakes around it too, and not twice too much."""
    some = [{"name": "some", "sigma": 10.0, "n_per_individual": [1] * K}]
    asked = resources.memory_mb(study(scenarios=some, sampling=FULL), work, "some", fits)
    whole = peak + resources.SNAKEMAKE.memory
    assert whole < asked < 2 * whole


@pytest.mark.parametrize("resource", [resources.minutes, resources.memory_mb])
@given(
    work=st.sampled_from([*resources.COSTS]),
    fits=st.integers(1, 1000),
    more=st.integers(0, 1000),
    draws=st.integers(4, 50_000),
    attempt=st.integers(1, 4),
)
@SAME_STUDY
def test_more_is_asked_for_more_work_and_after_every_failure(
    study: Callable[..., Study],
    resource: Callable[..., int],
    work: str,
    fits: int,
    more: int,
    draws: int,
    attempt: int,
) -> None:
    short, long = (study(sampling={"draws": number}) for number in (draws, 2 * draws))
    asked = resource(short, work, "few", fits)
    assert isinstance(asked, int)
    assert resource(short, work, "few", fits + more) >= asked
    assert resource(long, work, "few", fits) >= asked
    assert resource(short, work, "few", fits, attempt) == attempt * asked
