"""Figures of the contest, drawn from simulated errors."""

import numpy as np
from contest_tables import RATIOS, contest_tables

from funnel_study.figures.contest import contours


def test_the_contour_of_a_rule_is_where_it_centers_by_one_half() -> None:
    tables = contest_tables()
    lines = contours(tables["contest"], tables["contest_best"])
    assert set(lines["parameterization"]) == {"rule"}
    # the centeredness of the rule, 1 / (1 + ratio), is one half at a ratio of 1
    assert np.abs(lines["at"] - RATIOS.index(1)).max() < 0.25
