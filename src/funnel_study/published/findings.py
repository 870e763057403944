"""The conclusions of the published study, as statements that a fit can refute."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from funnel.group_means import Array
from funnel_study.published.numbers import Facts

NARROW = 2 / 3  # in a funnel, the width at low tau divided by that at high tau is smaller
FINDING_COLUMNS = (
    *("scenario", "sampler", "finding", "statement", "value", "relation", "bound"),
    *("holds", "fits", "holds_in"),
)


@dataclass(frozen=True)
class Fits:
    """The tables of the fits of one scenario, sampler and replicate.

    `sigma` (K,) is the standard deviation of the observations.
    """

    fits: pd.DataFrame
    chains: pd.DataFrame
    estimates: pd.DataFrame
    sigma: Array

    def fit(self, parameterization: str, column: str) -> float:
        """Return the value of a column of the table of fits."""
        rows = self.fits[self.fits["parameterization"] == parameterization]
        return float(rows[column].iloc[0])

    def chain(self, parameterization: str, column: str) -> Array:
        """Return the values of a column of the table of chains, (chain,)."""
        rows = self.chains[self.chains["parameterization"] == parameterization]
        return rows[column].to_numpy(dtype=float)

    def theta(self, parameterization: str, column: str) -> Array:
        """Return the values of a column of the estimates of theta, (K,)."""
        rows = self.estimates[self.estimates["parameterization"] == parameterization]
        return rows.loc[rows["estimand"].str.startswith("theta"), column].to_numpy(dtype=float)

    def tau(self, parameterization: str, column: str) -> float:
        """Return the value of a column of the estimates of tau."""
        rows = self.estimates[self.estimates["parameterization"] == parameterization]
        return float(rows.loc[rows["estimand"] == "tau", column].iloc[0])

    def divergent_rank(self, parameterization: str) -> float:
        """Return the mean rank of log tau of the divergent draws, 0 to 1, or nan without any."""
        counts = self.chain(parameterization, "divergences")
        ranks = self.chain(parameterization, "divergent_log_tau_rank")
        return float(np.nansum(counts * ranks) / counts.sum()) if counts.sum() else np.nan

    def predictive_difference(self) -> float:
        """Return the largest difference between posterior predictive means, in their sds.

        The largest is taken over individuals and pairs of parameterizations. A new observation of
        individual k has the posterior mean of theta_k, and its variance plus sigma_k^2.
        """
        names = self.fits["parameterization"].unique()
        if len(names) < 2:
            return np.nan
        means = np.array([self.theta(name, "mean") for name in names])
        sds = np.array([np.hypot(self.theta(name, "sd"), self.sigma) for name in names])
        return float((np.ptp(means, axis=0) / sds.min(axis=0)).max())


RELATIONS: dict[str, Callable[[float, float], bool]] = {
    "<=": lambda value, bound: value <= bound,
    "<": lambda value, bound: value < bound,
    ">": lambda value, bound: value > bound,
}


@dataclass(frozen=True)
class Finding:
    """A conclusion of the post on a scenario, tested by comparing a value with a bound."""

    scenario: str
    finding: str
    statement: str
    value: Callable[[Fits], float]
    relation: str
    bound: float


def _farthest_from_one(ratios: Array) -> float:
    return float(np.exp(np.abs(np.log(ratios)).max()))


_WEAK_DATA = [0, 1, 3, 4, 5, 7, 8]  # individuals of `unbalanced` with at most ten observations

FINDINGS: Sequence[Finding] = [
    Finding(
        *("weak", "centered: a funnel in every individual"),
        "largest ratio of the sd of theta_k at low tau to that at high tau",
        lambda f: float(f.theta("centered", "funnel").max()),
        *("<", NARROW),
    ),
    Finding(
        *("weak", "centered: many divergences"),
        "divergences",
        lambda f: f.fit("centered", "divergences"),
        *(">", 100),
    ),
    Finding(
        *("weak", "centered: divergences at the neck"),
        "mean rank of tau where chains diverge, 0 lowest to 1 highest",
        lambda f: f.divergent_rank("centered"),
        *("<", 0.5),
    ),
    Finding(
        *("weak", "centered: E-BFMI under or near 0.3"),
        "highest E-BFMI of a chain",
        lambda f: float(f.chain("centered", "bfmi").max()),
        *("<", 0.4),
    ),
    Finding(
        *("weak", "centered: small tau under-explored"),
        "exact probability of a tau below the lowest draw",
        lambda f: f.tau("centered", "exact_below_lowest"),
        *(">", 0.001),
    ),
    Finding(
        *("weak", "noncentered: no divergences"),
        "divergences",
        lambda f: f.fit("noncentered", "divergences"),
        *("<=", 0),
    ),
    Finding(
        *("weak", "noncentered: E-BFMI near 0.9"),
        "lowest E-BFMI of a chain",
        lambda f: float(f.chain("noncentered", "bfmi").min()),
        *(">", 0.8),
    ),
    Finding(
        *("weak", "noncentered: no funnel of eta"),
        "ratio of the sd of eta_k at low tau to that at high, or its inverse, farthest from 1",
        lambda f: _farthest_from_one(f.theta("noncentered", "funnel")),
        *("<", 1 / NARROW),
    ),
    Finding(
        *("weak", "noncentered: small tau explored"),
        "exact probability of a tau below the lowest draw",
        lambda f: f.tau("noncentered", "exact_below_lowest"),
        *("<", 0.001),
    ),
    Finding(
        *("strong", "centered: no divergences"),
        "divergences",
        lambda f: f.fit("centered", "divergences"),
        *("<=", 0),
    ),
    Finding(
        *("strong", "centered: E-BFMI near 1"),
        "lowest E-BFMI of a chain",
        lambda f: float(f.chain("centered", "bfmi").min()),
        *(">", 0.9),
    ),
    Finding(
        *("strong", "centered: step size near 0.4"),
        "ratio of the mean step size to 0.4, or its inverse",
        lambda f: _farthest_from_one(np.array([f.fit("centered", "step_size") / 0.4])),
        *("<", 1.5),
    ),
    Finding(
        *("strong", "centered: no funnel"),
        "ratio of the sd of theta_k at low tau to that at high, or its inverse, farthest from 1",
        lambda f: _farthest_from_one(f.theta("centered", "funnel")),
        *("<", 1 / NARROW),
    ),
    Finding(
        *("strong", "noncentered: no divergences"),
        "divergences",
        lambda f: f.fit("noncentered", "divergences"),
        *("<=", 0),
    ),
    Finding(
        *("strong", "noncentered: an inverted funnel"),
        "largest rank correlation of an eta_k with tau, by size",
        lambda f: float(np.abs(f.theta("noncentered", "tilt")).max()),
        *(">", 0.5),
    ),
    Finding(
        *("strong", "noncentered: step size about 20 times smaller"),
        "ratio of the mean step sizes, centered over noncentered, over 20, or its inverse",
        lambda f: _farthest_from_one(
            np.array([f.fit("centered", "step_size") / f.fit("noncentered", "step_size") / 20])
        ),
        *("<", 2),
    ),
    Finding(
        *("strong", "noncentered: several times the sampling"),
        "ratio of leapfrog steps, noncentered over centered",
        lambda f: f.fit("noncentered", "leapfrog_steps") / f.fit("centered", "leapfrog_steps"),
        *(">", 4),
    ),
    Finding(
        *("strong", "noncentered: high autocorrelation, ESS under 10 %"),
        "lowest bulk ESS over the number of draws",
        lambda f: f.fit("noncentered", "ess_bulk_min") / f.fit("noncentered", "draws"),
        *("<", 0.1),
    ),
    Finding(
        *("unbalanced", "centered: funnels of the weakly informed individuals"),
        "largest ratio of the sd of theta_k at low tau to that at high tau, 2 and 6 left out",
        lambda f: float(f.theta("centered", "funnel")[_WEAK_DATA].max()),
        *("<", 0.9),
    ),
    Finding(
        *("unbalanced", "centered: a few divergences"),
        "divergences",
        lambda f: f.fit("centered", "divergences"),
        *(">", 0),
    ),
    Finding(
        *("unbalanced", "centered: divergences in the necks of the funnels"),
        "mean rank of tau where chains diverge, 0 lowest to 1 highest",
        lambda f: f.divergent_rank("centered"),
        *("<", 0.5),
    ),
    Finding(
        *("unbalanced", "noncentered: inverted funnels of individuals 2 and 6"),
        "larger rank correlation of eta_2 and eta_6 with tau, by size",
        lambda f: float(np.abs(f.theta("noncentered", "tilt")[[2, 6]]).max()),
        *(">", 0.5),
    ),
    Finding(
        *("unbalanced", "noncentered: divergences"),
        "divergences",
        lambda f: f.fit("noncentered", "divergences"),
        *(">", 0),
    ),
    Finding(
        *("unbalanced", "noncentered: divergences at the top of the inverted funnels"),
        "mean rank of tau where chains diverge, 0 lowest to 1 highest",
        lambda f: f.divergent_rank("noncentered"),
        *(">", 0.5),
    ),
    Finding(
        *("unbalanced", "noncentered: small step size"),
        "ratio of the mean step sizes, noncentered over centered",
        lambda f: f.fit("noncentered", "step_size") / f.fit("centered", "step_size"),
        *("<", 0.5),
    ),
    Finding(
        *("unbalanced", "mixed: higher E-BFMI in every chain than either"),
        "lowest E-BFMI of a mixed chain less the highest of another",
        lambda f: float(
            f.chain("mixed", "bfmi").min()
            - max(f.chain(name, "bfmi").max() for name in ("centered", "noncentered"))
        ),
        *(">", 0),
    ),
    Finding(
        *("unbalanced", "mixed: step size back to that of the centered fit"),
        "ratio of the mean step sizes, mixed over centered",
        lambda f: f.fit("mixed", "step_size") / f.fit("centered", "step_size"),
        *(">", 0.8),
    ),
    Finding(
        *("unbalanced", "mixed: small tau better explored than by the centered fit"),
        "exact probability below the lowest draw of tau, mixed over centered",
        lambda f: f.tau("mixed", "exact_below_lowest") / f.tau("centered", "exact_below_lowest"),
        *("<", 1),
    ),
    *(
        Finding(
            *(scenario, "the posterior predictive of the parameterizations is alike"),
            "largest difference of two predictive means of an individual, in standard deviations",
            Fits.predictive_difference,
            *("<", 0.1),
        )
        for scenario in ("weak", "strong", "unbalanced")
    ),
]


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
    for finding in FINDINGS:
        own = fits[fits["scenario"] == finding.scenario]
        for sampler in own["sampler"].unique():
            values = {
                replicate: _value(finding, sampler, replicate, fits, chains, estimates, facts)
                for replicate in sorted(own["replicate"].unique())
            }
            known = {replicate: value for replicate, value in values.items() if np.isfinite(value)}
            holds = {
                replicate: RELATIONS[finding.relation](value, finding.bound)
                for replicate, value in known.items()
            }
            rows.append(
                {
                    "scenario": finding.scenario,
                    "sampler": sampler,
                    "finding": finding.finding,
                    "statement": finding.statement,
                    "value": values[0],
                    "relation": finding.relation,
                    "bound": finding.bound,
                    "holds": ("yes" if holds[0] else "no") if 0 in holds else "",
                    "fits": len(known),
                    "holds_in": sum(holds.values()),
                }
            )
    return pd.DataFrame(rows, columns=list(FINDING_COLUMNS))


def _value(
    finding: Finding,
    sampler: str,
    replicate: int,
    fits: pd.DataFrame,
    chains: pd.DataFrame,
    estimates: pd.DataFrame,
    facts: Facts,
) -> float:
    K = len(facts["scenarios"][finding.scenario]["n_per_individual"])
    sigma = np.full(K, float(facts["scenarios"][finding.scenario]["sigma"]))
    fits, chains, estimates = (
        table[
            (table["scenario"] == finding.scenario)
            & (table["sampler"] == sampler)
            & (table["replicate"] == replicate)
        ]
        for table in (fits, chains, estimates)
    )
    try:
        return float(finding.value(Fits(fits, chains, estimates, sigma)))
    except (IndexError, TypeError, ValueError, ZeroDivisionError):
        return np.nan  # a fit that the statement needs failed or is not part of the study
