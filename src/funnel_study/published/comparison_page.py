"""The comparison with the published study as a page in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from funnel_study.report.parts import filled


def page(comparison: pd.DataFrame, findings: pd.DataFrame, stuck: Sequence[str] = ()) -> str:
    """Return both tables as a page; `stuck` are sentences on chains that hardly moved."""
    return filled("published.md.jinja", numbers=comparison, findings=findings, stuck=stuck)
