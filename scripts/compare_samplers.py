"""Compares the samplers of a study on the same data."""

import argparse

from funnel.agreement import agreement
from funnel.summary import read_table, write_table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--estimates", required=True, help="the table of estimates, CSV")
    parser.add_argument("--agreement", required=True, help="the table of differences, CSV")
    arguments = parser.parse_args()
    write_table(agreement(read_table(arguments.estimates)), arguments.agreement)


if __name__ == "__main__":
    main()
