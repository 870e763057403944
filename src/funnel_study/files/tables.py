"""Reading and writing tables as CSV files."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from funnel_study.files.whole_files import written_whole

# the columns that identify a cell and a fit in every table
CELL_KEYS = ["scenario", "parameterization", "sampler"]
FIT_KEYS = [*CELL_KEYS, "replicate"]


def read_table(path: str | Path) -> pd.DataFrame:
    """Read a table that `write_table` wrote; names stay text even if they read "1" or "NA"."""
    names = dict.fromkeys([*CELL_KEYS, "estimand", "message"], str)
    return pd.read_csv(path, dtype=names, keep_default_na=False, na_values=[""])


def write_table(table: pd.DataFrame, path: str | Path) -> None:
    """Write a table as CSV, whole or not at all."""
    with written_whole(path) as temporary:
        table.to_csv(temporary, index=False)
