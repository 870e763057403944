"""A unit: the data, sigma, truth and priors of a scenario, multiplied by a number."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from funnel.data import DataSet
from funnel.group_means import Array
from funnel.priors import Priors
from funnel_study.run.rules import StudyRules
from funnel_study.study import design, jobs
from funnel_study.study.blocks import Block
from funnel_study.study.read import read_study
from funnel_study.study.replicates import replicate
from funnel_study.study.schema import Study
from funnel_study.study.yaml_file import ConfigError

UNIT = 0.003
SCENARIOS = [
    {"name": "few", "sigma": 3.0, "n_per_individual": [1, 4, 2], "published_seed": 7},
    {"name": "own", "sigma": [1.0, 2.0], "n_per_individual": [1, 1], "tau": 9.0},
    {"name": "given", "sigma": 2.0, "y": [1.0, -4.0, 9.0]},
    {"name": "unknown", "sigma": {"scale": 5.0, "truth": 2.0}, "n_per_individual": [3, 2]},
]


def in_units(**keys: Any) -> Study:
    sweep = {"unit": [UNIT, 1], "sampling": {"tune": [10, 20]}}
    return read_study({"study": "a", "sweep": sweep, "scenarios": SCENARIOS, **keys})


def data(study: Study, scenario: str, number: int) -> Any:
    return replicate(jobs.simulation_job(study, scenario, Block(0, 9)), number)


def priors(study: Study, scenario: str) -> Priors:
    cell = design.Cell(scenario, "centered", "stan")
    return Priors(**jobs.fit_job(study, cell)["priors"])


@pytest.mark.parametrize("truth", [{"mu": 4.5, "tau": 3.5}, "prior"])
@pytest.mark.parametrize("number", [0, 3])
def test_data_and_truth_are_proportional(truth: Any, number: int) -> None:
    scenarios = SCENARIOS
    if truth == "prior":
        known = {"name": "known", "sigma": 3.0, "n_per_individual": [1, 2]}
        scenarios = [known, {**known, "name": "unknown", "sigma": {"scale": 5.0}}]
    study = in_units(truth=truth, scenarios=scenarios)
    for each in scenarios:
        small, one = (
            data(study, f"{each['name']}-tune-10-unit-{unit}", number) for unit in (UNIT, 1)
        )
        np.testing.assert_allclose(values(small), UNIT * values(one), rtol=1e-12)


def values(one: DataSet) -> Array:
    """Return all that has a unit."""
    stored = one.data.stored()
    known = stored.get("sigma", [one.sigma])
    return np.concatenate([stored["y"], known, one.theta, [one.mu, one.tau]])


def test_the_unit_1_has_the_data_of_the_scenario_itself() -> None:
    study = in_units()
    itself = read_study({"study": "a", "scenarios": SCENARIOS})
    for each in SCENARIOS:
        found = data(study, f"{each['name']}-tune-20-unit-1", 2)
        np.testing.assert_array_equal(values(found), values(data(itself, str(each["name"]), 2)))


def test_diagnoses_have_the_priors_of_the_fits() -> None:
    study = in_units()
    for each in study.scenarios:
        wildcards = type("Wildcards", (), {"scenario": each.name})
        found = StudyRules(study, ".").priors(wildcards)
        assert found["mu_sd"] == 5 * each.swept["unit"]
        assert Priors(**found) == priors(study, each.name)


def test_seeds_of_fits_differ_and_no_unit_changes_another(study: Callable[..., Study]) -> None:
    def arguments(one: Study, name: str) -> list[Any]:
        cells = [each for each in design.cells(one) if each.scenario == name]
        fits = [jobs.fit_job(one, cell) for cell in cells]
        return [jobs.simulation_job(one, name, Block(0, 0)), *fits]

    two, three = (study(sweep={"unit": units}) for units in ([0.1, 10], [0.1, 3, 10]))
    names = [each.name for each in two.scenarios]
    assert names == ["few-unit-0.1", "few-unit-10", "lone-unit-0.1", "lone-unit-10"]
    for name in names:
        assert arguments(two, name) == arguments(three, name)
        # the seed of a fit is that of the scenario's name
        assert {job["scenario"] for job in arguments(two, name)[1:]} == {name}
    assert two.written == study().written


def test_a_unit_is_refused_twice_or_beyond_its_range() -> None:
    own = [{**SCENARIOS[2], "unit": 10}]
    assert read_study({"study": "a", "scenarios": own}).scenarios[0].unit == 10
    for keys, line in (
        ({"scenarios": own, "sweep": {"unit": [1, 2]}}, "scenarios[0].unit = 10.0: not allowed to"),
        (
            {"scenarios": SCENARIOS, "sweep": {"unit": [0]}},
            "sweep.unit[0] = 0: must be at least 1e",
        ),
    ):
        with pytest.raises(ConfigError) as error:
            read_study({"study": "a", **keys})
        assert error.value.errors[0].startswith(line)
