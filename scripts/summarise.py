"""Collates the diagnostics of a study into its tables of fits, chains, estimates and densities."""

import argparse
import json

from funnel.diagnosis.collate import collate
from funnel.running.job_errors import run
from funnel.storage.formats import read_json
from funnel.storage.tables import write_table
from funnel.study.design import cells, diagnosis_blocks
from funnel.study.jobs import configurations
from funnel.study.paths import diagnosis_path
from funnel.study.read import read_study


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", type=json.loads, required=True, help="the configuration's JSON")
    parser.add_argument("--root", required=True, help="the study's folder, which holds diagnostics")
    parser.add_argument("--fits", required=True, help="the table of fits, CSV")
    parser.add_argument("--chains", required=True, help="the table of chains, CSV")
    parser.add_argument("--estimates", required=True, help="the table of estimates, CSV")
    parser.add_argument("--densities", required=True, help="the table of densities, CSV")
    parser.add_argument("--blocks", required=True, help="the table of blocks, CSV")
    parser.add_argument("--versions", required=True, help="the table of versions, CSV")
    arguments = parser.parse_args()
    study = read_study(arguments.study)
    made_for = configurations(study)
    paths = [
        diagnosis_path(arguments.root, cell, block.name)
        for cell in cells(study)
        for block in diagnosis_blocks(study)
    ]
    diagnoses = (read_json(path, made_for[path]) for path in paths)
    for name, table in collate(study, diagnoses).items():
        write_table(table, getattr(arguments, name))


if __name__ == "__main__":
    run(main)
