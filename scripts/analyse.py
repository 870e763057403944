"""Compute the answers, the performance measures and the value of diagnostics of a study."""

import argparse

from funnel.analysis.answer import answers
from funnel.analysis.diagnostic_value import diagnostic_value, divergences_and_errors
from funnel.analysis.performance import comparisons, performance
from funnel.running.job_errors import run
from funnel.storage.tables import read_table, write_table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fits", required=True, help="the table of fits, CSV")
    parser.add_argument("--estimates", required=True, help="the table of estimates, CSV")
    tables = {
        "answers": answers,
        "performance": performance,
        "comparisons": comparisons,
        "diagnostic-value": diagnostic_value,
        "divergences": divergences_and_errors,
    }
    for name in tables:
        parser.add_argument(f"--{name}", required=True, help="a table to write, CSV")
    arguments = parser.parse_args()
    fits, estimates = read_table(arguments.fits), read_table(arguments.estimates)
    for name, table in tables.items():
        write_table(table(fits, estimates), getattr(arguments, name.replace("-", "_")))


if __name__ == "__main__":
    run(main)
