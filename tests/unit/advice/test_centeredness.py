"""The recommended centeredness follows from the exact posterior."""

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from funnel import parameterizations
from funnel.group_means import GroupMeans
from funnel.parameterizations import low_tau
from funnel.priors import Priors
from funnel_study.advice.advice import Advice
from funnel_study.advice.centeredness import (
    ALTERNATIVES,
    RECOMMENDED_RULE,
    centeredness,
    costs_of,
    expected_costs,
    outside,
    read_costs,
)
from funnel_study.analysis.work import WORST

PRIORS = Priors(mu_sd=5.0, tau_scale=5.0)


@pytest.mark.parametrize("rule", ["partial", "mixed", "half", "centered", "noncentered"])
def test_rules_agree_with_the_parameterizations_of_a_study(
    advice: Callable[..., Advice], rule: str
) -> None:
    posterior = advice().posterior
    means = GroupMeans(posterior.y, posterior.se)
    expected = parameterizations.centeredness(rule, means, PRIORS, None)
    np.testing.assert_allclose(centeredness(posterior, rule), expected, atol=5.1e-4)


def test_low_tau_is_the_weight_of_the_data_at_a_low_quantile_of_tau(
    advice: Callable[..., Advice],
) -> None:
    posterior = advice().posterior
    tau = np.quantile(posterior.draws(200_000, seed=1)["tau"], low_tau.LOW)
    np.testing.assert_allclose(
        centeredness(posterior, "low_tau"), tau**2 / (tau**2 + posterior.se**2), atol=0.01
    )


def test_costs_are_interpolated_in_the_logs(advice: Callable[..., Advice], tmp_path: Path) -> None:
    """Log costs that are linear in the logs of the data are reproduced."""
    rows = [
        ("centered", *at, 0.5 + np.log(at) @ [2, -1, 0.25], 0.3)
        for at in itertools.product((0.01, 1.0, 100.0), (2, 9, 50), (1, 1000))
    ]
    keys = ["parameterization", "ratio", "K", "imbalance", "log_cost", "log_cost_mcse"]
    shuffled = pd.DataFrame(rows, columns=keys).sample(frac=1, random_state=1)
    shuffled.to_csv(tmp_path / "costs.csv", index=False)
    costs = read_costs(tmp_path / "costs.csv")
    posterior = advice().posterior
    ratio = np.exp(np.log(posterior.se).mean()) / posterior.tau.quantile(0.5)
    expected = np.log(np.exp(0.5) * ratio**2 / 8 * (18**2) ** 0.25)
    (found,) = expected_costs(posterior, costs).values()
    assert (found.log, found.error) == (pytest.approx(expected), pytest.approx(0.3))


def test_costs_beyond_the_grid_are_those_at_its_edge(advice: Callable[..., Advice]) -> None:
    axes = {"ratio": [100.0, 200.0], "K": [100.0, 200.0], "imbalance": [1.0, 2.0]}
    index = pd.MultiIndex.from_product([*axes.values()], names=list(axes))
    costs = pd.DataFrame({"log_cost": np.log(np.arange(1.0, 9.0))}, index=index).reset_index()
    found = expected_costs(
        advice().posterior, costs.assign(parameterization="half", log_cost_mcse=0.1)
    )
    # the lowest ratio and K, and the highest imbalance
    assert found["half"].log == pytest.approx(np.log(2.0))
    _, K, imbalance = outside(advice().posterior, costs)
    assert K == "the number of groups (8, studied from 100 to 200)"
    assert imbalance == "the imbalance (324, studied from 1 to 2)"
    wider = costs.assign(ratio=[0, 9] * 4, K=8, imbalance=[1, 999] * 4)
    assert not outside(advice().posterior, wider)


def contest(names: Sequence[str]) -> pd.DataFrame:
    """Regrets on a grid of eight points, and of a scenario that is not on the map."""
    axes = {"ratio": [0.5, 2.0], "K": [5, 20], "imbalance": [1, 100]}
    grid = pd.MultiIndex.from_product([*axes.values()], names=list(axes)).to_frame(index=False)
    off_the_map = pd.DataFrame(np.nan, index=[0], columns=list(axes))
    points = pd.concat([grid, off_the_map], ignore_index=True)
    points["regret"] = points.prod(axis=1)
    parts = [
        points.assign(parameterization=name, regret=points["regret"] + i, regret_mcse=mcse)
        for i, (name, mcse) in enumerate(zip(names, [0.4, *[0.3] * 9], strict=False))
    ]
    return pd.concat(parts).assign(sampler="stan", estimand=WORST)


def test_costs_are_differences_of_regrets() -> None:
    costs = costs_of(contest([RECOMMENDED_RULE, *ALTERNATIVES]))
    assert len(costs) == 8 * len(ALTERNATIVES)
    found = costs.groupby("parameterization")["log_cost"].agg(["min", "max"])
    for i, name in enumerate(ALTERNATIVES, start=1):
        assert found.loc[name].tolist() == [i, i]
    assert costs["log_cost_mcse"].to_numpy() == pytest.approx(0.5)


def test_costs_need_all_alternatives_and_a_full_grid() -> None:
    whole = contest([RECOMMENDED_RULE, *ALTERNATIVES])
    for part, problem in (
        (whole.query("parameterization != 'marginal'"), "has no marginal"),
        (whole.query("ratio != 2 or K != 5"), "does not have all combinations"),
        (whole.drop(columns="K"), "has no K"),
    ):
        with pytest.raises(ValueError, match=problem):
            costs_of(part)
