import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import Workflow, numbers

from funnel.exact import ExactPosterior
from funnel.priors import Priors
from funnel_study.figures.catalogue import FIGURES
from funnel_study.files.data_sets import from_xarray
from funnel_study.files.formats import read_netcdf, write_json
from funnel_study.files.records import ORIGINS, Origin, as_environment, record_path

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
AFTER_DIAGNOSIS = ("summarise", "analyse", "collate_times", "figures", "page")


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
            exact = ExactPosterior(from_xarray(data, replicate).group_means(), Priors(5.0, 5.0))
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


def test_every_replicate_has_data_of_its_own(done: Workflow) -> None:
    y = [read_netcdf(done.root / f"data/few/{i}.nc")["y"].to_numpy() for i in (0, 1)]
    assert not np.array_equal(*y)


def test_figures_are_there(done: Workflow) -> None:
    files = {file.name for file in (done.root / "figures").iterdir()}
    names = [name for name, figure in FIGURES.items() if not figure.needs]
    assert files == {f"{name}.{suffix}" for name in names for suffix in ("png", "svg")}


def test_a_second_run_does_nothing(done: Workflow) -> None:
    assert not done.planned()


def test_the_snakefile_in_the_folder_workflow_is_the_same_workflow(
    done: Workflow, tmp_path: Path
) -> None:
    class Inner(Workflow):
        def command(self, *arguments: str) -> list[str]:
            outer = str(self.checkout / "Snakefile")
            inner = str(self.checkout / "workflow/Snakefile")
            return [inner if word == outer else word for word in super().command(*arguments)]

    fresh = tmp_path / "fresh"
    fresh.mkdir()
    plans = [each(done.checkout, fresh, done.config).planned() for each in (Workflow, Inner)]
    assert plans[1].pop("everything") == 1
    assert plans[0] == plans[1]
    assert not Inner(done.checkout, done.directory, done.config).planned("page")


def test_nothing_is_written_outside_of_results(done: Workflow) -> None:
    assert {file.name for file in done.directory.iterdir()} == {
        *("results", ".snakemake", "config.yaml")
    }
    assert not list(done.root.rglob(".*.nc"))


def test_the_report_holds_every_figure_and_table(copy: Workflow) -> None:
    copy.succeed("--report", str(copy.root / "report.html"))
    text = (copy.root / "report.html").read_text()
    for figure in FIGURES.values():
        assert (figure.title in text) != bool(figure.needs)
    assert "fits.csv" in text
    assert "estimates.csv" in text


def test_more_replicates_add_only_their_own_jobs(copy: Workflow) -> None:
    copy.config["replicates"] = 3
    plan = copy.planned()
    assert (plan["simulate"], plan["fit"]) == (2, 4)


def test_a_scenario_and_a_parameterization_add_only_their_own_jobs(copy: Workflow) -> None:
    copy.config["scenarios"] = [
        {"name": "new", "sigma": 1.0, "n_per_individual": [1, 1]},
        *copy.config["scenarios"],
    ]
    plan = copy.planned()
    assert (plan["simulate"], plan["fit"], plan["diagnose"]) == (2, 4, 2)
    copy.config["parameterizations"] = ["centered", "noncentered", "mixed"]
    plan = copy.planned()
    assert (plan["simulate"], plan["fit"], plan["diagnose"]) == (2, 4 + 6, 2 + 3)


def test_changed_settings_redo_what_they_concern(copy: Workflow) -> None:
    config = copy.config
    copy.config = {**config, "sampling": {**config["sampling"], "draws": 150}}
    plan = copy.planned()
    assert (plan["simulate"], plan["fit"]) == (0, 8)
    copy.config = {**config, "truth": {"mu": 0.0, "tau": 1.0}}
    plan = copy.planned()
    assert (plan["simulate"], plan["fit"]) == (4, 8)
    few, lone = config["scenarios"]
    copy.config = {**config, "scenarios": [{**few, "mixed": [1]}, lone]}
    plan = copy.planned()
    assert (plan["simulate"], plan["fit"]) == (0, 2)


@pytest.mark.parametrize(
    ("keys", "rules"),
    [
        # the page shows the configuration
        (
            {"draw": [{"scenarios": ["lone"], "parameterizations": ["mixed"]}]},
            {"draw_data": 1, "draw_fit": 1, "draw_all": 1, "collate_times": 1, "page": 1},
        ),
        # blocks of diagnoses are smaller where draws are not kept
        ({"keep_draws": False}, {"diagnose": 8, **dict.fromkeys(AFTER_DIAGNOSIS, 1)}),
    ],
    ids=["draw", "keep_draws"],
)
def test_a_change_of_what_is_drawn_or_kept_redoes_no_fit_and_no_table_needlessly(
    copy: Workflow, keys: dict[str, Any], rules: dict[str, int]
) -> None:
    copy.config = {**copy.config, **keys}
    assert copy.planned() == rules


def test_a_caption_redoes_the_page_alone(copy: Workflow, tmp_path: Path) -> None:
    edited = Workflow(checkout_of(copy, tmp_path), copy.directory, copy.config)
    for name in ("bias", "traces"):
        with (edited.checkout / f"workflow/report/figures/{name}.rst").open("a") as file:
            file.write("Another sentence.\n")
    assert edited.planned() == {"page": 1}


def checkout_of(workflow: Workflow, folder: Path) -> Path:
    """A copy of the checkout, to be edited."""
    checkout = folder / "checkout"
    for name in ("src", "scripts", "workflow", "config"):
        shutil.copytree(workflow.checkout / name, checkout / name, symlinks=True)
    (checkout / "profiles").symlink_to("workflow/profiles")
    shutil.copy(workflow.checkout / "Snakefile", checkout)
    return checkout


def test_a_deleted_table_or_figure_is_regenerated(copy: Workflow) -> None:
    (copy.root / "summary/divergences.csv").unlink()
    assert set(copy.planned()) == {"analyse", "figures", "collate_times", "page"}
    other = copy.root / "figures/bias.svg"
    other.unlink()
    assert copy.planned()["figures"] == 1
    copy.succeed()
    assert other.exists()
    assert not copy.planned()


def test_another_study_touches_no_file_of_this_one(copy: Workflow) -> None:
    copy.config = {**copy.config, "study": "other"}
    plan = copy.planned()
    assert (plan["simulate"], plan["fit"]) == (4, 8)
    copy.config = {**copy.config, "study": "small"}
    assert not copy.planned()


@pytest.mark.parametrize(
    ("module", "rules"),
    [
        ("fitting/stan_program.py", {"fit", "diagnose", *AFTER_DIAGNOSIS}),
        ("diagnosis/diagnostics.py", {"diagnose", *AFTER_DIAGNOSIS}),
        ("figures/of_study.py", {"figures", "collate_times", "page"}),
        ("report/study_report.py", {"page"}),
        ("report/templates/report.html", {"page"}),
    ],
)
def test_changed_code_redoes_the_stages_that_use_it(
    copy: Workflow, tmp_path: Path, module: str, rules: set[str]
) -> None:
    checkout = checkout_of(copy, tmp_path)
    edited = Workflow(checkout, copy.directory, copy.config)
    assert not edited.planned(), "a checkout elsewhere is the same code"
    with (checkout / "src/funnel_study" / module).open("a") as file:
        file.write("\nADDED = 1\n")
    assert set(edited.planned()) == rules


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
    workflow.config["replicates"] = 4
    assert workflow.planned("analyse")["fit"] == 4


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


def test_a_missing_row_is_an_error_and_not_a_shorter_table(
    copy: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = copy.root / "diagnostics/few/mixed/stan/0-1.json"
    origin = Origin(*record_path(path).read_text().split()[2:])
    rows = json.loads(path.read_text())
    rows["fits"].pop()
    monkeypatch.setenv(ORIGINS, as_environment({str(path): origin}))
    write_json(path, rows)
    monkeypatch.delenv(ORIGINS)
    before = (copy.root / "summary/fits.csv").read_text()
    done = copy.run("--forcerun", "summarise", "--retries", "0")
    assert done.returncode == 1
    output = done.stdout + done.stderr
    assert "1 missing, the first ('few', 'mixed', 'stan', 1)" in output
    assert (
        not (copy.root / "summary/fits.csv").exists()
        or (copy.root / "summary/fits.csv").read_text() == before
    )


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        ("replicates", 0, "replicates = 0: must be at least 1"),
        ("replicats", 3, "replicats: unknown key (did you mean 'replicates'?)"),
        ("study", "../x", "study = '../x': must be a valid folder name"),
        ("samplers", ["jags"], "samplers[0] = 'jags': unknown sampler"),
    ],
)
def test_a_bad_configuration_ends_before_any_work(
    repository: Path, small: dict[str, Any], tmp_path: Path, key: str, value: object, line: str
) -> None:
    workflow = Workflow(repository, tmp_path, {**small, key: value})
    done = workflow.run()
    output = done.stdout + done.stderr
    assert done.returncode == 1
    assert any(each.startswith(line) for each in output.splitlines()), output
    assert "Traceback" not in output
    assert not (tmp_path / "results").exists()
