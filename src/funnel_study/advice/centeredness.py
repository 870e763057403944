"""The recommended centeredness of each group, and what other choices cost."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.interpolate import RegularGridInterpolator

from funnel import parameterizations
from funnel.group_means import Array, GroupMeans
from funnel.parameterizations import low_tau
from funnel.posterior import Posterior
from funnel_study.analysis.work import WORST

# the rule that the page recommends
RECOMMENDED_RULE = "low_tau"
ALTERNATIVES = ("centered", "noncentered", "half", "mixed", "partial", "marginal")
COSTS = Path(__file__).parent / "costs.csv"
# digits of a centeredness: more would change nothing that can be measured
_DECIMALS = 3


def centeredness(posterior: Posterior, rule: str = RECOMMENDED_RULE) -> Array:
    """Return the centeredness of each group (K,) by a parameterization, to three decimals.

    `low_tau` takes its low tau from the exact posterior and not from a pilot fit. Raises
    AttributeError for another parameterization that needs more than the posterior.
    """
    if rule == RECOMMENDED_RULE:
        c = low_tau.centeredness_by(posterior.tau.quantile, posterior.se)
    else:
        means = GroupMeans(posterior.y, posterior.se)
        c = parameterizations.centeredness(rule, means, posterior.priors, None)
    return np.asarray(c.round(_DECIMALS))


def read_costs(path: Path = COSTS) -> pd.DataFrame:
    """Return the table of what alternatives cost, one row per alternative and point of a grid.

    `ratio`, `K` and `imbalance` are those of a sweep (config/README.md). `log_cost` is the log of
    the work for the worst estimand, divided by that of the recommended rule.
    """
    return pd.read_csv(path)


@dataclass(frozen=True)
class Cost:
    """The log of a relative work, and its standard error."""

    log: float
    error: float


def costs_of(contest: pd.DataFrame) -> pd.DataFrame:
    """Return the table of what alternatives cost, from the regrets of a contest over a map.

    `contest` is the table of `analysis.contest` with the swept values. The log of the ratio of
    two works is the difference of their regrets. Its standard error is that of independent
    regrets, which is cautious, because both have the same data sets. Raises ValueError if a
    parameterization or a point of the grid is missing.
    """
    keys = ["ratio", "K", "imbalance"]
    known = [*contest, *contest["parameterization"]]
    if missing := {*keys, RECOMMENDED_RULE, *ALTERNATIVES}.difference(known):
        raise ValueError(f"the contest has no {' and '.join(sorted(missing))}")
    worst = contest[(contest["estimand"] == WORST) & contest[keys].notna().all(axis=1)]
    worst = worst[worst["sampler"] == worst["sampler"].iloc[0]]
    regret, error = (
        worst.pivot_table(name, keys, "parameterization") for name in ("regret", "regret_mcse")
    )
    if len(regret) != np.prod([len(level) for level in regret.index.levels]):
        raise ValueError("the contest does not have all combinations of ratio, K and imbalance")
    tables = [
        pd.DataFrame(
            {
                "parameterization": name,
                "log_cost": (regret[name] - regret[RECOMMENDED_RULE]).round(4),
                "log_cost_mcse": np.hypot(error[name], error[RECOMMENDED_RULE]).round(4),
            }
        )
        for name in ALTERNATIVES
    ]
    return pd.concat(tables).reset_index()[["parameterization", *keys, "log_cost", "log_cost_mcse"]]


def outside(posterior: Posterior, costs: pd.DataFrame) -> list[str]:
    """Return what of the data lies outside of the grid of the table `costs`, in words."""
    names = {
        "ratio": "the ratio of standard errors to tau",
        "K": "the number of groups",
        "imbalance": "the imbalance",
    }
    return [
        f"{names[key]} ({value:,.3g}, studied from {costs[key].min():g} to {costs[key].max():g})"
        for key, value in _point(posterior).items()
        if not costs[key].min() <= value <= costs[key].max()
    ]


def _point(posterior: Posterior) -> dict[str, float]:
    """Return where the data are in the grid of the table of costs."""
    return {
        "ratio": float(np.exp(np.log(posterior.se).mean()) / posterior.tau.quantile(0.5)),
        "K": float(len(posterior.y)),
        "imbalance": float((posterior.se.max() / posterior.se.min()) ** 2),
    }


def expected_costs(posterior: Posterior, costs: pd.DataFrame) -> dict[str, Cost]:
    """Return the expected work of each alternative, divided by that of the recommended rule.

    It is interpolated in the table `costs`, linearly in the logs of the work, the number of groups,
    the `ratio` (geometric mean of the standard errors over posterior median of tau) and the
    `imbalance` (largest over smallest squared standard error), and so are standard errors. Data
    outside of the grid count as those at its edge.
    """
    at = _point(posterior)
    found = {}
    for name, rows in costs.groupby("parameterization", sort=False):
        grid = rows.set_index(list(at))[["log_cost", "log_cost_mcse"]].sort_index()
        axes = [np.log(np.unique(grid.index.get_level_values(key).to_numpy())) for key in at]
        values = grid.to_numpy().reshape([*(len(axis) for axis in axes), 2])
        point = [
            np.clip(np.log(value), axis[0], axis[-1])
            for value, axis in zip(at.values(), axes, strict=True)
        ]
        log, error = RegularGridInterpolator(axes, values)(point)[0]
        found[str(name)] = Cost(float(log), float(error))
    return found
