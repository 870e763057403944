"""The comparison with the published study as a page in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from funnel_study.analysis.criteria import DIFFERS, NOT_DISTINGUISHED
from funnel_study.report.parts import filled


def page(comparison: pd.DataFrame, findings: pd.DataFrame, stuck: Sequence[str] = ()) -> str:
    """Return both tables as a page in Markdown, each with a summary in words.

    `stuck` are sentences on chains that hardly moved.
    """
    bfmi = comparison[comparison["quantity"] == "bfmi"]
    judged = comparison[comparison["verdict"].isin([NOT_DISTINGUISHED, DIFFERS])]
    return filled(
        "published.md.jinja",
        numbers=comparison,
        findings=findings,
        stuck=stuck,
        seeds=comparison["fits"].max() if len(comparison) else 0,
        same=(judged["verdict"] == NOT_DISTINGUISHED).sum(),
        judged=len(judged),
        equal=bfmi["same_chains"].sum(),
        chains=sum(len(str(values).split()) for values in bfmi["published_by_chain"]),
        hold=(findings["holds"] == "yes").sum(),
    )
