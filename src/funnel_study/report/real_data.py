"""The contest of parameterizations on real data and published posteriors, as a Markdown page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from funnel_study.analysis.performance import RHAT_THRESHOLD
from funnel_study.analysis.work import WORST
from funnel_study.report.answer_text import estimand_text
from funnel_study.report.contest_section import sentences
from funnel_study.report.markdown import markdown_table
from funnel_study.report.numbers import interval, number
from funnel_study.report.parts import counted
from funnel_study.report.problems import first_few, stuck_chains

Tables = Mapping[str, pd.DataFrame]

_Z = 1.96  # of 95 % intervals
_MOST_DECIMALS = 7
_SHOWN = {"mean": "mean", "sd": "sd", "q50": "median"}


def page(tables: Tables, audit: pd.DataFrame) -> str:
    """Return the page on real data in Markdown.

    `tables` are those of the folder summary of a study of given data by name: `fits`, `chains`,
    `contest`, `contest_best` and `contest_summary`; and `data`, which has one row per scenario
    (`published.meta_analyses.data_table`). `audit` has one row per published number
    (`published.audit.audit`).
    """
    fits, data, contest = tables["fits"], tables["data"], tables["contest"]
    failed = int((fits["status"] != "ok").sum())
    lines = [
        "# Real data",
        "This page is written by `make real-data` from the tables of the study `meta-analyses`: "
        f"{number(len(fits))} fits of {number(len(data))} published data sets with "
        f"{number(int(data['groups'].min()))} to {number(int(data['groups'].max()))} groups, "
        f"{number(int(fits['replicate'].nunique()))} of each data set with each parameterization. "
        f"{_failures(failed)} {_unconverged(fits)} Work and the contest are explained in "
        "[method.md](method.md).",
        *(f"- {line}" for line in first_few(stuck_chains(tables["chains"]))),
    ]
    for sampler, own in contest.groupby("sampler", sort=False):
        suffix = f" ({sampler})" if contest["sampler"].nunique() > 1 else ""  # noqa: PD101
        summary, best = (
            table[table["sampler"] == sampler]
            for table in (tables["contest_summary"], tables["contest_best"])
        )
        lines += [
            f"## Which parameterization on real data{suffix}",
            *sentences(summary),
            "The intervals are from a bootstrap of the fits of each data set, which differ in the "
            "seed of the sampler. They say nothing about other data sets.",
            *_constant_sentences(own),
            "For the worst estimand of each data set: the work relative to that of the best "
            "constant centeredness (geometric mean over the data sets with its 95 % interval, "
            "median and largest), the part of the data sets in which this ratio is at most 1.25, "
            "the number of data sets in which the parameterization takes the least work, and the "
            f"number of its fits with an R-hat above {RHAT_THRESHOLD}.",
            markdown_table(_by_parameterization(summary, own, fits[fits["sampler"] == sampler])),
            f"## Which data want which centeredness{suffix}",
            *_weight_sentences(best, data),
            "The data weight is the exact posterior mean of tau^2 / (tau^2 + se^2), averaged over "
            "the groups. The best constant centeredness is the minimum of a quadratic in log work, "
            "with its 95 % interval. The last columns are the parameterization with the least work "
            "and its ratio to the best constant.",
            markdown_table(_by_data_set(own, best, data)),
        ]
    lines += [
        "## The data",
        "The numbers as they were printed, the full citations, and published summaries that a test "
        "recomputes from the data are in "
        "[meta-analyses.yaml](../workflow/resources/meta-analyses.yaml). The mean and standard "
        "deviation of tau are those of the exact posterior, in the unit of the effects.",
        markdown_table(_data(data)),
        "## Published posteriors",
        _agreement(audit),
        markdown_table(_audit(audit)),
    ]
    return "\n\n".join(lines) + "\n"


def _failures(failed: int) -> str:
    return f"{counted(failed, 'fit') if failed else 'No fit'} failed."


def _unconverged(fits: pd.DataFrame) -> str:
    above = int(_is_above(fits).sum())
    counts = f"{counted(above, 'fit')}, which count like all others" if above else "no fit"
    return f"R-hat is above {RHAT_THRESHOLD} in {counts}."


def _is_above(fits: pd.DataFrame) -> pd.Series:
    return fits["rhat_max"].astype(float) > RHAT_THRESHOLD


def _constant_sentences(contest: pd.DataFrame) -> Iterator[str]:
    """Yield a sentence on rules that choose the same for all groups of all data sets."""
    centeredness = contest.groupby("parameterization", sort=False)["centeredness"]
    for value, name, verb in ((0, "noncentered", "no"), (1, "centered", "every")):
        for each, values in centeredness:
            if each not in (name, "marginal") and (values == value).all():
                yield (
                    f"On these data, {each} centers {verb} group, so it is the same as {name}. "
                    "Their difference is due to the seeds."
                )


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


def _weight_sentences(best: pd.DataFrame, data: pd.DataFrame) -> Iterator[str]:
    """Yield a sentence on how far the data weight tells the best centeredness."""
    known = best.merge(data, on="scenario")
    for estimand in (WORST, "mu", "log_tau"):
        rows = known[known["estimand"] == estimand].dropna(subset=["best_centeredness"])
        if len(rows) < 3 or rows["best_centeredness"].nunique() < 2:
            continue
        correlation = float(rows["data_weight"].corr(rows["best_centeredness"], method="spearman"))
        name = "the worst estimand" if estimand == WORST else estimand_text(estimand)
        yield (
            f"For {name}, the rank correlation of the data weight with the best constant "
            f"centeredness is {number(correlation, 2, trailing_zeros=True)} over the data sets."
        )


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


def _agreement(audit: pd.DataFrame) -> str:
    agree = int(audit["agrees"].sum())
    return (
        f"{number(agree)} of {number(len(audit))} published numbers agree with the exact "
        "posterior. A number agrees if the exact one rounds to it, or differs from it by no more "
        "than the accuracy of its algorithm or four Monte Carlo standard errors. Lowest and "
        "highest are the limits for the published number that follow. The table has the means, "
        "standard deviations and medians, and every number that does not agree. "
        "[published-posteriors.yaml](../workflow/resources/published-posteriors.yaml) has all "
        "numbers, with their citations."
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
