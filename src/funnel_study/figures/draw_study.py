"""Draw the figures of a study by the functions that the registry names."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotnine as p9

from funnel_study.figures import by_cell, by_fit, landscape, sweep, work

_MODULES = {
    **{"by_cell": by_cell, "by_fit": by_fit, "landscape": landscape},
    **{"sweep": sweep, "work": work},
}


def study_plot(function: str, title: str, *tables: pd.DataFrame, **arguments: Any) -> p9.ggplot:
    """Return the plot of MODULE.FUNCTION for these tables and arguments, with its title."""
    module, name = function.split(".")
    return getattr(_MODULES[module], name)(*tables, **arguments) + p9.labs(title=title)
