"""A check of the advice: a study of the user's data, judged against the exact posterior."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from funnel.likelihoods.normal import NormalLikelihood
from funnel.priors import Flat, HalfCauchy, HalfNormal, Normal
from funnel_study.advice.advice import Advice
from funnel_study.advice.csv_file import DataError
from funnel_study.advice.priors import centre_and_scale, in_words
from funnel_study.advice.wording import said
from funnel_study.analysis.statistics import t_quantile
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
    """The outcome: whether the advice held, in a sentence, and the table of all arms."""

    sentence: str
    table: pd.DataFrame


def check_configuration(advice: Advice, replicates: int = REPLICATES) -> dict[str, Any]:
    """Return the configuration of a study with the data of the user as its scenario.

    Its `replicates` differ in their seeds only. The samplers fit y less the prior mean of mu, which
    is 0 in a study, with the scale of the default prior of tau as their unit, so that the check is
    the same for data in any unit. The posterior is the same but for this shift and unit. A flat
    prior of mu becomes a very wide one.

    Raises DataError, with one line, if a study does not have the likelihood or the prior of tau.
    """
    mu, tau, likelihood = advice.priors.mu, advice.priors.tau, advice.groups.likelihood
    if not isinstance(likelihood, NormalLikelihood):
        raise DataError("CHECK: is only for effects with known standard errors so far")
    centre, unit = centre_and_scale(likelihood.means)
    if isinstance(mu, Flat):
        mu = Normal(centre, _NEARLY_FLAT * unit)
    if type(tau) not in _PRIORS:
        raise DataError(
            f"CHECK with the prior {in_words(tau)}: the check needs a half_normal or half_cauchy "
            "prior of tau"
        )
    return {
        "study": f"advice-{advice.name}",
        "priors": {
            **{"mu_sd": mu.sd / unit, "tau_scale": vars(tau)["scale"] / unit},
            "tau": _PRIORS[type(tau)],
        },
        "scenarios": [
            {
                **{"name": "data", "y": ((likelihood.y - mu.mean) / unit).tolist()},
                "sigma": (likelihood.se / unit).tolist(),
            }
        ],
        "parameterizations": [*PARAMETERIZATIONS],
        "samplers": ["stan"],
        "replicates": replicates,
        "replicates_per_job": 20,
        "keep_draws": False,
        "sampling": {"chains": 4, "tune": 500, "draws": 1000, "target_accept": 0.8},
    }


def check(answers: pd.DataFrame, comparisons: pd.DataFrame) -> Check:
    """Return whether the advice held, from two tables of the study.

    What is advised is compared with the alternative of the least work, `marginal` apart. The
    ratio of their work has a 95 % Student t interval over the fits, paired by replicate.
    """
    columns = ["parameterization", "verdict", "worst_estimand", "work"]
    table = answers[columns].merge(_ratios(comparisons), on="parameterization", how="left")
    verdict = answers.set_index("parameterization")["verdict"][ADVISED]
    if verdict in _UNFIT:
        return Check(said("unfit", ADVISED, verdict), table)
    # a wrong fit may seem to take little work
    out = table["parameterization"].isin([ADVISED, _MARGINAL])
    others = table[~out & ~table["verdict"].isin(_UNFIT)].dropna(subset=["ratio"])
    if others.empty:
        return Check(said("no_alternative", ADVISED), table)
    best = others.nsmallest(1, "ratio").iloc[0]
    relative = (1 / best[name] for name in ("ratio", "ratio_high", "ratio_low"))
    names = ADVISED, best["parameterization"]
    return Check(said("compared", *names, *relative, _CLOSE, verdict == "undecided"), table)


def _ratios(comparisons: pd.DataFrame) -> pd.DataFrame:
    """Return the work of each alternative divided by that of the advised parameterization."""
    logs = comparisons[(comparisons["estimand"] == WORST) & (comparisons["measure"] == "log_work")]
    first = logs[logs["parameterization"] == ADVISED]
    second = logs[logs["versus"] == ADVISED]
    turned = first.assign(parameterization=first["versus"], difference=-first["difference"])
    rows = pd.concat([second, turned])
    log, reach = rows["difference"], rows["replicates"].map(t_quantile) * rows["mcse"]
    ends = {"ratio": log, "ratio_low": log - reach, "ratio_high": log + reach}
    return rows[["parameterization"]].assign(**{name: np.exp(end) for name, end in ends.items()})
