"""Collate the diagnostics of a study into tables."""

import argparse
import json

from funnel.diagnosis.collate import ExpectedCell, collate
from funnel.running.job_errors import run
from funnel.storage.formats import read_json
from funnel.storage.tables import write_table
from funnel.study.design import Cell
from funnel.study.paths import diagnosis_path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--job", type=json.loads, required=True, help="the rows to expect, JSON (study.jobs)"
    )
    parser.add_argument("--folder", required=True, help="the folder of the study")
    tables = ("fits", "chains", "estimates", "densities", "blocks", "versions")
    for name in tables:
        parser.add_argument(f"--{name}", required=True, help=f"the table of {name} to write, CSV")
    arguments = parser.parse_args()
    job = arguments.job
    cells = [
        ExpectedCell(name, parameterization, sampler, scenario["K"])
        for name, scenario in job["scenarios"].items()
        for parameterization in scenario["parameterizations"]
        for sampler in job["samplers"]
    ]
    diagnoses = (
        read_json(diagnosis_path(arguments.folder, Cell(*cell[:3]), block))
        for cell in cells
        for block in job["blocks"]
    )
    found = collate(cells, job["replicates"], job["chains"], diagnoses)
    for name in tables:
        write_table(found[name], getattr(arguments, name))


if __name__ == "__main__":
    run(main)
