"""What `make real-data` writes: the contest on real data, and published posteriors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from funnel_study.analysis.performance import RHAT_THRESHOLD
from funnel_study.analysis.work import WORST
from funnel_study.report.contest_section import sentences
from funnel_study.report.numbers import interval
from funnel_study.report.parts import markdown_page
from funnel_study.report.problems import first_few, stuck_chains

Tables = Mapping[str, pd.DataFrame]

_Z = 1.96  # of 95 % intervals
_MOST_DECIMALS = 7
_SHOWN = {"mean": "mean", "sd": "sd", "q50": "median"}


def real_data_page(tables: Tables, audit: pd.DataFrame) -> str:
    """Return the page on real data in Markdown.

    `tables` are those of the folder summary of a study of given data by name: `fits`, `chains`,
    `contest`, `contest_best` and `contest_summary`; and `data`, which has one row per scenario
    (`published.meta_analyses.data_table`). `audit` has one row per published number
    (`published.audit.audit`).
    """
    fits, data, contest = tables["fits"], tables["data"], tables["contest"]
    contests = []
    for sampler, own in contest.groupby("sampler", sort=False):
        summary, best, own_fits = (
            table[table["sampler"] == sampler]
            for table in (tables["contest_summary"], tables["contest_best"], fits)
        )
        contests.append(
            {
                "sampler": sampler,
                "sentences": sentences(summary),
                "constant": list(_constant(own)),
                "rules": _by_parameterization(summary, own, own_fits),
                "correlations": list(_correlations(best, data)),
                "by_data_set": _by_data_set(own, best, data),
            }
        )
    return markdown_page(
        "real-data.md",
        fits=len(fits),
        data_sets=len(data),
        groups=(data["groups"].min(), data["groups"].max()),
        seeds=fits["replicate"].nunique(),
        failed=int((fits["status"] != "ok").sum()),
        unconverged=int(_is_above(fits).sum()),
        rhat_threshold=RHAT_THRESHOLD,
        stuck=first_few(stuck_chains(tables["chains"])),
        contests=contests,
        data=_data(data),
        agree=int(audit["agrees"].sum()),
        audited=len(audit),
        audit=_audit(audit),
    )


def _is_above(fits: pd.DataFrame) -> pd.Series:
    return fits["rhat_max"].astype(float) > RHAT_THRESHOLD


def _constant(contest: pd.DataFrame) -> Iterator[tuple[str, str, str]]:
    """Yield rules that choose the same for all groups of all data sets, and what they equal."""
    centeredness = contest.groupby("parameterization", sort=False)["centeredness"]
    for value, name, which in ((0, "noncentered", "no"), (1, "centered", "every")):
        for rule, values in centeredness:
            if rule not in (name, "marginal") and (values == value).all():
                yield str(rule), name, which


def _by_parameterization(
    summary: pd.DataFrame, contest: pd.DataFrame, fits: pd.DataFrame
) -> pd.DataFrame:
    rows = summary[summary["estimand"] == WORST].sort_values("mean", kind="stable")
    wins = _least(contest)["parameterization"].value_counts()
    above = _is_above(fits).groupby(fits["parameterization"]).sum()
    ratios = {
        "mean": np.exp(rows["mean"]),
        "mean_low": np.exp(rows["mean"] - _Z * rows["mean_mcse"]),
        "mean_high": np.exp(rows["mean"] + _Z * rows["mean_mcse"]),
    }
    return pd.DataFrame(
        {
            "parameterization": rows["parameterization"],
            "mean ratio": interval(pd.DataFrame(ratios), "mean"),
            "median ratio": np.exp(rows["median"]),
            "largest ratio": np.exp(rows["largest"]),
            "for": rows["largest_at"],
            "at most 1.25": rows["within_a_quarter"],
            "least work": [int(wins.get(name, 0)) for name in rows["parameterization"]],
            f"R-hat above {RHAT_THRESHOLD}": [
                int(above[name]) for name in rows["parameterization"]
            ],
        }
    )


def _least(contest: pd.DataFrame) -> pd.DataFrame:
    """Return the row with the least work for the worst estimand, for each scenario."""
    rows = contest[contest["estimand"] == WORST].dropna(subset=["work"])
    return rows.loc[rows.groupby("scenario", sort=False)["work"].idxmin()]


def _correlations(best: pd.DataFrame, data: pd.DataFrame) -> Iterator[tuple[str, float]]:
    """Yield the rank correlation of the data weight with the best centeredness, by estimand."""
    known = best.merge(data, on="scenario")
    for estimand in (WORST, "mu", "log_tau"):
        rows = known[known["estimand"] == estimand].dropna(subset=["best_centeredness"])
        if len(rows) > 2 and len(set(rows["best_centeredness"])) > 1:
            ranks = rows["data_weight"].corr(rows["best_centeredness"], method="spearman")
            yield "the worst estimand" if estimand == WORST else estimand, float(ranks)


def _by_data_set(contest: pd.DataFrame, best: pd.DataFrame, data: pd.DataFrame) -> pd.DataFrame:
    worst = best[best["estimand"] == WORST]
    rows = data.merge(worst, on="scenario").merge(_least(contest), on="scenario")
    rows = rows.sort_values("data_weight", kind="stable")
    return pd.DataFrame(
        {
            "data": rows["scenario"],
            "groups": rows["groups"],
            "data weight": rows["data_weight"],
            "best constant centeredness": interval(rows, "best_centeredness"),
            "work of the worst constant": np.exp(rows["cost_of_worst_constant"]),
            "least work": rows["parameterization"],
            "ratio": np.exp(rows["regret"]),
        }
    )


def _data(data: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "data": data["scenario"],
            "source": data["source"],
            "groups": data["groups"],
            "effect": data["effect"],
            "mean of tau": data["tau_mean"],
            "sd of tau": data["tau_sd"],
        }
    )


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
    return pd.DataFrame(
        {
            "data": audit["data"],
            "published by": audit["source"],
            "quantity": audit["quantity"],
            "statistic": [_SHOWN.get(name, name) for name in audit["statistic"]],
            **texts,
            "agrees": ["yes" if each else "no" for each in audit["agrees"]],
        }
    )
