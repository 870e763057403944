"""What `make real-data` writes: the contest on real data, and published posteriors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from funnel_study.analysis.performance import RHAT_THRESHOLD
from funnel_study.analysis.work import WORST
from funnel_study.report.contest_section import sentences
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
    data = tables["data"]
    fits = tables["fits"].assign(above=tables["fits"]["rhat_max"].astype(float) > RHAT_THRESHOLD)
    contests = []
    for sampler, contest in tables["contest"].groupby("sampler", sort=False):
        summary, best, own_fits = (
            table[table["sampler"] == sampler]
            for table in (tables["contest_summary"], tables["contest_best"], fits)
        )
        contests.append(
            {
                "sampler": sampler,
                "sentences": sentences(summary),
                "constant": list(_constant(contest)),
                "rules": _by_parameterization(summary, contest, own_fits),
                "correlations": list(_correlations(best, data)),
                "by_data_set": _by_data_set(contest, best, data),
            }
        )
    return markdown_page(
        "real-data.md",
        fits=fits,
        rhat_threshold=RHAT_THRESHOLD,
        stuck=first_few(stuck_chains(tables["chains"])),
        contests=contests,
        data=data,
        agree=int(audit["agrees"].sum()),
        audited=len(audit),
        audit=_audit(audit),
    )


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
    names = rows["parameterization"]
    wins = _least(contest)["parameterization"].value_counts()
    return rows.assign(
        **{f"{name}_ratio": np.exp(rows[name]) for name in ("mean", "median", "largest")},
        mean_ratio_low=np.exp(rows["mean"] - _Z * rows["mean_mcse"]),
        mean_ratio_high=np.exp(rows["mean"] + _Z * rows["mean_mcse"]),
        least_work=names.map(wins).fillna(0).astype(int),
        above=names.map(fits.groupby("parameterization")["above"].sum()),
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
    return rows.sort_values("data_weight", kind="stable").assign(
        worst_constant=np.exp(rows["cost_of_worst_constant"]), ratio=np.exp(rows["regret"])
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
    agrees = audit["agrees"].map({True: "yes", False: "no"})
    return audit.assign(statistic=audit["statistic"].replace(_SHOWN), agrees=agrees, **texts)
