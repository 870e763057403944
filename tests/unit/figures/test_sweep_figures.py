"""Figures of a sweep show the numbers of its table."""

import itertools
from typing import Any

import numpy as np
import pandas as pd
import plotnine as p9
import pytest
from scipy import stats

from funnel_study.analysis.sweep import NAMES as ESTIMANDS
from funnel_study.analysis.sweep import least_work
from funnel_study.analysis.work import WORST
from funnel_study.figures.registry import FIGURES
from funnel_study.figures.sweep import best_map, lines, work_map

RATIOS = [0.25, 1.0, 4.0]
NAMES = ["centered", "noncentered"]
LIKELIHOODS = ["binomial", "normal", "poisson"]


def table(bases: list[str | None], samplers: list[str], **lists: list[Any]) -> pd.DataFrame:
    """The table of a sweep with random numbers."""
    rng = np.random.default_rng(1)
    parts = (bases, samplers, itertools.product(*lists.values()), NAMES, ESTIMANDS)
    rows = [
        {
            **{"scenario": f"{base}-{'-'.join(map(str, values))}", "parameterization": name},
            **{"sampler": sampler, "base": base, **dict(zip(lists, values, strict=True))},
            **{"estimand": estimand, "work": rng.exponential(100), "work_mcse": 5.0},
            **{"bias_squared": rng.normal(0, 0.01), "bias_squared_mcse": 0.01},
            **{"content_90": 0.9 + rng.normal(0, 0.01), "content_90_mcse": 0.01},
            **{"divergences": rng.exponential(5), "fits": 21, "failed": 1},
        }
        for base, sampler, values, name, estimand in itertools.product(*parts)
    ]
    return pd.DataFrame(rows)


@pytest.fixture
def two() -> pd.DataFrame:
    return table([None], ["stan"], ratio=RATIOS, K=[5, 9])


def lines_of(sweep: pd.DataFrame, name: str = "work") -> p9.ggplot:
    return lines(sweep, **FIGURES[f"sweep_{name}"].arguments)


@pytest.mark.parametrize(
    "sweep",
    [
        table([None], ["stan"], ratio=RATIOS),
        table([None], ["stan"], ratio=RATIOS, K=[5, 9], tau=[1.0, 2.0]),
        table(["weak", "strong"], ["stan", "nutpie"], target_accept=[0.6, 0.999]),
        table([None], ["stan"], K=[3]),
        table([None], ["stan"], likelihood=LIKELIHOODS),
        table([None], ["stan"], likelihood=LIKELIHOODS, ratio=[0.5, 2.0]),
    ],
    ids=["one key", "three keys", "settings", "one point", "names", "names and numbers"],
)
def test_any_sweep_can_be_drawn(sweep: pd.DataFrame) -> None:
    for known in (sweep, sweep.assign(work=np.nan, bias_squared=np.nan, content_90=np.nan)):
        for name in ("work", "bias", "content", "divergences"):
            lines_of(known, name).draw()
        best_map(known).draw()
        work_map(known).draw()


def test_intervals_are_those_of_students_t_distribution(two: pd.DataFrame) -> None:
    shown = lines_of(two).data.merge(two, on=["scenario", "parameterization"], suffixes=("", "_"))
    shown = shown[(shown["estimand"] == "worst estimand") & (shown["estimand_"] == WORST)]
    assert len(shown) == 3 * 2 * 2
    t = stats.t.ppf(0.975, 19)
    factor = np.exp(t * shown["work_mcse_"] / shown["work_"])
    assert np.allclose(shown["high"], shown["work_"] * factor)
    assert np.allclose(shown["low"], shown["work_"] / factor)
    bias = lines_of(two, "bias").data
    assert np.allclose(bias["high"] - bias["y"], t * 0.01)


def test_the_best_has_the_least_work_and_is_clear_beyond_two_errors() -> None:
    sweep = table([None], ["stan"], ratio=[1.0, 2.0], K=[2, 3])
    worst = sweep[sweep["estimand"] == WORST].assign(
        work=[10, 30, 10, 11, 20, 5, 7, 7.5], work_mcse=[1, 3, 1, 1.1, 1, 1, 0, 0]
    )
    best = least_work(worst)
    assert list(best["parameterization"]) == [NAMES[0], NAMES[0], NAMES[1], NAMES[0]]
    assert best["second"].to_numpy() == pytest.approx([3, 1.1, 4, 7.5 / 7])
    assert list(best["clear"]) == [True, False, True, True]
    alone = least_work(worst[worst["parameterization"] == NAMES[0]])
    assert alone["second"].isna().all()
    assert alone["clear"].all()
