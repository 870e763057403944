"""What happens when a run of the workflow starts, succeeds or fails."""

from __future__ import annotations

import csv
from pathlib import Path


def failed_fits(path: str | Path) -> str:
    """A line on the failed fits in a table of fits, empty if there are none (or no table)."""
    if not Path(path).exists():
        return ""
    with open(path, encoding="utf-8", newline="") as file:
        status = [row["status"] for row in csv.DictReader(file)]
    failed = len(status) - status.count("ok")
    return f"{failed} of {len(status)} fits failed" if failed else ""
