"""Test whether the ranks of the truth, drawn from its prior, are uniform."""

import argparse

from funnel_study.analysis.calibration import calibration
from funnel_study.files.tables import read_table, write_table
from funnel_study.run.job_errors import run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--estimates", required=True, help="the table of estimates, CSV")
    parser.add_argument("--calibration", required=True, help="the table of verdicts, CSV")
    parser.add_argument("--curves", required=True, help="the table of ECDF differences, CSV")
    arguments = parser.parse_args()
    table, curves = calibration(read_table(arguments.estimates))
    write_table(table, arguments.calibration)
    write_table(curves, arguments.curves)


if __name__ == "__main__":
    run(main)
