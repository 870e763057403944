"""What a job asks of a cluster: minutes and memory, from what jobs were measured to take.

A job asks for more than was measured, as clusters have slower cores and busier file systems; one
that is killed for having asked for too little is tried again with twice as much.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from funnel.study.schema import Study


@dataclass(frozen=True)
class Cost:
    """What a job takes: seconds before its first fit and for each, and MB apart from draws."""

    start: float
    each: float
    memory: float
    # whether it keeps the draws of a fit while it goes on to the next
    keeps: bool = True


# Measured on a slow core, at 4 chains of 11,000 iterations for 9 individuals; where fits of one
# sampler differ, the slowest.
COSTS = {
    "nutpie": Cost(start=6, each=2, memory=340),
    "pymc": Cost(start=6, each=130, memory=340),
    "pymc3": Cost(start=10, each=250, memory=300),
    "diagnose": Cost(start=4, each=0.8, memory=190, keeps=False),
    "draw": Cost(start=30, each=0, memory=400),
}
ITERATIONS, INDIVIDUALS = 44_000, 9
# how often a job holds the draws and statistics of a fit that it keeps, and of the one at hand
KEPT, AT_HAND = 1.2, 6.5
# Snakemake starts another on the node, and that one a third, which runs the job
SNAKEMAKE = Cost(start=20, each=0, memory=380)
MARGIN_OF_TIME, MARGIN_OF_MEMORY = 5, 1.25
# no scheduler starts a job sooner because it asks for less
MINUTES_AT_LEAST = 10


def minutes(study: Study, work: str, scenario: str, fits: int, attempt: int = 1) -> int:
    """Minutes to ask for to do `work`, a sampler, "diagnose" or "draw", on some fits."""
    cost, sampling = _cost(work), study.sampling
    iterations = sampling.chains * (sampling.tune + sampling.draws) / ITERATIONS
    size = iterations * max(1.0, study.scenario(scenario).K / INDIVIDUALS)
    seconds = SNAKEMAKE.start + cost.start + cost.each * fits * size
    return attempt * max(MINUTES_AT_LEAST, math.ceil(MARGIN_OF_TIME * seconds / 60))


def memory_mb(study: Study, work: str, scenario: str, fits: int, attempt: int = 1) -> int:
    """MB to ask for to do `work` on some fits, however many cores its node has."""
    sampling = study.sampling
    # theta and z of every individual, mu, tau and eight statistics, in double precision
    values = sampling.chains * sampling.draws * (2 * study.scenario(scenario).K + 10)
    cost = _cost(work)
    draws = (KEPT * fits * cost.keeps + AT_HAND) * values * 8 / 2**20
    return attempt * math.ceil(MARGIN_OF_MEMORY * (SNAKEMAKE.memory + cost.memory + draws))


def _cost(work: str) -> Cost:
    """A sampler that nobody measured yet is taken for the most expensive."""
    return COSTS.get(work) or max(COSTS.values(), key=lambda cost: cost.each)
