"""Compare the samplers of a study on the same data."""

import argparse

from funnel_study.analysis.agreement import agreement, by_pair
from funnel_study.files.tables import read_table, write_table
from funnel_study.run.job_errors import run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--estimates", required=True, help="the table of estimates, CSV")
    parser.add_argument("--agreement", required=True, help="the table of differences, CSV")
    parser.add_argument("--by-pair", required=True, help="the table of pairs, CSV")
    arguments = parser.parse_args()
    differences = agreement(read_table(arguments.estimates))
    write_table(differences, arguments.agreement)
    write_table(by_pair(differences), arguments.by_pair)


if __name__ == "__main__":
    run(main)
