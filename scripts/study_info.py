"""Print the folder of the study that a configuration describes, or what else make needs to know."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import yaml

from funnel_study.files.tables import FIT_KEYS
from funnel_study.run.environments import MAIN, environment
from funnel_study.study.design import Cell
from funnel_study.study.paths import fit_page, study_folder
from funnel_study.study.read import read_study
from funnel_study.study.schema import Study
from funnel_study.study.yaml_file import ConfigError, read_yaml_file, short_repr


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config", nargs="?", help="a configuration file, YAML")
    parser.add_argument(
        "--samplers",
        default="",
        metavar="NAMES",
        help="names, separated by spaces, that replace the samplers of the configuration",
    )
    parser.add_argument(
        "--keys",
        default="",
        metavar="KEY=VALUE ...",
        help="keys, separated by spaces, that replace those of the configuration",
    )
    parser.add_argument(
        "--environments",
        action="store_true",
        help="print the further environments that its samplers need, too",
    )
    parser.add_argument(
        "--fit",
        nargs=4,
        metavar=tuple(map(str.upper, FIT_KEYS)),
        help="print the page of one of its fits; an empty name is that of the first",
    )
    parser.add_argument(
        "--schema", action="store_true", help="print the schema of configurations as JSON"
    )
    arguments = parser.parse_args()
    if arguments.schema:
        print(json.dumps(schema(), indent=2))
        return
    if arguments.config is None:
        parser.error("give a configuration file")
    try:
        study = read(arguments.config, arguments.keys, arguments.samplers)
        if arguments.fit:
            *given, replicate = arguments.fit
            print(fit_page(study, cell(study, *given), replicate))
            return
        checkout = Path(__file__).parents[1]
        needed = {environment(checkout, sampler) for sampler in study.samplers} - {MAIN}
        print(study_folder(study), *(sorted(needed) if arguments.environments else ()))
    except ConfigError as error:
        sys.exit(str(error))


def read(config: str, keys: str, samplers: str) -> Study:
    """Return the study of a file, with KEYS and SAMPLERS as `make` has them."""
    raw = read_yaml_file(config)
    changes: dict[str, Any] = {}
    place = config
    for entry in keys.split():
        key, equals, value = entry.partition("=")
        if not equals:
            raise ConfigError([f"KEYS = {short_repr(keys)}: must be KEY=VALUE ..."])
        changes[key] = yaml.safe_load(value)
    if samplers:
        changes["samplers"] = list(filter(None, samplers.split(" ")))
        place += f" with SAMPLERS = {short_repr(samplers)}"
    try:
        return read_study({**raw, **changes} if isinstance(raw, dict) else raw)
    except ConfigError as error:
        raise ConfigError(f"{place}: {line}" for line in error.errors) from None


def cell(study: Study, scenario: str, parameterization: str, sampler: str) -> Cell:
    """Return a cell; an empty name is that of the first that the study has."""
    of_scenario = [each for each in study.scenarios if each.name == scenario]
    first, *_ = of_scenario or study.scenarios
    return Cell(
        scenario or first.name,
        parameterization or study.parameterizations_of(first)[0],
        sampler or study.samplers[0],
    )


def schema() -> dict[str, Any]:
    """Return the JSON schema of a configuration, which editors use to complete and check it."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Study.model_json_schema()}


if __name__ == "__main__":
    main()
