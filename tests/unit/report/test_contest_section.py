"""The sentences on the contest."""

from typing import Any

import numpy as np
import pandas as pd

from funnel_study.analysis.sweep import ESTIMANDS
from funnel_study.report.contest_section import sentences


def row(parameterization: str, largest: float, best: float, **values: Any) -> dict[str, Any]:
    return {
        "sampler": "stan",
        "parameterization": parameterization,
        "estimand": "tau",
        "points": 60,
        "mean": np.log(largest) / 2,
        "largest": np.log(largest),
        "largest_low": np.log(largest) - 0.1,
        "largest_high": np.log(largest) + 0.1,
        "kind": "rule",
        "best": best,
        "best_rule": best,
        **values,
    }


def summary(*rows: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame([{**each, "estimand": name} for name in ESTIMANDS for each in rows])


def test_the_rule_with_the_smallest_largest_ratio_is_named() -> None:
    first, *others = sentences(summary(row("half", 4.0, 0.0), row("pilot", 1.5, 1.0)))
    assert first == (
        "For the worst estimand, pilot takes at most 1.50 times (1.36 to 1.66) the work of the "
        "best constant centeredness in all 60 scenarios, on average 1.22 times. No other "
        "parameterization has such a low maximum."
    )
    assert len(others) == len(ESTIMANDS) - 1


def test_rules_that_cannot_be_told_apart_are_named_together() -> None:
    rows = [row("half", 4.0, 0.0), row("pilot", 1.5, 0.6), row("vip", 1.6, 0.3), row("a", 1.7, 0.1)]
    first, *_ = sentences(summary(*rows))
    assert first.endswith("By this maximum, it cannot be told apart from vip and a.")


def test_the_best_of_the_rules_is_named_if_an_oracle_or_marginal_is_better() -> None:
    rows = (
        row("half", 4.0, 0.0, kind="constant", best_rule=0.02),
        row("marginal", 1.5, 1.0, kind="marginal", best_rule=np.nan),
        row("pilot", 2.0, 0.0, best_rule=0.98),
    )
    first, second, *_ = sentences(summary(*rows))
    assert first.startswith("For the worst estimand, marginal takes at most 1.50 times")
    assert second == (
        "Among the constants and the rules that anyone can apply, pilot takes at most 2.00 times "
        "(1.81 to 2.21) the work of the best constant centeredness in all 60 scenarios, on average "
        "1.41 times. No other parameterization has such a low maximum."
    )


def test_every_sampler_has_its_sentences() -> None:
    two = summary(row("half", 2.0, 1.0), row("half", 3.0, 1.0, sampler="nutpie"))
    found = sentences(two)
    assert len(found) == 2 * len(ESTIMANDS)
    assert found[0].startswith("For the worst estimand with stan, half takes at most 2.00 times")


def test_without_constants_nothing_is_compared() -> None:
    assert sentences(summary().reindex(columns=list(row("a", 1.0, 1.0)))) == [
        "No scenario has three constants, so there is nothing to compare with."
    ]
