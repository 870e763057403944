"""Criteria, verdicts and interval estimates that several analyses share."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from funnel_study.files.tables import CELL_KEYS

# a Kolmogorov-Smirnov distance of tau at which some P(tau < x) is off by five percentage points
LARGE_KS = 0.05
# R-hat above which a fit has not converged
RHAT_THRESHOLD = 1.01
# significance level of a family of tests, such as all tests of calibration of a study
FAMILY_LEVEL = 0.05

# the parameterization that is not ranked, because nobody can use it
REFERENCE = "ideal"

# verdicts on a published number compared with what was found
NOT_DISTINGUISHED, DIFFERS = "not distinguished", "differs"


def same_as(fits: pd.DataFrame) -> dict[tuple[str, str, str], str]:
    """Return the parameterization of the study that another one equals, by its cell.

    A cell equals centered or noncentered, if the study has it for the same scenario and sampler and
    all fits of the cell that did not fail have a centeredness of 1 or 0, which took no leapfrog
    steps to choose.
    """
    found = {}
    cells = {tuple(map(str, key)): group for key, group in fits.groupby(CELL_KEYS, sort=False)}
    for (scenario, name, sampler), group in cells.items():
        group = group[group["status"] == "ok"]
        c = group["centeredness"].astype(float)
        has_cost = (group["choosing_gradients"].astype(float) > 0).any()
        for other, value in (("centered", 1), ("noncentered", 0)):
            is_there = name != other and (scenario, other, sampler) in cells
            if is_there and len(c) and (c == value).all() and not has_cost:
                found[scenario, name, sampler] = other
    return found


def random_data_sets(table: pd.DataFrame, chosen: Collection[str]) -> pd.DataFrame:
    """Return `table` without the data sets that were chosen, which are no random sample.

    `chosen` are the scenarios whose replicate 0 was chosen, such as the published data set.
    """
    return table[~((table["replicate"] == 0) & table["scenario"].isin(chosen))]
