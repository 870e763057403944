"""Options of entry scripts whose value is JSON, which may be too long for one argument."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from typing import Any

# Linux allows 131,072 bytes for one argument, and more for all of them together
LONGEST = 100_000


def pieces(values: Mapping[str, Any]) -> list[str]:
    """Return a mapping as JSON, in pieces that are each short enough for an argument."""
    text = json.dumps(values)
    return [text[i : i + LONGEST] for i in range(0, len(text), LONGEST)]


def add_json_option(parser: argparse.ArgumentParser, option: str, **keys: Any) -> None:
    """Add a required option that takes the pieces of a mapping."""
    parser.add_argument(option, nargs="+", action=_Joined, **{"required": True, **keys})


class _Joined(argparse.Action):
    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        try:
            setattr(namespace, self.dest, json.loads("".join(values or ())))
        except ValueError as error:
            parser.error(f"{option_string}: not valid JSON: {error}")
