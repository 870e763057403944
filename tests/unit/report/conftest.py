"""Reports of small studies, each written once."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pandas as pd
import plotnine as p9
import pytest
from small_reports import Report, report_of

from funnel_study.figures.theme import save, theme


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A figure of two by one inches, by its suffix."""
    plot = p9.ggplot(pd.DataFrame({"x": [1, 2]}), p9.aes("x", "x")) + p9.geom_point() + theme(2, 1)
    folder = tmp_path_factory.mktemp("tiny")
    files = {suffix: folder / f"figure{suffix}" for suffix in (".svg", ".png")}
    for file in files.values():
        save(plot, file)
    return files


@pytest.fixture(scope="session")
def made(
    tiny: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Report]:
    """Return a function that writes the report of a study by its name, each once."""
    return cache(lambda name: report_of(name, tiny, tmp_path_factory.mktemp("study")))
