"""What the advice saves: the work that other parameterizations take on data like the user's.

It is that of the regression over the simulated data sets of the landscape, at the features of the
data of the user. Where these do not know tau, the posterior median stands for it.
"""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd

from funnel.group_means import Array
from funnel.likelihoods import likelihood_class
from funnel.likelihoods.binomial import BinomialLikelihood
from funnel.likelihoods.poisson import PoissonLikelihood
from funnel.priors import HalfNormal
from funnel_study.advice.advice import Advice
from funnel_study.advice.priors import quantile_of_tau
from funnel_study.advice.wording import said
from funnel_study.analysis.arms import of_first_sampler
from funnel_study.analysis.landscape import REFERENCE
from funnel_study.analysis.regression import FEATURES, at_data_set, regress
from funnel_study.study.points import Kind, observations

ARMS = ("noncentered", "centered")
_COLUMNS = ["point", "likelihood", "parameterization", "score", *FEATURES]
# the scores, as `make findings` writes them
FILE = Path(__file__).with_name("landscape.csv.gz")
_DIGITS = 4
# an interval is wide if its ends differ by such a factor, and an arm is worse above the other
_WIDE, _WORSE = 25.0, 1.25


def shipped(landscape: pd.DataFrame) -> bytes:
    """Return the compressed table of the scores that the gain needs, from that of a landscape.

    They are those of whole chains of its first sampler, with second runs as in the figure.
    """
    whole = of_first_sampler(landscape)
    chosen = whole[whole["parameterization"].isin([*ARMS, REFERENCE])]
    table = chosen.assign(score=chosen["score_with_reruns"])[_COLUMNS]
    text = table.to_csv(index=False, float_format=f"%.{_DIGITS}g")
    return gzip.compress(text.encode(), mtime=0)


def gain(advice: Advice, table: pd.DataFrame | None = None) -> str:
    """Return what other parameterizations take, in a sentence or two, or why it is not known.

    `table` has the scores of the landscape, by default those that are shipped.
    """
    if advice.warnings:
        return said("gain_unknown_by_prior")
    if _at_limit(advice):
        return said("gain_unknown_at_limit")
    table = pd.read_csv(FILE) if table is None else table
    found, outside, points = relative_work(advice, table)
    works = {}
    for name, row in found.iterrows():
        wide = row["high"] > _WIDE * row["low"]
        kind = "known" if not wide else "least" if row["low"] > _WORSE else "open"
        works[name] = (kind, row["relative"], row["low"], row["high"])
    ratio = features(advice)["ratio"]
    return said("gain", works, ratio, points, outside, bool(advice.groups.covariates))


def relative_work(
    advice: Advice, table: pd.DataFrame
) -> tuple[pd.DataFrame, dict[str, float], int]:
    """Return the work of `ARMS` divided by that of data_based, on data like the user's.

    The table is that of `regression.at_data_set`, by parameterization. With it are the features
    that are beyond the data sets of the landscape, each with the end of its range that stands for
    it, and the number of these data sets.
    """
    regression = regress(table[table["likelihood"] == advice.groups.kind])
    at = features(advice)
    found = at_data_set(regression, at, ARMS, REFERENCE).set_index("parameterization")
    outside = {}
    for name, known in regression.points.select_dtypes("number").items():
        end = float(np.clip(float(at[str(name)]), known.min(), known.max()))
        if name != "unit" and end != at[str(name)]:
            outside[str(name)] = end
    return found, outside, len(regression.points)


def features(advice: Advice) -> dict[str, float | str]:
    """Return the features of the data that the points of the landscape have.

    The kind of imbalance is that whose numbers of observations are nearest, on a log scale.
    """
    groups, posterior = advice.groups, advice.posterior
    tau = posterior.tau.quantile(0.5)
    error = groups.means.standard_error
    size = error**-2
    likelihood = groups.likelihood
    if isinstance(likelihood, BinomialLikelihood | PoissonLikelihood):
        (key,) = likelihood.SIZES
        size = np.asarray(getattr(likelihood, key.key), dtype=float)
        at_mu = likelihood_class(groups.kind).information
        error = at_mu(posterior.mu.quantile(0.5), **{key.key: size}) ** -0.5
    imbalance = float(size.max() / size.min())
    place = np.sort(np.log(size / size.min()))

    def distance(kind: str) -> float:
        expected: Array = np.sort(np.log(observations(kind, groups.K, imbalance)))
        return float(((place - expected) ** 2).sum())

    kind = min(get_args(Kind), key=distance)
    prior = quantile_of_tau(advice.priors.tau, 0.5) / quantile_of_tau(HalfNormal(1.0), 0.5)
    return {
        **{"ratio": float(np.exp(np.log(error).mean()) / tau), "K": groups.K, "kind": kind},
        **{"imbalance": 1.0 if kind == "equal" else imbalance},
        **{"prior_scale": float(prior / tau), "unit": 1.0},
    }


def _at_limit(advice: Advice) -> bool:
    """Return whether counts have no success, or nothing else."""
    likelihood = advice.groups.likelihood
    if not isinstance(likelihood, BinomialLikelihood | PoissonLikelihood):
        return False
    y, size = (each.sum() for each in vars(likelihood).values())
    return bool(y == 0 or (advice.groups.kind == "binomial" and y == size))
