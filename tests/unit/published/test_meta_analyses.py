"""The data of published meta-analyses: what others printed for them follows from the numbers.

A wrong digit of the data would change a pooled estimate, its standard error or Q.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from scipy.optimize import minimize_scalar
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.meta_analysis import combine_effects

from funnel.group_means import Array
from funnel_study.published.meta_analyses import EFFECTS, effects
from funnel_study.study.read import read_study

REPOSITORY = Path(__file__).parents[3]
ENTRIES = yaml.safe_load((REPOSITORY / "workflow/resources/meta-analyses.yaml").read_text())
CONFIG = REPOSITORY / "config/meta-analyses.yaml"
Found = dict[str, float]


def inverse_variance(y: Array, se: Array, tau2: float) -> Found:
    """Pool effects with weights 1 / (tau^2 + se^2); Q is that of weights 1 / se^2."""
    weights = 1 / (tau2 + se**2)
    fixed = np.average(y, weights=1 / se**2)
    return {
        "mean": float(np.average(y, weights=weights)),
        "se": float(weights.sum() ** -0.5),
        "tau2": tau2,
        "tau": float(np.sqrt(tau2)),
        "q": float(np.sum(((y - fixed) / se) ** 2)),
    }


def fixed_effect(y: Array, se: Array) -> Found:
    return inverse_variance(y, se, 0.0)


def dersimonian_laird(y: Array, se: Array) -> Found:
    return inverse_variance(y, se, max(0.0, combine_effects(y, se**2, method_re="dl").tau2))


def restricted_likelihood(y: Array, se: Array) -> Found:
    """Maximise the likelihood of the contrasts of y, which do not depend on the mean."""

    def minus_log_likelihood(tau2: float) -> float:
        v = tau2 + se**2
        mean = np.average(y, weights=1 / v)
        return float(np.log(v).sum() + np.log(np.sum(1 / v)) + np.sum((y - mean) ** 2 / v)) / 2

    best = minimize_scalar(
        minus_log_likelihood, bounds=(0, 10 * y.var()), method="bounded", options={"xatol": 1e-12}
    ).x
    return inverse_variance(
        y, se, best if minus_log_likelihood(best) < minus_log_likelihood(0) else 0
    )


def mantel_haenszel(entry: Any) -> Found:
    a, n, c, m = np.array(entry["rows"], dtype=float).T
    pooled = StratifiedTable(np.array([[a, n - a], [c, m - c]]))
    mean, se = pooled.logodds_pooled, pooled.logodds_pooled_se
    return {"mean": mean, "se": se, "z": mean / se}


def peto(entry: Any) -> Found:
    """Pool odds ratios by observed minus expected events (Yusuf et al. 1985)."""
    a, n, c, m = np.array(entry["rows"], dtype=float).T
    events, total = a + c, n + m
    excess = a - events * n / total
    v = n * m * events * (total - events) / (total**2 * (total - 1))
    return fixed_effect(excess / v, v**-0.5)


def moments(entry: Any, groups: int) -> Found:
    """The mean and standard deviation of the first proportions."""
    events, total = np.array(entry["rows"], dtype=float)[:groups].T
    return {"mean": float(np.mean(events / total)), "sd": float(np.std(events / total, ddof=1))}


def james_stein(entry: Any) -> Found:
    """The factor by which proportions shrink to their mean, with the variance at the mean."""
    events, total = np.array(entry["rows"], dtype=float).T
    y = events / total
    variance = y.mean() * (1 - y.mean()) / total[0]
    return {"shrinkage": float(1 - (len(y) - 3) * variance / np.sum((y - y.mean()) ** 2))}


POOLED: dict[str, Callable[[Array, Array], Found]] = {
    "fixed effect": fixed_effect,
    "DerSimonian-Laird": dersimonian_laird,
    "REML": restricted_likelihood,
}
STATISTICS = ("mean", "se", "sd", "low", "high", "z", "q", "tau", "tau2", "shrinkage")


def found(entry: Any, summary: Any) -> Found:
    """What the data of an entry give for a summary that others printed."""
    if summary["from"] == "moments":
        return moments(entry, summary["groups"])
    if summary["from"] == "James-Stein":
        return james_stein(entry)
    if summary["from"] in POOLED:
        y, se = effects(entry, summary.get("effect"), summary.get("unit"))
        pooled = POOLED[summary["from"]](y, se)
    else:
        pooled = {"Mantel-Haenszel": mantel_haenszel, "Peto": peto}[summary["from"]](entry)
    half_width = 1.959964 * pooled["se"]
    pooled |= {"low": pooled["mean"] - half_width, "high": pooled["mean"] + half_width}
    if summary.get("exponentiated"):
        pooled |= {key: float(np.exp(pooled[key])) for key in ("mean", "low", "high")}
    return pooled


def assert_printed(value: float, printed: str) -> None:
    """Assert that a number rounds to what was printed, give or take a billionth."""
    decimals = len(printed.partition(".")[2])
    assert abs(value - float(printed)) <= 0.5 * 10.0**-decimals + 1e-9, (value, printed)


SUMMARIES = [
    pytest.param(entry, summary, id=f"{entry['name']}-{i}")
    for entry in ENTRIES
    for i, summary in enumerate(entry["summaries"])
]


@pytest.mark.parametrize(("entry", "summary"), SUMMARIES)
def test_the_data_give_what_others_printed(entry: Any, summary: Any) -> None:
    if "from" in summary:
        values = found(entry, summary)
        printed = {key: summary[key] for key in STATISTICS if key in summary}
        assert printed
        for key, text in printed.items():
            assert_printed(values[key], text)
        return
    y, se = effects(entry)
    groups = {"y": y, "se": se, "variance": se**2}
    for key in groups.keys() & summary.keys():
        for value, text in zip(groups[key], summary[key], strict=True):
            assert_printed(float(value), text)


def test_the_configuration_has_these_data_to_four_decimals() -> None:
    study = read_study(yaml.safe_load(CONFIG.read_text()))
    assert [each.name for each in study.scenarios] == [entry["name"] for entry in ENTRIES]
    for entry, scenario in zip(ENTRIES, study.scenarios, strict=True):
        y, se = effects(entry)
        assert scenario.y == pytest.approx(y, abs=5.1e-5)
        assert scenario.sigma == pytest.approx(se, abs=5.1e-5)


def test_every_effect_is_used_or_checked() -> None:
    used = {entry["effect"] for entry in ENTRIES}
    checked = {each.get("effect") for entry in ENTRIES for each in entry["summaries"]}
    assert EFFECTS.keys() <= used | checked


def test_one_half_is_added_to_tables_with_a_zero_only() -> None:
    entry = {
        "effect": "log odds ratio",
        "columns": ["events", "total", "control events", "control total"],
        "rows": [[0, 50, 3, 34], [9, 54, 29, 54]],
    }
    y, se = effects(entry)
    halves = {**entry, "rows": [[0.5, 51, 3.5, 35], [9, 54, 29, 54]]}
    assert [*y, *se] == pytest.approx(np.concatenate(effects(halves)))
    assert np.isfinite(y).all()
