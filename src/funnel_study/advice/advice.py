"""The advice on a data set, and its tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from funnel.group_means import Array
from funnel.parameterizations import low_tau
from funnel.posterior import Marginal, Posterior, exact_posterior
from funnel.quadrature import QuadratureError
from funnel_study.advice import priors as chosen
from funnel_study.advice.csv_file import DataError
from funnel_study.advice.groups import Groups
from funnel_study.advice.priors import ChosenPriors
from funnel_study.advice.wording import said
from funnel_study.report.numbers import number

PROBABILITIES = {
    **{"q025": 0.025, "q05": 0.05, "q25": 0.25, "q50": 0.5},
    **{"q75": 0.75, "q95": 0.95, "q975": 0.975},
}
# digits of a centeredness: more would change nothing that can be measured
_DECIMALS = 3
_LONGEST_LABEL = 28


@dataclass(frozen=True)
class Advice:
    """What is advised: `name` is that of the folder.

    `centeredness` (K,) is for those who need one, with the scale `tau0` in the unit of the data.
    """

    name: str
    file: str
    groups: Groups
    priors: ChosenPriors
    posterior: Posterior
    tau0: float
    centeredness: Array
    warnings: list[str]


def advise(name: str, file: str, groups: Groups, priors: ChosenPriors) -> Advice:
    """Return the advice; raises DataError if the posterior does not exist or is not computable."""
    try:
        posterior = exact_posterior(groups.y, groups.se, tau=priors.tau, mu=priors.mu)
    except (ValueError, QuadratureError) as error:
        raise DataError(f"{file}: {error}") from None
    warnings = chosen.warnings(groups, priors)
    return Advice(name, file, groups, priors, posterior, *centeredness(posterior), warnings)


def centeredness(posterior: Posterior) -> tuple[float, Array]:
    """Return a low tau and the centeredness of each group (K,) by it, to three decimals.

    This is the rule `low_tau`, with the exact posterior 10 % quantile of tau instead of that of a
    pilot fit: the centeredness is the weight tau^2 / (tau^2 + se^2) of the data at this tau.
    """
    c = low_tau.centeredness_by(posterior.tau.quantile, posterior.se)
    return float(posterior.tau.quantile(low_tau.LOW)), c.round(_DECIMALS)


def table_of_groups(advice: Advice) -> pd.DataFrame:
    """Return one row per group, with its data, exact posterior, centeredness and tau0."""
    groups, theta = advice.groups, advice.posterior.theta
    return pd.DataFrame(
        {
            **{"group": groups.labels, "y": groups.y, "se": groups.se},
            "exact_mean": [each.mean for each in theta],
            "exact_sd": [each.sd for each in theta],
            **{"centeredness": advice.centeredness, "tau0": advice.tau0},
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


def terminal_summary(advice: Advice, check: str = "") -> str:
    """Return the summary that is printed; `check` is the outcome of the check in a sentence."""
    lines = [f"{advice.file}, {advice.groups.K:,} groups. {said('answer')}"]
    for _, row in population(advice).iterrows():
        name = str(row["quantity"]).partition(",")[0]
        error = (row["high"] - row["low"]) / 4
        median, low, high = (resolved(row[column], error) for column in ("median", "low", "high"))
        lines.append(f"  {name:25} median {median}, 95 % interval {low} to {high}")
    lines.append(priors_in_words(advice.priors))
    lines += [f"Warning: {warning}" for warning in advice.warnings]
    return "\n".join([*lines, said("growing"), *([check] if check else [])])


def priors_in_words(priors: ChosenPriors) -> str:
    """Return which priors were used, and how to choose others, in a sentence or two."""
    used = (chosen.in_words(prior) for prior in (priors.mu, priors.tau))
    return said("priors", *used, priors.given)


def resolved(value: float, error: float) -> str:
    """Return a number to two digits of its standard error, but to three of its own at least."""
    if not value or not np.isfinite([value, error]).all():
        return number(value)
    digits = 2 + int(np.floor(np.log10(abs(value))) - np.floor(np.log10(error)))
    return number(value, min(max(digits, 3), 15))


def short(label: str) -> str:
    """Return the label of a group, without its end if it is long."""
    return label if len(label) <= _LONGEST_LABEL else f"{label[: _LONGEST_LABEL - 3]}..."
