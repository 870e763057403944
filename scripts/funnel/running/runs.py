"""The record of runs: when each call of Snakemake started, and with how many cores."""

from __future__ import annotations

from pathlib import Path

import pandas as pd


def add_run(path: str | Path, started: float, cores: int | None) -> None:
    """Adds to the table `path` that a run began (Unix time) with `cores`, None on a cluster."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    run = pd.DataFrame({"started": [started], "cores": [cores]})
    run.to_csv(path, mode="a", header=not path.exists(), index=False)


def read_runs(path: str | Path) -> pd.DataFrame:
    """The runs that `add_run` noted; none where there is no such file."""
    if not Path(path).exists():
        return pd.DataFrame({"started": [], "cores": []})
    return pd.read_csv(path)
