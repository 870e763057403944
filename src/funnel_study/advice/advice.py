"""The advice on a data set, and its tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from funnel.group_means import Array
from funnel.posterior import Marginal, Posterior, exact_posterior
from funnel.quadrature import QuadratureError
from funnel_study.advice import priors as chosen
from funnel_study.advice.centeredness import centeredness
from funnel_study.advice.csv_file import DataError
from funnel_study.advice.groups import Groups
from funnel_study.advice.priors import ChosenPriors

PROBABILITIES = {
    **{"q025": 0.025, "q05": 0.05, "q25": 0.25, "q50": 0.5},
    **{"q75": 0.75, "q95": 0.95, "q975": 0.975},
}
# from which difference in centeredness on groups are named
_CLEARLY = 0.05
_LONGEST_LABEL = 28
COLUMNS = ("group", "y", "se", "exact_mean", "exact_sd", "centeredness")


@dataclass(frozen=True)
class Advice:
    """What is advised for a data set.

    `name` is that of its folder, and `file` that of the file of the user. `centeredness` (K,) is
    the recommended one of each group.
    """

    name: str
    file: str
    groups: Groups
    priors: ChosenPriors
    posterior: Posterior
    centeredness: Array
    warnings: list[str]


def advise(name: str, file: str, groups: Groups, priors: ChosenPriors) -> Advice:
    """Return the advice on the data of a user.

    Raises DataError, with one line, if the posterior does not exist or cannot be computed.
    """
    try:
        posterior = exact_posterior(groups.y, groups.se, tau=priors.tau, mu=priors.mu)
    except (ValueError, QuadratureError) as error:
        raise DataError(f"{file}: {error}") from None
    c = centeredness(posterior)
    return Advice(name, file, groups, priors, posterior, c, chosen.warnings(groups, priors))


def table_of_groups(advice: Advice) -> pd.DataFrame:
    """Return one row per group, with the columns `COLUMNS`."""
    theta = advice.posterior.theta
    groups = advice.groups
    values = (
        *(groups.labels, groups.y, groups.se),
        *([each.mean for each in theta], [each.sd for each in theta], advice.centeredness),
    )
    return pd.DataFrame(dict(zip(COLUMNS, values, strict=True)))


def table_of_population(advice: Advice) -> pd.DataFrame:
    """Return one row for each of mu, tau and log tau, with mean, sd and quantiles.

    A mean or standard deviation that does not exist is missing.
    """
    rows = []
    for estimand in ("mu", "tau", "log_tau"):
        marginal: Marginal = getattr(advice.posterior, estimand)
        moments = [each if np.isfinite(each) else np.nan for each in (marginal.mean, marginal.sd)]
        quantiles = marginal.quantile(list(PROBABILITIES.values()))
        rows.append([estimand, *moments, *quantiles])
    names = (f"exact_{name}" for name in PROBABILITIES)
    return pd.DataFrame(rows, columns=["estimand", "exact_mean", "exact_sd", *names])


def recommendation(advice: Advice) -> str:
    """Return the advice in a sentence."""
    c = advice.centeredness
    if c.min() == c.max():
        return f"Use a centeredness of {c[0]:g} for every group, {_near(c)}."
    groups = ""
    if c.max() - c.min() >= _CLEARLY:
        low, high = (short(advice.groups.labels[k]) for k in (int(c.argmin()), int(c.argmax())))
        groups = f"; the lowest is that of {low}, the highest that of {high}"
    return f"Use a centeredness between {c.min():g} and {c.max():g}, {_near(c)}{groups}."


def short(label: str) -> str:
    """Return the label of a group, without its end if it is long."""
    return label if len(label) <= _LONGEST_LABEL else f"{label[: _LONGEST_LABEL - 3]}..."


def _near(c: Array) -> str:
    """Return in words where between noncentered (0) and centered (1) a centeredness (K,) is."""
    if c.max() <= 0.1:
        return "which is noncentered" if c.max() == 0 else "which is almost noncentered"
    if c.min() >= 0.9:
        return "which is centered" if c.min() == 1 else "which is almost centered"
    return "where 0 is noncentered and 1 is centered"
