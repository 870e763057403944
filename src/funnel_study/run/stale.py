"""Stale files: files of an earlier run that must not be used again, found before a run starts.

Snakemake knows a file by its time, and by its own record of how the file was made. It cannot see
that a file was cut short or changed by hand. Without Snakemake's record, as in a results folder
that was copied or cloned, it cannot see either that a file was made for another configuration or
by other code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from funnel_study.files.records import (
    OTHER_CODE,
    OTHER_CONFIGURATION,
    RECORD,
    Origin,
    problem,
    recorded_problem,
    refusal,
)
from funnel_study.study.design import blocks_within, cells, diagnosis_blocks
from funnel_study.study.paths import (
    chain_errors_path,
    data_path,
    diagnosis_path,
    fit_path,
    study_folder,
)
from funnel_study.study.schema import Study

_SUMMARIES = {
    OTHER_CONFIGURATION: "The configuration has changed",
    OTHER_CODE: "The code has changed",
}


def stale_files(
    study: Study, origins: Mapping[str, Origin], tables: Mapping[str, Origin]
) -> dict[str, str]:
    """The reason why a file of the study is stale, by path, for each that exists and is stale.

    `origins` are those of data, draws and diagnostics, `tables` those of the tables. Tables and
    diagnostics are read whole. Draws and data are large, so only their records are read, and only
    where the diagnostics are stale or missing; a job that reads them checks them, and what a job
    refused in an earlier run is stale.
    """
    folder = study_folder(study)
    found = {path: problem(path, origin) for path, origin in tables.items()}
    for cell in cells(study):
        for outer in diagnosis_blocks(study):
            diagnosed = [
                path_of(folder, cell, outer.name) for path_of in (diagnosis_path, chain_errors_path)
            ]
            found |= {path: problem(path, origins[path]) for path in diagnosed}
            is_stale = any(found[path] for path in diagnosed)
            for block in blocks_within(study, outer) if is_stale else []:
                fits = fit_path(folder, cell, block.name)
                for path in (fits, data_path(folder, cell.scenario, block.name)):
                    found[path] = recorded_problem(path, origins[path])
    found |= {path: why for path in origins if (why := refusal(path))}
    return {path: why for path, why in found.items() if why and Path(path).exists()}


def messages(stale: Mapping[str, str]) -> Iterator[str]:
    """Lines about stale files: one for each that is damaged, one for all with the same cause."""
    for path, why in stale.items():
        if why not in _SUMMARIES:
            yield f"{path}: {why}; it will be regenerated"
    for cause, summary in _SUMMARIES.items():
        paths = [path for path, why in stale.items() if why == cause]
        if paths:
            more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
            yield f"{summary}; affected files will be regenerated: {paths[0]}{more}"


def remove_orphaned_records(folder: str | Path) -> None:
    """Remove the records below `folder` whose files no longer exist, as draws that are not kept."""
    for record in Path(folder).rglob(f".*{RECORD}"):
        if not record.with_name(record.name[1 : -len(RECORD)]).exists():
            record.unlink()
