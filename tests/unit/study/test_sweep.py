"""Sweeps: the scenarios that are made from lists of values."""

import copy
import itertools
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from funnel_study.report.sections import as_yaml
from funnel_study.study import design, jobs
from funnel_study.study.blocks import Block
from funnel_study.study.points import observations
from funnel_study.study.read import read_study
from funnel_study.study.replicates import replicate
from funnel_study.study.schema import Study
from funnel_study.study.sweep import MOST_SCENARIOS
from funnel_study.study.yaml_file import ConfigError

Config = dict[str, Any]
MAP: Config = {"ratio": [0.0625, 0.25, 1, 4, 16], "K": [5, 9], "imbalance": [1, 100], "tau": [3.5]}
WEAK = {"name": "weak", "sigma": 10.0, "n_per_individual": [1, 1, 3], "published_seed": 1234}
GOOD: Config = {
    "study": "swept",
    "truth": {"mu": 1, "tau": 2},
    "scenarios": [WEAK],
    "sweep": {
        "data": {"ratio": [0.5, 1, 2], "K": [3, 5], "n": 2},
        "sampling": {"target_accept": [0.6, 0.99], "tune": [100]},
    },
}


def swept(data: Config | None = None, sampling: Config | None = None, **keys: Any) -> Study:
    sweep = {"data": data, "sampling": sampling}
    sweep = {key: value for key, value in sweep.items() if value is not None}
    return read_study({"study": "swept", "sweep": sweep, **keys})


def errors(config: object) -> list[str]:
    with pytest.raises(ConfigError) as error:
        read_study(config)
    return list(error.value.errors)


def test_every_combination_is_a_scenario_named_by_its_values() -> None:
    study = swept(MAP)
    names = [scenario.name for scenario in study.scenarios]
    assert len(names) == 5 * 2 * 2
    assert names[:3] == [
        "ratio-0.0625-K-5-imbalance-1-tau-3.5",
        "ratio-0.0625-K-5-imbalance-100-tau-3.5",
        "ratio-0.0625-K-9-imbalance-1-tau-3.5",
    ]
    assert study.scenarios[1].swept == {"ratio": 0.0625, "K": 5, "imbalance": 100, "tau": 3.5}


def test_the_ratio_is_that_of_the_geometric_mean_standard_error_to_tau() -> None:
    study = swept(MAP, truth={"tau": 7})
    for scenario in study.scenarios:
        assert design.ratio(study, scenario) == pytest.approx(scenario.swept["ratio"], rel=1e-11)
        assert scenario.swept["K"] == scenario.K
        assert max(scenario.n_per_individual) == scenario.swept["imbalance"]
        assert min(scenario.n_per_individual) == 1
    (one, two) = swept({"ratio": [0.5, 2]}, truth={"tau": 7}).scenarios
    assert (one.sigma, two.sigma) == (3.5, 14)
    assert one.n_per_individual == [1] * 9


@settings(deadline=None)
@given(K=st.integers(2, 60), imbalance=st.integers(1, 10_000))
def test_observations_rise_from_1_to_the_imbalance_by_a_constant_factor(
    K: int, imbalance: int
) -> None:
    n = observations("geometric", K, imbalance).tolist()
    assert (len(n), n[0], n[-1]) == (K, 1, imbalance)
    assert n == sorted(n)
    exact = np.geomspace(1, imbalance, K)
    assert np.abs(np.array(n) - exact).max() <= 0.5 + 1e-6 * imbalance


def test_scenarios_that_differ_only_in_settings_have_the_same_data() -> None:
    study = read_study(GOOD)
    written = read_study({key: value for key, value in GOOD.items() if key != "sweep"})
    expected = jobs.simulation_job(written, "weak", Block(0, 0))
    for name in ("weak-target_accept-0.6-tune-100", "weak-target_accept-0.99-tune-100"):
        assert jobs.simulation_job(study, name, Block(0, 0)) == expected
    pair = (f"ratio-2-K-5-target_accept-{value}-tune-100" for value in (0.6, 0.99))
    y, same = (replicate(jobs.simulation_job(study, name, Block(1, 1)), 1).data for name in pair)
    np.testing.assert_array_equal(y.stored()["y"], same.stored()["y"])


def every_job(study: Study) -> dict[str, Any]:
    """What the data and the fits of each scenario depend on."""
    return {
        scenario.name: [
            jobs.simulation_job(study, scenario.name, Block(0, 0)),
            *(
                jobs.fit_job(study, cell)
                for cell in design.cells(study)
                if cell.scenario == scenario.name
            ),
        ]
        for scenario in study.scenarios
    }


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        *(("data", "ratio", 16), ("data", "ratio", 0.01), ("data", "K", 4)),
        *(("sampling", "target_accept", 0.8), ("sampling", "tune", 1_000)),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_a_new_value_changes_neither_data_nor_fits_of_the_others(
    section: str, key: str, value: float, first: bool
) -> None:
    before = every_job(read_study(GOOD))
    more = copy.deepcopy(GOOD)
    more["sweep"][section][key].insert(0 if first else 99, value)
    # the order of keys does not matter either
    more["sweep"][section] = dict(reversed(more["sweep"][section].items()))
    after = every_job(read_study(more))
    assert len(after) > len(before)
    assert {name: after[name] for name in before} == before


def test_the_configuration_of_a_sweep_is_written_as_it_was_read() -> None:
    for study in (read_study(GOOD), swept(MAP), swept(None, {"tune": [10, 20]}, scenarios=[WEAK])):
        assert read_study(yaml.safe_load(as_yaml(study))) == study
        dumped = json.loads(json.dumps(study.model_dump(mode="json")))
        assert read_study(dumped) == study
        assert every_job(read_study(dumped)) == every_job(study)
        assert len(dumped["scenarios"]) <= 1
    assert read_study(GOOD) != swept(MAP)


def test_a_scenario_may_have_settings_and_a_tau_of_its_own(study: Callable[..., Study]) -> None:
    own = {"name": "own", "sigma": 1, "n_per_individual": [1, 1], "tau": 9}
    one = study(scenarios=[{**own, "sampling": {"tune": 7}}], sampling={"draws": 50})
    cell = design.Cell("own", "centered", "nutpie")
    assert jobs.fit_job(one, cell)["sampling"] == {
        **{"chains": 4, "tune": 7, "draws": 50, "target_accept": 0.95}
    }
    assert jobs.simulation_job(one, "own", Block(0, 0))["truth"] == {"mu": 4.5, "tau": 9}
    assert read_study(yaml.safe_load(as_yaml(one))) == one


def spoilt(place: str, value: object) -> Config:
    """Return `GOOD` with another value of a key, such as sweep.data.ratio."""
    config = copy.deepcopy(GOOD)
    *path, last = place.split(".")
    section = config
    for key in path:
        section = section[key]
    section[last] = value
    return config


@pytest.mark.parametrize(
    ("place", "value", "line"),
    [
        ("sweep", {}, "sweep: has neither data, sampling nor unit; give at least one"),
        ("sweep.data.ration", [1], "sweep.data.ration: unknown key (did you mean 'ratio'?)"),
        ("sweep.data.ratio", [0.5, 1, 1.0], "sweep.data.ratio[2] = 1.0: duplicate of item 1"),
        ("sweep.data.sigma", [1, 2], "sweep.data.sigma = [1.0, 2.0]: not allowed together with ra"),
        ("sweep.data", {"K": [3, 4]}, "sweep.data: has neither ratio nor sigma; give one of them"),
        ("sweep.data.imbalance", [1, 2], "sweep.data.imbalance = [1, 2]: not allowed together"),
        (
            *("sweep.data", {"ratio": [1], "K": [9, 1], "imbalance": 10}),
            "sweep.data.K = [9, 1]: must be at least 2 with an imbalance above 1",
        ),
        ("sweep.data", {"ratio": 1, "K": 3}, "sweep.data: no key has a list of values to sweep"),
        ("sweep.sampling.tune", 100, "sweep.sampling.tune = 100: must be a list"),
        (
            *("sweep.data.ratio", [1 + i / 2_000 for i in range(2_000)]),
            f"scenarios: the sweep makes 8,002 scenarios; at most {MOST_SCENARIOS:,} are allowed",
        ),
        ("truth", "prior", "sweep.data.ratio = [0.5, 1.0, 2.0]: not allowed with truth = 'prior'"),
        (
            *("scenarios", [{**WEAK, "sampling": {"tune": 5}}]),
            "scenarios[0].sampling.tune = 5: not allowed together with sweep.sampling.tune",
        ),
        (
            *("scenarios", [WEAK, {**WEAK, "name": "Ratio-1-k-3"}]),
            "scenarios: ratio-1-k-3-target_accept-0.6-tune-100 is the name of two scenarios",
        ),
        (
            *("sweep.data", {"ratio": [1 / 3], "tau": [2 / 3]}),
            "scenarios.ratio-0.3333333333333333-tau-0.6666666666666666-target_accept-0.6-",
        ),
        (
            *("sweep.data", {"ratio": [1], "K": [3, 9_000], "n": 5_000}),
            "scenarios.ratio-1-K-9000.n_per_individual: adds up to 45,000,000 observations",
        ),
        (
            *("sweep.data", {"ratio": [1e99], "tau": 1e99}),
            "scenarios.ratio-1e99.sigma = 1e+198: must be at most 1e+100",
        ),
    ],
    ids=str,
)
def test_a_bad_sweep_is_one_line_that_names_the_place(place: str, value: object, line: str) -> None:
    found = errors(spoilt(place, value))
    assert len([each for each in found if each.startswith(line)]) == 1, found


@pytest.mark.parametrize("keys", [{}, {"scenarios": []}, {"sweep": {"sampling": {"tune": [1]}}}])
def test_scenarios_are_required_without_a_sweep_of_data(keys: Config) -> None:
    line = "scenarios: must have at least one scenario, unless sweep.data or design makes some"
    assert errors({"study": "a", **keys}) == [line]


@settings(deadline=None)
@given(
    st.lists(st.floats(1e-90, 1e90), min_size=1, max_size=6, unique=True),
    st.lists(st.floats(1e-5, 1, exclude_max=True), min_size=1, max_size=6, unique=True),
)
def test_different_values_have_different_names(sigma: list[float], accept: list[float]) -> None:
    both = itertools.chain(
        swept({"sigma": sigma}).scenarios,
        swept(None, {"target_accept": accept}, scenarios=[WEAK]).scenarios,
    )
    found = {scenario.name: scenario.swept for scenario in both}
    assert len(found) == len(sigma) + len(accept)
