"""The answer of the study: which parameterization to use in each scenario.

Parameterizations are ranked by their largest work (see the module `work`) over the ranked
estimands: mu, tau, log tau, the tail of tau, every theta, and sigma if it is unknown. The work is
measured against the exact posterior, and the leapfrog steps of tuning count.

A parameterization *qualifies* if none of its fits failed and each of its squared biases (see the
module `qualification`) is shown to be below 0.01 exact posterior variances: the upper end of its
95 % interval is. It is *wrong* if the lower end of any of these intervals is above 0.01, and
*undecided* in between, and also if its fits have a single chain, whose bias cannot be told from
noise. The best is the qualifying one with the least work. The parameterization `ideal` is not
ranked: it is a *reference*, the work of NUTS where nothing is left to adapt to.

Intervals are Student t intervals on the log scale over data sets, as everywhere else on the pages.
A ratio is paired by data set, over those that the parameterization shares with all that may be the
best. A parameterization is *level* with the best if the interval of this ratio contains 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from funnel.group_means import Array
from funnel_study.analysis.criteria import REFERENCE, same_as
from funnel_study.analysis.qualification import (
    QUALIFIED,
    UNDECIDED,
    Bias,
    biases,
    deciding,
    verdict,
)
from funnel_study.analysis.statistics import LOG_WORK, error_of_mean, t_quantile
from funnel_study.analysis.work import all_steps, is_ranked
from funnel_study.files.tables import CELL_KEYS, FIT_KEYS

Row = dict[str, Any]

# verdicts on parameterizations that are not compared with the others
NOT_RANKED = ("same", "reference", "no fit")
COLUMNS = (
    *("scenario", "sampler", "parameterization", "same_as", "fits", "failed", "data_sets"),
    *("verdict", "worst_estimand", "work", "work_low", "work_high", "largest_share"),
    *("ratio", "ratio_low", "ratio_high"),
    *("bias_of", "bias_squared", "bias_squared_low", "bias_squared_high"),
    *("data_sets_to_decide", "promised_work", "promised_ratio", "ks", "ks_mcse"),
    *("seconds", "leapfrog_steps"),
)
WINNER_COLUMNS = (
    *("scenario", "sampler", "estimand", "parameterization", "verdict", "work", "work_mcse"),
    *("largest_share", "ratio", "ratio_low", "ratio_high", "wins", "data_sets"),
)


@dataclass(frozen=True)
class Arm:
    """The errors of a parameterization in one scenario by one sampler.

    `work` is (data set, estimand), for the ranked `estimands`, and nan for failed fits.
    """

    fits: pd.DataFrame
    estimands: list[str]
    work: Array
    biases: list[Bias]
    chains: int

    @property
    def known(self) -> NDArray[np.intp]:
        """Positions of the data sets in which the work of every estimand is known."""
        return np.flatnonzero(~np.isnan(self.work).any(axis=1))

    def mean_work(self, data_sets: NDArray[np.intp]) -> Array:
        """Return the mean work of each estimand over the `data_sets`, (estimand,)."""
        return np.asarray(self.work[data_sets].mean(axis=0))


def answers(fits: pd.DataFrame, estimates: pd.DataFrame, errors: pd.DataFrame) -> pd.DataFrame:
    """Return one row per scenario, sampler and parameterization, with a verdict.

    `errors` is the table of `work.errors_of_fits` for whole chains. The tables have the data sets
    that the answer is about. The columns and verdicts are explained in results/README.md.
    """
    rows = []
    same = same_as(fits)
    for (scenario, sampler), arms in _groups(fits, estimates, errors).items():
        others = {name: same.get((scenario, name, sampler)) for name in arms}
        judged = {name: _judged(name, arm, others[name]) for name, arm in arms.items()}
        work = {name: _work(arm) for name, arm in arms.items()}
        qualified = [name for name in arms if judged[name]["verdict"] == QUALIFIED]
        best = min(qualified, key=lambda name: work[name]["work"], default=None)
        ranked = [name for name in arms if others[name] is None and name != REFERENCE]
        compared = [name for name in ranked if len(arms[name].known)]
        complete = [name for name in compared if len(arms[name].known) == len(arms[name].fits)]
        # without a qualified parameterization, ratios are to the one with the least work
        candidates = qualified or complete or compared
        # what a user would have seen: all leapfrog steps of a fit over its lowest bulk ESS
        promised = {
            name: float(
                (all_steps(arm.fits, arm.chains) / arm.fits["ess_bulk_min"].astype(float)).mean()
            )
            for name, arm in arms.items()
        }
        least_promised = pd.Series([promised[name] for name in compared], dtype=float).min()
        for name, arm in arms.items():
            ended = arm.fits[arm.fits["status"] == "ok"]
            is_tau = estimates["estimand"] == "tau"
            distance = arm.fits[FIT_KEYS].merge(estimates[is_tau], on=FIT_KEYS)["ks"].dropna()
            row = {
                "scenario": scenario,
                "sampler": sampler,
                "parameterization": name,
                "same_as": others[name],
                "fits": len(arm.fits),
                "failed": int((arm.fits["status"] != "ok").sum()),
                **judged[name],
                **work[name],
                **_ratios(name, arms, candidates),
                "promised_work": promised[name],
                "promised_ratio": promised[name] / least_promised,
                "ks": distance.to_numpy(dtype=float).mean() if len(distance) else np.nan,
                "ks_mcse": error_of_mean(distance.to_numpy(dtype=float)),
                "seconds": ended["sampling_seconds"].astype(float).median(),
                "leapfrog_steps": ended["leapfrog_steps"].astype(float).median(),
            }
            if row["verdict"] == QUALIFIED:
                is_slower = row.get("ratio_low", 0) > 1
                row["verdict"] = "best" if name == best else "slower" if is_slower else "level"
            rows.append(row)
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.astype({"data_sets_to_decide": "Int64"})


def winners(
    fits: pd.DataFrame, estimates: pd.DataFrame, errors: pd.DataFrame, answers: pd.DataFrame
) -> pd.DataFrame:
    """Return who wins for each ranked estimand, by how much, and in how many data sets.

    The table has one row per scenario, sampler, estimand and parameterization, without those that
    equal another one. `ratio` is the work divided by that of the parameterization with the least
    mean work of this estimand, with its 95 % Student t interval, paired by data set. `wins` is the
    number of the `data_sets` in which the parameterization had the least work.
    """
    rows = []
    verdicts = answers.set_index(["scenario", "sampler", "parameterization"])["verdict"]
    for (scenario, sampler), all_arms in _groups(fits, estimates, errors).items():
        arms = {
            name: arm
            for name, arm in all_arms.items()
            if verdicts[scenario, sampler, name] not in NOT_RANKED
        }
        for i, estimand in enumerate(next(iter(arms.values())).estimands if arms else []):
            work = np.column_stack([arm.work[:, i] for arm in arms.values()])
            work = work[~np.isnan(work).any(axis=1)]
            if not len(work):
                continue
            least = int(work.mean(axis=0).argmin())
            first = np.bincount(work.argmin(axis=1), minlength=len(arms))
            for j, (name, arm) in enumerate(arms.items()):
                ratio = work[:, j].mean() / work[:, least].mean()
                low, high = _limits_of_ratio(ratio, work[:, j], work[:, least])
                error = _error_of_log(work[:, j], arm.chains)
                rows.append(
                    {
                        "scenario": scenario,
                        "sampler": sampler,
                        "estimand": estimand,
                        "parameterization": name,
                        "verdict": verdicts[scenario, sampler, name],
                        "work": work[:, j].mean(),
                        "work_mcse": work[:, j].mean() * error,
                        "largest_share": work[:, j].max() / work[:, j].sum(),
                        "ratio": ratio,
                        "ratio_low": low if j != least else np.nan,
                        "ratio_high": high if j != least else np.nan,
                        "wins": int(first[j]),
                        "data_sets": len(work),
                    }
                )
    return pd.DataFrame(rows, columns=list(WINNER_COLUMNS))


def _groups(
    fits: pd.DataFrame, estimates: pd.DataFrame, errors: pd.DataFrame
) -> dict[tuple[str, str], dict[str, Arm]]:
    """Return the arms of each scenario and sampler; their data sets are in the same order."""
    groups: dict[tuple[str, str], dict[str, Arm]] = {}
    by_cell = [dict(list(table.groupby(CELL_KEYS, sort=False))) for table in (estimates, errors)]
    for (scenario, sampler), of_both in fits.groupby(["scenario", "sampler"], sort=False):
        replicates = sorted(of_both["replicate"].unique())
        is_here = (errors["scenario"] == scenario) & (errors["sampler"] == sampler)
        every = errors[is_here & errors["estimand"].map(is_ranked)]
        # without estimands whose exact moments do not exist
        measured = every.dropna(subset=["work"])
        names = list((every if measured.empty else measured)["estimand"].unique())
        arms = {}
        for name, of_arm in of_both.groupby("parameterization", sort=False):
            own_estimates, own_errors = (table[scenario, name, sampler] for table in by_cell)
            ranked = own_errors[own_errors["estimand"].isin(names)]
            work = ranked.set_index(["replicate", "estimand"])["work"].unstack()  # noqa: PD010
            arms[str(name)] = Arm(
                of_arm,
                names,
                work.reindex(index=replicates, columns=names).to_numpy(dtype=float),
                biases(own_estimates, own_errors),
                chains=int(ranked["chains"].iloc[0]),
            )
        groups[str(scenario), str(sampler)] = arms
    return groups


def _judged(name: str, arm: Arm, same: str | None) -> Row:
    """Return the verdict before ranking, and the squared bias that it depends on most."""
    found: Row = {"data_sets": len(arm.known)}
    ok = arm.fits["status"] == "ok"
    if found["data_sets"] and arm.biases:
        bias = deciding(arm.biases)
        found |= {
            "verdict": verdict(arm.biases),
            "bias_of": bias.of,
            "bias_squared": bias.estimate,
            "bias_squared_low": bias.low,
            "bias_squared_high": bias.high,
        }
        if found["verdict"] == QUALIFIED and arm.chains == 1:
            found["verdict"] = UNDECIDED
        elif found["verdict"] == UNDECIDED and arm.chains > 1:
            needed = max(each.data_sets_to_decide() for each in arm.biases if each.is_open)
            found["data_sets_to_decide"] = int(needed) if needed < 1e15 else None
    if not ok.any():
        found["verdict"] = "no fit"
    elif not ok.all():
        found["verdict"] = "failed"
    elif found["data_sets"] < len(arm.fits):
        found["verdict"] = "unknown"
    elif same is not None:
        found["verdict"] = "same"
    elif name == REFERENCE:
        found["verdict"] = "reference"
    return found


def _work(arm: Arm) -> Row:
    """Return the largest work of an arm over the data sets that it has."""
    if not len(arm.known):
        return {}
    mean = arm.mean_work(arm.known)
    worst = int(mean.argmax())
    work = arm.work[arm.known, worst]
    found: Row = {"worst_estimand": arm.estimands[worst], "work": float(mean[worst])}
    found["largest_share"] = float(work.max() / work.sum())
    if len(work) > 1:
        reach = t_quantile(len(work)) * _error_of_log(work, arm.chains)
        found["work_low"], found["work_high"] = found["work"] * np.exp([-reach, reach])
    return found


def _ratios(name: str, arms: Mapping[str, Arm], candidates: list[str]) -> Row:
    """Return the largest work of an arm divided by that of the best of the `candidates`."""
    shared = reduce(np.intersect1d, [arms[each].known for each in (name, *candidates)])
    if not candidates or not len(shared):
        return {}
    means = {each: arms[each].mean_work(shared) for each in (name, *candidates)}
    least = min(candidates, key=lambda each: means[each].max())
    found: Row = {"ratio": float(means[name].max() / means[least].max())}
    if len(shared) > 1 and name != least:
        pair = (arms[each].work[shared, means[each].argmax()] for each in (name, least))
        found["ratio_low"], found["ratio_high"] = _limits_of_ratio(found["ratio"], *pair)
    return found


def _error_of_log(work: Array, chains: int) -> float:
    return LOG_WORK.standard_error(np.column_stack([work, np.full(len(work), chains)]))


def _limits_of_ratio(ratio: float, work: Array, least: Array) -> Array:
    """Return the 95 % interval of a ratio of two mean works of the same data sets."""
    influence = LOG_WORK.influence(work[:, None]) - LOG_WORK.influence(least[:, None])
    reach = t_quantile(len(work)) * error_of_mean(influence)
    return ratio * np.exp([-reach, reach])
