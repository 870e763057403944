"""A study of extreme settings, from data to report: undefined values are missing."""

import re
from pathlib import Path

import numpy as np
import pytest
from conftest import Workflow

from funnel_study.figures.registry import FIGURES, FIT_FIGURES
from funnel_study.files.tables import read_table

pytestmark = pytest.mark.slow

SCENARIOS = [
    {"name": "one", "sigma": 1, "n_per_individual": [1]},
    {"name": "precise", "sigma": 1e-3, "n_per_individual": [1, 1], "parameterizations": ["mixed"]},
    {"name": "many", "sigma": 1, "n_per_individual": [1] * 200},
    {"name": "heavy", "sigma": 10, "n_per_individual": [100_000, 1]},
    {"name": "vague", "sigma": 1e3, "n_per_individual": [1, 2]},
    {"name": "equal", "y": [3, 3, 3], "sigma": 1, "parameterizations": ["centered"]},
]
CONFIG = {
    "study": "extreme",
    "truth": {"mu": 1, "tau": 1e-8},
    # with one individual tau has no variance under it
    "priors": {"tau": "half_cauchy"},
    "scenarios": SCENARIOS,
    "parameterizations": ["noncentered"],
    "samplers": ["stan"],
    "replicates": 1,
    "sampling": {"chains": 1, "tune": 20, "draws": 4},
    "draw": [{"scenarios": ["one"]}],
}
# may be 0 for what they count or measure, not for want of a value
ZEROS = {
    "fits": {"replicate", "divergences", "max_tree_depth_hits", "centeredness"}
    | {"choosing_gradients"},
    "chains": {"replicate", "chain", "divergences"},
    "estimates": {"replicate", "mass_below_exact_q05", "tilt"},
}


def test_extremes_go_through_all_stages(repository: Path, tmp_path: Path) -> None:
    workflow = Workflow(repository, tmp_path, CONFIG)
    workflow.succeed()
    tables = {path.stem: read_table(path) for path in (workflow.root / "summary").glob("*.csv")}
    for name, table in tables.items():
        numbers = table.select_dtypes("number")
        assert not np.isinf(numbers.to_numpy(dtype=float)).any(), name
        if name in ZEROS:
            assert {column for column in numbers if (numbers[column] == 0).any()} <= ZEROS[name]
    fits, estimates = tables["fits"], tables["estimates"].set_index(["scenario", "estimand"])
    assert fits["scenario"].tolist() == [str(each["name"]) for each in SCENARIOS]
    assert set(fits["status"]) == {"ok"}
    assert fits["rhat_max"].isna().all(), "one chain has none"
    assert fits[["ess_bulk_min", "acceptance", "step_size"]].notna().all(axis=None)
    assert len(estimates.loc["many"]) == 203
    assert estimates["rank"].isna().all(), "4 draws have no 99"
    assert estimates[["exact_mean", "exact_q05"]].notna().all(axis=None)
    no_sd = estimates.index[estimates["exact_sd"].isna()].tolist()
    assert no_sd == [("one", "tau")]
    assert estimates.loc["equal", "truth"].isna().all()
    truth = estimates.drop(index="equal", level="scenario")["truth"]
    assert truth.notna().all()
    assert truth["many", "log_tau"] == pytest.approx(np.log(1e-8))
    for scenario in ("one", "many"):
        assert estimates.loc[(scenario, "theta[0]"), "truth"] == pytest.approx(1, abs=1e-6)
    measures = tables["performance"].set_index("measure")
    assert measures.loc["convergence_rate", "estimate"].isna().all()
    assert measures["mcse"].isna().all(), "one replicate has none"
    assert_drawn(workflow.root)
    text = re.sub(r"<[^>]+>", "", (workflow.root / "report.html").read_text())
    for missing in (
        "a second chain of each fit, so no R-hat",
        "more than one replicate, so no Monte Carlo standard errors",
        "known true values for the data that are given",
    ):
        assert missing in text


def assert_drawn(root: Path) -> None:
    names = [name for name, figure in FIGURES.items() if not figure.needs]
    expected = {f"{name}.{suffix}" for name in names for suffix in ("png", "svg")}
    files = [file for file in (root / "figures").rglob("*") if file.is_file()]
    assert {file.name for file in files if file.parent == root / "figures"} == expected
    assert all(file.stat().st_size for file in files)
    of_one = {file.stem for file in files if file.parent != root / "figures"}
    assert of_one == {name for name, figure in FIT_FIGURES.items() if figure.of != "pair"}
