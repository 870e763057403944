"""What each job is told: the parts of the configuration that its output depends on."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from funnel.storage.records import configuration_of
from funnel.study.design import Block, Cell, blocks, blocks_within, cells, diagnosis_blocks
from funnel.study.paths import data_path, diagnosis_path, fit_path, study_folder
from funnel.study.schema import Study


def simulation_job(study: Study, scenario: str, block: Block) -> dict[str, Any]:
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


def fit_job(study: Study, cell: Cell) -> dict[str, Any]:
    """What the fits of a cell depend on besides their data: JSON for the fit job."""
    return {
        "seed": study.seed,
        **asdict(cell),
        "priors": study.priors.model_dump(),
        "sampling": study.sampling.model_dump(exclude={"published_seed"}),
        "published_seed": study.sampling.published_seed,
        "mixed": study.scenario(cell.scenario).mixed if cell.parameterization == "mixed" else None,
    }


def configurations(study: Study) -> dict[str, str]:
    """What each file of data, draws and diagnostics is made for, as a hash, by the file's path.

    The hash of a file holds those of the files that it is made from.
    """
    folder, made_for = study_folder(study), {}
    for scenario in study.scenarios:
        for block in blocks(study):
            spec = simulation_job(study, scenario.name, block)
            path = data_path(folder, scenario.name, block.name)
            made_for[path] = configuration_of(study.study, spec, block.name)
    priors = study.priors.model_dump()
    for cell in cells(study):
        spec = fit_job(study, cell)
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
