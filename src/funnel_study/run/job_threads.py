"""The number of threads, or processes, that a job may use at the same time."""

from __future__ import annotations

import os

# the environment variable that tells a job
THREADS = "FUNNEL_THREADS"


def threads() -> int:
    """The number of threads of this job; 1 outside of the workflow."""
    return int(os.environ.get(THREADS, "1"))
