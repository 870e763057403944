"""The comparison with the published study as a page of Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from funnel.report.markdown import markdown_table

PAGE = """\
# The published study, beside what was found

Published: jhrcook, "Mixing centered and non-centered parameterizations in a hierarchical model with
PyMC3" (2021-07-16), by PyMC3 3.11.1. Found: with the same data, priors and settings, by `make
published SEEDS={more}`. The file `results/README.md` explains the columns and the rules of the
verdicts.

## Numbers

{agree} of {judged} published numbers cannot be told apart from what was found (*agrees*: tests at
1 %, which with four chains on a side see large differences only); the sampler had {fits} seed(s).
*Found* has the first; *below* says how many of all lie below the published number. {same} of
{chains} chains of the first seed have the published E-BFMI to six digits: they are the published
chains.{stuck}

{numbers}

## Findings

{hold} of {findings} published findings hold under the first seed; *in* says under how many of those
that have a value.

{statements}
"""


def page(comparison: pd.DataFrame, findings: pd.DataFrame, stuck: Sequence[str] = ()) -> str:
    """Both tables as one page of Markdown, with what they come to in a sentence each.

    `stuck` are sentences on chains that never moved.
    """
    bfmi = comparison[comparison["quantity"] == "bfmi"]
    seeds = int(comparison["fits"].max()) if len(comparison) else 0
    judged = comparison[comparison["verdict"].isin(["agrees", "differs"])]
    numbers = [
        {
            "fit": f"{row['scenario']}, {row['parameterization']}",
            "sampler": row["sampler"],
            "quantity": row["quantity"].replace("_", " "),
            "published": _number(row["published"]),
            "by chain": row["published_by_chain"],
            "found": _number(row["found"]),
            "found by chain": row["found_by_chain"],
            "all seeds": _range(row["lowest"], row["highest"]),
            "below": "" if pd.isna(row["below"]) else f"{row['below']} of {row['fits']}",
            "p": _number(row["p_value"]),
            "verdict": row["verdict"],
        }
        for row in _records(comparison)
    ]
    statements = [
        {
            "scenario": row["scenario"],
            "sampler": row["sampler"],
            "finding": row["finding"],
            "statement": f"{row['statement']} {row['relation']} {row['bound']:.3g}",
            "value": _number(row["value"]),
            "holds": row["holds"],
            "in": f"{row['holds_in']} of {row['fits']}",
        }
        for row in _records(findings)
    ]
    return PAGE.format(
        same=int(bfmi["same_chains"].sum()),
        chains=sum(len(str(listed).split()) for listed in bfmi["published_by_chain"]),
        stuck=" " + " ".join(stuck) if stuck else "",
        agree=(judged["verdict"] == "agrees").sum(),
        judged=len(judged),
        fits=seeds,
        more=max(seeds - 1, 0),
        numbers=markdown_table(numbers),
        hold=(findings["holds"] == "yes").sum(),
        findings=len(findings),
        statements=markdown_table(statements),
    )


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def _number(value: Any) -> str:
    if pd.isna(value):
        return ""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _range(lowest: float, highest: float) -> str:
    return "" if pd.isna(lowest) else f"{_number(lowest)} to {_number(highest)}"
