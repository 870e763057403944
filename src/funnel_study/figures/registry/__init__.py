"""The registry of figures: what draws each, from what, and how the report shows it.

Nothing here imports a plotting library, so that the workflow lists figures in no time. Jobs that
draw get what they need from the workflow, so that a new caption draws nothing again.
"""

from funnel_study.figures.registry.figure import Figure, FitFigure, drawing
from funnel_study.figures.registry.of_fits import FIT_FIGURES
from funnel_study.figures.registry.of_studies import OF_STUDIES
from funnel_study.figures.registry.of_sweeps import OF_SWEEPS

__all__ = ["FIGURES", "FIT_FIGURES", "Figure", "FitFigure", "drawing"]

FIGURES: dict[str, Figure] = {**OF_SWEEPS, **OF_STUDIES}
