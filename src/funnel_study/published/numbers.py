"""Comparison of the published numbers with those of a study of the same data.

The published facts are in workflow/resources/published.yaml. Another seed, platform or version
gives other chains, so distributions are compared and not single values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from funnel.group_means import Array
from funnel_study.analysis.criteria import DIFFERS, NOT_DISTINGUISHED

Facts = Mapping[str, Any]

# continuous quantities, whose equality shows that two chains are the same
CONTINUOUS = ("bfmi", "step_size")
LEVEL = 0.01  # significance level of the tests
RATIO = 2.0  # seconds relative to the centered fit are not distinguished within this factor
# PyMC3 warns if the lowest effective sample size divided by the number of draws is below these
_ESS_BOUNDS = (0.1, 0.25)

COMPARISON_COLUMNS = (
    *("scenario", "parameterization", "sampler", "quantity", "published", "found"),
    *("lowest", "highest", "fits", "below", "p_value", "verdict", "same_chains"),
    *("published_by_chain", "found_by_chain"),
)


def comparison(fits: pd.DataFrame, chains: pd.DataFrame, facts: Facts) -> pd.DataFrame:
    """Compare every published number with the fits of the same data.

    `fits` and `chains` have the fits of the published data only. Each replicate is another seed of
    the sampler. The result has one row per published number and sampler. `found` is the value in
    replicate 0. `lowest` and `highest` are the extremes over the `fits` that have a value, and
    `below` is how many of them have a value below the published number. Numbers are means over
    chains, except divergences, which are sums.

    The `verdict` is "not distinguished", "differs", "no fit" (replicate 0 failed) or "not
    compared". A number is not distinguished

    - for `divergences`, `bfmi` and `step_size`: if Welch's t test of the logarithms of the values
      of all chains (of 1 + count for divergences) has a p-value of at least 0.01
    - for `acceptance`: if the same test without logarithms does. The post prints only the chains
      with the lowest acceptance, so only the same number of lowest chains of every fit is compared.
    - for `ess`, the lowest effective sample size divided by the number of draws: if the median over
      fits is in the same range, below 0.1, from 0.1 to 0.25 or above, as PyMC3's warning says of
      the published fit
    - for `relative_seconds`, the seconds divided by those of the centered fit of the same scenario:
      if the median over fits is within a factor of 2 of the published ratio

    `seconds` depend on the machine and are not compared. With four chains on each side, the tests
    detect only large differences.

    `same_chains` is the number of chains of replicate 0 whose value equals the published one to six
    digits.
    """
    rows = []
    seconds = fits["sampling_seconds"].where(fits["status"] == "ok")
    fits = fits.assign(sampling_seconds=seconds)
    facts_of = {(fact["scenario"], fact["parameterization"]): fact for fact in facts["fits"]}
    for fact in facts["fits"]:
        of_fact = _of(fits, fact["scenario"], fact["parameterization"])
        for sampler in of_fact["sampler"].unique():
            own_fits = of_fact[of_fact["sampler"] == sampler].sort_values("replicate")
            own_chains = _of(chains, fact["scenario"], fact["parameterization"])
            own_chains = own_chains[own_chains["sampler"] == sampler]
            centered = facts_of.get((fact["scenario"], "centered"))
            base = _of(fits, fact["scenario"], "centered")
            base = base[base["sampler"] == sampler]
            compared = [
                *_by_chain(fact, own_chains),
                _ess(fact, own_fits),
                *_seconds(fact, own_fits, centered, base),
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
            column = "last_tuned_step_size"  # PyMC3 calls this step_size, and the post prints it
        published = np.array(fact[quantity], dtype=float)
        by_fit = [
            np.array(group.sort_values("chain")[column], dtype=float)
            for _, group in chains.groupby("replicate")
        ]
        if quantity == "acceptance":
            by_fit = [np.sort(values)[: len(published)] for values in by_fit]
        total = np.sum if quantity == "divergences" else np.mean
        # with logarithms of probabilities, one bad chain would hide every other difference
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
            "same_chains": _same(published, by_fit[0]) if quantity in CONTINUOUS else None,
            "published_by_chain": _listed(published),
            "found_by_chain": _listed(by_fit[0]),
        }


def _p_value(published: Array, found: Array) -> float:
    """Return Welch's two-sided p-value; for constant values, 1 if they are equal, else 0."""
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
    same_range = bounds[band] <= _median(values) < bounds[band + 1]
    placed = _placed(np.nan if bound is None else bound, values)
    return {"quantity": "ess", **placed, "below": None, "verdict": _verdict(same_range, values[0])}


def _seconds(
    fact: Facts, fits: pd.DataFrame, centered: Facts | None, base: pd.DataFrame
) -> Iterator[dict[str, Any]]:
    seconds = fits["sampling_seconds"].to_numpy(dtype=float)
    yield {"quantity": "seconds", **_placed(fact["seconds"], seconds), "verdict": "not compared"}
    if centered is None or fact["parameterization"] == "centered" or base.empty:
        return
    published = fact["seconds"] / centered["seconds"]
    base_seconds = base.set_index("replicate")["sampling_seconds"].reindex(fits["replicate"])
    values = seconds / base_seconds.to_numpy(dtype=float)
    within_factor = published / RATIO <= _median(values) <= published * RATIO
    yield {
        "quantity": "relative_seconds",
        **_placed(published, values),
        "verdict": _verdict(within_factor, values[0]),
    }


def _median(values: Array) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else np.nan


def _same(published: Array, found: Array) -> int:
    """Return how many chains have the published value, to six digits."""
    return int(np.isclose(published, found, rtol=1e-6, atol=0).sum())


def _placed(published: float, values: Array) -> dict[str, Any]:
    """Return the place of a published number among the values of all replicates."""
    known = values[np.isfinite(values)]
    return {
        "published": published,
        "found": values[0],
        "lowest": known.min() if len(known) else np.nan,
        "highest": known.max() if len(known) else np.nan,
        "fits": len(known),
        "below": int((known < published).sum()),
    }


def _verdict(not_distinguished: bool, found: float) -> str:
    if not np.isfinite(found):
        return "no fit"
    return NOT_DISTINGUISHED if not_distinguished else DIFFERS


def _listed(values: Array) -> str:
    """Return values as a field of the CSV file, which is read again and so has no commas."""
    return " ".join(
        f"{value:.0f}" if abs(value) >= 1_000 else f"{value:.4g}"
        for value in values
        if np.isfinite(value)
    )
