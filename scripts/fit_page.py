"""Write the page of one fit: its figures and its rows of the tables."""

import argparse
from pathlib import Path

import pandas as pd

from funnel_study.files.tables import FIT_KEYS, read_table
from funnel_study.files.whole_files import written_whole
from funnel_study.report.study_report import fit_page
from funnel_study.run.job_errors import run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", required=True, help="the folder of the study")
    parser.add_argument("--fits", required=True, help="the table of fits, CSV")
    parser.add_argument("--estimates", required=True, help="the table of estimates, CSV")
    parser.add_argument("--fit", nargs=4, required=True, metavar=tuple(map(str.upper, FIT_KEYS)))
    parser.add_argument("--drawn", nargs="+", required=True, help="image files")
    parser.add_argument("--page", required=True, help="the page to write, HTML")
    arguments = parser.parse_args()
    fits, estimates = (
        table[(table[FIT_KEYS].astype(str) == pd.Series(arguments.fit, index=FIT_KEYS)).all(axis=1)]
        for table in map(read_table, (arguments.fits, arguments.estimates))
    )
    figures = Path(arguments.folder, "figures")
    drawn = {str(Path(path).relative_to(figures)): Path(path) for path in arguments.drawn}
    study = Path(arguments.folder).name
    with written_whole(arguments.page) as temporary:
        html = fit_page(study, arguments.fit, fits, estimates, drawn)
        temporary.write_text(html, encoding="utf-8")


if __name__ == "__main__":
    run(main)
