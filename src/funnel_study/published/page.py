"""The comparison with the published study as a page in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from funnel_study.analysis.criteria import DIFFERS, NOT_DISTINGUISHED
from funnel_study.report.markdown import markdown_table
from funnel_study.report.numbers import number

PAGE = """\
# Comparison with the published study

The published study is jhrcook, "Mixing centered and non-centered parameterizations in a
hierarchical model with PyMC3" (2021-07-16), which used PyMC3 3.11.1. It is compared with fits of
the same data with the same priors and settings, by `make published SEEDS={more}`. The file
`results/README.md` explains the columns and the rules behind the verdicts.

## Numbers

{same} of {judged} published numbers cannot be distinguished from what was found (tests at the 1 %
level, which with four chains on each side detect only large differences). The number of sampler
seeds is {seeds}. The columns *found* and *found by chain* are for the first seed, and *below* is
the number of seeds whose value is below the published number. For the first seed, {equal} of
{chains} chains have the published E-BFMI to six digits, so they are the published chains.
{stuck}
{numbers}

## Findings

{hold} of {findings} published findings hold for the first seed. The last column is the number of
seeds for which the finding holds, out of those for which its value is defined.

{statements}
"""


def page(comparison: pd.DataFrame, findings: pd.DataFrame, stuck: Sequence[str] = ()) -> str:
    """Return both tables as a page in Markdown, each with a summary in words.

    `stuck` are sentences on chains that hardly moved.
    """
    bfmi = comparison[comparison["quantity"] == "bfmi"]
    seeds = int(comparison["fits"].max()) if len(comparison) else 0
    judged = comparison[comparison["verdict"].isin([NOT_DISTINGUISHED, DIFFERS])]
    return PAGE.format(
        equal=int(bfmi["same_chains"].sum()),
        chains=sum(len(str(values).split()) for values in bfmi["published_by_chain"]),
        stuck="".join(f"\n- {sentence}" for sentence in stuck) + "\n" * bool(stuck),
        same=(judged["verdict"] == NOT_DISTINGUISHED).sum(),
        judged=len(judged),
        seeds=seeds,
        more=max(seeds - 1, 0),
        numbers=_table_of_numbers(comparison),
        hold=(findings["holds"] == "yes").sum(),
        findings=len(findings),
        statements=_table_of_findings(findings),
    )


def _table_of_numbers(comparison: pd.DataFrame) -> str:
    if comparison.empty:
        return "Nothing to compare."
    below = [
        "" if pd.isna(below) else f"{below} of {fits}"
        for below, fits in zip(comparison["below"], comparison["fits"], strict=True)
    ]
    table = pd.DataFrame(
        {
            "fit": comparison["scenario"] + ", " + comparison["parameterization"],
            "sampler": comparison["sampler"],
            "quantity": comparison["quantity"].str.replace("_", " "),
            "published": comparison["published"],
            "published by chain": comparison["published_by_chain"],
            "found": comparison["found"],
            "found by chain": comparison["found_by_chain"],
            "all seeds": _ranges(comparison["lowest"], comparison["highest"]),
            "below": below,
            "p-value": comparison["p_value"],
            "verdict": comparison["verdict"],
        }
    )
    return markdown_table(table)


def _table_of_findings(findings: pd.DataFrame) -> str:
    if findings.empty:
        return "Nothing to compare."
    bounds = findings["bound"].map(number)
    table = pd.DataFrame(
        {
            "scenario": findings["scenario"],
            "sampler": findings["sampler"],
            "finding": findings["finding"],
            "statement": findings["statement"] + " " + findings["relation"] + " " + bounds,
            "value": findings["value"],
            "holds": findings["holds"],
            "seeds": [
                f"{holds} of {fits}"
                for holds, fits in zip(findings["holds_in"], findings["fits"], strict=True)
            ],
        }
    )
    return markdown_table(table)


def _ranges(lowest: pd.Series[float], highest: pd.Series[float]) -> list[str]:
    return [
        "" if pd.isna(low) else f"{number(low)} to {number(high)}"
        for low, high in zip(lowest, highest, strict=True)
    ]
