"""The answer that opens README.md, from the tables of the landscape."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from funnel.group_means import Array
from funnel_study.analysis.arms import LESS, compare, of_first_sampler
from funnel_study.analysis.criteria import RHAT_THRESHOLD
from funnel_study.analysis.landscape import ALL, reference_of
from funnel_study.report.numbers import interval, number
from funnel_study.report.parts import markdown_page
from funnel_study.study.schema import Sampling

# the two that people choose between
TWO = ("centered", "noncentered")


def readme_answer(tables: Mapping[str, pd.DataFrame], sampling: Sampling) -> str:
    """Return what to write, in Markdown.

    `tables` are those of a landscape by name, which has the parameterizations of `TWO`, with these
    settings of the sampler. The first sampler and the longest chains count, and bands and lines
    with unconverged fits run again, as in the figure.
    """
    landscape, lines, bands, arms = (
        of_first_sampler(tables[f"landscape{part}"]) for part in ("", "_lines", "_bands", "_arms")
    )
    reference = reference_of(list(landscape["parameterization"].unique()))
    less = bands[(bands["verdict_with_reruns"] == LESS) & (bands["band"] != ALL)]
    wrong = (arms["bias_verdict"] == "wrong").groupby(arms["parameterization"], sort=False).all()
    return markdown_page(
        "readme_answer.md",
        reference=reference,
        data_sets=landscape["point"].nunique(),
        crossings=[sorted(values) for values in crossings(lines).T],
        less=less.to_dict("records"),
        biased=list(wrong.index[wrong]),
        sampler=landscape["sampler"].iloc[0],
        sampling=sampling,
        table=of_arms(landscape, reference).reset_index(),
    )


def of_arms(landscape: pd.DataFrame, reference: str) -> pd.DataFrame:
    """Return the work of each arm relative to `reference`, and the data sets with warnings.

    The work is given as it was run, with second runs of unconverged fits, and as the median of the
    ratios in single data sets, as run. The arm that takes the most work comes first.
    """
    with_reruns = landscape.assign(score=landscape["score_with_reruns"])
    once, again = (
        compare(table, reference, ["sampler"]).set_index("parameterization")
        for table in (landscape, with_reruns)
    )
    warned = landscape.assign(
        diverged=landscape["divergences"] > 0, unmixed=landscape["rhat_max"] > RHAT_THRESHOLD
    )
    shares = warned.groupby("parameterization")[["diverged", "unmixed"]].mean() * 100
    found = pd.DataFrame(
        {
            "work": pd.Series(interval(once, "ratio"), once.index),
            "work with reruns": pd.Series(interval(again, "ratio"), again.index),
            "work in the median data set": once["median_ratio"].map(number),
        },
        index=once.sort_values("ratio", ascending=False).index,
    )
    found.loc[reference] = "1"
    found["with divergences"] = shares["diverged"].map("{:.2g} %".format)
    found[f"R-hat above {RHAT_THRESHOLD}"] = shares["unmixed"].map("{:.2g} %".format)
    sets = landscape.groupby("parameterization")["point"].nunique()
    fewer = sets.index[sets < sets.max()]
    return found.rename({name: f"{name} ({sets[name]:,} data sets)" for name in fewer})


def crossings(lines: pd.DataFrame) -> Array:
    """Return where the lines of `TWO` cross: the s / tau and the relative work, (likelihood, 2).

    A likelihood counts in which the first takes less work at the least s / tau, and more at the
    largest.
    """
    found = []
    for _, rows in lines.groupby("likelihood", sort=False):
        wide = rows.pivot_table("relative", "ratio", "parameterization")
        work = np.log(wide[list(TWO)].to_numpy())
        difference = work[:, 0] - work[:, 1]
        if difference[0] < 0 < difference[-1]:
            above = int(np.argmax(difference > 0))
            ends = slice(above - 1, above + 1)
            along = (np.log(wide.index)[ends], work[ends, 0])
            found.append([np.interp(0, difference[ends], values) for values in along])
    return np.exp(np.reshape(found, (-1, 2)))
