"""Where the files of a study are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple
from typing import TYPE_CHECKING

from funnel_study.study.design import Cell
from funnel_study.study.yaml_file import ConfigError, short_repr

if TYPE_CHECKING:
    from funnel_study.study.schema import Study


def study_folder(study: Study) -> str:
    """The folder of all files of the study."""
    return f"results/{study.study}"


def fit_page(study: Study, cell: Cell, replicate: str) -> str:
    """The path of the page of one fit; raises ConfigError for the first argument that is wrong."""
    fitted = {each.name: study.parameterizations_of(each) for each in study.scenarios}
    replicates = list(map(str, range(study.replicates)))
    for key, value, there in (
        ("SCENARIO", cell.scenario, list(fitted)),
        ("PARAMETERIZATION", cell.parameterization, fitted.get(cell.scenario, [])),
        ("SAMPLER", cell.sampler, study.samplers),
        ("REPLICATE", replicate, replicates),
    ):
        if value not in there:
            allowed = f"0 to {there[-1]}" if key == "REPLICATE" else ", ".join(there)
            where = f"not part of the study '{study.study}'; allowed: {allowed}"
            raise ConfigError([f"{key} = {short_repr(value)}: {where}"])
    return fit_page_path(study_folder(study), cell, replicate)


def fit_page_path(root: str, cell: Cell, replicate: str) -> str:
    """The path of the page of one fit; `root` is the folder of the study."""
    names = (cell.scenario, replicate, cell.sampler, cell.parameterization)
    return "/".join([root, "figures", *names, "index.html"])


def data_path(root: str, scenario: str, block: str) -> str:
    """The path of the simulated data of a block; `root` is the folder of the study."""
    return f"{root}/data/{scenario}/{block}.nc"


def exact_path(root: str, scenario: str, block: str) -> str:
    """The path of the exact posteriors of a block of data sets."""
    return f"{root}/exact/{scenario}/{block}.nc"


def fit_path(root: str, cell: Cell, block: str) -> str:
    """The path of the draws of a block of a cell."""
    return f"{root}/fits/{'/'.join(astuple(cell))}/{block}.nc"


def diagnosis_path(root: str, cell: Cell, block: str) -> str:
    """The path of the diagnostics of a block of a cell."""
    return f"{root}/diagnostics/{'/'.join(astuple(cell))}/{block}.json"


def chain_errors_path(root: str, cell: Cell, block: str) -> str:
    """The path of what each chain of a block of a cell found."""
    return f"{root}/diagnostics/{'/'.join(astuple(cell))}/{block}.nc"


def diagnoses(root: str, cells: Iterable[Cell], blocks: Sequence[str]) -> list[tuple[str, str]]:
    """The paths of the diagnostics, and of what each chain found, of all blocks of all cells."""
    return [
        (diagnosis_path(root, cell, block), chain_errors_path(root, cell, block))
        for cell in cells
        for block in blocks
    ]
