"""A small sweep with Stan, from its configuration to its report."""

from pathlib import Path
from typing import Any

import pytest
from conftest import Workflow

from funnel_study.files.tables import read_table

CONFIG: dict[str, Any] = {
    "study": "swept",
    "sweep": {"data": {"ratio": [0.5, 2], "K": 3}},
    "parameterizations": ["centered", "half", "noncentered"],
    "samplers": ["stan"],
    "replicates": 3,
    "replicates_per_job": 3,
    "sampling": {"chains": 2, "tune": 100, "draws": 150},
}


@pytest.fixture(scope="module")
def swept(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Workflow:
    workflow = Workflow(repository, tmp_path_factory.mktemp("swept"), CONFIG)
    assert "Study 'swept': 2 scenarios, 18 fits." in workflow.succeed()
    return workflow


def test_a_sweep_has_its_table_figures_and_report(swept: Workflow) -> None:
    sweep = read_table(swept.root / "summary/sweep.csv")
    assert list(sweep["scenario"].unique()) == ["ratio-0.5", "ratio-2"]
    assert len(sweep) == 2 * 3 * 5
    assert sweep["work"].gt(0).all()
    assert sweep["failed"].eq(0).all()
    assert sweep["fits"].eq(3).all()
    figures = {path.stem for path in (swept.root / "figures").glob("*.png")}
    assert {"sweep_work", "sweep_bias"} <= figures
    assert not {"work", "density_of_log_tau"} & figures
    page = (swept.root / "report.html").read_text()
    assert page.index('id="sweep"') < page.index('id="question"')
    assert "swept" in (swept.directory / "results/index.html").read_text()


def test_a_new_value_runs_only_its_own_fits(swept: Workflow) -> None:
    more = {**CONFIG, "sweep": {"data": {"ratio": [8, 0.5, 2], "K": 3}}}
    jobs = Workflow(swept.checkout, swept.directory, more).planned()
    assert (jobs["simulate"], jobs["fit"], jobs["tabulate_sweep"]) == (1, 3, 1)
    assert not swept.planned()
