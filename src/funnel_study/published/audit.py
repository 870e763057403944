"""Posteriors that others published beside the exact ones.

The published numbers are in workflow/resources/published-posteriors.yaml.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from funnel.posterior import Marginal, exact_posterior
from funnel.priors import Flat, HalfCauchy, HalfNormal, Normal, TauPrior, Uniform

COLUMNS = [
    *("data", "source", "quantity", "statistic", "published", "decimals"),
    *("exact", "lowest", "highest", "agrees"),
]
# standard errors that separate a published number from the exact one by chance
_ERRORS = 4.0
# of a printed digit, so that a number in the middle between two rounds to either
_ROUNDING = 0.5 + 1e-6
_PRIORS = {"half_cauchy": HalfCauchy, "half_normal": HalfNormal}


def audit(entries: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return a table of published posteriors beside the exact ones, one row per number.

    A number agrees if the exact one is between `lowest` and `highest`. These allow for the rounding
    of the published number to its `decimals`, and besides, as far as the entry says so, for the
    accuracy of its algorithm and for four Monte Carlo standard errors. For a quantile that was
    estimated from n draws, the standard error is that of the part p of the draws below it,
    sqrt(p (1 - p) / n), so its limits are exact quantiles of other p.

    Raises KeyError if an entry has an unknown prior or quantity, and ValueError if it has an
    unknown statistic.
    """
    rows = [row for entry in entries for row in _rows(entry)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _rows(entry: Mapping[str, Any]) -> Iterator[tuple[object, ...]]:
    mu = Normal(**entry["mu"]) if "mu" in entry else Flat()
    tau: TauPrior = Uniform()
    if entry["tau"] != "uniform":
        ((prior, scale),) = entry["tau"].items()
        tau = _PRIORS[prior](scale)
    posterior = exact_posterior(entry["y"], entry["se"], tau=tau, mu=mu)
    marginals = {
        "mu": posterior.mu,
        "tau": posterior.tau,
        **{f"theta[{k}]": theta for k, theta in enumerate(posterior.theta)},
    }
    errors = iter(entry.get("standard_errors", []))
    for quantity, statistics in entry["values"].items():
        new = quantity == "theta[new]"
        marginal = posterior.predictive() if new else marginals[quantity]
        for statistic, text in statistics.items():
            decimals = len(text.partition(".")[2])
            half = _ROUNDING * 10.0**-decimals + entry.get("accuracy", {}).get(quantity, 0.0)
            half += _ERRORS * next(errors, 0.0)
            if statistic in ("mean", "sd"):
                exact = low = high = float(getattr(marginal, statistic))
            else:
                exact, low, high = _quantile(marginal, statistic, entry.get("draws", np.inf))
            published = float(text) + 0.0  # the sum turns -0 into 0
            agrees = low - half <= published <= high + half
            yield (
                *(entry["name"], entry["source"], quantity, statistic, published, decimals),
                *(exact, low - half, high + half, agrees),
            )


def _quantile(marginal: Marginal, name: str, draws: float) -> tuple[float, float, float]:
    """Return a quantile such as q025, and the limits within which its estimates are.

    A limit is infinite if even the probability 0 or 1 is within reach of so many independent draws.
    """
    p = float(f"0.{name.removeprefix('q')}")
    error = _ERRORS * np.sqrt(p * (1 - p) / draws)
    low = float(marginal.quantile(p - error)) if p > error else -np.inf
    high = float(marginal.quantile(p + error)) if p + error < 1 else np.inf
    return float(marginal.quantile(p)), low, high
