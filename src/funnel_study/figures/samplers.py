"""The figure of docs/samplers.md."""

from __future__ import annotations

import pandas as pd
import plotnine as p9

from funnel_study.figures.panels import as_categories, rounded
from funnel_study.figures.theme import MUTED, colour_scale, theme


def work_by_sampler(ratios: pd.DataFrame) -> p9.ggplot:
    """Plot a ratio of works with its 95 % interval by sampler, parameterization and scenario.

    `ratios` has the columns `scenario`, `sampler`, `parameterization`, `ratio`, `ratio_low` and
    `ratio_high`.
    """
    orders = {name: ratios[name].unique() for name in ("scenario", "parameterization")}
    table = as_categories(ratios, sampler=ratios["sampler"].unique()[::-1], **orders)
    dodge = p9.position_dodge(width=0.7)
    text = p9.element_text(size=11)  # which can be read on a phone
    return (
        p9.ggplot(table, p9.aes("sampler", "ratio", colour="parameterization"))
        + p9.geom_hline(yintercept=1, colour=MUTED, linetype="dashed", size=0.5)
        + p9.geom_linerange(p9.aes(ymin="ratio_low", ymax="ratio_high"), position=dodge, size=0.8)
        + p9.geom_point(position=dodge, size=1.6)
        + p9.facet_wrap("scenario", ncol=2)
        + p9.coord_flip()
        + p9.scale_y_log10(labels=rounded)
        + colour_scale(orders["parameterization"])
        + p9.labs(x="", y="work relative to data_based with NUTS (nutpie)")
        + theme(7.2, 9.5)
        + p9.theme(axis_text=text, axis_title=text, strip_text=text, legend_text=text)
    )
