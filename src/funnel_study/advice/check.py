"""A check of the advice: a study of the user's data, judged against the exact posterior."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from funnel.likelihoods.normal import NormalLikelihood
from funnel.likelihoods.normal_unknown_sigma import NormalUnknownSigma
from funnel.parameterizations import fits
from funnel.priors import Exponential, Flat, HalfCauchy, HalfNormal, Normal, TauPrior
from funnel_study.advice.advice import Advice
from funnel_study.advice.csv_file import DataError
from funnel_study.advice.priors import centre_and_scale, in_words
from funnel_study.advice.wording import said
from funnel_study.analysis.statistics import t_limits
from funnel_study.analysis.work import WORST

# the first is that which is advised; it is compared with the others
PARAMETERIZATIONS = ("data_based", "low_tau", "centered", "noncentered", "marginal")
ADVISED = PARAMETERIZATIONS[0]
REPLICATES = 40
# a flat prior of mu becomes a normal one with so many scales of the data as its sd
_NEARLY_FLAT = 1e4
# work within this factor of the least makes no difference in practice
_CLOSE = 1.25
_PRIORS: dict[type, str] = {HalfNormal: "half_normal", HalfCauchy: "half_cauchy"}
# it has no centeredness, and suits only models whose theta can be integrated out
_MARGINAL = "marginal"
# verdicts on what should not be used
_UNFIT = ("wrong", "failed", "no fit", "unknown")


class Check(NamedTuple):
    """The outcome: whether the advice held, in a sentence, and the table of all arms.

    `instead` is the parameterization to use if it did not hold.
    """

    sentence: str
    table: pd.DataFrame
    instead: str = ""


def check_configuration(advice: Advice, replicates: int = REPLICATES) -> dict[str, Any]:
    """Return the configuration of a study with the data of the user as its scenario.

    Its `replicates` differ in their seeds only. For normal data, the samplers fit y less the prior
    mean of mu, with the scale of the default prior of tau as their unit, so that the check is the
    same for data in any unit. The posterior is the same but for this shift and unit. A flat prior
    of mu becomes a very wide one.

    Raises DataError, with one line, if a study does not have the prior of tau or sigma.
    """
    priors, groups = advice.priors, advice.groups
    if groups.covariates:
        raise DataError(said("no_check_of_covariates"))
    centre, unit = centre_and_scale(groups.means)
    unit = 1.0 if advice.response else unit
    mu = Normal(centre, _NEARLY_FLAT * unit) if isinstance(priors.mu, Flat) else priors.mu
    shift = 0.0 if advice.response else mu.mean
    tau, scale = _prior("tau", priors.tau, unit)
    return {
        "study": f"advice-{advice.name}",
        "priors": {
            **{"mu_mean": mu.mean - shift, "mu_sd": mu.sd / unit},
            **{"tau": tau, "tau_scale": scale},
        },
        "scenarios": [{"name": "data", **_scenario(advice, shift, unit)}],
        "parameterizations": [each for each in PARAMETERIZATIONS if fits(each, groups.kind)],
        "samplers": ["stan"],
        "replicates": replicates,
        "replicates_per_job": 20,
        "keep_draws": False,
        "sampling": {"chains": 4, "tune": 500, "draws": 1000, "target_accept": 0.8},
    }


def _scenario(advice: Advice, shift: float, unit: float) -> dict[str, Any]:
    """Return the keys of the likelihood and its data."""
    likelihood = advice.groups.likelihood
    if isinstance(likelihood, NormalLikelihood):
        y, se = (likelihood.y - shift) / unit, likelihood.se / unit
        return {"y": y.tolist(), "sigma": se.tolist()}
    if isinstance(likelihood, NormalUnknownSigma):
        assert advice.priors.sigma is not None
        prior, scale = _prior("sigma", advice.priors.sigma, unit)
        n = likelihood.n.astype(int)
        # two of each group differ, so that its mean and sum of squares, which are sufficient, agree
        number = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n)
        sign = np.select([number == 0, number == 1], [-1.0, 1.0], 0.0)
        away = sign * np.repeat(np.sqrt(likelihood.squares / 2), n)
        y = (np.repeat(likelihood.y, n) + away - shift) / unit
        sigma = {"prior": prior, "scale": scale}
        return {"y": y.tolist(), "n_per_individual": n.tolist(), "sigma": sigma}
    y, size = vars(likelihood).values()
    (key,) = likelihood.SIZES
    sizes = size.astype(int) if key.whole else size
    return {
        "likelihood": advice.groups.kind,
        **{"y": y.astype(int).tolist(), key.key: sizes.tolist()},
    }


def _prior(name: str, prior: TauPrior, unit: float) -> tuple[str, float]:
    """Return the name that a study has for a prior, and its scale."""
    known = _PRIORS | ({Exponential: "exponential"} if name == "sigma" else {})
    if type(prior) not in known:
        raise DataError(
            f"CHECK with the prior {in_words(prior)}: the check needs a "
            f"{' or '.join(known.values())} prior of {name}"
        )
    return known[type(prior)], vars(prior)["scale"] / unit


def table_of(answers: pd.DataFrame, comparisons: pd.DataFrame, date: str) -> pd.DataFrame:
    """Return the table of a check on a date, from two tables of its study."""
    columns = ["parameterization", "verdict", "worst_estimand", "work"]
    table = answers[columns].merge(_ratios(comparisons), on="parameterization", how="left")
    return table.assign(checked=date)


def check(table: pd.DataFrame) -> Check:
    """Return whether the advice held, from the table of the check.

    What is advised is compared with the alternative of the least work, `marginal` apart. The
    ratio of their work has a 95 % Student t interval over the fits, paired by replicate.
    """
    verdict = table.set_index("parameterization")["verdict"][ADVISED]
    date = said("checked_on", table["checked"].iloc[0])
    # a wrong fit may seem to take little work
    out = table["parameterization"].isin([ADVISED, _MARGINAL])
    others = table[~out & ~table["verdict"].isin(_UNFIT)]
    if verdict in _UNFIT:
        best = others.nsmallest(1, "work")["parameterization"]
        return Check(f"{said('unfit', ADVISED, verdict)} {date}", table, *best)
    others = others.dropna(subset=["ratio"])
    if others.empty:
        return Check(f"{said('no_alternative', ADVISED)} {date}", table)
    (best,) = others.nsmallest(1, "ratio")["parameterization"]
    row = others.set_index("parameterization").loc[best]
    ratio, low, high = (1 / row[name] for name in ("ratio", "ratio_high", "ratio_low"))
    words = said("compared", ADVISED, best, ratio, low, high, _CLOSE, verdict == "undecided")
    return Check(f"{words} {date}", table, best if low > _CLOSE else "")


def _ratios(comparisons: pd.DataFrame) -> pd.DataFrame:
    """Return the work of each alternative divided by that of the advised parameterization."""
    logs = comparisons[(comparisons["estimand"] == WORST) & (comparisons["measure"] == "log_work")]
    first = logs[logs["parameterization"] == ADVISED]
    second = logs[logs["versus"] == ADVISED]
    turned = first.assign(parameterization=first["versus"], difference=-first["difference"])
    rows = pd.concat([second, turned])
    low, high = t_limits(rows["difference"], rows["mcse"], rows["replicates"])
    ends = {"ratio": rows["difference"], "ratio_low": low, "ratio_high": high}
    return rows[["parameterization"]].assign(**{name: np.exp(end) for name, end in ends.items()})
