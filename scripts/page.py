"""Write the report of a study, one self-contained page, from its tables and figures."""

import argparse
from collections import defaultdict
from importlib.metadata import version
from pathlib import Path

from funnel_study.files.tables import read_table
from funnel_study.files.whole_files import written_whole
from funnel_study.report.contents import Contents
from funnel_study.report.sections import as_yaml
from funnel_study.report.study_report import page
from funnel_study.run.job_errors import run
from funnel_study.run.json_option import add_json_option
from funnel_study.study.read import read_study

SOFTWARE = ("snakemake", "arviz-stats", "numpy", "scipy", "pandas", "plotnine")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_json_option(parser, "--study", help="the configuration, JSON")
    parser.add_argument("--tables", nargs="+", required=True, help="CSV files, by name")
    parser.add_argument("--figures", nargs="+", required=True, help="image files, by name")
    parser.add_argument("--drawn", nargs="*", default=[], help="image files of single fits")
    parser.add_argument("--folder", required=True, help="the folder of the study")
    parser.add_argument("--page", required=True, help="the page to write, HTML")
    parser.add_argument("--config", required=True, help="the configuration to write, YAML")
    arguments = parser.parse_args()
    figures: dict[str, list[Path]] = defaultdict(list)
    for path in map(Path, arguments.figures):
        figures[path.stem].append(path)
    contents = Contents(
        study=read_study(arguments.study),
        tables={Path(path).stem: read_table(path) for path in arguments.tables},
        figures=figures,
        drawn={
            str(Path(path).relative_to(f"{arguments.folder}/figures")): Path(path)
            for path in arguments.drawn
        },
        software={name: version(name) for name in SOFTWARE},
    )
    with written_whole(arguments.page) as temporary:
        temporary.write_text(page(contents), encoding="utf-8")
    with written_whole(arguments.config) as temporary:
        temporary.write_text(as_yaml(contents.study), encoding="utf-8")


if __name__ == "__main__":
    run(main)
