"""Draw figures of a study from its tables; the name of each file says which figure."""

import argparse
from pathlib import Path

from funnel.figures import catalogue
from funnel.figures.of_study import FIGURES
from funnel.figures.theme import save
from funnel.running.job_errors import run
from funnel.storage.tables import read_table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=Path, nargs="+", required=True, help="CSV files")
    for suffix in ("png", "svg"):
        parser.add_argument(f"--{suffix}", type=Path, nargs="+", default=[], help="files to write")
    arguments = parser.parse_args()
    tables = {path.stem: read_table(path) for path in arguments.tables}
    files: dict[str, list[Path]] = {}
    for path in (*arguments.svg, *arguments.png):
        files.setdefault(path.stem, []).append(path)
    for name, paths in files.items():
        plot = FIGURES[name](*(tables[table] for table in catalogue.FIGURES[name].tables))
        save(plot, *paths)


if __name__ == "__main__":
    run(main)
