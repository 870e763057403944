"""The study's design: its cells and blocks, what each job depends on, and where its files lie.

The workflow asks this module for everything that it knows about a study, so the names of files
and the parts of the configuration that a job depends on are decided here alone.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from funnel.blocks import Block, split
from funnel.catalogue import FIGURES, KINDS
from funnel.config import Study
from funnel.config_file import ConfigError, shown
from funnel.files import configuration_of

# replicates that one diagnose job takes where draws are kept: starting Python costs as much
# as diagnosing several fits
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


def published_scenarios(study: Study, facts: Mapping[str, Any]) -> list[str]:
    """The scenarios whose replicate 0 is fitted as published, by the published `facts`.

    Data, truth, priors and settings must be theirs; the sampler and its seed need not.
    """
    ours = study.model_dump(exclude={"sampling": {"published_seed"}})
    if any(ours[key] != facts[key] for key in ("truth", "priors", "sampling")):
        return []
    keys = ("sigma", "n_per_individual", "mixed", "published_seed")
    return [
        scenario["name"]
        for scenario in ours["scenarios"]
        if (fact := facts["scenarios"].get(scenario["name"]))
        and all(scenario[key] == fact.get(key) for key in keys)
    ]


def figures(study: Study, published: Collection[str] = ()) -> list[str]:
    """The names of the figures that the study has; `published` are its published scenarios."""
    has = {
        "": True,
        "calibration": is_calibration(study),
        "samplers": several_samplers(study),
        "published": bool(published),
    }
    return [name for name, figure in FIGURES.items() if has[figure.needs]]


def cells(study: Study) -> list[Cell]:
    """Every cell of the study, in the order of its configuration."""
    return [
        Cell(scenario.name, parameterization, sampler)
        for scenario in study.scenarios
        for parameterization in study.parameterizations_of(scenario)
        for sampler in study.samplers
    ]


def blocks(study: Study) -> list[Block]:
    """The blocks of replicates that one simulate or fit job handles."""
    return split(range(study.replicates), study.replicates_per_job)


def diagnosis_blocks(study: Study) -> list[Block]:
    """The blocks that one diagnose job handles: some whole blocks of fits.

    Where draws are not kept, one block: growing the study must not need draws that are gone.
    """
    size = study.replicates_per_job
    if study.keep_draws:
        size *= max(1, REPLICATES_PER_DIAGNOSIS // size)
    return split(range(study.replicates), size)


def blocks_within(study: Study, outer: Block) -> list[Block]:
    """The blocks of fits that make up a block of diagnoses."""
    return split(outer.replicates, study.replicates_per_job)


def simulation(study: Study, scenario: str, block: Block) -> dict[str, Any]:
    """What the data of a block depend on, and nothing else: JSON for the simulate job."""
    chosen = study.scenario(scenario)
    common = {"n_per_individual": chosen.n_per_individual, "sigma": chosen.sigma}
    if chosen.y is not None:
        return {**common, "y": chosen.y}
    truth = study.truth if isinstance(study.truth, str) else study.truth.model_dump()
    return {
        "seed": study.seed,
        "scenario": chosen.name,
        **common,
        "truth": truth,
        "priors": study.priors.model_dump() if truth == "prior" else None,
        "published_seed": chosen.published_seed if block.first == 0 or study.same_data else None,
        "same_data": study.same_data,
    }


def fit(study: Study, cell: Cell) -> dict[str, Any]:
    """What the fits of a cell depend on besides their data: JSON for the fit job."""
    return {
        "seed": study.seed,
        **asdict(cell),
        "priors": study.priors.model_dump(),
        "sampling": study.sampling.model_dump(exclude={"published_seed"}),
        "published_seed": study.sampling.published_seed,
        "mixed": study.scenario(cell.scenario).mixed if cell.parameterization == "mixed" else None,
    }


def block_of(study: Study, replicate: int) -> Block:
    """The block of simulate and fit jobs that handles `replicate`; ValueError if none does."""
    for block in blocks(study):
        if replicate in block.replicates:
            return block
    raise ValueError(f"replicate {replicate}: the study has 0 to {study.replicates - 1}")


def drawings(study: Study) -> list[str]:
    """The figures of single fits that the study's `draw` asks for."""
    folder, paths = root(study), []
    for chosen in study.draw:
        for scenario, replicate in itertools.product(study.scenarios, chosen.replicates):
            if scenario.name not in (chosen.scenarios or [scenario.name]):
                continue
            place = (folder, scenario.name, replicate)
            paths += kind_paths("data set", *place)
            names = study.parameterizations_of(scenario)
            for sampler in chosen.samplers or study.samplers:
                paths += kind_paths("all", *place, sampler)
                some = [name for name in names if name in (chosen.parameterizations or names)]
                for name in some:
                    paths += kind_paths("fit", *place, sampler, name)
                for pair in itertools.combinations(some, 2):
                    paths += kind_paths("pair", *place, sampler, "-".join(pair))
    return list(dict.fromkeys(paths))


def kind_paths(of: str, root: str, scenario: str, replicate: int | str, *names: str) -> list[str]:
    """Where the figures of a data set, a fit, a pair of fits or all fits by a sampler lie.

    `names` are the sampler's and the parameterization's, a pair's joined by "-", as far as these
    figures have them.
    """
    folder = "/".join([root, "figures", scenario, str(replicate), *names])
    return [f"{folder}/{name}.{kind.format}" for name, kind in KINDS.items() if kind.of == of]


def root(study: Study) -> str:
    """The folder of everything that the study makes."""
    return f"results/{study.study}"


def fit_page(study: Study, cell: Cell, replicate: str) -> str:
    """Where the page of one fit lies.

    Raises ConfigError, a line for every name that the study lacks, by what `make inspect` calls it.
    """
    scenarios = {scenario.name: scenario for scenario in study.scenarios}
    scenario = scenarios.get(cell.scenario)
    known = {
        "SCENARIO": (cell.scenario, list(scenarios)),
        "PARAMETERIZATION": (
            cell.parameterization,
            study.parameterizations_of(scenario) if scenario else study.parameterizations,
        ),
        "SAMPLER": (cell.sampler, study.samplers),
    }
    errors = [
        f"{key} = {shown(value)}: the study '{study.study}' has {', '.join(there)}"
        for key, (value, there) in known.items()
        if value not in there
    ]
    if replicate not in map(str, range(study.replicates)):
        last = study.replicates - 1
        errors.append(f"REPLICATE = {shown(replicate)}: the study '{study.study}' has 0 to {last}")
    if errors:
        raise ConfigError(errors)
    return fit_page_path(root(study), cell, replicate)


def fit_page_path(root: str, cell: Cell, replicate: str) -> str:
    """Where the page of one fit lies, below the study's folder `root`."""
    names = (cell.scenario, replicate, cell.sampler, cell.parameterization)
    return "/".join([root, "figures", *names, "index.html"])


def data_path(root: str, scenario: str, block: str) -> str:
    """Where the simulated data of a block lie, below the study's folder `root`."""
    return f"{root}/data/{scenario}/{block}.nc"


def fit_path(root: str, cell: Cell, block: str) -> str:
    """Where the draws of a cell's block lie."""
    return f"{root}/fits/{cell.scenario}/{cell.parameterization}/{cell.sampler}/{block}.nc"


def diagnosis_path(root: str, cell: Cell, block: str) -> str:
    """Where the diagnostics of a cell's block lie."""
    return f"{root}/diagnostics/{cell.scenario}/{cell.parameterization}/{cell.sampler}/{block}.json"


def configurations(study: Study) -> dict[str, str]:
    """What each file of data, draws and diagnostics is made for, as a hash, by the file's path.

    The hash of a file holds those of the files that it is made from.
    """
    folder, made_for = root(study), {}
    for scenario in study.scenarios:
        for block in blocks(study):
            spec = simulation(study, scenario.name, block)
            path = data_path(folder, scenario.name, block.name)
            made_for[path] = configuration_of(study.study, spec, block.name)
    priors = study.priors.model_dump()
    for cell in cells(study):
        spec = fit(study, cell)
        for outer in diagnosis_blocks(study):
            fits = []
            for block in blocks_within(study, outer):
                data = made_for[data_path(folder, cell.scenario, block.name)]
                fits.append(configuration_of(spec, data))
                made_for[fit_path(folder, cell, block.name)] = fits[-1]
            path = diagnosis_path(folder, cell, outer.name)
            made_for[path] = configuration_of(priors, fits)
    return made_for


def tables_configuration(study: Study) -> str:
    """What the tables of a study are made for, as a hash: all but what is drawn and kept of it."""
    return configuration_of(study.model_dump(mode="json", exclude={"draw", "keep_draws"}))
