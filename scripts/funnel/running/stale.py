"""Files of an earlier run that cannot be used again, found before a run starts.

Snakemake knows a file by its time, and by its own record of how the file was made. It cannot see
that a file was cut short or changed by hand, nor, without that record (a results folder that was
copied or cloned), that the file was made for something else.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from funnel.storage.records import FOREIGN, RECORD, made_for, problem, refusal
from funnel.study.design import blocks_within, cells, diagnosis_blocks
from funnel.study.jobs import configurations, tables_configuration
from funnel.study.paths import data_path, diagnosis_path, fit_path, study_folder
from funnel.study.schema import Study


def stale_files(study: Study, tables: Collection[str]) -> dict[str, str]:
    """What is wrong with those files of the study that are there, by path.

    Tables and diagnostics are read, draws and data are not: of those whose diagnostics are wrong
    or missing the record is. Whoever reads draws checks them, and what a job refused is known.
    """
    folder, wanted, expected = (
        study_folder(study),
        configurations(study),
        tables_configuration(study),
    )
    wrong = {path: problem(path, expected) for path in tables}
    for cell in cells(study):
        for outer in diagnosis_blocks(study):
            path = diagnosis_path(folder, cell, outer.name)
            wrong[path] = problem(path, wanted[path])
            for block in blocks_within(study, outer) if wrong[path] else []:
                fits = fit_path(folder, cell, block.name)
                for path in (fits, data_path(folder, cell.scenario, block.name)):
                    wrong[path] = "" if made_for(path) == wanted[path] else FOREIGN
    wrong |= {path: why for path in wanted if (why := refusal(path))}
    return {path: why for path, why in wrong.items() if why and Path(path).exists()}


def forget_gone(folder: str | Path) -> None:
    """Removes the records of files below `folder` that are there no more: of draws not kept."""
    for record in Path(folder).rglob(f".*{RECORD}"):
        if not record.with_name(record.name[1 : -len(RECORD)]).exists():
            record.unlink()
