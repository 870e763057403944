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
from funnel_study.study.schema import Study

Tables = Mapping[str, pd.DataFrame]


def landscape(contents: Contents) -> dict[str, Any]:
    """Return what the section shows."""
    return {"samplers": list(_by_sampler(contents.tables))}


def landscape_page(study: Study, tables: Tables) -> str:
    """Return the findings in Markdown, from the table fits and those of the landscape.

    `study` is the configuration with all points, of which some may have been run.
    """
    fits = tables["fits"]
    return markdown_page(
        "landscape.md",
        samplers=list(_by_sampler(tables)),
        study=study.study,
        sampling=study.sampling,
        fits=len(fits),
        failed=int((fits["status"] == "failed").sum()),
        points=len(fits[["scenario", "replicate"]].drop_duplicates()),
        shipped=len(study.scenarios) * study.replicates,
    )


def _by_sampler(tables: Tables) -> Iterator[dict[str, Any]]:
    noise = tables["landscape_noise"]
    for sampler, bands in tables["landscape_bands"].groupby("sampler", sort=False):
        # the whole chains, with second runs, as in the figure
        whole = bands[bands["draws"] == bands["draws"].max()].drop(columns=list(WITH_RERUNS))
        whole = whole.rename(columns={new: old for old, new in WITH_RERUNS.items()})
        reference = str(whole["reference"].iloc[0])
        in_bands = whole[whole["band"] != ALL]
        less = in_bands[in_bands["verdict"] == LESS].to_dict("records")
        of_noise = noise[noise["sampler"] == sampler]
        told_apart = of_noise[of_noise["verdict"] != NOT_DISTINGUISHABLE]
        pairs = (
            told_apart["parameterization"]
            + " with "
            + told_apart["likelihood"].str.replace("_", " ")
        )
        yield {
            "sampler": sampler,
            "reference": reference,
            "answer": words("landscape", "answer", reference, in_bands, less),
            "shorter": words("landscape", "shorter", reference, _shorter(bands)),
            "definition": words("landscape", "definition", reference, whole["draws"].iloc[0]),
            "by_band": _by_band(whole),
            "overall": _overall(bands, tables["landscape_arms"], reference),
            "explanation": words("landscape", "overall"),
            "noise": words("landscape", "noise", list(pairs), len(of_noise)),
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
            *("largest_share", "largest_share_with_reruns", "failed", "bias"),
        ],
        {
            "draws": "draws of a chain",
            "ratio": f"relative to {reference}",
            "ratio_with_reruns": "with unconverged fits run again",
            "largest_share_with_reruns": "with fits run again",
            "unconverged": f"R-hat above {RHAT_THRESHOLD:g}",
            "bias": f"squared bias below {LOW_ERROR:g}",
        },
    )


def _shorter(bands: pd.DataFrame) -> list[dict[Any, Any]]:
    """Return what is shown to take less over all data in shorter chains, where fits are as run."""
    of_all = (bands["draws"] < bands["draws"].max()) & (bands["band"] == ALL)
    found: list[dict[Any, Any]] = bands[of_all & (bands["verdict"] == LESS)].to_dict("records")
    return found


def _by_band(rows: pd.DataFrame) -> pd.DataFrame:
    rows = rows.assign(
        text=interval(rows, "ratio"), likelihood=rows["likelihood"].str.replace("_", " ")
    )
    keys = ["likelihood", "band"]
    wide = rows.pivot_table("text", keys, "parameterization", aggfunc="first", sort=False)
    sets = rows.groupby(keys, sort=False)["data_sets"].max().rename("data sets")
    table = pd.concat([sets, wide[list(rows["parameterization"].unique())]], axis=1).reset_index()
    return table.fillna("").rename(columns={"band": "s / tau"})
