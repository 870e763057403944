"""Collates the diagnostics of a study into its tables of fits, chains, estimates and densities."""

import argparse
import json

from funnel.config import read_study
from funnel.design import cells, configurations, diagnosis_blocks, diagnosis_path
from funnel.entry import run
from funnel.files import read_json
from funnel.summary import collate, write_table


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
