from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from funnel_study.figures.plan import chosen_fit_figures
from funnel_study.figures.registry import FIT_FIGURES
from funnel_study.study import design
from funnel_study.study.blocks import Block
from funnel_study.study.design import split
from funnel_study.study.jobs import fit_job, simulation_job
from funnel_study.study.read import read_study
from funnel_study.study.schema import Study

Config = dict[str, Any]


@given(st.integers(1, 500), st.integers(1, 60))
def test_blocks_hold_every_replicate_once(replicates: int, size: int) -> None:
    blocks = split(range(replicates), size)
    assert [replicate for block in blocks for replicate in block.replicates] == list(
        range(replicates)
    )
    assert all(len(block.replicates) == size for block in blocks[:-1])


def test_cells_cross_all_names_in_the_order_of_the_configuration(
    study: Callable[..., Study],
) -> None:
    one = {"name": "all", "sigma": 1.0, "n_per_individual": [1]}
    own = {**one, "name": "own", "parameterizations": ["mixed"]}
    names = ["centered", "noncentered"]
    crossed = study(scenarios=[one, own], parameterizations=names, samplers=["pymc", "stan"])
    assert design.cells(crossed) == [
        *(design.Cell(*each) for each in product(["all"], names, ["pymc", "stan"])),
        *(design.Cell("own", "mixed", sampler) for sampler in ("pymc", "stan")),
    ]


@pytest.mark.parametrize("keep_draws", [True, False])
@pytest.mark.parametrize("per_job", [1, 3, 7, 10, 25])
def test_a_block_of_diagnoses_is_made_of_whole_blocks_of_fits(
    study: Callable[..., Study], per_job: int, keep_draws: bool
) -> None:
    one = study(replicates=33, replicates_per_job=per_job, keep_draws=keep_draws)
    inner = [
        block
        for outer in design.diagnosis_blocks(one)
        for block in design.blocks_within(one, outer)
    ]
    assert inner == design.blocks(one)
    if not keep_draws:
        assert design.diagnosis_blocks(one) == design.blocks(one)


def test_a_job_depends_on_nothing_that_does_not_concern_it(study: Callable[..., Study]) -> None:
    cell = design.Cell("few", "centered", "nutpie")
    one, other = (
        study(),
        study(
            study="other",
            replicates=99,
            replicates_per_job=5,
            samplers=["pymc", "nutpie"],
            scenarios=[
                {"name": "new", "sigma": 1.0, "n_per_individual": [1]},
                {"name": "few", "sigma": 3.0, "n_per_individual": [1, 4, 2], "mixed": [1]},
            ],
        ),
    )
    assert fit_job(one, cell) == fit_job(other, cell)
    block = Block(0, 0)
    assert simulation_job(one, "few", block) == simulation_job(other, "few", block)


def test_a_job_depends_on_what_concerns_it(study: Callable[..., Study]) -> None:
    cell = design.Cell("few", "centered", "nutpie")
    for keys in (
        *({"seed": 1}, {"sampling": {"draws": 50}}, {"priors": {"tau_scale": 1.0}}),
        {"sampling": {"published_seed": 7}},
    ):
        assert fit_job(study(), cell) != fit_job(study(**keys), cell)
    literal = study(samplers=["stan"], literal=True)
    assert fit_job(study(samplers=["stan"]), cell) != fit_job(literal, cell)
    block = Block(1, 1)
    for keys in (
        *({"seed": 1}, {"truth": {"mu": 0.0, "tau": 1.0}}, {"truth": "prior"}),
        {"same_data": True},
    ):
        assert simulation_job(study(), "few", block) != simulation_job(study(**keys), "few", block)


def test_a_published_data_set_is_that_of_the_block_of_replicate_0(default: Config) -> None:
    study = read_study(default | {"replicates_per_job": 2})
    seeds = [
        simulation_job(study, "weak", block)["published_seed"] for block in design.blocks(study)
    ]
    assert seeds == [1234, None, None, None, None]
    same = read_study(default | {"same_data": True})
    assert simulation_job(same, "weak", Block(3, 3))["published_seed"] == 1234


@pytest.mark.parametrize("per_job", [1, 4, 10])
def test_a_replicate_is_found_in_its_block(study: Callable[..., Study], per_job: int) -> None:
    one = study(replicates=10, replicates_per_job=per_job)
    for replicate in range(10):
        assert replicate in design.block_of(one, replicate).replicates
        assert design.block_of(one, replicate) in design.blocks(one)
    for outside in (-1, 10):
        with pytest.raises(ValueError, match="the study has 0 to 9"):
            design.block_of(one, outside)


@pytest.mark.parametrize("file", ["config.yaml", "published.yaml"])
def test_the_shipped_studies_fit_the_published_data(
    repository: Path, published: Config, file: str
) -> None:
    study = read_study(yaml.safe_load((repository / "config" / file).read_text()))
    assert design.published_scenarios(study, published) == ["weak", "strong", "unbalanced"]


@pytest.mark.parametrize(
    ("keys", "scenario", "found"),
    [
        ({"truth": {"mu": 4.5, "tau": 3.0}}, {}, []),
        ({"priors": {"tau": "half_cauchy"}}, {}, []),
        ({"sampling": {"target_accept": 0.9}}, {}, []),
        ({}, {"sigma": 9.0}, ["strong", "unbalanced"]),
        ({}, {"published_seed": None}, ["strong", "unbalanced"]),
        ({}, {"sampling": {"tune": 10}}, ["strong", "unbalanced"]),
        ({"samplers": ["pymc"], "seed": 9, "replicates": 99}, {}, ["weak", "strong", "unbalanced"]),
        ({"sampling": {"published_seed": 3}}, {}, ["weak", "strong", "unbalanced"]),
    ],
)
def test_scenarios_with_other_data_or_settings_are_not_published(
    default: Config, published: Config, keys: Config, scenario: Config, found: list[str]
) -> None:
    """The sampler and its seed may differ."""
    default["draw"] = []
    default["scenarios"][0].update(scenario)
    assert design.published_scenarios(read_study({**default, **keys}), published) == found


def of(kind: str) -> int:
    """The number of figures of a data set, a fit, a pair or all fits."""
    return len([name for name, entry in FIT_FIGURES.items() if entry.of == kind])


def test_a_choice_of_fits_means_all_that_it_does_not_name(study: Callable[..., Study]) -> None:
    chosen = {"scenarios": ["lone"], "parameterizations": ["mixed"], "replicates": [2, 0]}
    paths = chosen_fit_figures(
        study(draw=[chosen, {"scenarios": ["lone"], "parameterizations": ["mixed"]}])
    )
    assert len(paths) == len(set(paths)) == 2 * (of("data set") + of("all") + of("fit"))
    assert all(path.startswith("results/small/figures/lone/") for path in paths)
    paths = chosen_fit_figures(study(draw=[{}], samplers=["nutpie", "pymc"]))
    a_sampler = of("all") + 3 * of("fit") + 3 * of("pair")
    assert len(paths) == len(set(paths)) == 2 * (of("data set") + 2 * a_sampler)
    figures = {path.partition("/figures/")[2] for path in paths}
    assert {"lone/0/pymc/tau.png", "few/0/nutpie/mixed/traces.png"} <= figures
    assert "few/0/nutpie/centered-mixed/posterior_predictive.png" in figures
    assert "few/0/nutpie/mixed-centered/posterior_predictive.png" not in figures
