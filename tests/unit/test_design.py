from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnel import design
from funnel.blocks import Block, split
from funnel.config import Study


@given(st.integers(1, 500), st.integers(1, 60))
def test_blocks_hold_every_replicate_once(replicates: int, size: int) -> None:
    blocks = split(range(replicates), size)
    assert [replicate for block in blocks for replicate in block.replicates] == list(
        range(replicates)
    )
    assert all(len(block.replicates) == size for block in blocks[:-1])


@given(st.integers(0, 10**6), st.integers(0, 1_000))
def test_a_block_is_found_by_its_name(first: int, more: int) -> None:
    block = Block(first, first + more)
    assert Block.parse(block.name) == block


def test_cells_cross_all_names_in_the_order_of_the_configuration(
    study: Callable[..., Study],
) -> None:
    cells = design.cells(study(samplers=["pymc", "nutpie"], parameterizations=["mixed"]))
    assert cells == [
        design.Cell("few", "mixed", "pymc"),
        design.Cell("few", "mixed", "nutpie"),
        design.Cell("lone", "mixed", "pymc"),
        design.Cell("lone", "mixed", "nutpie"),
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


def test_more_replicates_leave_the_whole_blocks_as_they_were(
    study: Callable[..., Study],
) -> None:
    before = design.blocks(study(replicates=50, replicates_per_job=25))
    after = design.blocks(study(replicates=110, replicates_per_job=25))
    assert after[:2] == before


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
    assert design.fit(one, cell) == design.fit(other, cell)
    block = Block(0, 0)
    assert design.simulation(one, "few", block) == design.simulation(other, "few", block)


def test_a_job_depends_on_what_concerns_it(study: Callable[..., Study]) -> None:
    cell = design.Cell("few", "centered", "nutpie")
    for keys in ({"seed": 1}, {"sampling": {"draws": 50}}, {"priors": {"tau_sd": 1.0}}):
        assert design.fit(study(), cell) != design.fit(study(**keys), cell)
    block = Block(1, 1)
    for keys in ({"seed": 1}, {"truth": {"mu": 0.0, "tau": 1.0}}, {"truth": "prior"}):
        assert design.simulation(study(), "few", block) != design.simulation(
            study(**keys), "few", block
        )
