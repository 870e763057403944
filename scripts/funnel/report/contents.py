"""What a report is made from, and what it consists of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from funnel.study.schema import Study

Part = dict[str, Any]


@dataclass(frozen=True)
class Contents:
    """What a report is made from.

    `tables` are the study's by name; `figures` are image files by name, each in some formats;
    `drawn` are those of single fits, by their path below figures/. `software` names what ran, with
    its version.
    """

    study: Study
    tables: Mapping[str, pd.DataFrame]
    figures: Mapping[str, Sequence[Path]]
    drawn: Mapping[str, Path] = field(default_factory=dict)
    software: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Section:
    """A heading and what stands below it."""

    id: str
    title: str
    parts: list[Part]
