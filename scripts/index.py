"""Write the page that lists the studies in a folder of results, with their answers."""

import argparse
import sys
from pathlib import Path

import yaml

from funnel_study.files.tables import read_table
from funnel_study.files.whole_files import written_whole
from funnel_study.report.study_report import index, main_figure, summary
from funnel_study.study.read import read_study
from funnel_study.study.yaml_file import ConfigError


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path, help="the folder of studies")
    arguments = parser.parse_args()
    results = arguments.results
    studies = []
    for config in sorted(results.glob("*/config.yaml")):
        folder = config.parent
        try:
            study = read_study(yaml.safe_load(config.read_text(encoding="utf-8")))
            tables = (read_table(folder / f"summary/{name}.csv") for name in ("fits", "answers"))
            fits, answers = tables
        except (OSError, KeyError, ValueError, ConfigError, yaml.YAMLError) as error:
            print(f"{folder} is not listed: {error}", file=sys.stderr)
            continue
        figure = folder / f"figures/{main_figure(study)}.svg"
        address = str(figure.relative_to(results)) if figure.exists() else None
        studies.append(summary(study, fits, answers, address))
    with written_whole(results / "index.html") as temporary:
        temporary.write_text(index(studies), encoding="utf-8")


if __name__ == "__main__":
    main()
