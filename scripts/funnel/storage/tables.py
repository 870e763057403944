"""Reading and writing tables as CSV files."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from funnel.model.data import CELL
from funnel.storage.records import CONFIGURATION, check
from funnel.storage.whole_files import written_whole


def read_table(path: str | Path) -> pd.DataFrame:
    """A table as it was written: names stay text even where they read "1" or "NA".

    Raises files.UnfitError if the file is not as it was written or, in a job, of another
    configuration than the study's, which the workflow names in the environment.
    """
    names = dict.fromkeys([*CELL, "estimand", "message"], str)
    check({path: os.environ.get(CONFIGURATION)})
    return pd.read_csv(path, dtype=names, keep_default_na=False, na_values=[""])


def write_table(table: pd.DataFrame, path: str | Path) -> None:
    """Writes a table as CSV, whole or not at all."""
    with written_whole(path, os.environ.get(CONFIGURATION, "")) as temporary:
        table.to_csv(temporary, index=False)
