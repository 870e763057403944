"""Reading of configuration files: YAML without what is dangerous, or read in two ways.

Snakemake reads these files, too. But it silently uses the last of duplicate keys, and it ends with
a traceback if a file cannot be read. Therefore `check_command_line` reads them first.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Hashable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn

import yaml

MAX_BYTES = 10_000_000
MAX_VALUES = 1_000_000
MAX_DEPTH = 20
# what YAML 1.2 reads as the types that YAML 1.1, and so Snakemake, finds
_YAML_1_2 = {
    "null": r"|~|null|Null|NULL",
    "bool": r"true|True|TRUE|false|False|FALSE",
    "int": r"[-+]?(0|[1-9]\d*)|0x[\da-fA-F]+",  # neither reads 010 as the other does
    "float": r"[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
    "merge": "<<",
}


class ConfigError(ValueError):
    """A configuration is not valid. `errors` has one line per error, and `str()` joins them."""

    def __init__(self, errors: Iterable[str]) -> None:
        self.errors = tuple(errors)
        super().__init__("\n".join(self.errors))


def read_yaml_file(path: str | Path) -> Any:
    """Return the content of the YAML file `path`.

    Raises ConfigError with one line that names the file if it cannot be read, is not UTF-8, is
    larger than `MAX_BYTES`, is not valid YAML, or if it has duplicate keys, tags, more than
    `MAX_VALUES` values (those of an alias are counted each time), more than `MAX_DEPTH` levels, or
    plain text that YAML 1.1 and 1.2 read differently, such as `no`, `010` and `1:30`.
    """
    name = str(path) if str(path).isprintable() else repr(str(path))
    try:
        if not Path(path).is_file():
            Path(path).stat()
            raise ConfigError([f"{name}: not a regular file; give the path of a YAML file"])
        raw = Path(path).read_bytes()
    except OSError as error:
        problem = f"{error.strerror}; give the path of a YAML file"
        raise ConfigError([f"{name}: {problem}"]) from None
    try:
        return _parsed(raw)
    except ConfigError as error:
        raise ConfigError([f"{name}: {error}"]) from None


@lru_cache(maxsize=4)
def _parsed(raw: bytes) -> Any:
    """Return the content of a file; a run reads the same one twice."""
    if len(raw) > MAX_BYTES:
        raise ConfigError([f"the file has {len(raw):,} bytes; at most {MAX_BYTES:,} are allowed"])
    try:
        value = yaml.load(raw.decode("utf-8"), Loader=_StrictLoader)
        if not (isinstance(value, dict) and "__use_yte__" in value):
            return value
        problem = (
            "the key '__use_yte__' is not allowed, because Snakemake would run code in the file"
        )
    except UnicodeDecodeError as error:
        where = raw.count(b"\n", 0, error.start) + 1
        problem = f"line {where}: byte 0x{raw[error.start]:02x} is not valid; use UTF-8 text"
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = " ".join(filter(None, [error.context, error.problem]))
        problem = f"line {mark.line + 1}: {what}" if mark else what
        if "\\t" in problem:
            problem += "; indent with spaces, not tabs"
    except yaml.YAMLError as error:
        problem = f"not valid YAML: {error}"
    raise ConfigError([" ".join(problem.split())])


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
    """A loader that refuses duplicate keys, tags, ambiguous text and too much content."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._level = self._deepest = self._values = 0
        # the number of values in each complete node, and the number of levels below it
        self._sizes: dict[yaml.Node, tuple[int, int]] = {}

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if getattr(event, "tag", None) is not None:
            _refuse(f"the tag {event.tag} is not allowed; leave it out", event)
        outer, before = self._deepest, self._values
        self._level += 1
        self._deepest = self._level
        self._limit(event)
        node = super().compose_node(parent, index)
        if isinstance(event, yaml.AliasEvent):
            if node not in self._sizes:
                _refuse(f"the alias *{event.anchor} is part of the value it refers to", event)
            values, levels = self._sizes[node]
            self._values += values
            self._deepest += levels
        elif node is not None:
            self._values += 1
            self._sizes[node] = self._values - before, self._deepest - self._level
        self._limit(event)
        self._level -= 1
        self._deepest = max(outer, self._deepest)
        return node

    def _limit(self, event: yaml.Event) -> None:
        if self._deepest > MAX_DEPTH:
            _refuse(f"more than {MAX_DEPTH} levels of nesting", event)
        if self._values > MAX_VALUES:
            note = "those of an alias are counted each time"
            _refuse(f"more than {MAX_VALUES:,} values ({note})", event)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        kind = node.tag.rpartition(":")[2]
        scalar = isinstance(node, yaml.ScalarNode) and kind != "str"
        if scalar and not re.fullmatch(_YAML_1_2.get(kind, "(?!)"), node.value):
            what = "has two meanings in YAML; quote text, and write numbers in decimal form"
            _refuse(f"{short_repr(node.value)} {what}", node)
        try:
            return super().construct_object(node, deep)
        except ValueError:  # an integer of more than 4,300 digits
            _refuse(f"{short_repr(node.value)} cannot be read as a number", node)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        found = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                _refuse("a key must be text, not a list or a mapping", key)
            if key.tag != "tag:yaml.org,2002:merge":
                name = self.construct_object(key, deep=True)
                if name in found:
                    _refuse(f"the key {short_repr(name)} is given twice", key)
                found.add(name)
        return super().construct_mapping(node, deep)


def _refuse(problem: str, where: Any) -> NoReturn:
    """Raise an error of YAML at the position of an event or node."""
    raise yaml.constructor.ConstructorError(None, None, problem, where.start_mark)


def short_repr(value: object) -> str:
    """Return `value` as text for a message, on one line and with at most 60 characters."""
    try:
        text = repr(value)
    except ValueError:  # Python does not convert integers of more than 4,300 digits to text
        text = "an integer of more than 4,300 digits"
    return text if len(text) <= 60 else f"{text[:56]}...{text[-1]}"
