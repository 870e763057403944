"""The time and memory that a job requests on a cluster, based on measurements.

A job requests more than was measured, since a cluster may have slower cores and busier file
systems. A job that exceeds its request is tried again with twice as much.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from funnel_study.study.schema import Study


@dataclass(frozen=True)
class Cost:
    """The seconds a job takes before its first fit and per fit, and its MB without draws.

    `usual_start` and `usual_each` are the seconds on an idle core, over fits of all scenarios.
    """

    start: float
    each: float
    memory: float
    usual_start: float = 0.0
    usual_each: float = 0.0
    # whether it holds the draws of all its fits in memory
    keeps: bool = True
    # whether it has draws at all, on which its time and memory depend
    draws: bool = True


# measured on a slow core, with 4 chains of 11,000 iterations and 9 individuals; the slowest fit of
# each sampler
COSTS = {
    "nutpie": Cost(start=6, each=2, memory=340, usual_start=4.5, usual_each=1.3),
    "pymc": Cost(start=6, each=130, memory=340, usual_start=4.5, usual_each=50),
    "pymc3": Cost(start=10, each=250, memory=300, usual_start=8, usual_each=90),
    "stan": Cost(start=2, each=17, memory=150, usual_start=1, usual_each=1.5),
    # of counts, which take longest
    "exact": Cost(start=4, each=1.5, memory=300, usual_start=1.3, usual_each=0.3, draws=False),
    "nutpie_low_rank": Cost(start=6, each=5, memory=340, usual_start=4.5, usual_each=1.5),
    "stan_dense": Cost(start=2, each=17, memory=150, usual_start=1, usual_each=1.5),
    "stan_careful": Cost(start=2, each=25, memory=150, usual_start=1, usual_each=2.5),
    "walnuts": Cost(start=3, each=12, memory=200, usual_start=1.5, usual_each=2.5),
    "walnuts_careful": Cost(start=3, each=15, memory=200, usual_start=1.5, usual_each=3),
    "mclmc": Cost(start=6, each=3, memory=340, usual_start=4.5, usual_each=1),
    "mclmc_careful": Cost(start=6, each=6, memory=340, usual_start=4.5, usual_each=2.5),
    "diagnose": Cost(start=4, each=0.8, memory=190, usual_start=1.3, usual_each=0.3, keeps=False),
    "draw": Cost(start=30, each=0, memory=400),
}
ITERATIONS, INDIVIDUALS = 44_000, 9
# copies in memory of the draws and statistics of a kept fit, and of the current one
KEPT, AT_HAND = 1.2, 6.5
# on the node, Snakemake starts a second Snakemake, which starts a third one, which runs the job
SNAKEMAKE = Cost(start=20, each=0, memory=380)
MARGIN_OF_TIME, MARGIN_OF_MEMORY = 5, 1.25
# a shorter request would not start sooner
MINUTES_AT_LEAST = 10


def seconds_of(
    study: Study, work: str, scenario: str, fits: int, jobs: int = 1, usual: bool = False
) -> float:
    """The seconds of `work` on a number of fits, or of data sets for "exact", in some jobs.

    `work` is a sampler, "exact", "diagnose" or "draw". The seconds are those of the slowest fits on
    a slow core or, if `usual`, of a mean fit on an idle one.
    """
    chosen = study.scenario(scenario)
    cost, sampling = _cost(work), study.sampling_of(chosen)
    iterations = sampling.chains * (sampling.tune + sampling.draws) / ITERATIONS
    iterations = iterations if cost.draws else 1.0
    start, each = (cost.usual_start, cost.usual_each) if usual else (cost.start, cost.each)
    return start * jobs + each * fits * iterations * max(1.0, chosen.K / INDIVIDUALS)


def minutes(study: Study, work: str, scenario: str, fits: int, attempt: int = 1) -> int:
    """The minutes to request for `work` on a number of fits, as in `seconds_of`."""
    seconds = SNAKEMAKE.start + seconds_of(study, work, scenario, fits)
    return attempt * max(MINUTES_AT_LEAST, math.ceil(MARGIN_OF_TIME * seconds / 60))


def memory_mb(study: Study, work: str, scenario: str, fits: int, attempt: int = 1) -> int:
    """The MB to request for `work` on a number of fits; the number of cores does not matter."""
    sampling = study.sampling
    # theta and z of each individual, mu, tau and eight statistics, in double precision
    values = sampling.chains * sampling.draws * (2 * study.scenario(scenario).K + 10)
    cost = _cost(work)
    draws = (KEPT * fits * cost.keeps + AT_HAND) * values * 8 / 2**20 * cost.draws
    return attempt * math.ceil(MARGIN_OF_MEMORY * (SNAKEMAKE.memory + cost.memory + draws))


def _cost(work: str) -> Cost:
    """The measured cost; that of the most expensive sampler for one that was not measured."""
    return COSTS.get(work) or max(COSTS.values(), key=lambda cost: cost.each)
