"""Space-filling designs: their points, what they depend on, and bad values of their keys."""

from typing import Any

import numpy as np
import pytest

from funnel_study.files import data_sets
from funnel_study.study.blocks import Block
from funnel_study.study.design import cells
from funnel_study.study.jobs import fit_job, simulation_job
from funnel_study.study.points import Point, observations, point
from funnel_study.study.read import read_study
from funnel_study.study.replicates import replicate
from funnel_study.study.schema import Study
from funnel_study.study.yaml_file import ConfigError

DESIGN: dict[str, Any] = {
    "likelihood": ["normal", "normal_unknown_sigma", "binomial", "poisson"],
    "K": [4, 9],
    "unit": [1, 100],
    "ratio": {"low": 0.1, "high": 10},
    "prior_scale": {"low": 0.5, "high": 4},
    "mu": {"low": -1, "high": 1, "scale": "linear"},
    "kind": ["equal", "geometric", "one_large", "one_small", "halves"],
    "imbalance": {"low": 1, "high": 100},
    "n": {"low": 2, "high": 5},
    "sigma": {"prior": "half_cauchy", "scale": 2},
}
PRIORS = {"mu_sd": 2, "tau_scale": 3}


def designed(replicates: int = 16, seed: int = 1, priors: Any = None, **keys: Any) -> Study:
    design = {**DESIGN, **keys}
    priors = priors or PRIORS
    return read_study(
        {
            **{"study": "a", "seed": seed, "priors": priors, "design": design},
            **{"replicates": replicates, "replicates_per_job": 8, "samplers": ["stan"]},
        }
    )


def points(study: Study, scenario: str) -> list[Point]:
    job = simulation_job(study, scenario, Block(0, 0))["design"]
    return [point(job, number) for number in range(study.replicates)]


def features(study: Study, scenario: str) -> list[dict[str, Any]]:
    return [each.features for each in points(study, scenario)]


def test_every_likelihood_with_every_number_of_individuals_is_a_scenario() -> None:
    study = designed()
    assert read_study(study.model_dump()) == study
    assert [each.name for each in study.scenarios][:2] == ["normal-K-4", "normal-K-9"]
    assert len(study.scenarios) == 8
    assert {each.name for each in study.scenarios if each.unit} == {
        "normal-K-9",
        "normal_unknown_sigma-K-9",
    }


@pytest.mark.parametrize("likelihood", DESIGN["likelihood"])
def test_points_fill_their_ranges_and_give_data_as_informative_as_they_say(likelihood: str) -> None:
    """A 16th of the log range of each key has one of 16 points, as in any Sobol sequence."""
    # small ratios, which whole numbers of trials can give
    study = designed(ratio={"low": 0.01, "high": 0.1}, mu=0.25)
    found = points(study, f"{likelihood}-K-9")
    for key, low, high in (("ratio", 0.01, 0.1), ("prior_scale", 0.5, 4)):
        at = np.log([each.features[key] for each in found] / np.float64(low)) / np.log(high / low)
        assert sorted(np.floor(16 * at)) == list(range(16))
    unit = 100 if "normal" in likelihood else 1
    for each in found:
        assert each.tau * each.features["prior_scale"] == pytest.approx(3 * unit)
        assert each.mu == 0.5 * unit
    kinds = [each.features["kind"] for each in found]
    assert set(kinds) == set(DESIGN["kind"])


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("equal", [1, 1, 1, 1]),
        ("geometric", [1, 3, 9, 27]),
        ("one_large", [1, 1, 1, 27]),
        ("one_small", [1, 27, 27, 27]),
        ("halves", [1, 1, 27, 27]),
    ],
)
def test_kinds_of_imbalance(kind: str, expected: list[int]) -> None:
    assert observations(kind, 4, 27).tolist() == expected


def test_a_point_depends_on_no_other_point_and_no_other_scenario() -> None:
    few, many = designed(replicates=4), designed(replicates=32, K=[9, 20, 4], unit=[100, 1])
    assert features(many, "poisson-K-9")[:4] == features(few, "poisson-K-9")
    blocks = [simulation_job(each, "poisson-K-9", Block(0, 3)) for each in (few, many)]
    assert blocks[0] == blocks[1]
    assert features(few, "poisson-K-9") != features(designed(4, seed=2), "poisson-K-9")


def test_the_same_points_can_have_other_data() -> None:
    raw = designed(seed=1).model_dump()
    one, other = (
        read_study({**raw, "seed": seed, "design": {**DESIGN, "seed": 1}}) for seed in (1, 2)
    )
    assert features(one, "normal-K-4") == features(other, "normal-K-4")
    thetas = [
        replicate(simulation_job(each, "normal-K-4", Block(0, 0)), 3).theta for each in (one, other)
    ]
    assert (thetas[0] != thetas[1]).all()


def test_data_of_different_sizes_are_stored_and_read_again() -> None:
    study = designed()
    for scenario in study.scenarios:
        job = simulation_job(study, scenario.name, Block(0, 15))
        simulated = {number: replicate(job, number) for number in range(16)}
        assert len({each.tau for each in simulated.values()}) == 16
        block = data_sets.to_xarray(simulated)
        for number, each in simulated.items():
            found = data_sets.from_xarray(block, number)
            np.testing.assert_equal(found.data.stored(), each.data.stored())
            assert (found.K, found.mu, found.tau) == (scenario.K, each.mu, each.tau)


def test_priors_are_those_of_the_study_in_the_unit_of_the_scenario() -> None:
    study = designed()
    priors = {each.name: study.priors_of(each) for each in study.scenarios}
    assert (priors["normal-K-4"].mu_sd, priors["normal-K-9"].mu_sd) == (2, 200)
    assert priors["normal_unknown_sigma-K-9"].sigma_scale == 200
    assert (priors["poisson-K-9"].tau_scale, priors["poisson-K-9"].sigma) == (3, None)
    assert fit_job(study, cells(study)[0])["priors"]["mu_sd"] == 2


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"ratio": {"low": 2, "high": 1}}, "design.ratio.high = 1.0: must be above low = 2"),
        (
            {"ratio": {"low": 0, "high": 1}},
            "design.ratio.low = 0.0: must be above 0 on a log scale",
        ),
        ({"ratio": 0}, "design.ratio = 0.0: must be above 0"),
        ({"imbalance": {"low": 0.5, "high": 9}}, "design.imbalance.low = 0.5: must be at least 1"),
        ({"kind": ["equal", "odd"]}, "design.kind[1] = 'odd': "),
        ({"sigma": None}, "design.sigma: missing; the likelihood normal_unknown_sigma needs it"),
        ({"likelihood": "poisson"}, "design.sigma = "),
    ],
)
def test_bad_values_are_refused(keys: dict[str, Any], expected: str) -> None:
    with pytest.raises(ConfigError) as error:
        designed(**keys)
    assert str(error.value).startswith(expected)


def test_scenarios_of_other_kinds_are_refused() -> None:
    raw = {"study": "a", "design": {"K": 3}, "truth": {"mu": 1, "tau": 1}}
    with pytest.raises(ConfigError, match="scenarios, sweep and truth are not allowed together"):
        read_study(raw)
