from pathlib import Path

import numpy as np
import pandas as pd
import plotnine as p9
import pytest
from landscape_tables import landscape_tables

from funnel_study.analysis.agreement import agreement
from funnel_study.analysis.calibration import calibration
from funnel_study.analysis.diagnostic_value import diagnostic_value, roc_curves
from funnel_study.analysis.divergences import divergences_and_errors
from funnel_study.analysis.lengths import lengths
from funnel_study.analysis.performance import performance
from funnel_study.analysis.sweep import sweep_table
from funnel_study.analysis.work import TAIL
from funnel_study.diagnosis.diagnostics import ESTIMATE_COLUMNS
from funnel_study.figures import draw_study
from funnel_study.figures.registry import FIGURES
from funnel_study.figures.theme import save

Tables = dict[str, pd.DataFrame]
KEYS = ["scenario", "parameterization", "sampler", "replicate"]


def fits_and_estimates(
    scenarios: int, parameterizations: int, samplers: int, replicates: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(1)
    known = ["centered", "noncentered", "mixed", "a_rather_long_name"][:parameterizations]
    names = [f"scenario-{i}" for i in range(scenarios)], known, ["nutpie", "pymc"][:samplers]
    keys = pd.MultiIndex.from_product([*names, range(replicates)], names=KEYS).to_frame(index=False)
    counts = ("ess_bulk_min", "ess_tail_min", "leapfrog_steps", "tuning_leapfrog_steps")
    fractions = ("bfmi_min", "step_size", "sampling_seconds", "centeredness", "data_weight")
    fits = keys.assign(
        status="ok",
        message=None,
        divergences=rng.integers(0, 2_000, len(keys)) * rng.integers(0, 2, len(keys)),
        rhat_max=1 + rng.exponential(0.01, len(keys)) - 1e-4,
        choosing_gradients=0,
        **{name: rng.integers(50, 20_000, len(keys)) for name in counts},
        **{name: rng.uniform(0.1, 0.9, len(keys)) for name in fractions},
    )
    estimands = pd.DataFrame({"estimand": ["mu", "tau", "log_tau"]})
    estimates = estimands.merge(keys, how="cross").assign(**dict.fromkeys(ESTIMATE_COLUMNS, 1.0))
    mean = rng.normal(4, 1, len(estimates))
    return fits, estimates.assign(
        truth=4.0,
        mean=mean,
        exact_mean=mean + rng.normal(0, 0.1, len(estimates)),
        exact_q05=rng.uniform(0.1, 3, len(estimates)),
        q05=mean - 1.5,
        q95=mean + 2,
        z_score=rng.normal(0, 3, len(estimates)),
        ks=rng.exponential(0.03, len(estimates)),
        rank=rng.integers(0, 100, len(estimates)),
    )


def beside_published(fits: pd.DataFrame) -> pd.DataFrame:
    """What the figure shows of the comparison with published values."""
    values = {"divergences": "0 3 200 1", "bfmi": "0.9 1 0.8 nan", "step_size": "0.2 0.3 0.25 0.3"}
    quantities = pd.DataFrame(values.items(), columns=["quantity", "published_by_chain"])
    cells = fits[KEYS[:3]].drop_duplicates().assign(found_by_chain="0.1 0.4 0.2 0.3")
    return cells.merge(quantities, how="cross")


def errors_of(fits: pd.DataFrame) -> pd.DataFrame:
    """The errors of the fits, which are missing for those that failed."""
    named = pd.DataFrame({"estimand": ["mu", "tau", "log_tau", TAIL]})
    errors = fits[[*KEYS, "status"]].merge(named, how="cross")
    ok = errors.pop("status") == "ok"
    names = [
        "leapfrog_steps",
        "work",
        "squared_error",
        "bias_squared",
        "variance",
        "probability_bias",
    ]
    drawn = np.random.default_rng(3).exponential(0.01, (len(errors), len(names)))
    values = pd.DataFrame(drawn * [5e6, 1e4, 1, 1, 1, 1] - [0, 0, 0, 0.01, 0, 0.01], columns=names)
    values.loc[~errors["estimand"].isin(["mu", "tau"]), "probability_bias"] = np.nan
    errors = errors.assign(draws=1_000, chains=4, chosen=errors["replicate"] == 0)
    return errors.join(values.where(ok))


def with_the_rest(fits: pd.DataFrame, estimates: pd.DataFrame) -> Tables:
    """All tables of a study that figures are drawn from."""
    errors = errors_of(fits)
    x = np.linspace(-2, 2, 20)
    example = fits.loc[(fits["replicate"] == 0) & (fits["status"] == "ok"), KEYS]
    densities = example.merge(
        pd.DataFrame({"log_tau": x, "drawn": 0.3, "exact": np.exp(-(x**2))}), how="cross"
    )
    measured = performance(fits, estimates, errors)
    points = {
        str(name): {"ratio": 4.0**i, "K": 5 + i % 2}
        for i, name in enumerate(fits["scenario"].unique())
    }
    some = slice(None if (fits["status"] == "ok").any() else 0)
    return {
        "landscape_lines": landscape_tables()["landscape_lines"].iloc[some],
        "fits": fits,
        "estimates": estimates,
        "densities": densities,
        "errors": errors,
        "performance": measured,
        "sweep": sweep_table(points, {}, fits, measured),
        "diagnostic_value": diagnostic_value(fits, estimates, errors),
        "lengths": lengths(errors),
        "roc": roc_curves(fits, estimates, errors),
        "divergences": divergences_and_errors(fits, estimates, errors),
        "calibration_curves": calibration(estimates)[1],
        "agreement": agreement(estimates),
        "published": beside_published(fits),
    }


def draw(name: str, tables: Tables) -> p9.ggplot:
    figure = FIGURES[name]
    of_it = (tables[table] for table in figure.tables)
    return draw_study.study_plot(figure.function, figure.title, *of_it, **figure.arguments)


def failing(fits: pd.DataFrame, estimates: pd.DataFrame, which: "pd.Series[bool]") -> Tables:
    """The tables of a study in which these fits failed."""
    values = fits.columns.difference([*KEYS, "status", "message"])
    fits = fits.astype(dict.fromkeys(values, float))
    fits.loc[which, values] = np.nan
    fits.loc[which, "status"] = "failed"
    keys = pd.MultiIndex.from_frame(fits.loc[which, KEYS])
    gone = pd.MultiIndex.from_frame(estimates[KEYS]).isin(keys)
    estimates = estimates.copy()
    estimates.loc[gone, [column for column in ESTIMATE_COLUMNS if column != "truth"]] = np.nan
    return with_the_rest(fits, estimates)


@pytest.fixture(scope="module")
def studies() -> dict[str, Tables]:
    fits, estimates = fits_and_estimates(2, 2, 1, 3)
    one_cell = (fits["scenario"] == "scenario-0") & (fits["parameterization"] == "centered")
    return {
        "one fit": with_the_rest(*fits_and_estimates(1, 1, 1, 1)),
        "many cells": with_the_rest(*fits_and_estimates(3, 4, 2, 6)),
        "a failed cell": failing(fits, estimates, one_cell),
        "all failed": failing(fits, estimates, fits["replicate"] >= 0),
    }


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("study", ["one fit", "many cells", "a failed cell", "all failed"])
def test_figures_can_be_drawn_for_any_study(
    tmp_path: Path, studies: dict[str, Tables], study: str, name: str
) -> None:
    plot = draw(name, studies[study])
    assert plot.labels.title == FIGURES[name].title
    save(plot, tmp_path / f"{name}.png")
    assert (tmp_path / f"{name}.png").stat().st_size > 2_000


@pytest.mark.parametrize("name", [name for name in FIGURES if FIGURES[name].tables[0] == "fits"])
def test_failed_fits_are_counted_in_the_figure(studies: dict[str, Tables], name: str) -> None:
    caption = " ".join(draw(name, studies["a failed cell"]).labels.caption.split())
    assert "3 of 12 fits, which failed (scenario-0 / centered / nutpie: 3)" in caption


def test_a_failed_fit_has_no_cost(studies: dict[str, Tables]) -> None:
    fits = studies["a failed cell"]["fits"]
    timed = fits.assign(sampling_seconds=fits["sampling_seconds"].fillna(0.1))
    assert set(draw("sampling_seconds", {"fits": timed}).data["status"]) == {"ok"}
