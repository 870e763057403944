"""Tabulate the performance of a study by the values that it sweeps."""

import argparse

from funnel.analysis.criteria import random_data_sets
from funnel.analysis.sweep import sweep_table
from funnel.running.job_errors import run
from funnel.running.json_option import add_json_option
from funnel.storage.tables import read_table, write_table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_json_option(parser, "--job", required=True, help="the points, JSON (study.jobs)")
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
