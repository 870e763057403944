"""What `make real-data` writes: parameterizations on real data, and published posteriors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from funnel_study.analysis.arms import by_point, compare
from funnel_study.analysis.criteria import RHAT_THRESHOLD
from funnel_study.analysis.landscape import lines_of, reference_of
from funnel_study.report.parts import markdown_page
from funnel_study.report.problems import first_few, stuck_chains

Tables = Mapping[str, pd.DataFrame]

_MOST_DECIMALS = 7
_SHOWN = {"mean": "mean", "sd": "sd", "q50": "median"}


def real_data_page(tables: Tables, audit: pd.DataFrame) -> str:
    """Return the page on real data in Markdown.

    `tables` are those of the folder summary of a study of given data by name: `fits` and `chains`;
    and `scores`, of every fit (`analysis.score.scores`), and `data`, which has one row per scenario
    (`published.meta_analyses.data_table`). `audit` has one row per published number
    (`published.audit.audit`).
    """
    data = tables["data"]
    fits = tables["fits"].assign(above=tables["fits"]["rhat_max"].astype(float) > RHAT_THRESHOLD)
    scores = tables["scores"]
    scores = scores[scores["draws"] == scores["draws"].max()]
    return markdown_page(
        "real-data.md",
        fits=fits,
        rhat_threshold=RHAT_THRESHOLD,
        stuck=first_few(stuck_chains(tables["chains"])),
        samplers=[
            _of_sampler(str(sampler), own, fits[fits["sampler"] == sampler], data)
            for sampler, own in scores.groupby("sampler", sort=False)
        ],
        data=data,
        agree=int(audit["agrees"].sum()),
        audited=len(audit),
        audit=_audit(audit),
    )


def _of_sampler(
    sampler: str, scores: pd.DataFrame, fits: pd.DataFrame, data: pd.DataFrame
) -> dict[str, Any]:
    """Return what one sampler has found; a data set with a failed fit has no score of its arm."""
    by = scores.groupby(["scenario", "parameterization"], sort=False)["score"]
    means = by.mean().where(by.count() == by.size()).reset_index()
    means = means.rename(columns={"scenario": "point"}).assign(sampler=sampler)
    names = list(means["parameterization"].unique())
    reference = reference_of(names)
    compared = compare(means, reference, ["sampler"])
    wide = by_point(means).reindex(columns=names)
    least = wide.dropna().idxmin(axis=1)
    of_names = compared["parameterization"]
    shown = [name for name in lines_of(names) if name != reference]
    relative = wide[shown].div(wide[reference], axis=0)
    by_data_set = data.merge(
        relative.assign(least=least).rename_axis("scenario").reset_index(), on="scenario"
    )
    return {
        "sampler": sampler,
        "reference": reference,
        "first": int((least == reference).sum()),
        "constant": list(_constant(fits)),
        "compared": compared.assign(
            least_work=of_names.map(least.value_counts()).fillna(0).astype(int),
            above=of_names.map(fits.groupby("parameterization")["above"].sum()),
        ).sort_values("ratio", kind="stable"),
        "above": int(fits.loc[fits["parameterization"] == reference, "above"].sum()),
        "shown": shown,
        "by_data_set": by_data_set.sort_values("data_weight", kind="stable"),
    }


def _constant(fits: pd.DataFrame) -> Iterator[tuple[str, str, str]]:
    """Yield rules that choose the same for all groups of all data sets, and what they equal."""
    centeredness = fits.groupby("parameterization", sort=False)["centeredness"]
    for value, name, which in ((0, "noncentered", "no"), (1, "centered", "every")):
        for rule, values in centeredness:
            if rule not in (name, "marginal") and (values == value).all():
                yield str(rule), name, which


def _audit(audit: pd.DataFrame) -> pd.DataFrame:
    audit = audit[audit["statistic"].isin(_SHOWN) | ~audit["agrees"]]
    # those of the other columns have one digit more
    extra = {"published": 0, "exact": 1, "lowest": 1, "highest": 1}
    texts = {
        name: [
            f"{value:.{min(places + more, _MOST_DECIMALS)}f}" if np.isfinite(value) else ""
            for value, places in zip(audit[name], audit["decimals"], strict=True)
        ]
        for name, more in extra.items()
    }
    agrees = audit["agrees"].map({True: "yes", False: "no"})
    return audit.assign(statistic=audit["statistic"].replace(_SHOWN), agrees=agrees, **texts)
