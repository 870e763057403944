"""The published study beside a study of the same data: its numbers, and what it concluded.

The facts are those of workflow/resources/published.yaml. Chains of another seed, platform or
version are other chains, so what is compared is how they are distributed, never single numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

Array = NDArray[np.float64]
Facts = Mapping[str, Any]

REPRODUCED = ("bfmi", "step_size")  # continuous, so that chance makes no two of them equal
LEVEL = 0.01  # a verdict is "differs" where chains of one distribution would rarely differ so
NARROW = 2 / 3  # a funnel's width at low tau is less than this part of that at high tau
RATIO = 2.0  # seconds relative to the centered fit agree within this factor
# the bounds by which PyMC3 warns of the lowest effective sample size, over the number of draws
_ESS_BOUNDS = (0.1, 0.25)

COMPARISON_COLUMNS = (
    *("scenario", "parameterization", "sampler", "quantity", "published", "found"),
    *("lowest", "highest", "fits", "below", "p_value", "verdict", "same_chains"),
    *("published_by_chain", "found_by_chain"),
)
FINDING_COLUMNS = (
    *("scenario", "sampler", "finding", "statement", "value", "relation", "bound"),
    *("holds", "fits", "holds_in"),
)


def comparison(fits: pd.DataFrame, chains: pd.DataFrame, facts: Facts) -> pd.DataFrame:
    """Every published number beside what the study's fits of the same data gave, with a verdict.

    `fits` and `chains` hold the fits of the published data only; replicate 0 is `found`, and all
    replicates are its `fits`, of which so many lie `below` the published figure, between `lowest`
    and `highest`. A number is the mean over chains, divergences are their sum.

    The verdicts: `divergences`, `bfmi` and `step_size` agree unless Welch's t test of the logs
    of their chains (of 1 + count for divergences) has a p value under 0.01; so does
    `acceptance`, without logs, of which the post prints the lowest chains: the lowest of every fit
    are compared.
    `ess` agrees if the median fit lies in the same of the ranges that PyMC3's warnings tell apart:
    under 0.1, under 0.25, above. `relative_seconds`, those over the centered fit's of the same
    scenario, agree if their median is within a factor of 2; `seconds` themselves depend on the
    machine and have no verdict. To agree is not to be told apart, which four chains of each side
    allow for large differences only.

    `same_chains` counts the chains of replicate 0 that are the published ones, to six digits.
    """
    rows = []
    seconds = fits["sampling_seconds"].where(fits["status"] == "ok")
    fits = fits.assign(sampling_seconds=seconds)
    facts_of = {(fact["scenario"], fact["parameterization"]): fact for fact in facts["fits"]}
    for fact in facts["fits"]:
        of_fact = _of(fits, fact["scenario"], fact["parameterization"])
        for sampler in of_fact["sampler"].unique():
            ours = of_fact[of_fact["sampler"] == sampler].sort_values("replicate")
            mine = _of(chains, fact["scenario"], fact["parameterization"])
            mine = mine[mine["sampler"] == sampler]
            centered = facts_of.get((fact["scenario"], "centered"))
            base = _of(fits, fact["scenario"], "centered")
            base = base[base["sampler"] == sampler]
            compared = [
                *_by_chain(fact, mine),
                _ess(fact, ours),
                *_seconds(fact, ours, centered, base),
            ]
            names = (fact["scenario"], fact["parameterization"], sampler)
            keys = ("scenario", "parameterization", "sampler")
            rows += [{**dict(zip(keys, names, strict=True)), **row} for row in compared]
    counts = {"below": "Int64", "same_chains": "Int64"}
    return pd.DataFrame(rows, columns=list(COMPARISON_COLUMNS)).astype(counts)


def _of(table: pd.DataFrame, scenario: str, parameterization: str) -> pd.DataFrame:
    return table[(table["scenario"] == scenario) & (table["parameterization"] == parameterization)]


def _by_chain(fact: Facts, chains: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for quantity in ("divergences", "bfmi", "step_size", "acceptance"):
        if quantity not in fact:
            continue
        column = quantity
        if quantity == "step_size" and chains["last_tuned_step_size"].notna().any():
            column = "last_tuned_step_size"  # what PyMC3 calls step_size, and the post prints
        published = np.array(fact[quantity], dtype=float)
        by_fit = [
            np.array(group.sort_values("chain")[column], dtype=float)
            for _, group in chains.groupby("replicate")
        ]
        if quantity == "acceptance":
            by_fit = [np.sort(values)[: len(published)] for values in by_fit]
        total = np.sum if quantity == "divergences" else np.mean
        # a probability's logarithm would make one bad chain hide every difference
        transform: Callable[[Array], Array] = np.log
        if quantity in ("divergences", "acceptance"):
            transform = np.log1p if quantity == "divergences" else np.asarray
        p = _p_value(transform(published), transform(np.concatenate(by_fit)))
        values = np.array([float(total(values)) for values in by_fit])
        yield {
            "quantity": quantity,
            **_placed(float(total(published)), values),
            "p_value": p,
            "verdict": _verdict(p >= LEVEL, values[0]),
            "same_chains": _same(published, by_fit[0]) if quantity in REPRODUCED else None,
            "published_by_chain": _listed(published),
            "found_by_chain": _listed(by_fit[0]),
        }


def _p_value(published: Array, found: Array) -> float:
    """Welch's two-sided p value; of values that do not vary, whether they are the same."""
    found = found[np.isfinite(found)]
    if not len(found):
        return np.nan
    if np.ptp(published) == 0 and np.ptp(found) == 0:
        return float(published[0] == found[0])
    return float(stats.ttest_ind(published, found, equal_var=False).pvalue)


def _ess(fact: Facts, fits: pd.DataFrame) -> dict[str, Any]:
    bound = fact.get("ess")
    draws = fits["draws"].to_numpy(dtype=float)
    values = fits["ess_bulk_min"].to_numpy(dtype=float) / draws
    bounds = (0.0, *_ESS_BOUNDS, np.inf)
    band = _ESS_BOUNDS.index(bound) if bound is not None else len(_ESS_BOUNDS)
    agrees = bounds[band] <= _median(values) < bounds[band + 1]
    placed = _placed(np.nan if bound is None else bound, values)
    return {"quantity": "ess", **placed, "below": None, "verdict": _verdict(agrees, values[0])}


def _seconds(
    fact: Facts, fits: pd.DataFrame, centered: Facts | None, base: pd.DataFrame
) -> Iterator[dict[str, Any]]:
    seconds = fits["sampling_seconds"].to_numpy(dtype=float)
    yield {"quantity": "seconds", **_placed(fact["seconds"], seconds), "verdict": "not compared"}
    if centered is None or fact["parameterization"] == "centered" or base.empty:
        return
    published = fact["seconds"] / centered["seconds"]
    theirs = base.set_index("replicate")["sampling_seconds"].reindex(fits["replicate"])
    values = seconds / theirs.to_numpy(dtype=float)
    agrees = published / RATIO <= _median(values) <= published * RATIO
    yield {
        "quantity": "relative_seconds",
        **_placed(published, values),
        "verdict": _verdict(agrees, values[0]),
    }


def _median(values: Array) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else np.nan


def _same(published: Array, found: Array) -> int:
    """How many chains have the published value, to six digits."""
    return int(np.isclose(published, found, rtol=1e-6, atol=0).sum())


def _placed(published: float, values: Array) -> dict[str, Any]:
    """A published figure among what was found: the value of replicate 0, and of all."""
    known = values[np.isfinite(values)]
    return {
        "published": published,
        "found": values[0],
        "lowest": known.min() if len(known) else np.nan,
        "highest": known.max() if len(known) else np.nan,
        "fits": len(known),
        "below": int((known < published).sum()),
    }


def _verdict(agrees: bool, found: float) -> str:
    if not np.isfinite(found):
        return "no fit"
    return "agrees" if agrees else "differs"


def _listed(values: Array) -> str:
    return " ".join(
        f"{value:.0f}" if abs(value) >= 1_000 else f"{value:.4g}"
        for value in values
        if np.isfinite(value)
    )


@dataclass(frozen=True)
class Fits:
    """The tables of one scenario, sampler and replicate, by parameterization."""

    fits: pd.DataFrame
    chains: pd.DataFrame
    estimates: pd.DataFrame
    sigma: Array

    def fit(self, parameterization: str, column: str) -> float:
        """One column of the fit."""
        rows = self.fits[self.fits["parameterization"] == parameterization]
        return float(rows[column].iloc[0])

    def chain(self, parameterization: str, column: str) -> Array:
        """One column of its chains, (chain,)."""
        rows = self.chains[self.chains["parameterization"] == parameterization]
        return rows[column].to_numpy(dtype=float)

    def theta(self, parameterization: str, column: str) -> Array:
        """One column of every individual, (K,)."""
        rows = self.estimates[self.estimates["parameterization"] == parameterization]
        return rows.loc[rows["estimand"].str.startswith("theta"), column].to_numpy(dtype=float)

    def tau(self, parameterization: str, column: str) -> float:
        """One column of tau."""
        rows = self.estimates[self.estimates["parameterization"] == parameterization]
        return float(rows.loc[rows["estimand"] == "tau", column].iloc[0])

    def divergent_rank(self, parameterization: str) -> float:
        """Mean rank of log tau, 0 to 1, of the divergent draws; missing if there is none."""
        counts = self.chain(parameterization, "divergences")
        ranks = self.chain(parameterization, "divergent_log_tau_rank")
        return float(np.nansum(counts * ranks) / counts.sum()) if counts.sum() else np.nan

    def predictive_difference(self) -> float:
        """The largest difference of two posterior predictive means, in their standard deviations.

        Over individuals and pairs of parameterizations; a new observation of individual k has the
        mean of theta_k and the variance of theta_k plus sigma_k^2.
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
    """What the post concluded of a scenario, as a statement that a value can refute."""

    scenario: str
    finding: str
    statement: str
    value: Callable[[Fits], float]
    relation: str
    bound: float


def _farthest_from_one(ratios: Array) -> float:
    return float(np.exp(np.abs(np.log(ratios)).max()))


_WEAK_DATA = [0, 1, 3, 4, 5, 7, 8]  # individuals of `unbalanced` with ten observations at most

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
    """Each published finding as a statement, its value in replicate 0, and whether it holds.

    The tables hold the fits of the published data only. Of the `fits` of other seeds that have
    a value, replicate 0 among them, it holds in `holds_in`. A statement without a value, as that on
    where chains diverge where none did, is missing, not true.
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
        return np.nan  # a fit that the statement needs failed, or is not of the study


PAGE = """\
# The published study, beside what was found

Published: jhrcook, "Mixing centered and non-centered parameterizations in a hierarchical model with
PyMC3" (2021-07-16), by PyMC3 3.11.1. Found: with the same data, priors and settings, by `make
published SEEDS={more}`. The file `results/README.md` explains the columns and the rules of the
verdicts.

## Numbers

{agree} of {judged} published numbers cannot be told apart from what was found (*agrees*: tests at
1 %, which with four chains on a side see large differences only); the sampler had {fits} seed(s).
*Found* has the first; *below* says how many of all lie below the published number. {same} of
{chains} chains of the first seed have the published E-BFMI to six digits: they are the published
chains.{stuck}

{numbers}

## Findings

{hold} of {findings} published findings hold under the first seed; *in* says under how many of those
that have a value.

{statements}
"""


def page(comparison: pd.DataFrame, findings: pd.DataFrame, stuck: Sequence[str] = ()) -> str:
    """Both tables as one page of Markdown, with what they come to in a sentence each.

    `stuck` are sentences on chains that never moved.
    """
    bfmi = comparison[comparison["quantity"] == "bfmi"]
    seeds = int(comparison["fits"].max()) if len(comparison) else 0
    judged = comparison[comparison["verdict"].isin(["agrees", "differs"])]
    numbers = [
        {
            "fit": f"{row['scenario']}, {row['parameterization']}",
            "sampler": row["sampler"],
            "quantity": row["quantity"].replace("_", " "),
            "published": _number(row["published"]),
            "by chain": row["published_by_chain"],
            "found": _number(row["found"]),
            "found by chain": row["found_by_chain"],
            "all seeds": _range(row["lowest"], row["highest"]),
            "below": "" if pd.isna(row["below"]) else f"{row['below']} of {row['fits']}",
            "p": _number(row["p_value"]),
            "verdict": row["verdict"],
        }
        for row in _records(comparison)
    ]
    statements = [
        {
            "scenario": row["scenario"],
            "sampler": row["sampler"],
            "finding": row["finding"],
            "statement": f"{row['statement']} {row['relation']} {row['bound']:.3g}",
            "value": _number(row["value"]),
            "holds": row["holds"],
            "in": f"{row['holds_in']} of {row['fits']}",
        }
        for row in _records(findings)
    ]
    return PAGE.format(
        same=int(bfmi["same_chains"].sum()),
        chains=sum(len(str(listed).split()) for listed in bfmi["published_by_chain"]),
        stuck=" " + " ".join(stuck) if stuck else "",
        agree=(judged["verdict"] == "agrees").sum(),
        judged=len(judged),
        fits=seeds,
        more=max(seeds - 1, 0),
        numbers=_markdown(numbers),
        hold=(findings["holds"] == "yes").sum(),
        findings=len(findings),
        statements=_markdown(statements),
    )


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def _number(value: Any) -> str:
    if pd.isna(value):
        return ""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _range(lowest: float, highest: float) -> str:
    return "" if pd.isna(lowest) else f"{_number(lowest)} to {_number(highest)}"


def _markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    if not rows:
        return "Nothing to compare."
    texts = [["" if pd.isna(value) else str(value) for value in row.values()] for row in rows]
    lines = [list(rows[0]), ["---"] * len(rows[0]), *texts]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
