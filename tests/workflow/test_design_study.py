"""A small space-filling design with Stan, from its configuration to its report."""

from pathlib import Path
from typing import Any

import pytest
import xarray as xr
from conftest import Workflow

from funnel_study.files.formats import read_netcdf
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


def test_fits_that_did_not_converge_are_run_again_bit_for_bit_the_same(
    designed: Workflow, tmp_path: Path
) -> None:
    """Those of weak data and few draws, and once more in other blocks and on another core."""
    cell = "poisson-K-3/centered/stan"
    again = read_netcdf(designed.root / f"again/diagnostics/{cell}/0-7.nc")
    fits = read_table(designed.root / "summary/fits.csv")
    here = fits.query("scenario == 'poisson-K-3' and parameterization == 'centered'")
    unconverged = here.loc[here["rhat_max"] > 1.01, "replicate"].tolist()
    assert again["replicate"].to_numpy().tolist() == unconverged
    first = read_netcdf(designed.root / f"diagnostics/{cell}/0-7.nc").sel(replicate=unconverged)
    assert (again["mean"] != first["mean"]).any()
    xr.testing.assert_identical(again["exact_mean"], first["exact_mean"])
    config = {**CONFIG, "replicates_per_job": 4, "keep_draws": False}
    other = Workflow(designed.checkout, tmp_path, config)
    file = f"results/designed/again/diagnostics/{cell}/4-7.nc"
    other.succeed("--", file, cores=1)
    found = read_netcdf(tmp_path / file)
    late = [replicate for replicate in unconverged if replicate >= 4]
    assert late
    xr.testing.assert_identical(found, again.sel(replicate=late))


def test_second_runs_are_charged_and_shown(designed: Workflow) -> None:
    table = read_table(designed.root / "summary/landscape.csv")
    whole = table[table["draws"] == 150]
    is_same = whole["score_with_reruns"] == whole["score"]
    assert (is_same == (whole["rhat_max"] <= 1.01)).all()
    assert table.loc[table["draws"] == 100, "score_with_reruns"].isna().all()
    arms = read_table(designed.root / "summary/landscape_arms.csv")
    assert arms["unconverged"].sum() == 2 * (whole["rhat_max"] > 1.01).sum()
    assert set(arms["bias_verdict"]) <= {"qualified", "wrong", "undecided"}


def test_more_points_run_only_their_own_fits(designed: Workflow) -> None:
    jobs = Workflow(designed.checkout, designed.directory, {**CONFIG, "replicates": 16}).planned()
    assert (jobs["simulate"], jobs["fit"], jobs["fit_again"], jobs["landscape"]) == (2, 5, 5, 1)
    assert not designed.planned()
