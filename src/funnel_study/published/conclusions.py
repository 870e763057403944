"""The conclusions of the published study, as statements that a fit can refute.

The conclusions are in workflow/resources/published.yaml, each with a quantity and its bound.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from funnel.group_means import Array
from funnel_study.published.numbers import Facts

FINDING_COLUMNS = (
    *("scenario", "sampler", "finding", "statement", "value", "relation", "bound"),
    *("holds", "fits", "holds_in"),
)
ALL = "all"  # in place of a parameterization, for a conclusion on all fits
RELATIONS = {"<=": operator.le, "<": operator.lt, ">": operator.gt}


@dataclass(frozen=True)
class Fits:
    """The tables of the fits of one scenario, sampler and replicate.

    `sigma` (K,) is the standard deviation of the observations. The methods return the values of a
    column for a fit, its chains (chain,), its estimates of theta (K,) and that of tau.
    """

    sigma: Array
    fits: pd.DataFrame
    chains: pd.DataFrame
    estimates: pd.DataFrame

    def fit(self, parameterization: str, column: str) -> float:
        return float(_of(self.fits, parameterization)[column].iloc[0])

    def chain(self, parameterization: str, column: str) -> Array:
        return _of(self.chains, parameterization)[column].to_numpy(dtype=float)

    def theta(self, parameterization: str, column: str) -> Array:
        rows = _of(self.estimates, parameterization)
        return rows.loc[rows["estimand"].str.startswith("theta"), column].to_numpy(dtype=float)

    def tau(self, parameterization: str, column: str) -> float:
        rows = _of(self.estimates, parameterization)
        return float(rows.loc[rows["estimand"] == "tau", column].iloc[0])

    def relative(self, parameterization: str, column: str) -> float:
        """Return the value of a fit divided by that of the centered fit."""
        return self.fit(parameterization, column) / self.fit("centered", column)


def _of(table: pd.DataFrame, parameterization: str) -> pd.DataFrame:
    return table[table["parameterization"] == parameterization]


def _divergent_rank(f: Fits, parameterization: str) -> float:
    counts = f.chain(parameterization, "divergences")
    ranks = f.chain(parameterization, "divergent_log_tau_rank")
    return float(np.nansum(counts * ranks) / counts.sum()) if counts.sum() else np.nan


def _bfmi_gain(f: Fits, parameterization: str) -> float:
    others = [f.chain(name, "bfmi").max() for name in ("centered", "noncentered")]
    return float(f.chain(parameterization, "bfmi").min() - max(others))


def _predictive_difference(f: Fits, _: str) -> float:
    """The largest is over individuals and pairs of parameterizations.

    A new observation of individual k has the posterior mean of theta_k, and its variance plus
    sigma_k^2.
    """
    names = f.fits["parameterization"].unique()
    if len(names) < 2:
        return np.nan
    means = np.array([f.theta(name, "mean") for name in names])
    sds = np.array([np.hypot(f.theta(name, "sd"), f.sigma) for name in names])
    return float((np.ptp(means, axis=0) / sds.min(axis=0)).max())


def _farthest_from_one(ratios: Array | float) -> float:
    return float(np.exp(np.abs(np.log(ratios)).max()))


def _farthest_funnel(f: Fits, parameterization: str) -> float:
    return _farthest_from_one(f.theta(parameterization, "funnel"))


_WEAK_DATA = [0, 1, 3, 4, 5, 7, 8]  # individuals of `unbalanced` with at most ten observations
_FARTHEST = "ratio of the sd of {}_k at low tau to that at high, or its inverse, farthest from 1"

# for each quantity, what it is and its value for a parameterization, whose name replaces {}
QUANTITIES: Mapping[str, tuple[str, Callable[[Fits, str], float]]] = {
    "divergences": ("divergences", lambda f, p: f.fit(p, "divergences")),
    "divergent_rank": (
        "mean rank of tau where chains diverge, 0 lowest to 1 highest",
        _divergent_rank,
    ),
    "lowest_bfmi": ("lowest E-BFMI of a chain", lambda f, p: f.chain(p, "bfmi").min()),
    "highest_bfmi": ("highest E-BFMI of a chain", lambda f, p: f.chain(p, "bfmi").max()),
    "bfmi_gain": ("lowest E-BFMI of a {} chain less the highest of another", _bfmi_gain),
    "unexplored": (
        "exact probability of a tau below the lowest draw",
        lambda f, p: f.tau(p, "exact_below_lowest"),
    ),
    "relative_unexplored": (
        "exact probability below the lowest draw of tau, {} over centered",
        lambda f, p: f.tau(p, "exact_below_lowest") / f.tau("centered", "exact_below_lowest"),
    ),
    "largest_funnel": (
        "largest ratio of the sd of theta_k at low tau to that at high tau",
        lambda f, p: f.theta(p, "funnel").max(),
    ),
    "largest_weak_funnel": (
        "largest ratio of the sd of theta_k at low tau to that at high tau, 2 and 6 left out",
        lambda f, p: f.theta(p, "funnel")[_WEAK_DATA].max(),
    ),
    "funnel_of_theta": (_FARTHEST.format("theta"), _farthest_funnel),
    "funnel_of_eta": (_FARTHEST.format("eta"), _farthest_funnel),
    "largest_tilt": (
        "largest rank correlation of an eta_k with tau, by size",
        lambda f, p: np.abs(f.theta(p, "tilt")).max(),
    ),
    "tilt_of_2_and_6": (
        "larger rank correlation of eta_2 and eta_6 with tau, by size",
        lambda f, p: np.abs(f.theta(p, "tilt")[[2, 6]]).max(),
    ),
    "step_size_over_published": (
        "ratio of the mean step size to 0.4, or its inverse",
        lambda f, p: _farthest_from_one(f.fit(p, "step_size") / 0.4),
    ),
    "published_step_sizes": (
        "ratio of the mean step sizes, centered over {}, over 20, or its inverse",
        lambda f, p: _farthest_from_one(20 * f.relative(p, "step_size")),
    ),
    "relative_step_size": (
        "ratio of the mean step sizes, {} over centered",
        lambda f, p: f.relative(p, "step_size"),
    ),
    "relative_steps": (
        "ratio of leapfrog steps, {} over centered",
        lambda f, p: f.relative(p, "leapfrog_steps"),
    ),
    "relative_ess": (
        "lowest bulk ESS over the number of draws",
        lambda f, p: f.fit(p, "ess_bulk_min") / f.fit(p, "draws"),
    ),
    "predictive": (
        "largest difference of two predictive means of an individual, in standard deviations",
        _predictive_difference,
    ),
}


def findings(
    fits: pd.DataFrame, chains: pd.DataFrame, estimates: pd.DataFrame, facts: Facts
) -> pd.DataFrame:
    """Test every published finding with the fits of the published data.

    The tables have the fits of the published data only. Each replicate is another seed of the
    sampler. The result has one row per finding and sampler: the statement that tests the finding,
    its `value` in replicate 0, and whether it `holds` there. It holds in `holds_in` of the `fits`,
    the replicates in which its value is defined. A statement may have no value, for example on
    where chains diverge if none diverged; then `holds` is empty.
    """
    rows = []
    for scenario, parameterization, conclusion, quantity, relation, bound in facts["findings"]:
        statement, value = QUANTITIES[quantity]
        spec = facts["scenarios"][scenario]
        sigma = np.full(len(spec["n_per_individual"]), float(spec["sigma"]))
        tables = [table[table["scenario"] == scenario] for table in (fits, chains, estimates)]
        replicates = sorted(tables[0]["replicate"].unique())
        for sampler in tables[0]["sampler"].unique():
            values = []
            for replicate in replicates:
                own = (t[(t["sampler"] == sampler) & (t["replicate"] == replicate)] for t in tables)
                try:
                    values.append(float(value(Fits(sigma, *own), parameterization)))
                except (IndexError, TypeError, ValueError, ZeroDivisionError):
                    # a fit that the statement needs failed or is not part of the study
                    values.append(np.nan)
            known = [each for each in values if np.isfinite(each)]
            holds = [RELATIONS[relation](each, bound) for each in known]
            row = (
                *(scenario, sampler),
                conclusion if parameterization == ALL else f"{parameterization}: {conclusion}",
                *(statement.format(parameterization), values[0], relation, bound),
                ("yes" if holds[0] else "no") if np.isfinite(values[0]) else "",
                *(len(known), sum(holds)),
            )
            rows.append(row)
    return pd.DataFrame(rows, columns=list(FINDING_COLUMNS))
