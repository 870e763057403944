"""The sampler pymc3, in its own environment, and a study without it."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Workflow, finished

from funnel_study.files.formats import read_netcdf
from funnel_study.files.tables import read_table

pytestmark = pytest.mark.slow

# Theano compiles for much longer than these tests compute
NO_COMPILER = {"THEANO_FLAGS": "mode=FAST_COMPILE,cxx="}

# run by PyMC3's Python: the log density of each model at a point, and what it should be there
DENSITIES = """
import json, sys
import numpy as np
from scipy import stats
from funnel.data import simulate
from funnel.priors import Priors
from funnel_study.fitting.samplers.pymc3 import build

data = simulate([1, 4, 2], [3.0, 0.5, 2.0], 4.5, 3.5, np.random.default_rng(1))
mu, tau, theta = 3.0, 1.7, np.array([2.0, 5.0, 1.0])
eta = (theta - mu) / tau
y, idx, sigma = data.data.stored().values()
of_data = stats.norm(theta[idx], sigma[idx]).logpdf(y).sum()
of_data += stats.norm(0, 5).logpdf(mu) + stats.halfnorm(0, 5).logpdf(tau) + np.log(tau)
centered, noncentered = stats.norm(mu, tau).logpdf(theta), stats.norm(0, 1).logpdf(eta)
found = {}
for c in ([1, 1, 1], [0, 0, 0], [0, 1, 0]):
    c = np.array(c, dtype=float)
    model = build(data, c, Priors(5.0, 5.0))
    point = {"mu": mu, "tau_log__": np.log(tau), "theta": theta, "eta": eta}
    point |= {"theta_cp": theta[c == 1], "eta_ncp": eta[c == 0]}
    names = [variable.name for variable in model.free_RVs]
    value = model.logp({name: point[name] for name in names})
    found[" ".join(names)] = [float(value), of_data + np.where(c == 1, centered, noncentered).sum()]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def compared(
    repository: Path, small: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Workflow:
    """A study of one data set with nutpie and PyMC3, and two of the three models."""
    config = {
        **small,
        "study": "compared",
        "scenarios": [{"name": "few", "sigma": 3.0, "n_per_individual": [1, 4, 2], "mixed": [1]}],
        "parameterizations": ["noncentered", "mixed"],
        "samplers": ["nutpie", "pymc3"],
        "replicates": 1,
        "sampling": {"chains": 2, "tune": 500, "draws": 500, "published_seed": 345890},
        "draw": [{"parameterizations": ["mixed"], "samplers": ["pymc3"]}],
    }
    workflow = Workflow(repository, tmp_path_factory.mktemp("compared"), config)
    workflow.succeed()
    return workflow


def test_the_three_models_are_written_out_and_have_the_density_of_the_model(
    repository: Path,
) -> None:
    python = repository / ".venvs/pymc3/bin/python"
    done = finished(
        [python, "-c", DENSITIES],
        {"PYTHONPATH": str(repository / "src"), "PATH": "/usr/bin:/bin", "HOME": "/tmp"}
        | NO_COMPILER,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert set(found) == {"mu tau_log__ theta", "mu tau_log__ eta", "mu tau_log__ theta_cp eta_ncp"}
    for value, expected in found.values():
        assert value == pytest.approx(expected, rel=1e-10)


def test_samplers_agree_within_monte_carlo_error(compared: Workflow) -> None:
    fits = read_table(compared.root / "summary/fits.csv")
    assert list(fits["status"]) == ["ok"] * 4
    agreement = read_table(compared.root / "summary/agreement.csv")
    assert len(agreement) == 2 * 6
    assert agreement["z_score"].abs().max() < 5
    estimates = read_table(compared.root / "summary/estimates.csv")
    assert estimates["z_score"].abs().max() < 6
    assert {each.name for each in (compared.root / "figures").glob("*.png")} >= {
        "agreement.png",
        "sampling_seconds.png",
        "leapfrog_steps.png",
    }


def test_all_samplers_make_the_same_file(compared: Workflow) -> None:
    files = [compared.root / f"fits/few/mixed/{name}/0.nc" for name in ("nutpie", "pymc3")]
    for group in ("/", "posterior", "sample_stats"):
        one, other = (read_netcdf(file, group) for file in files)
        assert one.sizes == other.sizes
        assert {name: each.dtype for name, each in one.items()} == {
            name: each.dtype for name, each in other.items()
        }
    assert read_netcdf(files[1])["seed"].item() == 345890
    assert read_netcdf(files[1]).attrs["pymc3_version"] == "3.11.6"


def test_the_figures_of_single_fits_are_drawn(compared: Workflow) -> None:
    drawn = {
        str(file.relative_to(compared.root / "figures/few/0"))
        for file in (compared.root / "figures/few/0").rglob("*.*")
    }
    fit = {"traces.png", "autocorrelation.png", "funnels_theta.png", "funnels_eta.png"}
    fit |= {"mu_and_log_tau.png", "model.svg"}
    of_all = {"tau.png", "mu_and_log_tau_side_by_side.png"}
    assert drawn == {
        "data.png",
        *(f"pymc3/mixed/{name}" for name in fit),
        *(f"pymc3/{name}" for name in of_all),
    }


def test_a_figure_is_drawn_by_name(compared: Workflow, tmp_path: Path) -> None:
    shutil.copytree(compared.directory, tmp_path / "copy")
    copy = Workflow(compared.checkout, tmp_path / "copy", compared.config)
    name = "figures/few/0/nutpie/noncentered-mixed/overlaid_funnels.png"
    assert copy.planned("--", f"results/compared/{name}") == {"draw_pair": 1}
    copy.succeed("--", f"results/compared/{name}")
    assert (copy.root / name).stat().st_size > 10_000


def test_without_its_environment_the_other_samplers_run(
    repository: Path, small: dict[str, Any], tmp_path: Path
) -> None:
    checkout = tmp_path / "checkout"
    for part in ("config", "workflow", "scripts", "src"):
        shutil.copytree(repository / part, checkout / part)
    shutil.copy(repository / "Snakefile", checkout)
    problem = checkout / ".venvs/pymc3.problem"
    problem.parent.mkdir(parents=True)
    problem.write_text("no Python 3.10 found\n")
    config = {
        **small,
        "scenarios": small["scenarios"][:1],
        "parameterizations": ["noncentered"],
        "samplers": ["stan", "pymc3"],
        "replicates": 1,
        "draw": [{"samplers": ["pymc3"]}],
    }
    workflow = Workflow(checkout, tmp_path / "run", config)
    workflow.directory.mkdir(parents=True)
    output = workflow.succeed()
    assert "the environment of pymc3 is missing: no Python 3.10 found; run make pymc3" in output
    assert "1 of 2 fits failed" in output
    fits = read_table(workflow.root / "summary/fits.csv").set_index("sampler")
    assert fits["status"].to_dict() == {"stan": "ok", "pymc3": "failed"}
    assert "no Python 3.10 found" in fits.loc["pymc3", "message"]
    # once it is there, only what was missing runs
    problem.unlink()
    (checkout / ".venvs/pymc3").symlink_to(repository / ".venvs/pymc3")
    planned = workflow.planned()
    assert planned["fit"] == 1
    assert planned["simulate"] == 0


@pytest.mark.parametrize(
    "data",
    [{"y": [1.0, 2.0, 4.0], "sigma": [1.0, 2.0, 2.0]}, {"y": [1, 2, 4], "trials": [1, 3, 4]}],
)
def test_the_program_of_the_benchmark_takes_all_data_and_the_seeds_of_fits(
    repository: Path, tmp_path: Path, data: dict[str, list[float]]
) -> None:
    """The seeds have 63 bits, more than PyMC3 takes."""
    data = data | {"idx": [0, 1, 1], "centered": [True, False]}
    fit = {"data": data, "seed": 2**62 + 5}
    job = {
        "sampling": {"chains": 2, "tune": 5, "draws": 5, "target_accept": 0.9, "cores": 1},
        "priors": {"mu_sd": 5.0, "tau_scale": 4.0},
        "fits": [{**fit, "output": str(tmp_path / "fit.npz")}],
    }
    (tmp_path / "job.json").write_text(json.dumps(job))
    python = repository / ".venvs/pymc3/bin/python"
    program = repository / "scripts/peers/with_pymc3.py"
    done = finished([python, program, tmp_path / "job.json"], os.environ | NO_COMPILER, tmp_path)
    assert done.returncode == 0, done.stderr
    with np.load(tmp_path / "fit.npz", allow_pickle=False) as kept:
        assert "message" not in kept.files, kept["message"]
        assert kept["theta"].shape == (2, 5, 2)
        assert kept["leapfrog_steps"] >= 2 * (5 + 5)  # with tuning
