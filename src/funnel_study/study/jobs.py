"""The arguments of each job: the parts of the configuration that its output depends on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, astuple
from typing import Any

from funnel_study.study.blocks import Block
from funnel_study.study.design import (
    Cell,
    cells,
    diagnosis_blocks,
    has_chosen,
    is_shown_by_scenario,
    published_scenarios,
)
from funnel_study.study.scenario import Scenario
from funnel_study.study.schema import Study


def simulation_job(study: Study, scenario: str, block: Block) -> dict[str, Any]:
    """What the data of a block depend on: JSON for the simulate job."""
    chosen = study.scenario(scenario)
    if study.design:
        return {**_seeds(study, chosen), "design": _points(study, chosen)}
    common = {"likelihood": chosen.likelihood, "sizes": chosen.scaled_sizes}
    if chosen.y is not None:
        return {**common, "y": chosen.scaled(chosen.y)}
    truth = study.truth_of(chosen)
    return {
        **_seeds(study, chosen),
        **common,
        "truth": truth if isinstance(truth, str) else truth.model_dump(),
        "priors": study.priors_of(chosen).model_dump() if truth == "prior" else None,
        "published_seed": chosen.published_seed if block.first == 0 or study.same_data else None,
    }


def _seeds(study: Study, scenario: Scenario) -> dict[str, Any]:
    return {"seed": study.seed, "scenario": scenario.base.name, "same_data": study.same_data}


def fit_job(study: Study, cell: Cell) -> dict[str, Any]:
    """What the fits of a cell depend on besides their data: JSON for the fit job."""
    scenario = study.scenario(cell.scenario)
    sampling = study.sampling_of(scenario)
    return {
        "seed": study.seed,
        **asdict(cell),
        "likelihood": scenario.likelihood,
        "priors": study.priors_of(scenario).model_dump(),
        "sampling": sampling.model_dump(exclude={"published_seed"}),
        "published_seed": sampling.published_seed,
        "mixed": scenario.mixed if cell.parameterization == "mixed" else None,
        **({"literal": True} if study.literal else {}),
    }


def summary_job(study: Study) -> dict[str, Any]:
    """Which rows the tables of the study have, and in which files they are: JSON for `summarise`.

    `cells` has the names of each cell, its number of individuals K and whether sigma is unknown.
    """
    scenarios = {each.name: (each.K, each.unknown_sigma is not None) for each in study.scenarios}
    return {
        "cells": [[*astuple(cell), *scenarios[cell.scenario]] for cell in cells(study)],
        "replicates": study.replicates,
        "chains": study.sampling.chains,
        "blocks": [block.name for block in diagnosis_blocks(study)],
    }


def analysis_job(study: Study) -> dict[str, Any]:
    """Which data sets the averages are over: JSON for `analyse`.

    `chosen` are the scenarios whose replicate 0 is a chosen data set, which averages leave out. A
    scenario with only one data set keeps it: its averages describe this data set. `sweep` is there
    and true if there are too many scenarios for tables of every theta, as in a sweep.
    """
    return {
        "scenarios": [scenario.name for scenario in study.scenarios],
        "chosen": [scenario.name for scenario in study.scenarios if has_chosen(study, scenario)],
        **({} if is_shown_by_scenario(study) else {"sweep": True}),
    }


def sweep_job(study: Study) -> dict[str, Any]:
    """Which scenarios are the points of a sweep: JSON for `tabulate_sweep`.

    `swept` has the values of each, `bases` the scenario of the configuration whose fits have other
    settings, and `chosen` is that of `analysis_job`.
    """
    points = [scenario for scenario in study.scenarios if scenario.swept]
    return {
        "swept": {each.name: each.swept for each in points},
        "bases": {each.name: each.base.name for each in points if not each.base.swept},
        "chosen": analysis_job(study)["chosen"],
    }


def landscape_job(study: Study) -> dict[str, Any]:
    """Which data sets are the points of a design, and where second runs are: for `landscape`."""
    designs = {each.name: _points(study, each) for each in study.scenarios if study.design}
    return {
        **{"seed": study.seed, "designs": designs, "replicates": study.replicates},
        "cells": [astuple(cell) for cell in cells(study)],
        "blocks": [block.name for block in diagnosis_blocks(study)],
    }


def _points(study: Study, scenario: Scenario) -> dict[str, Any]:
    assert study.design is not None
    return study.design.job(scenario, study.seed, study.priors.model_dump())


def published_job(study: Study, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Which fits are compared with the published ones: JSON for `compare_published`.

    `draws` is the number of draws of a fit, all chains together.
    """
    return {
        "scenarios": published_scenarios(study, facts),
        "same_data": study.same_data,
        "draws": study.sampling.chains * study.sampling.draws,
    }
