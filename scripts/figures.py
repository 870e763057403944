"""Draw figures of a study from its tables; the name of each file says which figure."""

import argparse
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd

from funnel_study.figures.draw_study import study_plot
from funnel_study.figures.theme import save
from funnel_study.files.tables import read_table
from funnel_study.run.job_errors import run
from funnel_study.run.job_threads import threads
from funnel_study.run.json_option import add_json_option


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=Path, nargs="+", required=True, help="CSV files")
    add_json_option(parser, "--figures", help="what draws each figure, by name, JSON")
    for suffix in ("png", "svg"):
        parser.add_argument(f"--{suffix}", type=Path, nargs="+", default=[], help="files to write")
    arguments = parser.parse_args()
    tables = {path.stem: read_table(path) for path in arguments.tables}
    files: dict[str, list[Path]] = {}
    for path in (*arguments.svg, *arguments.png):
        files.setdefault(path.stem, []).append(path)
    # a forked process need not import the plotting library again
    with ProcessPoolExecutor(threads(), multiprocessing.get_context("fork")) as pool:
        drawn = []
        for name, paths in files.items():
            figure = arguments.figures[name]
            of_it = [tables[table] for table in figure["tables"]]
            drawn.append(pool.submit(draw_and_save, figure, of_it, paths))
        for each in drawn:
            each.result()


def draw_and_save(figure: dict[str, Any], tables: list[pd.DataFrame], paths: list[Path]) -> None:
    plot = study_plot(figure["function"], figure["title"], *tables, **figure["arguments"])
    save(plot, *paths)


if __name__ == "__main__":
    run(main)
