"""A small space-filling design with Stan, from its configuration to its report."""

from pathlib import Path
from typing import Any

import pytest
from conftest import Workflow

from funnel_study.files.tables import read_table

CONFIG: dict[str, Any] = {
    "study": "designed",
    "design": {
        "likelihood": ["normal", "poisson"],
        "K": 3,
        "ratio": {"low": 0.1, "high": 10},
        "kind": ["equal", "geometric"],
        "imbalance": {"low": 1, "high": 50},
    },
    "parameterizations": ["centered", "data_based", "marginal"],
    "samplers": ["stan"],
    "replicates": 8,
    "replicates_per_job": 8,
    "sampling": {"chains": 2, "tune": 100, "draws": 150},
}


@pytest.fixture(scope="module")
def designed(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Workflow:
    workflow = Workflow(repository, tmp_path_factory.mktemp("designed"), CONFIG)
    assert "Study 'designed': 2 scenarios, 40 fits." in workflow.succeed()
    return workflow


def test_a_design_has_its_tables_figure_and_report(designed: Workflow) -> None:
    table = read_table(designed.root / "summary/landscape.csv")
    assert table["point"].nunique() == 16
    assert table["ratio"].nunique() == 16
    assert sorted(table["draws"].unique()) == [100, 150]
    assert table["score"].gt(0).all()
    assert (table["parameterization"] == "marginal").sum() == 2 * 8  # of normal data alone
    bands = read_table(designed.root / "summary/landscape_bands.csv")
    assert set(bands["reference"]) == {"data_based"}
    assert (designed.root / "figures/landscape.svg").exists()
    page = (designed.root / "report.html").read_text()
    assert page.index('id="landscape"') < page.index('id="question"')


def test_more_points_run_only_their_own_fits(designed: Workflow) -> None:
    jobs = Workflow(designed.checkout, designed.directory, {**CONFIG, "replicates": 16}).planned()
    assert (jobs["simulate"], jobs["fit"], jobs["landscape"]) == (2, 5, 1)
    assert not designed.planned()
