"""The answer about samplers whose errors are known: exact draws, and draws that are spoilt.

The draws go through the same functions as those of a study, from `diagnose` to `answers`.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from numpy.typing import NDArray
from sample_stats import sample_stats

from funnel.data import DataSet, simulate
from funnel.exact import ExactPosterior
from funnel.group_means import estimands
from funnel.priors import Priors
from funnel_study.analysis.answer import answers
from funnel_study.analysis.lengths import lengths
from funnel_study.analysis.performance import performance
from funnel_study.analysis.statistics import LOG_WORK, MEAN, WORK
from funnel_study.analysis.work import TAIL, errors_of_fits
from funnel_study.diagnosis.chain_errors import join_cells
from funnel_study.diagnosis.collate import ExpectedCell, collate
from funnel_study.diagnosis.diagnostics import diagnose
from funnel_study.diagnosis.exact_values import ExactValues, exact_values
from funnel_study.files.formats import join_replicates

Array = NDArray[np.float64]
Draws = Mapping[str, Array]  # mu and tau (chain, draw), theta (chain, draw, K)
Tables = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]

K, CHAINS, LENGTH, DATA_SETS = 3, 4, 160, 25
PRIORS = Priors(mu_sd=5.0, tau_scale=5.0)
STEPS, TUNING_STEPS = 7, 160  # of a draw of the exact sampler, and of the tuning of a chain


def exact_draws(exact: ExactPosterior, rng: np.random.Generator, n: int = CHAINS * LENGTH) -> Draws:
    drawn = exact.draws(n, rng)
    return {name: x.reshape(CHAINS, -1, *x.shape[1:]) for name, x in drawn.items()}


def repeated(draws: Draws, exact: ExactPosterior, rng: np.random.Generator) -> Draws:
    """Independent draws, each of which is repeated once: right, but half as efficient."""
    half = exact_draws(exact, rng, CHAINS * LENGTH // 2)
    return {name: np.repeat(x, 2, axis=1) for name, x in half.items()}


def truncated(draws: Draws, exact: ExactPosterior, rng: np.random.Generator) -> Draws:
    """No draw has a tau below the exact 10 % quantile."""
    many = exact.draws(2 * CHAINS * LENGTH, rng)
    kept = np.flatnonzero(many["tau"] >= exact.quantile("tau", 0.1))[: CHAINS * LENGTH]
    return {name: x[kept].reshape(draws[name].shape) for name, x in many.items()}


def stuck(draws: Draws, exact: ExactPosterior, rng: np.random.Generator) -> Draws:
    """The first chain stays where it started, at a random draw."""
    first = np.arange(CHAINS)[:, None] == 0
    return {
        name: np.where(first.reshape(-1, *(1,) * (x.ndim - 1)), x[0, 0], x)
        for name, x in draws.items()
    }


def stuck_in_the_neck(draws: Draws, exact: ExactPosterior, rng: np.random.Generator) -> Draws:
    """The first chain stays at the draw with the lowest tau."""
    chain, draw = np.unravel_index(draws["tau"].argmin(), draws["tau"].shape)
    rolled = {name: np.roll(x, (-chain, -draw), axis=(0, 1)) for name, x in draws.items()}
    return stuck(rolled, exact, rng)


def scaled(name: str, factor: float) -> Callable[..., Draws]:
    """Return a sampler with the right mean and the wrong standard deviation of one quantity.

    A standard deviation of tau that is too large is that of log tau, since tau is positive.
    """
    to, back = (np.log, np.exp) if (name, factor > 1) == ("tau", True) else (np.array, np.array)

    def spoilt(draws: Draws, exact: ExactPosterior, rng: np.random.Generator) -> Draws:
        x = to(draws[name])
        mean = x.mean(axis=(0, 1))
        return {**draws, name: back(mean + factor * (x - mean))}

    return spoilt


BROKEN: dict[str, Callable[..., Draws]] = {
    "truncated": truncated,
    "stuck": stuck,
    "stuck in the neck": stuck_in_the_neck,
    **{f"narrow {name}": scaled(name, 0.5) for name in ("tau", "mu", "theta")},
    **{f"wide {name}": scaled(name, 1.5) for name in ("tau", "mu", "theta")},
}
SAMPLERS = {"exact": lambda draws, exact, rng: draws, "repeated": repeated, **BROKEN}


def fit_of(draws: Draws, steps: int) -> tuple[xr.Dataset, xr.Dataset, xr.Dataset]:
    """The groups of the file of a fit with these draws, each of which took so many steps."""
    dims = ("chain", "draw")
    info = xr.Dataset({"status": "ok", "message": "", "sampling_seconds": 0.5})
    info["centeredness"] = "individual", np.full(K, 0.5)
    info["tuning_leapfrog_steps"] = "chain", np.full(CHAINS, TUNING_STEPS)
    info["choosing_gradients"] = 0
    each = ((*dims, "individual"), draws["theta"])
    posterior = xr.Dataset(
        {"mu": (dims, draws["mu"]), "tau": (dims, draws["tau"]), "theta": each, "z": each}
    )
    stats = sample_stats(np.random.default_rng(0), draws["mu"].shape)
    stats["n_steps"][:] = steps
    return info, posterior, stats


@pytest.fixture(scope="module")
def found() -> Tables:
    """The study, in which all but the exact sampler claim a single leapfrog step per draw.

    Its errors are those of every prefix.
    """
    rows: dict[str, list[dict[str, Any]]] = {"blocks": [], "versions": []}
    chain_errors: dict[str, dict[int, xr.Dataset]] = {name: {} for name in SAMPLERS}
    for replicate in range(DATA_SETS):
        rng = np.random.default_rng([1, replicate])
        data: DataSet = simulate([1, 1, 4], 3.0, 2.0, 3.0, rng)
        exact = ExactPosterior(data.data.means, PRIORS)
        stored = ExactValues(exact_values(data, PRIORS))
        draws = exact_draws(exact, rng)
        for name, spoil in SAMPLERS.items():
            fit = fit_of(spoil(draws, exact, rng), 1 if name in BROKEN else STEPS)
            key = {"scenario": "few", "parameterization": name, "sampler": "made"}
            of_fit, errors = diagnose({**key, "replicate": replicate}, *fit, stored)
            chain_errors[name][replicate] = errors
            for table, of_table in of_fit.items():
                rows.setdefault(table, []).extend(of_table)
    cells = [ExpectedCell("few", name, "made", K) for name in SAMPLERS]
    tables = collate(cells, DATA_SETS, CHAINS, [rows])
    blocks = [(name, "made", [join_replicates(each)]) for name, each in chain_errors.items()]
    errors = errors_of_fits({"few": join_cells(blocks, DATA_SETS)})
    return tables["fits"], tables["estimates"], errors


def of(found: Tables, *samplers: str) -> Tables:
    """The tables of a study of these samplers only, with the errors of whole chains."""
    fits, estimates, errors = (
        table[table["parameterization"].isin(samplers or list(SAMPLERS))] for table in found
    )
    return fits, estimates, errors[errors["draws"] == LENGTH]


def verdicts(tables: Tables) -> dict[str, str]:
    found = answers(*tables)
    return dict(zip(found["parameterization"], found["verdict"], strict=True))


@pytest.fixture(scope="module")
def whole(found: Tables) -> pd.DataFrame:
    return answers(*of(found)).set_index("parameterization")


def test_exact_draws_are_the_best_and_right_but_slow_ones_are_slower(whole: pd.DataFrame) -> None:
    """Some broken samplers have less work: without the test of biases they would be the best."""
    assert whole.loc["exact", "verdict"] == "best"
    assert whole.loc["repeated", "verdict"] == "slower"
    assert whole.loc["repeated", "ratio_low"] < 2 < whole.loc["repeated", "ratio_high"]
    assert (whole.loc[["narrow mu", "wide mu", "narrow theta"], "ratio"] < 0.7).all()
    assert whole.loc["narrow tau", "promised_ratio"] < whole.loc["exact", "promised_ratio"]


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_sampler_is_never_the_best(name: str, found: Tables, whole: pd.DataFrame) -> None:
    """Whether it is compared with the exact one or alone, and although it takes fewer steps."""
    assert whole.loc[name, "leapfrog_steps"] < whole.loc["exact", "leapfrog_steps"] / 5
    alone, pair = verdicts(of(found, name)), verdicts(of(found, name, "exact"))
    assert pair["exact"] == "best"
    # if a single chain is stuck, its error is not one that the other chains share
    allowed = {"wrong", "undecided"} if name.startswith("stuck") else {"wrong"}
    assert {alone[name], pair[name], whole.loc[name, "verdict"]} <= allowed


@pytest.mark.parametrize(("name", "steps"), [("exact", STEPS), ("repeated", 2 * STEPS)])
def test_the_work_of_independent_draws_is_their_leapfrog_steps(
    name: str, steps: int, found: Tables
) -> None:
    """L / n for every estimand, square and tail, with the steps of tuning; the bias is 0."""
    _, _, errors = of(found, name)
    draws = STEPS * LENGTH / steps  # that are independent
    expected = (STEPS * LENGTH + TUNING_STEPS) / draws
    functions = [*estimands(K), TAIL, *(f"{each}^2" for each in estimands(K))]
    assert set(errors["estimand"]) == set(functions)
    for function in functions:
        rows = errors[errors["estimand"] == function]
        work = rows[["work", "chains"]].to_numpy(dtype=float)
        error = 4 * LOG_WORK.standard_error(work)
        assert WORK.of(work) == pytest.approx(expected, rel=error)
        for column in ("bias_squared", "probability_bias"):
            bias = rows[[column]].dropna().to_numpy(dtype=float)
            if len(bias):
                assert abs(MEAN.of(bias)) < 4 * MEAN.standard_error(bias)


def test_independent_draws_have_the_same_work_after_every_prefix(found: Tables) -> None:
    """Apart from the steps of tuning, which longer chains share among more draws."""
    table = lengths(found[2])
    rows = table[(table["parameterization"] == "exact") & (table["data_sets"] == DATA_SETS)]
    assert set(rows["draws"]) == {100, LENGTH}
    for row in rows.to_dict("records"):
        expected = STEPS + TUNING_STEPS / row["draws"]
        assert row["work"] == pytest.approx(expected, rel=4 * row["work_mcse"] / row["work"])
        assert row["leapfrog_steps"] == STEPS * row["draws"] + TUNING_STEPS
        error = 4 * row["squared_error_mcse"] / row["squared_error"]
        assert row["squared_error"] == pytest.approx(1 / row["draws"], rel=error)


def test_every_kind_of_error_shows_where_it_is(found: Tables, whole: pd.DataFrame) -> None:
    """The bias by which each sampler is shown to be wrong is of the quantity that was spoilt."""
    for name in BROKEN:
        if name.startswith(("narrow", "wide")):
            assert name.split()[1] in whole.loc[name, "bias_of"]
    assert "tau" in whole.loc["truncated", "bias_of"]
    measures = performance(*of(found, "exact", "repeated"))
    content = measures[measures["measure"] == "content_90"]
    assert (np.abs(content["estimate"] - 0.9) < 4 * content["mcse"]).all()
