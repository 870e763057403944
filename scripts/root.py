"""Prints the folder of the study that a configuration file describes, or what it needs."""

import argparse
import sys
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from funnel.config import ConfigError, read_study
from funnel.design import root
from funnel.environments import MAIN, environment


class UniqueKeys(yaml.SafeLoader):
    """YAML in which a key given twice is an error, not the last of the two."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for i, key in enumerate(keys):
            if key in keys[:i]:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is given twice", node.value[i][0].start_mark
                )
        return super().construct_mapping(node, deep)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config", help="a configuration file, YAML")
    parser.add_argument(
        "--environments",
        action="store_true",
        help="print the environments that its samplers need besides the study's",
    )
    arguments = parser.parse_args()
    try:
        with open(arguments.config, encoding="utf-8") as file:
            study = read_study(yaml.load(file, Loader=UniqueKeys))
    except OSError as error:
        sys.exit(f"{arguments.config}: {error.strerror}")
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        sys.exit(f"{arguments.config}: {' '.join(str(error).split())}")
    except ConfigError as error:
        sys.exit("\n".join(f"{arguments.config}: {line}" for line in error.errors))
    if arguments.environments:
        checkout = Path(__file__).parents[1]
        needed = {environment(checkout, sampler) for sampler in study.samplers}
        print(*sorted(needed - {MAIN}), sep="\n")
    else:
        print(root(study))


if __name__ == "__main__":
    main()
