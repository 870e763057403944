from collections.abc import Callable
from pathlib import Path

import pytest
from csv_texts import SCHOOLS

from funnel_study.advice.advice import Advice, advise
from funnel_study.advice.groups import read_groups
from funnel_study.advice.priors import choose


@pytest.fixture
def advice(tmp_path: Path) -> Callable[..., Advice]:
    """The advice on the text of a CSV file."""

    def make(
        text: str = SCHOOLS, tau: str = "half_normal:5", mu: str = "normal:0:5", **options: str
    ) -> Advice:
        path = tmp_path / "schools.csv"
        path.write_text(text, encoding="utf-8")
        groups = read_groups(path, options)
        return advise("schools", path.name, groups, choose(groups, tau, mu))

    return make
