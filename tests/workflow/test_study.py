"""One study from its data to its report: its files, their numbers, and nothing else."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import Workflow, numbers

from funnel.exact import ExactPosterior
from funnel.priors import Priors
from funnel_study.figures.registry import FIGURES
from funnel_study.files.data_sets import from_xarray
from funnel_study.files.formats import read_netcdf

FITS = [
    *("scenario", "parameterization", "sampler", "replicate", "status", "divergences"),
    *("bfmi_min", "step_size", "max_tree_depth_hits", "acceptance", "rhat_max", "ess_bulk_min"),
    *("ess_tail_min", "leapfrog_steps", "tuning_leapfrog_steps", "choosing_gradients"),
    *("sampling_seconds", "centeredness", "data_weight", "message"),
]
ESTIMATES = [
    *("scenario", "parameterization", "sampler", "replicate", "estimand", "truth", "mean", "sd"),
    *("exact_mean", "exact_sd", "exact_q05", "exact_q25", "exact_q50", "exact_q75", "exact_q95"),
    *("mcse_mean", "q05", "q25", "q50", "q75", "q95", "ess_bulk", "ess_tail", "rhat"),
]


def test_tables_keep_the_contract(done: Workflow) -> None:
    fits = pd.read_csv(done.root / "summary/fits.csv")
    estimates = pd.read_csv(done.root / "summary/estimates.csv")
    assert fits.columns.tolist() == FITS
    assert set(ESTIMATES) <= set(estimates.columns)
    assert len(fits) == 2 * 2 * 2
    assert len(estimates) == 2 * 2 * (6 + 4)
    assert set(fits["status"]) == {"ok"}
    assert not fits.drop(columns="message").isna().any(axis=None)
    of_tau = {"ks", "wasserstein", "mass_below_exact_q05", "exact_below_lowest"}
    of_theta = {"funnel", "tilt"}
    assert not estimates.drop(columns=of_tau | of_theta).isna().any(axis=None)
    theta = estimates["estimand"].str.startswith("theta")
    assert not estimates.loc[theta, sorted(of_theta)].isna().any(axis=None)
    assert len(pd.read_csv(done.root / "summary/chains.csv")) == len(fits) * 2
    performance = pd.read_csv(done.root / "summary/performance.csv")
    assert performance.columns.tolist() == [
        *("scenario", "parameterization", "sampler", "estimand"),
        *("measure", "estimate", "mcse", "replicates"),
    ]
    for table in ("comparisons", "diagnostic_value", "divergences"):
        assert len(pd.read_csv(done.root / f"summary/{table}.csv"))


def test_work_and_bias_are_those_of_the_kept_draws(done: Workflow) -> None:
    """Computed anew from the draws and the exact posterior, in plain loops."""
    performance = pd.read_csv(done.root / "summary/performance.csv")
    for scenario, cell in (("few", "mixed"), ("lone", "noncentered")):
        work: dict[str, list[float]] = {"tau": [], "log_tau": [], "P(tau < q05)": []}
        bias: dict[str, list[float]] = {name: [] for name in work}
        for replicate in (0, 1):
            data = read_netcdf(done.root / f"data/{scenario}/{replicate}.nc")
            exact = ExactPosterior(from_xarray(data, replicate).data.means, Priors(5.0, 5.0))
            q05 = float(exact.quantile("tau", 0.05))
            path = done.root / f"fits/{scenario}/{cell}/stan/{replicate}.nc"
            tau = read_netcdf(path, "posterior")["tau"].to_numpy()[0]
            steps = read_netcdf(path, "sample_stats")["n_steps"].to_numpy()[0].sum(axis=1)
            steps = steps + read_netcdf(path)["tuning_leapfrog_steps"].to_numpy()[0]
            functions = {
                "tau": (tau, exact.mean()["tau"], exact.sd()["tau"]),
                "log_tau": (np.log(tau), exact.mean()["log_tau"], exact.sd()["log_tau"]),
                "P(tau < q05)": (tau < q05, 0.05, np.sqrt(0.05 * 0.95)),
            }
            for name, (f, mean, sd) in functions.items():
                u = [(chain.mean() - mean) / sd for chain in f]
                C = len(u)
                work[name].append(sum(L * x**2 for L, x in zip(steps, u, strict=True)) / C)
                pairs = [u[i] * u[j] for i in range(C) for j in range(C) if i != j]
                bias[name].append(sum(pairs) / (C * (C - 1)))
        for name in work:
            rows = performance.query(
                "scenario == @scenario and parameterization == @cell and estimand == @name"
            ).set_index("measure")
            w = np.array(work[name])
            assert rows.loc["work", "estimate"] == pytest.approx(w.mean(), rel=1e-9)
            error = max(w.std(ddof=1) / np.sqrt(2), w.mean() * np.sqrt(2 / (2 * 2)))
            assert rows.loc["work", "mcse"] == pytest.approx(error, rel=1e-9)
            b = np.array(bias[name])
            assert rows.loc["bias_squared", "estimate"] == pytest.approx(b.mean(), rel=1e-6)
            assert rows.loc["bias_squared", "mcse"] == pytest.approx(b.std(ddof=1) / np.sqrt(2))


def test_data_keep_the_contract(done: Workflow) -> None:
    block = read_netcdf(done.root / "data/few/1.nc")
    assert block["y"].dims == ("replicate", "observation")
    assert block["idx"].to_numpy().tolist() == [0, 1, 1, 1, 1, 2, 2]
    assert block["theta"].dims == ("replicate", "individual")
    assert block["mu"].dims == block["tau"].dims == ("replicate",)
    assert block["sigma"].to_numpy().tolist() == [3.0, 3.0, 3.0]
    assert block["replicate"].to_numpy().tolist() == [1]
    other = read_netcdf(done.root / "data/few/0.nc")["y"]
    assert not np.array_equal(block["y"], other), "every replicate has data of its own"


def test_draws_keep_the_contract_and_agree_with_the_tables(done: Workflow) -> None:
    path = done.root / "fits/few/noncentered/stan/1.nc"
    posterior, stats = read_netcdf(path, "posterior"), read_netcdf(path, "sample_stats")
    assert dict(posterior.sizes) == {"replicate": 1, "chain": 2, "draw": 100, "individual": 3}
    assert {"mu", "tau", "theta", "z"} <= set(posterior)
    estimates = pd.read_csv(done.root / "summary/estimates.csv")
    row = estimates.query(
        "scenario == 'few' and parameterization == 'noncentered' and replicate == 1"
    ).set_index("estimand")
    assert row.loc["theta[2]", "mean"] == pytest.approx(
        float(posterior["theta"].sel(individual=2).mean())
    )
    fits = pd.read_csv(done.root / "summary/fits.csv")
    assert fits["leapfrog_steps"].iloc[1] == int(stats["n_steps"].sum())


def test_all_figures_are_there_and_nothing_outside_of_results(done: Workflow) -> None:
    files = {file.name for file in (done.root / "figures").iterdir()}
    names = [name for name, figure in FIGURES.items() if not figure.needs]
    assert files == {f"{name}.{suffix}" for name in names for suffix in ("png", "svg")}
    written = {file.name for file in done.directory.iterdir()}
    assert written == {"results", ".snakemake", "config.yaml"}
    assert not list(done.root.rglob(".*.nc"))


def test_a_second_run_does_nothing_from_either_snakefile(done: Workflow) -> None:
    assert not done.planned()
    inner = Workflow(done.checkout, done.directory, done.config)
    inner.snakefile = "workflow/Snakefile"
    assert not inner.planned("page")


def test_snakemakes_report_holds_every_figure_and_table(copy: Workflow) -> None:
    copy.succeed("--report", str(copy.root / "provenance.html"))
    text = (copy.root / "provenance.html").read_text()
    assert all((figure.title in text) != bool(figure.needs) for figure in FIGURES.values())
    assert "fits.csv" in text
    assert "estimates.csv" in text


@pytest.mark.slow
def test_draws_that_are_not_kept_go_and_are_not_missed(
    repository: Path, small: dict[str, Any], done: Workflow, tmp_path: Path
) -> None:
    """Blocks on one core give the same numbers, to the last digit, as single fits on two cores."""
    config = {**small, "keep_draws": False, "replicates_per_job": 2}
    workflow = Workflow(repository, tmp_path, config)
    workflow.succeed("analyse", cores=1)
    assert not [file for file in (workflow.root / "fits").rglob("*") if file.is_file()]
    assert not workflow.planned("analyse")
    ours, theirs = numbers(workflow), numbers(done)
    # which replicates a job had is what the table of blocks is about
    assert ours.pop("blocks") != theirs.pop("blocks")
    assert ours == theirs
    assert len(ours) == 15


@pytest.mark.slow
def test_a_calibration_tests_the_ranks(
    repository: Path, small: dict[str, Any], tmp_path: Path
) -> None:
    """Also with given data, which have no true values and therefore no ranks."""
    given = {"name": "given", "sigma": [1.0, 2.0], "n_per_individual": [1, 1], "y": [3.0, -1.0]}
    config = {
        **small,
        "truth": "prior",
        "priors": {"mu_sd": 5, "tau_scale": 5, "tau": "half_cauchy"},
        "scenarios": [small["scenarios"][0], given],
        "parameterizations": ["noncentered"],
        "replicates": 12,
        "replicates_per_job": 12,
    }
    workflow = Workflow(repository, tmp_path, config)
    workflow.succeed("calibrate", "results/small/figures/rank_ecdfs.png")
    table = pd.read_csv(workflow.root / "summary/calibration.csv").set_index("scenario")
    assert set(table.loc["few", "ranks"]) == {12}
    assert set(table.loc["given", "ranks"]) == {0}
    estimates = pd.read_csv(workflow.root / "summary/estimates.csv")
    assert estimates.query("scenario == 'given'")["truth"].isna().all()
    assert estimates.query("scenario == 'few'")["truth"].nunique() == 12 * 6
