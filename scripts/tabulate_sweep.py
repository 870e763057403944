"""Tabulate the performance of a study by the values that it sweeps."""

import argparse

from funnel_study.analysis.criteria import random_data_sets
from funnel_study.analysis.sweep import sweep_table
from funnel_study.files.tables import read_table, write_table
from funnel_study.run.job_errors import run
from funnel_study.run.json_option import add_json_option


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_json_option(parser, "--job", help="the points, JSON (study.jobs)")
    parser.add_argument("--fits", required=True, help="the table of fits, CSV")
    parser.add_argument("--performance", required=True, help="the table of performance, CSV")
    parser.add_argument("--sweep", required=True, help="the table to write, CSV")
    arguments = parser.parse_args()
    job = arguments.job
    fits = random_data_sets(read_table(arguments.fits), job["chosen"])
    performance = read_table(arguments.performance)
    write_table(sweep_table(job["swept"], job["bases"], fits, performance), arguments.sweep)


if __name__ == "__main__":
    run(main)
