"""Reading configuration files: YAML without what could surprise, cost or run anything.

Snakemake reads these files too, but takes the last of two equal keys, and ends in a traceback where
it cannot read at all. So they are read here before (`check_command_line`) and beside it.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Hashable, Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import yaml

MOST_BYTES = 10_000_000
MOST_VALUES = 1_000_000
DEEPEST = 20


class ConfigError(ValueError):
    """A configuration that cannot be run; `str()` gives a line an error."""

    def __init__(self, errors: Iterable[str]) -> None:
        self.errors = tuple(errors)
        super().__init__("\n".join(self.errors))


def read_yaml_file(path: str | Path) -> Any:
    """What the YAML file `path` holds; ConfigError, a line that names the file, if it is not right.

    No key may stand twice and no value bear a tag; aliases count with all that they stand for.
    """
    try:
        if not Path(path).is_file():
            Path(path).stat()
            raise ConfigError([_line(path, "not a regular file; a configuration is a YAML file")])
        raw = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        if isinstance(error, ConfigError):
            raise
        why = error.strerror if isinstance(error, OSError) else error
        raise ConfigError([_line(path, f"{why}; a configuration is a YAML file")]) from None
    if len(raw) > MOST_BYTES:
        raise ConfigError([_line(path, f"{len(raw):,} bytes; at most {MOST_BYTES:,} are allowed")])
    try:
        value = yaml.load(raw.decode("utf-8"), Loader=_StrictLoader)
        if not (isinstance(value, dict) and "__use_yte__" in value):
            return value
        why = "the key '__use_yte__' would have Snakemake run code; a configuration has none"
    except UnicodeDecodeError as error:
        where = raw.count(b"\n", 0, error.start) + 1
        why = f"line {where}: byte 0x{raw[error.start]:02x}; a configuration is UTF-8 text"
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = " ".join(filter(None, [error.context, error.problem]))
        why = f"line {mark.line + 1}: {what}" if mark else what
        if "\\t" in why:
            why += "; indent with spaces"
    except yaml.YAMLError as error:
        why = f"not YAML: {error}"
    raise ConfigError([_line(path, why)])


def check_command_line(arguments: Sequence[str]) -> None:
    """Ends the process with a line for every `--configfile` and `--config` that cannot be read.

    `arguments` are those of Snakemake, which answers the same with a traceback.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("--configfile", "--configfiles", nargs="+", default=[])
    parser.add_argument("--config", "-C", nargs="*", default=[])
    try:
        known, _ = parser.parse_known_args(list(arguments))
    except argparse.ArgumentError:
        return  # which Snakemake says, too
    errors = [
        f"--config {shown(entry)}: must be KEY=VALUE, with a key of the configuration"
        for entry in known.config
        if not re.match(r"[A-Za-z_][\w-]*\w=", entry)
    ]
    errors += [line for path in known.configfile for line in _errors(path)]
    if errors:
        sys.exit("\n".join(errors))


def _errors(path: str) -> tuple[str, ...]:
    try:
        read_yaml_file(path)
    except ConfigError as error:
        return error.errors
    return ()


class _StrictLoader(yaml.SafeLoader):
    """YAML in which a key given twice, a tag, or too much of anything is an error."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._level = 0
        # of every finished node: how many values it stands for and how deep they are nested
        self._sizes: dict[yaml.Node, tuple[int, int]] = {}

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if getattr(event, "tag", None) is not None:
            _refuse(f"the tag {event.tag}: values have no tags here", event.start_mark)
        self._level += 1
        if self._level > DEEPEST:
            _refuse(f"nested more than {DEEPEST} deep", event.start_mark)
        node = super().compose_node(parent, index)
        self._level -= 1
        if node is not None:
            self._measure(node, event)
        return node

    def _measure(self, node: yaml.Node, event: Any) -> None:
        if node not in self._sizes:
            if isinstance(event, yaml.AliasEvent):
                _refuse(f"the alias *{event.anchor} stands within itself", event.start_mark)
            inner = node.value if isinstance(node, yaml.CollectionNode) else []
            if isinstance(node, yaml.MappingNode):
                inner = [each for pair in inner for each in pair]
            sizes = [self._sizes[each] for each in inner]
            values = 1 + sum(size for size, _ in sizes)
            self._sizes[node] = values, 1 + max((depth for _, depth in sizes), default=0)
        values, depth = self._sizes[node]
        if values > MOST_VALUES:
            _refuse(
                f"more than {MOST_VALUES:,} values, those of aliases counted each time",
                event.start_mark,
            )
        if depth > DEEPEST:
            _refuse(f"nested more than {DEEPEST} deep", event.start_mark)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        text = node.value if isinstance(node, yaml.ScalarNode) else ""
        kind = node.tag.rpartition(":")[2]
        number = kind in ("int", "float")
        # YAML 1.1 takes 010 for 8 and 1:30 for 90
        if number and (":" in text or (kind == "int" and re.match(r"[+-]?0[\d_]", text))):
            _refuse(f"{text} is another number in YAML: write it in decimals", node.start_mark)
        try:
            return super().construct_object(node, deep)
        except ValueError:  # the 13th month, a number of 5,000 digits
            _refuse(f"{shown(text)} is no {kind}", node.start_mark)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        found = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                _refuse("a key is text, not a list or a mapping", key.start_mark)
            if key.tag != "tag:yaml.org,2002:merge":
                name = self.construct_object(key, deep=True)
                if name in found:
                    _refuse(f"the key {shown(name)} is given twice", key.start_mark)
                found.add(name)
        return super().construct_mapping(node, deep)


def _refuse(problem: str, mark: Any) -> NoReturn:
    raise yaml.constructor.ConstructorError(None, None, problem, mark)


def _line(path: str | Path, problem: str) -> str:
    name = str(path) if str(path).isprintable() else repr(str(path))
    return f"{name}: {' '.join(problem.split())}"


def shown(value: object) -> str:
    """`value` in a message: at most 60 characters, none of which breaks the line."""
    try:
        text = repr(value)
    except ValueError:  # Python writes no integer of over 4,300 digits
        text = "an integer too long to be written"
    return text if len(text) <= 60 else text[:57] + "..."
