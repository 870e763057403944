"""Reading of configuration files: YAML without what is ambiguous.

Snakemake reads these files, too. But it silently uses the last of duplicate keys, and it ends with
a traceback if a file cannot be read. Therefore `check_command_line` reads them first.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Hashable, Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

# what both YAML 1.1, which Snakemake reads, and YAML 1.2 take for something else than text
_PLAIN = re.compile(
    r"|~|null|Null|NULL|true|True|TRUE|false|False|FALSE"
    r"|[-+]?(0|[1-9]\d*)|0x[\da-fA-F]+|[-+]?(\.\d+|\d+\.\d*)([eE][-+]?\d+)?"
    r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
)


class ConfigError(ValueError):
    """A configuration is not valid. `errors` has one line per error, and `str()` joins them."""

    def __init__(self, errors: Iterable[str]) -> None:
        self.errors = tuple(errors)
        super().__init__("\n".join(self.errors))


def read_yaml_file(path: str | Path) -> Any:
    """Return the content of the YAML file `path`.

    Raises ConfigError with one line that names the file if it cannot be read, is not valid YAML,
    has duplicate keys, or has plain text that YAML 1.1 and 1.2 read differently, such as `no`,
    `010` and `1:30`.
    """
    try:
        value = yaml.load(Path(path).read_text(encoding="utf-8"), Loader=_StrictLoader)
        if not (isinstance(value, dict) and "__use_yte__" in value):
            return value
        problem = "'__use_yte__' is not allowed, because Snakemake would run code in the file"
    except OSError as error:
        problem = f"{error.strerror}; give the path of a YAML file"
    except UnicodeDecodeError as error:
        problem = f"byte 0x{error.object[error.start]:02x} is not valid; use UTF-8 text"
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = " ".join(filter(None, [error.context, error.problem]))
        problem = f"line {mark.line + 1}: {problem}" if mark else problem
        if "\\t" in problem:
            problem += "; indent with spaces, not tabs"
    except (yaml.YAMLError, ValueError, LookupError, RecursionError) as error:
        problem = f"not valid YAML: {error}"
    raise ConfigError([" ".join(f"{path}: {problem}".split())])


def check_command_line(arguments: Sequence[str]) -> None:
    """Check the options `--configfile` and `--config` among the `arguments` of Snakemake.

    Raises SystemExit with one line per error, because Snakemake would end with a traceback.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("--configfile", "--configfiles", nargs="+", default=[])
    parser.add_argument("--config", "-C", nargs="*", default=[])
    try:
        known, _ = parser.parse_known_args(list(arguments))
    except argparse.ArgumentError:
        return  # Snakemake reports this error
    errors = [
        f"--config {short_repr(entry)}: must be KEY=VALUE, where KEY is a key of the configuration"
        for entry in known.config
        if not re.match(r"[A-Za-z_][\w-]*\w=", entry)
    ]
    try:
        for path in known.configfile:
            read_yaml_file(path)
    except ConfigError as error:
        errors += error.errors
    if errors:
        sys.exit("\n".join(errors))


class _StrictLoader(yaml.SafeLoader):
    """A loader that refuses duplicate keys and ambiguous text."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        text = not isinstance(node, yaml.ScalarNode) or node.tag.endswith(":str")
        if not (text or _PLAIN.fullmatch(node.value)):
            what = "has two meanings in YAML; quote text, and write numbers in decimal form"
            self._refuse(f"{short_repr(node.value)} {what}", node)
        return super().construct_object(node, deep)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        found = set()
        for key, _ in node.value:
            name = (key.tag, str(key.value))
            if name in found:
                self._refuse(f"the key {short_repr(key.value)} is given twice", key)
            found.add(name)
        return super().construct_mapping(node, deep)

    @staticmethod
    def _refuse(problem: str, node: yaml.Node) -> None:
        raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)


def short_repr(value: object) -> str:
    """Return `value` as text for a message, on one line and with at most 60 characters."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:56]}...{text[-1]}"
