"""The design of a study: its cells, and the blocks of replicates that one job handles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from funnel_study.study.blocks import Block
from funnel_study.study.scenario import standard_error

if TYPE_CHECKING:
    from funnel_study.study.scenario import Scenario
    from funnel_study.study.schema import Study


def split(replicates: range, size: int) -> list[Block]:
    """Split `replicates` into blocks of `size`; the last one may be shorter."""
    return [
        Block(first, min(first + size, replicates.stop) - 1)
        for first in range(replicates.start, replicates.stop, size)
    ]


# scenarios that figures and the report show one by one
MOST_SHOWN = 12
# replicates per diagnose job where draws are kept: starting Python costs as much as diagnosing
# several fits
REPLICATES_PER_DIAGNOSIS = 10


@dataclass(frozen=True)
class Cell:
    """A scenario, a parameterization and a sampler: what replicates are averaged over."""

    scenario: str
    parameterization: str
    sampler: str


def is_calibration(study: Study) -> bool:
    """Whether the truth is drawn from the prior, so that its ranks should be uniform."""
    return study.truth == "prior"


def several_samplers(study: Study) -> bool:
    """Whether there are samplers to compare."""
    return len(study.samplers) > 1


def has_sweep(study: Study) -> bool:
    """Whether scenarios were made from lists of values."""
    return study.sweep is not None


def has_design(study: Study) -> bool:
    """Whether every replicate is a point of a space-filling design."""
    return study.design is not None


def is_shown_by_scenario(study: Study) -> bool:
    """Whether the figures and the report have a panel or row for every scenario."""
    many = has_sweep(study) or has_design(study)
    return not many and len(study.scenarios) <= MOST_SHOWN


def swept_axes(study: Study) -> list[str]:
    """The keys that have several values in the sweep of the study."""
    pairs = dict.fromkeys(pair for each in study.scenarios for pair in each.swept.items())
    return [key for key, times in Counter(key for key, _ in pairs).items() if times > 1]


def has_chosen(study: Study, scenario: Scenario) -> bool:
    """Whether replicate 0 is a chosen data set, while the other replicates are random ones."""
    return scenario.published_seed is not None and not study.same_data and study.replicates > 1


def published_scenarios(study: Study, facts: Mapping[str, Any]) -> list[str]:
    """The scenarios whose replicate 0 has the data, truth, priors and settings that were published.

    `facts` are those of workflow/resources/published.yaml. The sampler and its seed may differ.
    """
    ours = study.model_dump(exclude={"sampling": {"published_seed"}})
    if any(ours[key] != facts[key] for key in ("truth", "priors", "sampling")):
        return []
    keys = ("sigma", "n_per_individual", "mixed", "published_seed", "tau", "unit", "sampling")
    return [
        scenario.name
        for scenario in study.scenarios
        if (fact := facts["scenarios"].get(scenario.name))
        and all(getattr(scenario, key) == fact.get(key) for key in keys)
    ]


def ratio(study: Study, scenario: Scenario) -> float | None:
    """Return s / tau of a scenario with a fixed truth, or None of any other.

    s is the geometric mean of the individuals' expected standard errors at the true mu, and tau the
    true one.
    """
    truth = study.truth_of(scenario)
    if study.design or isinstance(truth, str) or scenario.y is not None:
        return None
    sigma = {"sigma": truth.sigma} if scenario.unknown_sigma else {}
    sizes = {**scenario.scaled_sizes, **sigma}
    return standard_error(scenario.likelihood, truth.mu, sizes) / truth.tau


def cells(study: Study) -> list[Cell]:
    """Every cell of the study, in the order of its configuration."""
    return [
        Cell(scenario.name, parameterization, sampler)
        for scenario in study.scenarios
        for parameterization in study.parameterizations_of(scenario)
        for sampler in study.samplers
    ]


def blocks(study: Study) -> list[Block]:
    """The blocks of replicates, each of which is one simulate job, and one fit job per cell."""
    return split(range(study.replicates), study.replicates_per_job)


def diagnosis_blocks(study: Study) -> list[Block]:
    """The blocks of replicates, each of which is one diagnose job per cell.

    Each is several whole blocks of fits. If draws are not kept, each is a single one, so that more
    replicates never need draws that were removed.
    """
    size = study.replicates_per_job
    if study.keep_draws:
        size *= max(1, REPLICATES_PER_DIAGNOSIS // size)
    return split(range(study.replicates), size)


def blocks_within(study: Study, outer: Block) -> list[Block]:
    """The blocks of fits in a block of diagnoses."""
    return split(outer.replicates, study.replicates_per_job)


def block_of(study: Study, replicate: int) -> Block:
    """The block of fits with `replicate`; raises ValueError if the study has no such replicate."""
    for block in blocks(study):
        if replicate in block.replicates:
            return block
    raise ValueError(f"replicate {replicate}: the study has 0 to {study.replicates - 1}")
