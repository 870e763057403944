"""What a whole study costs, told before its first job."""

from __future__ import annotations

from collections import Counter

from funnel_study.run.resources import seconds_of
from funnel_study.study import design
from funnel_study.study.schema import Study

# of a fit of 4 x 10,000 draws of 9 individuals, compressed
MB_OF_DRAWS = 4.0
VALUES_OF_DRAWS = 4 * 10_000 * (2 * 9 + 10)
# tables, figures and the report of a small study
REPORTING_SECONDS = 40


def cost_line(study: Study, cores: int | None) -> str:
    """Return one line on the number of fits, and how much time and space they take.

    The costs are those in `resources`: the usual ones, and at most those of the slowest fits.
    Without a number of `cores`, as on a cluster, the time is that of a single core.
    """
    cells = Counter(cell.scenario for cell in design.cells(study))
    fits = cells.total() * study.replicates
    usual, most = (_time(seconds(study, usual) / (cores or 1)) for usual in (True, False))
    where = "of one core" if cores is None else f"on {cores} core{'s'[: cores != 1]}"
    space = f"{_size(draws_mb(study))} of draws" if study.keep_draws else "no draws are kept"
    scenarios = len(study.scenarios)
    return (
        f"Study '{study.study}': {scenarios:,} scenario{'s'[: scenarios != 1]}, "
        f"{fits:,} fit{'s'[: fits != 1]}. "
        f"From the beginning, it takes about {usual} (at most {most}) {where}; {space}"
    )


def seconds(study: Study, usual: bool = False) -> float:
    """Return the seconds of all jobs of a study on one core.

    They are those of fits that are as slow as any or, if `usual`, as the mean of those measured.
    """
    total = float(REPORTING_SECONDS)
    blocks, diagnoses = len(design.blocks(study)), len(design.diagnosis_blocks(study))
    for scenario in study.scenarios:
        place = (scenario.name, study.replicates)
        total += seconds_of(study, "exact", *place, jobs=diagnoses, usual=usual)
    for cell in design.cells(study):
        place = (cell.scenario, study.replicates)
        total += seconds_of(study, cell.sampler, *place, jobs=blocks, usual=usual)
        total += seconds_of(study, "diagnose", *place, jobs=diagnoses, usual=usual)
    return total


def draws_mb(study: Study) -> float:
    """Return the MB of all draws of a study."""
    values = sum(
        sampling.chains * sampling.draws * (2 * scenario.K + 10)
        for scenario in map(study.scenario, (cell.scenario for cell in design.cells(study)))
        for sampling in [study.sampling_of(scenario)]
    )
    return MB_OF_DRAWS * study.replicates * values / VALUES_OF_DRAWS


def _time(seconds: float) -> str:
    if seconds < 3600:
        return f"{max(1, round(seconds / 60)):g} min"
    return f"{seconds / 3600:.1f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.1f} days"


def _size(mb: float) -> str:
    if mb < 1:
        return "less than 1 MB"
    return f"{mb:,.0f} MB" if mb < 1000 else f"{mb / 1000:,.1f} GB"
