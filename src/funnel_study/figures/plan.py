"""Which figures a study has, and the paths of their files."""

from __future__ import annotations

import itertools
from collections.abc import Collection

from funnel_study.figures.registry import FIGURES, FIT_FIGURES
from funnel_study.study.design import (
    has_design,
    has_sweep,
    is_calibration,
    is_shown_by_scenario,
    several_samplers,
    swept_axes,
)
from funnel_study.study.paths import study_folder
from funnel_study.study.schema import Study


def figures(study: Study, published: Collection[str] = ()) -> list[str]:
    """Return the names of the figures of a study; `published` are its published scenarios.

    Figures by scenario are left out if there are more scenarios than a figure can have panels.
    """
    has = {
        "": True,
        "calibration": is_calibration(study),
        "samplers": several_samplers(study),
        "published": bool(published),
        "sweep": has_sweep(study),
        "map": len(swept_axes(study)) > 1,
        "unit": "unit" in swept_axes(study),
        "design": has_design(study),
    }
    return [
        name
        for name, figure in FIGURES.items()
        if has[figure.needs] and (is_shown_by_scenario(study) or not figure.by_scenario)
    ]


def chosen_fit_figures(study: Study) -> list[str]:
    """Return the paths of the figures of single fits that the key `draw` of the study lists."""
    folder, paths = study_folder(study), []
    for chosen in study.draw:
        for scenario, replicate in itertools.product(study.scenarios, chosen.replicates):
            if scenario.name not in (chosen.scenarios or [scenario.name]):
                continue
            place = (folder, scenario.name, replicate)
            paths += fit_figure_paths("data set", *place)
            names = study.parameterizations_of(scenario)
            for sampler in chosen.samplers or study.samplers:
                paths += fit_figure_paths("all", *place, sampler)
                chosen_names = [n for n in names if n in (chosen.parameterizations or names)]
                for name in chosen_names:
                    paths += fit_figure_paths("fit", *place, sampler, name)
                for pair in itertools.combinations(chosen_names, 2):
                    paths += fit_figure_paths("pair", *place, sampler, "-".join(pair))
    return list(dict.fromkeys(paths))


def fit_figure_paths(
    of: str, root: str, scenario: str, replicate: int | str, *names: str
) -> list[str]:
    """Return the paths of all figures of a data set, a fit, a pair of fits or all fits.

    `of` is one of the values of `FitFigure.of`. `names` are the sampler and the parameterization,
    with those of a pair joined by "-". Figures of a data set have neither, and figures of all fits
    have the sampler only.
    """
    folder = "/".join([root, "figures", scenario, str(replicate), *names])
    return [
        f"{folder}/{name}.{figure.format}"
        for name, figure in FIT_FIGURES.items()
        if figure.of == of
    ]
