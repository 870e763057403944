"""Reading of configuration files: YAML without features that are dangerous or error-prone.

Snakemake reads these files, too. But it silently uses the last of duplicate keys, and it ends with
a traceback if a file cannot be read. Therefore `check_command_line` reads them first.
"""

from __future__ import annotations

import argparse
import datetime
import re
import sys
from collections.abc import Hashable, Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import yaml

MAX_BYTES = 10_000_000
MAX_VALUES = 1_000_000
MAX_DEPTH = 20


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
    numbers that YAML reads in an unexpected way, such as 010 and 1:30.
    """
    try:
        if not Path(path).is_file():
            Path(path).stat()
            raise ConfigError([_line(path, "not a regular file; give the path of a YAML file")])
        raw = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        if isinstance(error, ConfigError):
            raise
        problem = error.strerror if isinstance(error, OSError) else error
        raise ConfigError([_line(path, f"{problem}; give the path of a YAML file")]) from None
    if len(raw) > MAX_BYTES:
        problem = f"the file has {len(raw):,} bytes; at most {MAX_BYTES:,} are allowed"
        raise ConfigError([_line(path, problem)])
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
    raise ConfigError([_line(path, problem)])


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
    errors += [line for path in known.configfile for line in _errors(path)]
    if errors:
        sys.exit("\n".join(errors))


def _errors(path: str) -> tuple[str, ...]:
    """Return the errors in reading the YAML file `path`."""
    try:
        read_yaml_file(path)
    except ConfigError as error:
        return error.errors
    return ()


class _StrictLoader(yaml.SafeLoader):
    """A loader that refuses duplicate keys, tags, ambiguous numbers and too much content."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._level = 0
        # the number of values in each complete node, and the number of its levels
        self._sizes: dict[yaml.Node, tuple[int, int]] = {}

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if getattr(event, "tag", None) is not None:
            _refuse(f"the tag {event.tag} is not allowed; leave it out", event.start_mark)
        self._level += 1
        if self._level > MAX_DEPTH:
            _refuse(f"more than {MAX_DEPTH} levels of nesting", event.start_mark)
        node = super().compose_node(parent, index)
        self._level -= 1
        if node is not None:
            self._measure(node, event)
        return node

    def _measure(self, node: yaml.Node, event: Any) -> None:
        if node not in self._sizes:
            if isinstance(event, yaml.AliasEvent):
                _refuse(
                    f"the alias *{event.anchor} is part of the value it refers to", event.start_mark
                )
            inner = node.value if isinstance(node, yaml.CollectionNode) else []
            if isinstance(node, yaml.MappingNode):
                inner = [each for pair in inner for each in pair]
            sizes = [self._sizes[each] for each in inner]
            values = 1 + sum(size for size, _ in sizes)
            self._sizes[node] = values, 1 + max((depth for _, depth in sizes), default=0)
        values, depth = self._sizes[node]
        if values > MAX_VALUES:
            _refuse(
                f"more than {MAX_VALUES:,} values (those of an alias are counted each time)",
                event.start_mark,
            )
        if depth > MAX_DEPTH:
            _refuse(f"more than {MAX_DEPTH} levels of nesting", event.start_mark)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        text = node.value if isinstance(node, yaml.ScalarNode) else ""
        kind = node.tag.rpartition(":")[2]
        number = kind in ("int", "float")
        try:
            value = super().construct_object(node, deep)
        except ValueError:  # a 13th month, or an integer of more than 4,300 digits
            kind = {"int": "an integer", "timestamp": "a date"}.get(kind, "a number")
            _refuse(f"{short_repr(text)} cannot be read as {kind}", node.start_mark)
        # YAML 1.1 reads 010 as octal and 1:30 as sexagesimal
        if number and (":" in text or (kind == "int" and re.match(r"[+-]?0[\d_]", text))):
            problem = f"YAML reads {_shortened(text)} as {short_repr(value)}"
            _refuse(f"{problem}; write the decimal value", node.start_mark)
        return value

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        found = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                _refuse("a key must be text, not a list or a mapping", key.start_mark)
            if key.tag != "tag:yaml.org,2002:merge":
                name = self.construct_object(key, deep=True)
                if name in found:
                    _refuse(f"the key {short_repr(name)} is given twice", key.start_mark)
                found.add(name)
        return super().construct_mapping(node, deep)


def _refuse(problem: str, mark: Any) -> NoReturn:
    """Raise an error of YAML at the position `mark`."""
    raise yaml.constructor.ConstructorError(None, None, problem, mark)


def _line(path: str | Path, problem: str) -> str:
    """Return a message on one line that starts with the path."""
    name = str(path) if str(path).isprintable() else repr(str(path))
    return f"{name}: {' '.join(problem.split())}"


def short_repr(value: object) -> str:
    """Return `value` as text for a message, on one line and with at most 60 characters."""
    try:
        text = str(value) if isinstance(value, datetime.date) else repr(value)
    except ValueError:  # Python does not convert integers of more than 4,300 digits to text
        text = "an integer of more than 4,300 digits"
    return _shortened(text)


def _shortened(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:56]}...{text[-1]}"
