"""Draw the figures of single fits by the functions that the registry names."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotnine as p9

from funnel.exact import QuadratureError
from funnel_study.figures import fit, funnels
from funnel_study.figures.fit_draws import View
from funnel_study.figures.theme import INK, theme

_MODULES = {"fit": fit, "funnels": funnels}


def fit_plot(function: str, title: str, view: View, **arguments: Any) -> p9.ggplot:
    """Return the plot of MODULE.FUNCTION for `view` and these arguments, with its title.

    If a fit of the view failed or its exact posterior is not known, the figure says so instead.
    """
    module, name = function.split(".")
    try:
        if messages := [
            f"{fit.parameterization}: {fit.message}" for fit in view.fits if fit.message
        ]:
            plot = _nothing("a fit failed", messages)
        else:
            plot = getattr(_MODULES[module], name)(view, **arguments)
    except QuadratureError as error:
        plot = _nothing("there is no exact posterior", [str(error)])
    return plot + p9.labs(title=view.title(title))


def _nothing(reason: str, messages: Sequence[str]) -> p9.ggplot:
    lines = [line for each in messages for line in textwrap.wrap(each[:360], 90)]
    return (
        p9.ggplot(pd.DataFrame({"x": [0.0], "y": [0.0], "why": ["\n".join(lines)]}))
        + p9.geom_text(p9.aes("x", "y", label="why"), size=9, colour=INK)
        + p9.labs(x="", y="", subtitle=f"nothing to draw: {reason}")
        + theme(8, 2.4)
        + p9.theme(axis_text=p9.element_blank(), panel_grid=p9.element_blank())
    )
