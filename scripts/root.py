"""Prints the folder of the study that a configuration file describes."""

import argparse
import sys

import yaml

from funnel.config import ConfigError, read_study
from funnel.design import root


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config", help="a configuration file, YAML")
    arguments = parser.parse_args()
    try:
        with open(arguments.config, encoding="utf-8") as file:
            study = read_study(yaml.safe_load(file))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ConfigError) as error:
        sys.exit(f"{arguments.config}: {error}")
    print(root(study))


if __name__ == "__main__":
    main()
