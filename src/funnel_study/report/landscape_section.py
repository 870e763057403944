"""What a study with a space-filling design has found: its section and its page in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from funnel_study.analysis.arms import LESS, NOT_DISTINGUISHABLE
from funnel_study.analysis.criteria import RHAT_THRESHOLD
from funnel_study.analysis.landscape import ALL, WITH_RERUNS
from funnel_study.analysis.work import LOW_ERROR
from funnel_study.report.columns import columns
from funnel_study.report.contents import Contents
from funnel_study.report.numbers import interval
from funnel_study.report.parts import markdown_page, words

Tables = Mapping[str, pd.DataFrame]


def landscape(contents: Contents) -> dict[str, Any]:
    """Return what the section shows."""
    return {"samplers": list(_by_sampler(contents.tables))}


def landscape_page(study: str, tables: Tables, shipped: int) -> str:
    """Return the findings in Markdown, from the table fits and those of the landscape.

    `shipped` is the number of points in the configuration of the study.
    """
    fits = tables["fits"]
    return markdown_page(
        "landscape.md",
        samplers=list(_by_sampler(tables)),
        study=study,
        fits=len(fits),
        failed=int((fits["status"] == "failed").sum()),
        points=len(fits[["scenario", "replicate"]].drop_duplicates()),
        shipped=shipped,
    )


def _by_sampler(tables: Tables) -> Iterator[dict[str, Any]]:
    noise = tables["landscape_noise"]
    for sampler, bands in tables["landscape_bands"].groupby("sampler", sort=False):
        # the whole chains, with second runs, as in the figure
        whole = bands[bands["draws"] == bands["draws"].max()].drop(columns=list(WITH_RERUNS))
        whole = whole.rename(columns={new: old for old, new in WITH_RERUNS.items()})
        reference = str(whole["reference"].iloc[0])
        verdicts = noise.loc[noise["sampler"] == sampler, "verdict"]
        told_apart = int((verdicts != NOT_DISTINGUISHABLE).sum())
        yield {
            "sampler": sampler,
            "reference": reference,
            "sentences": [
                words("landscape", "exceptions", likelihood, reference, less)
                for likelihood, rows in whole.groupby("likelihood", sort=False)
                if (less := _less(rows))
            ]
            or [words("landscape", "no_exception", reference, whole["draws"].iloc[0])],
            "shorter": words("landscape", "shorter", reference, _shorter(bands)),
            "definition": words("landscape", "definition", reference, whole["draws"].iloc[0]),
            "by_band": _by_band(whole),
            "overall": _overall(bands, tables["landscape_arms"], reference),
            "explanation": words("landscape", "overall"),
            "noise": words("landscape", "noise", told_apart, len(verdicts)),
        }


def _overall(bands: pd.DataFrame, arms: pd.DataFrame, reference: str) -> pd.DataFrame:
    """Return what is found of each parameterization in all data sets, the `reference` included."""
    keys = ["sampler", "draws", "likelihood", "parameterization"]
    of_all = bands[bands["band"] == ALL].drop(columns="failed")
    rows = arms[arms["sampler"].isin(bands["sampler"])].merge(of_all, "left", on=keys)
    is_reference = rows["parameterization"] == reference
    rows["ratio"] = rows["ratio"].mask(is_reference, 1.0)
    rows["bias"] = [words("landscape", "bias", row) for row in rows.to_dict("records")]
    return columns(
        rows.assign(likelihood=rows["likelihood"].str.replace("_", " ")),
        [
            *("likelihood", "parameterization", "draws", "ratio (95 % interval)"),
            *("ratio_with_reruns (95 % interval)", "unconverged", "median_ratio (95 % interval)"),
            *("largest_share", "failed", "bias"),
        ],
        {
            "draws": "draws of a chain",
            "ratio": f"relative to {reference}",
            "ratio_with_reruns": "with unconverged fits run again",
            "unconverged": f"R-hat above {RHAT_THRESHOLD:g}",
            "bias": f"squared bias below {LOW_ERROR:g}",
        },
    )


def _shorter(bands: pd.DataFrame) -> list[tuple[int, str, str]]:
    """Return what is shown to take less in any band of shorter chains, where fits are as run."""
    is_less = (bands["draws"] < bands["draws"].max()) & (bands["verdict"] == LESS)
    found = bands.loc[is_less, ["draws", "parameterization", "likelihood"]].drop_duplicates()
    return [(int(draws), str(name), str(of)) for draws, name, of in found.to_numpy()]


def _less(rows: pd.DataFrame) -> list[dict[str, Any]]:
    less = rows[(rows["verdict"] == LESS) & (rows["band"] != ALL)]
    return [{str(key): value for key, value in row.items()} for row in less.to_dict("records")]


def _by_band(rows: pd.DataFrame) -> pd.DataFrame:
    rows = rows.assign(
        text=interval(rows, "ratio"), likelihood=rows["likelihood"].str.replace("_", " ")
    )
    keys = ["likelihood", "band"]
    wide = rows.pivot_table("text", keys, "parameterization", aggfunc="first", sort=False)
    sets = rows.groupby(keys, sort=False)["data_sets"].max().rename("data sets")
    table = pd.concat([sets, wide[list(rows["parameterization"].unique())]], axis=1).reset_index()
    return table.fillna("").rename(columns={"band": "s / tau"})
