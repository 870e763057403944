"""The conclusions of the published study, as statements that a fit can refute.

The conclusions are in workflow/resources/published.yaml, each with a quantity and its bound.
"""

from __future__ import annotations

import operator

import numpy as np
import pandas as pd

from funnel_study.published.numbers import DATA, Facts

FINDING_COLUMNS = (
    *("scenario", "sampler", "finding", "statement", "value", "relation", "bound"),
    *("holds", "fits", "holds_in"),
)
ALL = "all"  # in place of a parameterization, for a conclusion on all fits
RELATIONS = {"<=": operator.le, "<": operator.lt, ">": operator.gt}
# individuals of `unbalanced` with more than ten observations
_STRONG_DATA = ["theta[2]", "theta[6]"]


def findings(
    fits: pd.DataFrame, chains: pd.DataFrame, estimates: pd.DataFrame, facts: Facts
) -> pd.DataFrame:
    """Test every published finding with the fits of the published data.

    The tables have the fits of the published data only. Each replicate is another seed of the
    sampler. The result has one row per finding and sampler: the statement that tests the finding,
    its `value` in replicate 0, and whether it `holds` there. It holds in `holds_in` of the `fits`,
    the replicates in which its value is defined. A statement may have no value, for example on
    where chains diverge if none diverged; then `holds` is empty.
    """
    known = quantities(fits, chains, estimates, facts)
    rows = []
    for scenario, parameterization, conclusion, quantity, relation, bound in facts["findings"]:
        by_fit = known[quantity][parameterization]
        by_fit = by_fit[by_fit.index.get_level_values("scenario") == scenario]
        for sampler, values in by_fit.groupby("sampler", sort=False):
            holds = RELATIONS[relation](values, bound)
            row = (
                *(scenario, sampler),
                conclusion if parameterization == ALL else f"{parameterization}: {conclusion}",
                facts["quantities"][quantity].format(parameterization),
                *(values.iloc[0], relation, bound),
                ("yes" if holds.iloc[0] else "no") if pd.notna(values.iloc[0]) else "",
                *(values.count(), holds.sum()),
            )
            rows.append(row)
    return pd.DataFrame(rows, columns=list(FINDING_COLUMNS))


def quantities(
    fits: pd.DataFrame, chains: pd.DataFrame, estimates: pd.DataFrame, facts: Facts
) -> dict[str, pd.DataFrame]:
    """Return the quantities of published.yaml, each as a table with a column per parameterization.

    Each row is the data of one scenario, fitted by one sampler with one seed. A value is missing if
    a fit that it needs failed or is not part of the study.
    """
    rows = pd.MultiIndex.from_frame(fits[DATA].drop_duplicates())
    keys = [*DATA, "parameterization"]

    def wide(values: pd.Series) -> pd.DataFrame:
        table = values.unstack("parameterization")  # noqa: PD010
        return table.reindex(index=rows, columns=["centered", "noncentered", "mixed"])

    def or_inverse(ratios: pd.DataFrame) -> pd.DataFrame:
        return ratios.clip(lower=1 / ratios)

    def over_centered(table: pd.DataFrame) -> pd.DataFrame:
        return table.div(table["centered"], axis="index")

    by_fit = fits.set_index(keys)
    step_size = wide(by_fit["step_size"])
    rank_sum = chains["divergences"] * chains["divergent_log_tau_rank"]
    by_chain = chains.assign(rank_sum=rank_sum).groupby(keys)
    totals = by_chain[["rank_sum", "divergences"]].sum()
    lowest, highest = wide(by_chain["bfmi"].min()), wide(by_chain["bfmi"].max())
    highest_of_other = highest[["centered", "noncentered"]].max(axis="columns", skipna=False)
    tau = estimates[estimates["estimand"] == "tau"].set_index(keys)
    unexplored = wide(tau["exact_below_lowest"])
    theta = estimates[estimates["estimand"].str.startswith("theta")]
    theta = theta.assign(tilt=theta["tilt"].abs())
    is_strong = theta["estimand"].isin(_STRONG_DATA)
    by_theta = theta.groupby(keys)
    funnel, narrowest = wide(by_theta["funnel"].max()), wide(by_theta["funnel"].min())
    step_ratio = over_centered(step_size)
    return {
        "divergences": wide(by_fit["divergences"]),
        "divergent_rank": wide(totals["rank_sum"] / totals["divergences"]),
        "lowest_bfmi": lowest,
        "highest_bfmi": highest,
        "bfmi_gain": lowest.sub(highest_of_other, axis="index"),
        "unexplored": unexplored,
        "relative_unexplored": over_centered(unexplored),
        "largest_funnel": funnel,
        "largest_weak_funnel": wide(theta[~is_strong].groupby(keys)["funnel"].max()),
        "funnel_of_theta": funnel.clip(lower=1 / narrowest),
        "funnel_of_eta": funnel.clip(lower=1 / narrowest),
        "largest_tilt": wide(by_theta["tilt"].max()),
        "tilt_of_2_and_6": wide(theta[is_strong].groupby(keys)["tilt"].max()),
        "step_size_over_published": or_inverse(step_size / 0.4),
        "published_step_sizes": or_inverse(20 * step_ratio),
        "relative_step_size": step_ratio,
        "relative_steps": over_centered(wide(by_fit["leapfrog_steps"])),
        "relative_ess": wide(by_fit["ess_bulk_min"] / by_fit["draws"]),
        "predictive": _predictive_difference(theta, facts).reindex(rows).to_frame(ALL),
    }


def _predictive_difference(theta: pd.DataFrame, facts: Facts) -> pd.Series:
    """Return the largest difference over individuals and pairs of parameterizations.

    A new observation of individual k has the posterior mean of theta_k, and its variance plus
    sigma_k^2.
    """
    known = {name: scenario["sigma"] for name, scenario in facts["scenarios"].items()}
    theta = theta.assign(sd=np.hypot(theta["sd"], theta["scenario"].map(known)))
    fits = theta.groupby([*DATA, "estimand"])
    lowest, highest = fits[["mean", "sd"]].min(skipna=False), fits["mean"].max(skipna=False)
    differences = (highest - lowest["mean"]) / lowest["sd"]
    return differences[fits.size() > 1].groupby(DATA).max()
