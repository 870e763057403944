"""A parameterization that is added as docs/extending.md says: one file and a colour."""

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from conftest import Workflow, finished

from funnel_study.fitting import samplers

MODULE = '''"""The third parameterization: NUTS samples z_k a third of the way to theta_k."""

import numpy as np


def centeredness(means, priors, listed):
    return np.full(means.K, 1 / 3)
'''
COLOUR = "#123456"
SAMPLERS = [name for name in samplers.names() if name != "pymc3"]


@pytest.fixture(scope="module")
def added(
    repository: Path, small: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Workflow:
    """A study with the new parameterization and all samplers, after a whole run."""
    checkout = tmp_path_factory.mktemp("checkout")
    for name in ("workflow", "scripts", "src", "config"):
        shutil.copytree(repository / name, checkout / name, symlinks=True)
    for name in ("Snakefile", "environment.yml"):
        shutil.copy(repository / name, checkout)
    (checkout / "profiles").symlink_to("workflow/profiles")
    (checkout / "src/funnel/parameterizations/third.py").write_text(MODULE)
    theme = checkout / "src/funnel_study/figures/theme.py"
    text = theme.read_text()
    assert text.count("_COLOURS = {\n") == 1
    theme.write_text(text.replace("_COLOURS = {\n", f'_COLOURS = {{\n    "third": "{COLOUR}",\n'))
    config = {
        **small,
        "scenarios": small["scenarios"][:1],
        "parameterizations": ["third", "marginal"],
        "samplers": SAMPLERS,
        "replicates": 1,
    }
    workflow = Workflow(checkout, tmp_path_factory.mktemp("added"), config)
    workflow.succeed()
    return workflow


def test_every_sampler_fits_it(added: Workflow) -> None:
    fits = pd.read_csv(added.root / "summary/fits.csv")
    third = fits[fits["parameterization"] == "third"]
    assert set(third["sampler"]) == set(SAMPLERS)
    assert set(fits["status"]) == {"ok"}
    assert third["centeredness"].to_numpy() == pytest.approx(1 / 3)
    assert fits.loc[fits["parameterization"] == "marginal", "centeredness"].isna().all()


def test_the_report_names_and_draws_it(added: Workflow) -> None:
    page = (added.root / "report.html").read_text()
    assert "third        NUTS samples z_k a third of the way to theta_k" in page
    assert "marginal     NUTS samples mu and tau only" in page
    figures = [
        path for path in (added.root / "figures").glob("*.svg") if "third" in path.read_text()
    ]
    assert figures
    assert any(COLOUR in path.read_text() for path in figures)


@pytest.mark.parametrize("parameterization", ["third", "marginal"])
def test_one_of_its_fits_can_be_inspected(added: Workflow, parameterization: str) -> None:
    page = f"figures/few/0/{SAMPLERS[0]}/{parameterization}/index.html"
    added.succeed("--", str(Path("results", added.config["study"], page)))
    assert parameterization in (added.root / page).read_text()
    assert (added.root / page).with_name("funnels_theta.png").stat().st_size > 10_000


PROGRAM = """
import sys
from pathlib import Path

import yaml

sys.path.insert(0, sys.argv[1])
from funnel_study.benchmark.runs import measure_funnel

config = yaml.safe_load(Path(sys.argv[2]).read_text())
_, found = measure_funnel(Path("bench"), config, cores=2)
print(*(row["status"] for row in found["funnel-stan"].fits))
"""


def test_the_benchmark_runs_it(added: Workflow, tmp_path: Path) -> None:
    config = {**added.config, "parameterizations": ["third"], "samplers": ["stan"]}
    small = Workflow(added.checkout, tmp_path, config)
    python, *_ = small.command()
    arguments = (str(added.checkout / "src"), str(tmp_path / "config.yaml"))
    done = finished([python, "-c", PROGRAM, *arguments], small.environment(), tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.split() == ["ok"]
    # and its program takes the name of a new parameterization
    bench = [python, str(added.checkout / "scripts/bench.py"), "--help"]
    assert "third" in finished(bench, small.environment(), tmp_path).stdout
