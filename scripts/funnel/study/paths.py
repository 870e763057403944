"""Where the files of a study are."""

from __future__ import annotations

from funnel.study.design import Cell
from funnel.study.schema import Study
from funnel.study.yaml_file import ConfigError, shown


def study_folder(study: Study) -> str:
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
    return fit_page_path(study_folder(study), cell, replicate)


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
