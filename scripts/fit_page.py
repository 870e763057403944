"""Write the page of one fit: its figures and its rows of the tables."""

import argparse
from pathlib import Path

import pandas as pd

from funnel.model.data import FIT
from funnel.report.captions import read_captions
from funnel.report.page import fit_page
from funnel.running.job_errors import run
from funnel.storage.tables import read_table
from funnel.storage.whole_files import written_whole


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", required=True, help="the folder of the study")
    parser.add_argument("--fits", required=True, help="the table of fits, CSV")
    parser.add_argument("--estimates", required=True, help="the table of estimates, CSV")
    parser.add_argument("--fit", nargs=4, required=True, metavar=tuple(map(str.upper, FIT)))
    parser.add_argument("--drawn", nargs="+", required=True, help="image files")
    parser.add_argument("--page", required=True, help="the page to write, HTML")
    arguments = parser.parse_args()
    fits, estimates = (
        table[(table[FIT].astype(str) == pd.Series(arguments.fit, index=FIT)).all(axis=1)]
        for table in map(read_table, (arguments.fits, arguments.estimates))
    )
    figures = Path(arguments.folder, "figures")
    drawn = {str(Path(path).relative_to(figures)): Path(path) for path in arguments.drawn}
    study = Path(arguments.folder).name
    with written_whole(arguments.page) as temporary:
        captions = read_captions()
        html = fit_page(study, arguments.fit, fits, estimates, drawn, captions)
        temporary.write_text(html, encoding="utf-8")


if __name__ == "__main__":
    run(main)
