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
from funnel_study.advice.wording import said
from funnel_study.report.numbers import number

PROBABILITIES = {
    **{"q025": 0.025, "q05": 0.05, "q25": 0.25, "q50": 0.5},
    **{"q75": 0.75, "q95": 0.95, "q975": 0.975},
}
# groups are named from this difference in centeredness on
_CLEARLY = 0.05
_LONGEST_LABEL = 28


@dataclass(frozen=True)
class Advice:
    """What is advised: `name` is that of the folder, and `centeredness` has the shape (K,)."""

    name: str
    file: str
    groups: Groups
    priors: ChosenPriors
    posterior: Posterior
    centeredness: Array
    warnings: list[str]


def advise(name: str, file: str, groups: Groups, priors: ChosenPriors) -> Advice:
    """Return the advice; raises DataError if the posterior does not exist or is not computable."""
    try:
        posterior = exact_posterior(groups.y, groups.se, tau=priors.tau, mu=priors.mu)
    except (ValueError, QuadratureError) as error:
        raise DataError(f"{file}: {error}") from None
    c = centeredness(posterior)
    return Advice(name, file, groups, priors, posterior, c, chosen.warnings(groups, priors))


def table_of_groups(advice: Advice) -> pd.DataFrame:
    """Return one row per group, with its data, exact posterior and centeredness."""
    groups, theta = advice.groups, advice.posterior.theta
    return pd.DataFrame(
        {
            **{"group": groups.labels, "y": groups.y, "se": groups.se},
            "exact_mean": [each.mean for each in theta],
            "exact_sd": [each.sd for each in theta],
            "centeredness": advice.centeredness,
        }
    )


def table_of_population(advice: Advice) -> pd.DataFrame:
    """Return mean, sd and quantiles of mu, tau and log tau; those that do not exist are missing."""
    rows = []
    for estimand in ("mu", "tau", "log_tau"):
        marginal: Marginal = getattr(advice.posterior, estimand)
        quantiles = marginal.quantile([*PROBABILITIES.values()])
        rows.append([estimand, marginal.mean, marginal.sd, *quantiles])
    names = (f"exact_{name}" for name in ("mean", "sd", *PROBABILITIES))
    return pd.DataFrame(rows, columns=["estimand", *names]).replace([np.inf, -np.inf], np.nan)


def population(advice: Advice) -> pd.DataFrame:
    """Return mean, sd, median and 95 % interval of mu, tau, a new effect and I^2."""
    posterior = advice.posterior
    quantities: dict[str, Marginal] = {
        "mu, the mean of the population": posterior.mu,
        "tau, the standard deviation of the population": posterior.tau,
        "the effect of a new group": posterior.predictive(),
        "I^2, the share of tau^2 in the variance of the effects": posterior.i_squared,
    }
    rows = [
        (name, each.mean, each.sd, each.quantile(0.5), *each.interval())
        for name, each in quantities.items()
    ]
    return pd.DataFrame(rows, columns=["quantity", "mean", "sd", "median", "low", "high"])


def recommendation(advice: Advice) -> str:
    """Return the advice in a sentence."""
    c, labels = advice.centeredness, advice.groups.labels
    low, high = int(c.argmin()), int(c.argmax())
    ends = (short(labels[k]) for k in (low, high))
    return said("recommendation", c[low], c[high], *ends, c[high] - c[low] >= _CLEARLY)


def terminal_summary(advice: Advice, check: str = "") -> str:
    """Return the summary that is printed; `check` is the outcome of the check in a sentence."""
    lines = [f"{advice.file}: {advice.groups.K:,} groups"]
    for _, row in population(advice).iterrows():
        name = str(row["quantity"]).partition(",")[0]
        median, low, high = (number(row[column]) for column in ("median", "low", "high"))
        lines.append(f"  {name:25} median {median}, 95 % interval {low} to {high}")
    lines += [f"Warning: {warning}" for warning in advice.warnings]
    return "\n".join([*lines, recommendation(advice), *([check] if check else [])])


def short(label: str) -> str:
    """Return the label of a group, without its end if it is long."""
    return label if len(label) <= _LONGEST_LABEL else f"{label[: _LONGEST_LABEL - 3]}..."
