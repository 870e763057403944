"""Draws one figure of a study from its tables, in the format of each output's suffix."""

import argparse

from funnel.figures import FIGURES
from funnel.summary import read_table
from funnel.theme import save


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("figure", choices=FIGURES, help="which figure")
    parser.add_argument("--tables", nargs="+", required=True, help="its tables, CSV, in order")
    parser.add_argument("--output", nargs="+", required=True, help="image files, PNG or SVG")
    arguments = parser.parse_args()
    tables = map(read_table, arguments.tables)
    plot = FIGURES[arguments.figure](*tables)
    for output in arguments.output:
        save(plot, output)


if __name__ == "__main__":
    main()
