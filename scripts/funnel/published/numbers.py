"""The published study beside a study of the same data: its numbers, and what it concluded.

The facts are those of workflow/resources/published.yaml. Chains of another seed, platform or
version are other chains, so what is compared is how they are distributed, never single numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from funnel.model.data import Array

Facts = Mapping[str, Any]

REPRODUCED = ("bfmi", "step_size")  # continuous, so that chance makes no two of them equal
LEVEL = 0.01  # a verdict is "differs" where chains of one distribution would rarely differ so
RATIO = 2.0  # seconds relative to the centered fit agree within this factor
# the bounds by which PyMC3 warns of the lowest effective sample size, over the number of draws
_ESS_BOUNDS = (0.1, 0.25)

COMPARISON_COLUMNS = (
    *("scenario", "parameterization", "sampler", "quantity", "published", "found"),
    *("lowest", "highest", "fits", "below", "p_value", "verdict", "same_chains"),
    *("published_by_chain", "found_by_chain"),
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
