from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from funnel.catalogue import FIGURES as CATALOGUE
from funnel.diagnostics import ESTIMATE_COLUMNS
from funnel.figures import FIGURES
from funnel.theme import colours, save


def tables(
    scenarios: int, parameterizations: int, samplers: int, replicates: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(1)
    known = ["centered", "noncentered", "mixed", "partial", "a_rather_long_name"]
    keys = pd.MultiIndex.from_product(
        [
            [f"scenario-{i}" for i in range(scenarios)],
            known[:parameterizations],
            ["nutpie", "pymc"][:samplers],
            range(replicates),
        ],
        names=["scenario", "parameterization", "sampler", "replicate"],
    ).to_frame(index=False)
    fits = keys.assign(
        status="ok",
        divergences=rng.integers(0, 2_000, len(keys)) * rng.integers(0, 2, len(keys)),
        bfmi_min=rng.uniform(0.1, 1.1, len(keys)),
        step_size=rng.uniform(0.01, 1, len(keys)),
        rhat_max=1 + rng.exponential(0.01, len(keys)) - 1e-4,
        ess_bulk_min=rng.uniform(50, 20_000, len(keys)),
        leapfrog_steps=rng.integers(10_000, 500_000, len(keys)),
        sampling_seconds=rng.uniform(0.2, 2, len(keys)),
        message=None,
    )
    estimates = pd.concat(
        keys.assign(estimand=estimand, **dict.fromkeys(ESTIMATE_COLUMNS, 1.0))
        for estimand in ("mu", "tau")
    )
    mean = rng.normal(4, 1, len(estimates))
    return fits, estimates.assign(truth=4.0, mean=mean, q05=mean - 1.5, q95=mean + 2)


def test_every_figure_of_the_catalogue_is_drawn() -> None:
    assert set(FIGURES) == set(CATALOGUE)
    assert all(entry.title and entry.caption.endswith(".") for entry in CATALOGUE.values())


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("counts", [(1, 1, 1, 1), (5, 5, 2, 4)])
def test_figures_hold_for_any_study(
    tmp_path: Path, name: str, counts: tuple[int, int, int, int]
) -> None:
    save(FIGURES[name](*tables(*counts)), tmp_path / f"{name}.png")
    assert (tmp_path / f"{name}.png").stat().st_size > 5_000


@pytest.mark.parametrize("name", FIGURES)
def test_failed_fits_are_counted_in_the_figure(tmp_path: Path, name: str) -> None:
    fits, estimates = tables(2, 2, 1, 3)
    failed = (fits["scenario"] == "scenario-0") & (fits["parameterization"] == "centered")
    gone = (estimates["scenario"] == "scenario-0") & (estimates["parameterization"] == "centered")
    values = fits.columns.difference(
        ["scenario", "parameterization", "sampler", "replicate", "status", "message"]
    )
    fits = fits.astype(dict.fromkeys(values, float))
    fits.loc[failed, values] = np.nan
    fits.loc[failed, "status"] = "failed"
    estimates.loc[gone, ["mean", "q05", "q95"]] = np.nan
    plot = FIGURES[name](fits, estimates)
    assert "3 of 12 fits, which failed (scenario-0 / centered / nutpie: 3)" in plot.labels.caption
    save(plot, tmp_path / "figure.png")


@pytest.mark.parametrize("name", FIGURES)
def test_a_study_without_any_value_is_drawn_too(tmp_path: Path, name: str) -> None:
    fits, estimates = tables(1, 2, 1, 2)
    values = ["divergences", "bfmi_min", "step_size", "rhat_max", "ess_bulk_min"]
    fits = fits.assign(**dict.fromkeys(values, np.nan), status="failed")
    save(FIGURES[name](fits, estimates.assign(mean=np.nan)), tmp_path / "figure.png")


def test_the_same_figure_is_the_same_file(tmp_path: Path) -> None:
    for file in ("one.svg", "two.svg"):
        save(FIGURES["bfmi"](*tables(2, 3, 1, 4)), tmp_path / file)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()


def test_a_parameterization_keeps_its_colour() -> None:
    assert colours(["mixed"])["mixed"] == colours(["centered", "new", "mixed"])["mixed"]
    many = colours(["centered", "noncentered", "mixed", "partial", "other"])
    assert len(set(many.values())) == 5
