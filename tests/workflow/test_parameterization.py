"""A parameterization that is added as docs/extending.md says: one file and a colour."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from conftest import Workflow, copied, finished

MODULE = '''"""The third parameterization: NUTS samples z_k a third of the way to theta_k."""

import numpy as np


def centeredness(problem):
    return np.full(problem.means.K, 1 / 3)
'''
PLACING = '''"""The placing parameterization: NUTS samples eta_k in units of its own."""

import numpy as np

from funnel.placement import Placement, log_prior

CONSTANTS = ("factor",)


def constants(problem):
    return {"factor": np.arange(1.0, problem.means.K + 1)}


def place(math, tau, z_mu, z, prior, *, factor):
    eta = z / factor
    return Placement(z_mu, z_mu + tau * eta, log_prior(z_mu, eta, prior))


STAN = """
  vector[K] theta = z_mu + tau * (z ./ factor);
  z_mu ~ normal(0, mu_sd);
  z ~ normal(0, factor);
"""
'''
COLOUR = "#123456"
# the others take the model of one of these
SAMPLERS = ["nutpie", "pymc", "stan"]
PROGRAM = """
import sys
from pathlib import Path

import yaml

from funnel_study.benchmark.runs import measure_funnel

config = yaml.safe_load(Path(sys.argv[1]).read_text())
_, fits = measure_funnel(Path("bench"), config, cores=2)
print(*fits.loc[fits["peer"] == "funnel-stan", "status"])
"""


@pytest.fixture(scope="module")
def checkout(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout with the new parameterization."""
    checkout = copied(repository, tmp_path_factory.mktemp("checkout"))
    (checkout / "src/funnel/parameterizations/third.py").write_text(MODULE)
    (checkout / "src/funnel/parameterizations/placing.py").write_text(PLACING)
    theme = checkout / "src/funnel_study/figures/theme.py"
    text = theme.read_text()
    assert text.count("_COLOURS = {\n") == 1
    theme.write_text(text.replace("_COLOURS = {\n", f'_COLOURS = {{\n    "third": "{COLOUR}",\n'))
    return checkout


@pytest.fixture
def study(checkout: Path, small: dict[str, Any], tmp_path: Path) -> Workflow:
    """A study with the new parameterization and Stan, which has not been run."""
    config = {
        "scenarios": small["scenarios"][:1],
        "parameterizations": ["third", "placing", "marginal"],
    }
    return Workflow(checkout, tmp_path, {**small, **config, "replicates": 1})


def assert_fitted(study: Workflow) -> None:
    fits = pd.read_csv(study.root / "summary/fits.csv")
    assert len(fits) == 3 * len(study.config["samplers"])
    assert set(fits["status"]) == {"ok"}
    constants = fits.groupby("parameterization")["centeredness"]
    assert constants.get_group("third").to_numpy() == pytest.approx(1 / 3)
    assert fits.loc[fits["parameterization"] != "third", "centeredness"].isna().all()


def test_stan_fits_it(study: Workflow) -> None:
    study.succeed("summarise")
    assert_fitted(study)


@pytest.mark.slow
def test_every_sampler_fits_it_and_the_report_names_and_draws_it(study: Workflow) -> None:
    study.config["samplers"] = SAMPLERS
    study.succeed()
    assert_fitted(study)
    page = (study.root / "report.html").read_text()
    assert "NUTS samples z_k a third of the way to theta_k" in page
    figures = [path.read_text() for path in (study.root / "figures").glob("*.svg")]
    assert any("third" in figure and COLOUR in figure for figure in figures)
    for parameterization in ("third", "placing", "marginal"):
        path = study.root / f"figures/few/0/stan/{parameterization}/index.html"
        study.succeed("--", str(path.relative_to(study.directory)))
        assert parameterization in path.read_text()
        assert path.with_name("funnels_theta.png").stat().st_size > 10_000


@pytest.mark.slow
def test_the_benchmark_runs_it(study: Workflow) -> None:
    study.config["parameterizations"] = ["third"]
    python, *_ = study.command()
    arguments = ("-c", PROGRAM, str(study.directory / "config.yaml"))
    done = finished([python, *arguments], study.environment(), study.directory)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.split() == ["ok"]
    # and its program takes the name of a new parameterization
    bench = [python, str(study.checkout / "scripts/bench.py"), "--help"]
    assert "third" in finished(bench, study.environment()).stdout
