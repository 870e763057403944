"""What a report is written from, and what it consists of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from funnel_study.study.schema import Study

Part = dict[str, Any]


@dataclass(frozen=True)
class Contents:
    """What a report is written from.

    `tables` are the tables of the study by name. `figures` are the image files of each figure by
    name, in one or several formats. `drawn` are the image files of single fits, by their path below
    figures/. `software` has the version of each package.
    """

    study: Study
    tables: Mapping[str, pd.DataFrame]
    figures: Mapping[str, Sequence[Path]]
    drawn: Mapping[str, Path] = field(default_factory=dict)
    software: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Section:
    """A section of the report: its HTML id, its heading, and its parts."""

    id: str
    title: str
    parts: list[Part]
