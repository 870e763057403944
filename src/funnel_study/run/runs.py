"""The table of runs: when each run of a study started, and with how many cores."""

from __future__ import annotations

from pathlib import Path

import pandas as pd


def add_run(path: str | Path, started: float, cores: int | None) -> None:
    """Add a run to the table `path`: its start (Unix time) and `cores`, None on a cluster."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    run = pd.DataFrame({"started": [started], "cores": [cores]})
    run.to_csv(path, mode="a", header=not path.exists(), index=False)


def read_runs(path: str | Path) -> pd.DataFrame:
    """Read the table that `add_run` wrote; empty if there is none."""
    if not Path(path).exists():
        return pd.DataFrame({"started": [], "cores": []})
    return pd.read_csv(path)
