"""The answer that opens README.md, from the tables of the landscape."""

from __future__ import annotations

import numpy as np
import pandas as pd

from funnel_study.analysis.arms import LESS, compare, of_first_sampler
from funnel_study.analysis.criteria import RHAT_THRESHOLD
from funnel_study.analysis.landscape import ALL, lines_of, reference_of
from funnel_study.report.numbers import interval
from funnel_study.report.parts import markdown_page

# the two that people choose between
TWO = ("centered", "noncentered")


def readme_answer(landscape: pd.DataFrame, lines: pd.DataFrame, bands: pd.DataFrame) -> str:
    """Return what to write, in Markdown.

    The arguments are the tables landscape, landscape_lines and landscape_bands of a study that has
    the parameterizations of `TWO`. The first sampler and the longest chains count, with unconverged
    fits run again, as in the figure.
    """
    landscape, lines, bands = map(of_first_sampler, (landscape, lines, bands))
    names = list(landscape["parameterization"].unique())
    reference = reference_of(names)
    arms = lines_of(names)
    less = bands[(bands["verdict_with_reruns"] == LESS) & (bands["band"] != ALL)]
    return markdown_page(
        "readme_answer.md",
        reference=reference,
        data_sets=landscape["point"].nunique(),
        crossing=crossing(lines),
        less=less[less["parameterization"].isin(arms)].to_dict("records"),
        table=of_arms(landscape, reference).loc[arms].reset_index(),
    )


def of_arms(landscape: pd.DataFrame, reference: str) -> pd.DataFrame:
    """Return the work of each arm relative to `reference`, and the data sets with warnings.

    The work is given as it was run, and with second runs of unconverged fits.
    """
    relative = {}
    for column in ("score", "score_with_reruns"):
        table = compare(landscape.assign(score=landscape[column]), reference, ["sampler"])
        texts = zip(table["parameterization"], interval(table, "ratio"), strict=True)
        relative[column] = {**dict(texts), reference: "1"}
    warned = landscape.assign(
        diverged=landscape["divergences"] > 0, unmixed=landscape["rhat_max"] > RHAT_THRESHOLD
    )
    shares = warned.groupby("parameterization")[["diverged", "unmixed"]].mean() * 100
    return pd.DataFrame(
        {
            "as run": relative["score"],
            "unconverged fits run again": relative["score_with_reruns"],
            "with divergences": shares["diverged"].map("{:.0f} %".format),
            f"with R-hat above {RHAT_THRESHOLD}": shares["unmixed"].map("{:.0f} %".format),
        }
    ).rename_axis("parameterization")


def crossing(lines: pd.DataFrame) -> tuple[float, float] | None:
    """Return the s / tau where the lines of `TWO` cross, and their work there relative to the best.

    Both are geometric means over the likelihoods. A likelihood counts in which the first takes less
    work at the least s / tau, and more at the largest. If there is none, the result is None.
    """
    logs = []
    for _, rows in lines.groupby("likelihood", sort=False):
        wide = rows.pivot_table("relative", "ratio", "parameterization")
        work = np.log(wide[list(TWO)].to_numpy())
        difference = work[:, 0] - work[:, 1]
        if difference[0] < 0 < difference[-1]:
            above = int(np.argmax(difference > 0))
            ends = slice(above - 1, above + 1)
            along = (np.log(wide.index)[ends], work[ends, 0])
            logs.append([np.interp(0, difference[ends], values) for values in along])
    if not logs:
        return None
    ratio, relative = np.exp(np.mean(logs, axis=0))
    return float(ratio), float(relative)
