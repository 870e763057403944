"""Posteriors that others published agree with the exact ones to their printed digits."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from funnel import HalfNormal, exact_posterior
from funnel_study.published.audit import audit

REPOSITORY = Path(__file__).parents[3]
ENTRIES = yaml.safe_load((REPOSITORY / "workflow/resources/published-posteriors.yaml").read_text())


def test_every_published_number_agrees_and_tau_has_all_digits_of_bayesmeta() -> None:
    table = audit(ENTRIES)
    assert len(table) == sum(len(each) for entry in ENTRIES for each in entry["values"].values())
    wrong = table[~table["agrees"]]
    assert wrong.empty, wrong.to_string()
    rows = table[(table["source"] == "bayesmeta") & (table["quantity"] == "tau")]
    assert len(rows) == 10
    assert rows["decimals"].min() >= 6
    difference = (rows["exact"] - rows["published"]).abs() * 10.0 ** rows["decimals"]
    assert (difference < 2).all()


def test_the_beta_blockers_are_those_of_the_study() -> None:
    entries = yaml.safe_load((REPOSITORY / "workflow/resources/meta-analyses.yaml").read_text())
    (trials,) = (each for each in entries if each["name"] == "beta-blockers")
    (published,) = (each for each in ENTRIES if each["name"].startswith("beta-blockers"))
    (printed,) = trials["summaries"]
    assert published["y"] == [float(each) for each in printed["y"]]
    assert published["se"] == [float(each) for each in printed["se"]]


def entry(**changes: Any) -> dict[str, Any]:
    made = {"name": "a", "source": "b", "y": [0.5, 0.1, 0.9], "se": [0.3, 0.2, 0.4]}
    return {**made, "tau": {"half_normal": 0.5}, "values": {"mu": {"mean": "0.41"}}, **changes}


def test_a_number_agrees_if_the_exact_one_rounds_to_it() -> None:
    exact = exact_posterior([0.5, 0.1, 0.9], [0.3, 0.2, 0.4], tau=HalfNormal(0.5)).mu.mean
    assert exact == pytest.approx(0.4064, abs=5e-5)
    for text, agrees in (("0.41", True), ("0.40", False), ("0.4", True), ("0.4064", True)):
        (row,) = audit([entry(values={"mu": {"mean": text}})]).to_dict("records")
        assert (row["agrees"], row["exact"]) == (agrees, exact)


def test_accuracy_and_standard_errors_are_allowed_for() -> None:
    values = {"mu": {"mean": "0.4164"}, "tau": {"mean": "9.0000"}}
    assert list(audit([entry(values=values)])["agrees"]) == [False, False]
    assert list(audit([entry(values=values, accuracy={"mu": 0.01})])["agrees"]) == [True, False]
    errors = [0.0025, 0.1]
    assert list(audit([entry(values=values, standard_errors=errors)])["agrees"]) == [True, False]


def test_quantiles_of_draws_are_within_their_limits() -> None:
    """Those of simulated draws agree, and those of a shifted posterior do not."""
    posterior = exact_posterior([0.5, 0.1, 0.9], [0.3, 0.2, 0.4], tau=HalfNormal(0.5))
    draws = posterior.draws(400, seed=1)["mu"]
    levels = {"q025": 0.025, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q975": 0.975}
    for shift, agrees in ((0.0, True), (0.2, False)):
        values = {name: f"{np.quantile(draws, p) + shift:.3f}" for name, p in levels.items()}
        table = audit([entry(values={"mu": values}, draws=400)])
        assert table.loc[table["statistic"].isin(["q25", "q50", "q75"]), "agrees"].eq(agrees).all()
        assert table["agrees"].all() == agrees
    # few draws say nothing about a tail
    assert audit([entry(values={"mu": {"q975": "99"}}, draws=10)])["agrees"].all()


def test_an_unknown_name_is_an_error() -> None:
    unknown = [{"theta[3]": {"mean": "1"}}, {"mu": {"mode": "1"}}]
    for changes in ({"tau": {"gamma": 1}}, *({"values": each} for each in unknown)):
        with pytest.raises((KeyError, ValueError)):
            audit([entry(**changes)])
