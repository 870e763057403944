"""The sampler stan beside PyMC3 on the model as published, and SAMPLERS of `make`."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import Make, Workflow

from funnel_study.files.tables import read_table

pytestmark = pytest.mark.slow


def test_stan_and_pymc3_agree_on_the_model_as_published(
    repository: Path, small: dict[str, Any], tmp_path: Path
) -> None:
    config = {
        **small,
        "study": "literal",
        "scenarios": [{"name": "few", "sigma": 3.0, "n_per_individual": [1, 4, 2], "mixed": [1]}],
        "parameterizations": ["mixed"],
        "samplers": ["pymc3", "stan"],
        "literal": True,
        "replicates_per_job": 2,
        "sampling": {"chains": 2, "tune": 500, "draws": 1_000},
    }
    literal = Workflow(repository, tmp_path, config)
    literal.succeed("compare_samplers")
    fits = read_table(literal.root / "summary/fits.csv")
    assert list(fits["status"]) == ["ok"] * 4, list(fits["message"])
    agreement = read_table(literal.root / "summary/agreement.csv")
    assert len(agreement) == 2 * 6
    assert agreement["z_score"].abs().max() < 5
    estimates = read_table(literal.root / "summary/estimates.csv")
    assert estimates["z_score"].abs().max() < 6


def test_samplers_of_make_replace_those_of_the_configuration(
    repository: Path, small: dict[str, Any], tmp_path: Path
) -> None:
    """PyMC3 is named by the configuration only, so its environment is not installed."""
    make = Make(repository, tmp_path)
    config = {
        **small,
        "scenarios": small["scenarios"][:1],
        "parameterizations": ["noncentered"],
        "samplers": ["pymc3"],
        "replicates": 1,
    }
    (tmp_path / "small.yaml").write_text(yaml.safe_dump(config))

    def run(target: str) -> None:
        done = make.run("CONFIG=small.yaml", "CORES=2", target, "SAMPLERS=stan")
        assert done.returncode == 0, done.stdout + done.stderr

    run("study")
    assert not (tmp_path / ".venvs").exists()
    root = tmp_path / "results/small"
    fits = read_table(root / "summary/fits.csv")
    assert fits[["sampler", "status"]].to_numpy().tolist() == [["stan", "ok"]]
    assert yaml.safe_load((root / "config.yaml").read_text())["samplers"] == ["stan"]
    shutil.rmtree(root / "figures")
    run("figures")
    assert list((root / "figures").glob("*.png"))
