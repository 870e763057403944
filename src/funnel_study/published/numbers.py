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

DATA = ["scenario", "sampler", "replicate"]  # what parameterizations are compared on
LEVEL = 0.01  # significance level of the tests
RATIO = 2.0  # seconds relative to the centered fit are not distinguished within this factor
# for quantities of chains, how they are transformed for the test and summarised. With logarithms of
# the probabilities of acceptance, one bad chain would hide every other difference.
_QUANTITIES: Mapping[str, tuple[Callable[[Array], Array], Callable[..., Any]]] = {
    "divergences": (np.log1p, np.sum),
    "bfmi": (np.log, np.mean),
    "step_size": (np.log, np.mean),
    "acceptance": (np.asarray, np.mean),
}
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
    the sampler. The result has one row per published number and sampler; `found` is the value in
    replicate 0. Numbers are means over chains, except divergences, which are sums.

    results/README.md explains the other columns, and the rule behind the `verdict` on each
    quantity. Divergences and step sizes are tested as logarithms (of 1 + count for divergences).
    The post prints only the chains with the lowest acceptance, so only the same number of lowest
    chains of every fit is compared.
    """
    fits = fits.assign(
        seconds=fits["sampling_seconds"].where(fits["status"] == "ok"),
        ess=fits["ess_bulk_min"] / fits["draws"],
    )
    centered = fits[fits["parameterization"] == "centered"].set_index(DATA)["seconds"]
    of_centered = centered.reindex(pd.MultiIndex.from_frame(fits[DATA])).to_numpy()
    fits["relative_seconds"] = fits["seconds"] / of_centered
    seconds = {(f["scenario"], f["parameterization"]): f["seconds"] for f in facts["fits"]}
    rows = []
    for fact in facts["fits"]:
        cell = {key: fact[key] for key in ("scenario", "parameterization")}
        if cell["parameterization"] != "centered":
            ratio = fact["seconds"] / seconds[cell["scenario"], "centered"]
            fact = {**fact, "relative_seconds": ratio}
        for sampler, own in fits.merge(pd.DataFrame([cell])).groupby("sampler", sort=False):
            of_fits = chains.merge(own[[*DATA, "parameterization"]])
            compared = [*_by_chain(fact, of_fits), *_by_fit(fact, own)]
            rows += [{**cell, "sampler": sampler, **row} for row in compared]
    counts = {"below": "Int64", "same_chains": "Int64"}
    return pd.DataFrame(rows, columns=list(COMPARISON_COLUMNS)).astype(counts)


def _by_chain(fact: Facts, chains: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for quantity, (transform, total) in _QUANTITIES.items():
        if quantity not in fact:
            continue
        column = quantity
        if quantity == "step_size" and chains["last_tuned_step_size"].notna().any():
            column = "last_tuned_step_size"  # PyMC3 calls this step_size, and the post prints it
        published = np.array(fact[quantity], dtype=float)
        by_fit = chains.pivot_table(column, "replicate", "chain", dropna=False).to_numpy(float)
        if quantity == "acceptance":
            by_fit = np.sort(by_fit)[:, : len(published)]
        p = _p_value(transform(published), transform(by_fit))
        row = _row(quantity, total(published), pd.Series(total(by_fit, axis=1)), p >= LEVEL)
        if quantity in ("bfmi", "step_size"):  # continuous, and so equal only in the same chain
            row["same_chains"] = np.isclose(published, by_fit[0], rtol=1e-6, atol=0).sum()
        by_chain = {"published_by_chain": _listed(published), "found_by_chain": _listed(by_fit[0])}
        yield {**row, "p_value": p, **by_chain}


def _by_fit(fact: Facts, fits: pd.DataFrame) -> Iterator[dict[str, Any]]:
    # without a warning, the bound is missing, and nan is above all bounds
    bound = fact.get("ess", np.nan)
    band = np.searchsorted(_ESS_BOUNDS, bound)
    same_range = np.searchsorted(_ESS_BOUNDS, fits["ess"].median(), side="right") == band
    yield {**_row("ess", bound, fits["ess"], same_range), "below": None}
    seconds = _row("seconds", fact["seconds"], fits["seconds"], True)
    yield {**seconds, "verdict": "not compared"}
    if "relative_seconds" in fact:
        ratio, ratios = fact["relative_seconds"], fits["relative_seconds"]
        within_factor = ratio / RATIO <= ratios.median() <= ratio * RATIO
        yield _row("relative_seconds", ratio, ratios, within_factor)


def _p_value(published: Array, found: Array) -> float:
    """Return Welch's two-sided p-value; for constant values, 1 if they are equal, else 0."""
    found = found[np.isfinite(found)]
    if not len(found):
        return np.nan
    if np.ptp(published) == 0 and np.ptp(found) == 0:
        return float(published[0] == found[0])
    return float(stats.ttest_ind(published, found, equal_var=False).pvalue)


def _row(
    quantity: str, published: float, values: pd.Series, not_distinguished: bool
) -> dict[str, Any]:
    """Return the place of a published number among the values of all replicates."""
    verdict = NOT_DISTINGUISHED if not_distinguished else DIFFERS
    return {
        "quantity": quantity,
        "published": published,
        "found": values.iloc[0],
        "lowest": values.min(),
        "highest": values.max(),
        "fits": values.count(),
        "below": (values < published).sum(),
        "verdict": verdict if pd.notna(values.iloc[0]) else "no fit",
    }


def _listed(values: Array) -> str:
    """Return values as a field of the CSV file, which is read again and so has no commas."""
    return " ".join(
        f"{value:.0f}" if abs(value) >= 1_000 else f"{value:.4g}"
        for value in values
        if np.isfinite(value)
    )
