"""Which figures a study has, and where they are."""

from __future__ import annotations

import itertools
from collections.abc import Collection

from funnel.figures.catalogue import FIGURES, KINDS
from funnel.study.design import is_calibration, several_samplers
from funnel.study.paths import study_folder
from funnel.study.schema import Study


def figures(study: Study, published: Collection[str] = ()) -> list[str]:
    """The names of the figures that the study has; `published` are its published scenarios."""
    has = {
        "": True,
        "calibration": is_calibration(study),
        "samplers": several_samplers(study),
        "published": bool(published),
    }
    return [name for name, figure in FIGURES.items() if has[figure.needs]]


def drawings(study: Study) -> list[str]:
    """The figures of single fits that the study's `draw` asks for."""
    folder, paths = study_folder(study), []
    for chosen in study.draw:
        for scenario, replicate in itertools.product(study.scenarios, chosen.replicates):
            if scenario.name not in (chosen.scenarios or [scenario.name]):
                continue
            place = (folder, scenario.name, replicate)
            paths += kind_paths("data set", *place)
            names = study.parameterizations_of(scenario)
            for sampler in chosen.samplers or study.samplers:
                paths += kind_paths("all", *place, sampler)
                some = [name for name in names if name in (chosen.parameterizations or names)]
                for name in some:
                    paths += kind_paths("fit", *place, sampler, name)
                for pair in itertools.combinations(some, 2):
                    paths += kind_paths("pair", *place, sampler, "-".join(pair))
    return list(dict.fromkeys(paths))


def kind_paths(of: str, root: str, scenario: str, replicate: int | str, *names: str) -> list[str]:
    """Where the figures of a data set, a fit, a pair of fits or all fits by a sampler lie.

    `names` are the sampler's and the parameterization's, a pair's joined by "-", as far as these
    figures have them.
    """
    folder = "/".join([root, "figures", scenario, str(replicate), *names])
    return [f"{folder}/{name}.{kind.format}" for name, kind in KINDS.items() if kind.of == of]
