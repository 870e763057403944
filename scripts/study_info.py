"""Print the folder of the study that a configuration describes, or the environments it needs."""

import argparse
import sys
from pathlib import Path

from funnel_study.files.tables import FIT_KEYS
from funnel_study.run.environments import MAIN, environment
from funnel_study.study.design import Cell
from funnel_study.study.paths import fit_page, study_folder
from funnel_study.study.read import read_study
from funnel_study.study.yaml_file import ConfigError, read_yaml_file, short_repr


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config", help="a configuration file, YAML")
    parser.add_argument(
        "--samplers",
        default="",
        metavar="NAMES",
        help="names, separated by spaces, that replace the samplers of the configuration",
    )
    parser.add_argument(
        "--environments",
        action="store_true",
        help="print the further environments that its samplers need",
    )
    parser.add_argument(
        "--fit",
        nargs=4,
        metavar=tuple(map(str.upper, FIT_KEYS)),
        help="print the page of one of its fits",
    )
    arguments = parser.parse_args()
    try:
        raw = read_yaml_file(arguments.config)
    except ConfigError as error:
        sys.exit(str(error))
    place = arguments.config
    if arguments.samplers and isinstance(raw, dict):
        raw = {**raw, "samplers": list(filter(None, arguments.samplers.split(" ")))}
        place += f" with SAMPLERS = {short_repr(arguments.samplers)}"
    try:
        study = read_study(raw)
    except ConfigError as error:
        sys.exit("\n".join(f"{place}: {line}" for line in error.errors))
    if arguments.environments:
        checkout = Path(__file__).parents[1]
        needed = {environment(checkout, sampler) for sampler in study.samplers}
        print(*sorted(needed - {MAIN}), sep="\n")
    elif arguments.fit:
        *cell, replicate = arguments.fit
        try:
            print(fit_page(study, Cell(*cell), replicate))
        except ConfigError as error:
            sys.exit(str(error))
    else:
        print(study_folder(study))


if __name__ == "__main__":
    main()
