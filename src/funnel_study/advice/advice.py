"""The advice on a data set, and its tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import nan
from typing import Any

import numpy as np
import pandas as pd

from funnel.count_posterior import CountPosterior
from funnel.group_means import Array, GroupMeans, Indices
from funnel.likelihoods.normal import NormalLikelihood
from funnel.likelihoods.normal_unknown_sigma import NormalUnknownSigma
from funnel.normal_posterior import NormalPosterior
from funnel.parameterizations import low_tau
from funnel.posterior import Marginal, Posterior, exact_posterior
from funnel.priors import IndependentPriors
from funnel.quadrature import QuadratureError
from funnel.working_response import normal_approximation
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

AnyPosterior = Posterior | NormalPosterior | CountPosterior


@dataclass(frozen=True)
class Advice:
    """What is advised: `name` is that of the folder.

    `approximation` says what the data of each group say about its theta, roughly. `centeredness`
    (K,) is for those who need one, with the scale `tau0` in the unit of theta. `instead` is the
    parameterization that a check found to be better than data_based, if it did. `gain` says what
    the advice saves (`gain.gain`), and `rerun` is the command to use if the data contradict the
    default priors.
    """

    name: str
    file: str
    groups: Groups
    priors: ChosenPriors
    posterior: AnyPosterior
    approximation: GroupMeans
    tau0: float
    centeredness: Array
    warnings: list[str]
    instead: str = ""
    gain: str = ""
    rerun: str = ""

    @property
    def response(self) -> str:
        """The name of what theta is the logit or log of: probability, rate, or nothing."""
        posterior = self.posterior
        return posterior.likelihood.response_name if isinstance(posterior, CountPosterior) else ""

    @cached_property
    def of_groups(self) -> pd.DataFrame:
        """One row per group: its data, the exact posterior, weights, centeredness and tau0."""
        posterior, weight = self.posterior, self.posterior.data_weight
        table = pd.DataFrame({"group": self.groups.labels, **self.groups.data})
        for name, each in self.groups.covariates.items():
            table[f"x[{name}]"] = each.x
        first: Indices = np.arange(self.groups.K)
        kind = first
        if isinstance(posterior, CountPosterior):  # which takes time for each quantile
            first, kind = posterior.likelihood.distinct()
        theta = [posterior.theta[k] for k in first]
        table = table.assign(
            **{name: each[kind] for name, each in _moments_and_quantiles("exact", theta).items()}
        )
        if isinstance(posterior, CountPosterior):
            responses = [posterior.response(int(k)) for k in first]
            moments = {"mean": [each.mean for each in responses]}
            moments["sd"] = [each.sd for each in responses]
            for name, values in moments.items():
                table[f"{self.response}_{name}"] = np.array(values)[kind]
            for q in PROBABILITIES:  # those of an increasing function
                of_theta = table[f"exact_{q}"].to_numpy()
                table[f"{self.response}_{q}"] = posterior.likelihood.response(of_theta)
        table["data_weight"], table["shrinkage"] = weight, 1 - weight
        table["centeredness"], table["tau0"] = self.centeredness, self.tau0
        return table

    @cached_property
    def population(self) -> pd.DataFrame:
        """One row per estimand: mean, sd and quantiles; those that do not exist are missing."""
        posterior = self.posterior
        found = {"mu": posterior.mu, "tau": posterior.tau, "log_tau": posterior.log_tau}
        found["theta[new]"] = posterior.predictive()
        if isinstance(posterior, Posterior):
            found |= {f"beta[{name}]": beta for name, beta in posterior.beta.items()}
            if len(posterior.beta) < self.groups.K - 1:
                found["I^2"] = posterior.i_squared
        if isinstance(posterior, NormalPosterior):
            found["sigma"] = posterior.sigma
        if isinstance(posterior, CountPosterior):
            found[f"{self.response}[new]"] = posterior.response()
        table = pd.DataFrame(
            {"estimand": [*found], **_moments_and_quantiles("exact", [*found.values()])}
        )
        if isinstance(posterior, CountPosterior):
            typical = table.iloc[:1].assign(estimand=self.response, exact_mean=nan, exact_sd=nan)
            for q in PROBABILITIES:
                typical[f"exact_{q}"] = posterior.likelihood.response(table[f"exact_{q}"][0])
            table = pd.concat([table, typical], ignore_index=True)
        if "I^2" in found:
            rows = _of_meta_analysis(table, self.groups)
            table = pd.concat([table, rows], ignore_index=True)
        return table.replace([np.inf, -np.inf], np.nan)


def _of_meta_analysis(table: pd.DataFrame, groups: Groups) -> pd.DataFrame:
    """Return the rows of tau^2, H^2 = 1 / (1 - I^2) and Q, which other programs print.

    Cochran's Q is a number, the weighted sum of squares about the mean or, with covariates, about
    the regression.
    """
    rows = table.set_index("estimand")
    quantiles = [f"exact_{q}" for q in PROBABILITIES]
    tau, share = rows.loc["tau", quantiles], rows.loc["I^2", quantiles]
    of_square = {"estimand": "tau^2", **tau**2}
    of_square["exact_mean"] = rows["exact_mean"]["tau"] ** 2 + rows["exact_sd"]["tau"] ** 2
    y, se = groups.means.ybar, groups.means.standard_error
    design = np.column_stack([np.ones(groups.K), *groups.x.values()]) / se[:, None]
    rest = y / se - design @ np.linalg.lstsq(design, y / se)[0]
    q = {"estimand": "Q", "exact_mean": float(rest @ rest)}
    return pd.DataFrame([of_square, {"estimand": "H^2", **1 / (1 - share)}, q])


def _moments_and_quantiles(name: str, marginals: Sequence[Marginal]) -> dict[str, Array]:
    """Return columns with mean, sd and quantiles of each of some quantities."""
    quantiles = np.array([each.quantile([*PROBABILITIES.values()]) for each in marginals])
    return {
        f"{name}_mean": np.array([each.mean for each in marginals]),
        f"{name}_sd": np.array([each.sd for each in marginals]),
        **{f"{name}_{q}": quantiles[:, i] for i, q in enumerate(PROBABILITIES)},
    }


def advise(name: str, file: str, groups: Groups, priors: ChosenPriors) -> Advice:
    """Return the advice; raises DataError if the posterior does not exist or is not computable."""
    independent = IndependentPriors(priors.mu, priors.tau)
    try:
        posterior = _posterior(groups, priors, independent)
    except (ValueError, QuadratureError) as error:
        raise DataError(f"{file}: {error}") from None
    approximation = groups.means
    if isinstance(posterior, CountPosterior):
        approximation = normal_approximation(
            posterior.likelihood, tau=priors.tau, mu=priors.mu
        ).means
    c = centeredness(posterior, approximation.standard_error)
    warnings = chosen.warnings(groups, priors)
    return Advice(name, file, groups, priors, posterior, approximation, *c, warnings)


def _posterior(groups: Groups, priors: ChosenPriors, pair: IndependentPriors) -> AnyPosterior:
    """Return the exact posterior of any likelihood."""
    data = groups.likelihood
    if isinstance(data, NormalLikelihood):
        return exact_posterior(
            *(data.y, data.se),
            tau=pair.of_tau,
            mu=pair.of_mu,
            x=groups.x or None,
            beta=priors.beta or None,
        )
    if isinstance(data, NormalUnknownSigma):
        assert priors.sigma is not None
        return NormalPosterior(data, pair, priors.sigma)
    return CountPosterior(data, pair)


def centeredness(posterior: AnyPosterior, se: Array) -> tuple[float, Array]:
    """Return a low tau and the centeredness of each group (K,) by it, to three decimals.

    This is the rule `low_tau`, with the exact posterior 10 % quantile of tau instead of that of a
    pilot fit: the centeredness is the weight tau^2 / (tau^2 + se^2) of the data at this tau.
    """
    c = low_tau.centeredness_by(posterior.tau.quantile, se)
    return float(posterior.tau.quantile(low_tau.LOW)), c.round(_DECIMALS)


def population(advice: Advice) -> pd.DataFrame:
    """Return mean, sd, median and 95 % interval of the quantities of the page, by their names."""
    table = advice.population.set_index("estimand")
    table = table.drop(index=["log_tau", "tau^2", "H^2", "Q"], errors="ignore").rename(
        columns={
            **{"exact_mean": "mean", "exact_sd": "sd", "exact_q50": "median"},
            **{"exact_q025": "low", "exact_q975": "high"},
        }
    )
    at = said("at", advice.groups.covariates)
    names = [said("quantity", name, advice.response, at) for name in table.index]
    return table[["mean", "sd", "median", "low", "high"]].assign(quantity=names)


def headline(advice: Advice) -> str:
    """Return what the data say, in a sentence."""
    table = population(advice)
    beta = [name for name in table.index if name.startswith("beta[")]
    names = ["mu", *beta, "tau", "theta[new]"]
    if advice.response:
        names = [advice.response, f"{advice.response}[new]", "tau"]
    rows = dict(table.iterrows())
    texts = {name: interval(rows[name]) for name in names}
    return said(
        "headline",
        texts,
        said("at", advice.groups.covariates),
    )


def interval(row: pd.Series[Any]) -> tuple[str, str, str]:
    """Return median and 95 % interval as text."""
    error = (row["high"] - row["low"]) / 4
    median, low, high = (resolved(row[column], error) for column in ("median", "low", "high"))
    return median, low, high


def terminal_summary(advice: Advice, check: str = "") -> str:
    """Return the summary that is printed; `check` is the outcome of the check in a sentence."""
    lines = [f"{advice.file}: {advice.groups.read}", said("answer")]
    for _, row in population(advice).iterrows():
        name = str(row["quantity"]).partition(",")[0]
        median, low, high = interval(row)
        lines.append(f"  {name:30} median {median}, 95 % interval {low} to {high}")
    lines.append(priors_in_words(advice))
    lines += [f"Warning: {warning}" for warning in advice.warnings]
    return "\n".join([*lines, recommendation(advice), *([check] if check else [])])


def recommendation(advice: Advice) -> str:
    """Return what to use for a model that grows from this one, with its gain."""
    if advice.rerun:
        return said("rerun", advice.rerun)
    texts = [said("growing", advice.instead), "" if advice.instead else advice.gain]
    return " ".join(filter(None, texts))


def priors_in_words(advice: Advice) -> str:
    """Return which priors were used, and how to choose others, in a sentence or two."""
    priors = advice.priors
    used = {"mu": priors.mu, "tau": priors.tau, "sigma": priors.sigma}
    words = {name: chosen.in_words(prior) for name, prior in used.items() if prior is not None}
    words |= {f"beta[{name}]": chosen.in_words(prior) for name, prior in priors.beta.items()}
    return said("priors", words, priors.given, advice.response)


def resolved(value: float, error: float) -> str:
    """Return a number to two digits of its standard error, but to three of its own at least."""
    if not value or not np.isfinite([value, error]).all():
        return number(value)
    digits = 2 + int(np.floor(np.log10(abs(value))) - np.floor(np.log10(error)))
    return number(value, min(max(digits, 3), 15))


def short(label: str) -> str:
    """Return the label of a group, without its end if it is long."""
    return label if len(label) <= _LONGEST_LABEL else f"{label[: _LONGEST_LABEL - 3]}..."
