"""The check fits the data of the user, and says whether the advice held."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from csv_texts import KINDS

from funnel.inference import exact_posterior_of
from funnel.priors import Priors
from funnel_study.advice.advice import Advice, terminal_summary
from funnel_study.advice.check import ADVISED, check, check_configuration, table_of
from funnel_study.advice.files import earlier_check
from funnel_study.study.design import Block
from funnel_study.study.jobs import simulation_job
from funnel_study.study.read import read_study
from funnel_study.study.replicates import replicate as simulate_replicate


@pytest.mark.parametrize(
    ("kind", "tau", "mu"),
    [
        *[("normal", "half_normal:3", "normal:0:5"), ("normal", "half_cauchy:2", "normal:4:7")],
        *((kind, "", mu) for kind in KINDS for mu in ("", "flat")),
    ],
)
def test_the_study_has_the_posterior_of_the_advice(
    advice: Callable[..., Advice], kind: str, tau: str, mu: str
) -> None:
    """But for a shift by the prior mean of mu, and for the unit, of normal data."""
    found = advice(KINDS[kind], tau=tau, mu=mu)
    study = read_study(check_configuration(found))
    (scenario,) = study.scenarios
    one = simulate_replicate(simulation_job(study, "data", Block(0, 1)), 0).data
    exact = exact_posterior_of(one, Priors(**study.priors_of(scenario).model_dump()))
    unit, shift = 1.0, 0.0
    if not found.response:
        (unit, shift) = np.polyfit(one.ybar, found.groups.means.ybar, 1)
    # a study has no flat prior of mu, so the check has a very wide one
    near = 1e-4 if mu == "flat" else 1e-6
    mean, sd = exact.mean(), exact.sd()
    assert unit * mean["mu"] + shift == pytest.approx(found.posterior.mu.mean, rel=near)
    assert unit * sd["mu"] == pytest.approx(found.posterior.mu.sd, rel=near)
    assert unit * mean["tau"] == pytest.approx(found.posterior.tau.mean, rel=near)


def test_the_check_is_the_same_in_any_unit(advice: Callable[..., Advice]) -> None:
    small, large = (
        check_configuration(
            advice(f"y,se\n{a * 1528},{a * 9}\n{a * 1600},{a * 7}\n", tau="", mu="")
        )
        for a in (0.001, 1000)
    )
    assert small["priors"] == large["priors"]
    for name in ("y", "sigma"):
        expected = large["scenarios"][0][name]
        assert small["scenarios"][0][name] == pytest.approx(expected, rel=1e-12)


def tables(
    verdicts: dict[str, str], logs: dict[str, float], mcse: float = 0.05
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The answers, and what is advised compared with the others: logs of their relative work."""
    answers = pd.DataFrame(
        {
            "parameterization": list(verdicts),
            "verdict": list(verdicts.values()),
            "worst_estimand": "mu",
            "work": [10 * np.exp(logs.get(name, 0.0)) for name in verdicts],
        }
    )
    rows = []
    for i, (name, log) in enumerate(logs.items()):
        # the pair may stand either way round
        pair = (name, ADVISED, log) if i % 2 else (ADVISED, name, -log)
        rows += [
            ("worst", "log_work", *pair, mcse, 60),
            ("mu", "log_work", *pair[:2], 9.0, mcse, 60),
            ("worst", "bias", *pair[:2], 9.0, mcse, 60),
        ]
    columns = ["estimand", "measure", "parameterization", "versus", "difference", "mcse"]
    return answers, pd.DataFrame(rows, columns=[*columns, "replicates"])


RIGHT = {ADVISED: "best", "centered": "slower", "half": "level", "marginal": "level"}
HELD = f"The advice held: {ADVISED} takes 0.905 times the work"


@pytest.mark.parametrize(
    ("logs", "mcse", "said"),
    [
        ({"centered": 2.0, "half": 0.1, "marginal": -3.0}, 0.05, HELD),
        ({"centered": 2.0, "half": -0.1}, 0.2, "The fits agree with the advice, but are too few"),
        ({"centered": 2.0, "half": -0.2}, 0.05, "The advice is not the best, but may be close"),
        ({"centered": 2.0, "half": -1.0}, 0.05, f"The advice did not hold: {ADVISED} takes 2.72"),
    ],
)
def test_the_advice_is_compared_with_the_best_alternative(
    logs: dict[str, float], mcse: float, said: str
) -> None:
    found = check(table_of(*tables(RIGHT, logs, mcse), "2026-11-29"))
    assert found.sentence.startswith(said)
    assert found.instead == ("half" if "did not hold" in said else "")
    ratios = found.table.set_index("parameterization")["ratio"]
    for name, log in logs.items():
        assert ratios[name] == pytest.approx(np.exp(log))


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        (
            {**RIGHT, ADVISED: "wrong"},
            f"The advice did not hold: the verdict on {ADVISED} is wrong",
        ),
        # nor are those of an alternative, however little their work
        ({**RIGHT, "half": "wrong"}, "0.368 times the work"),
        ({**RIGHT, ADVISED: "undecided"}, f"whether the bias of {ADVISED} is below"),
        ({ADVISED: "best", "centered": "wrong"}, f"The advice held: no alternative to {ADVISED}"),
    ],
)
def test_biased_fits_are_no_evidence(verdicts: dict[str, str], said: str) -> None:
    assert (
        said
        in check(
            table_of(*tables(verdicts, {"centered": 1.0, "half": -5.0}), "2026-11-29")
        ).sentence
    )


def test_a_later_run_keeps_the_outcome(advice: Callable[..., Advice], tmp_path: Path) -> None:
    """Of the same data with the same priors."""
    found = advice()
    configuration = check_configuration(found, replicates=3)
    (tmp_path / "check.yaml").write_text(yaml.safe_dump(configuration))
    names = {ADVISED: "slower", "noncentered": "best"}
    table_of(*tables(names, {"noncentered": -1.0}), "2026-11-29").to_csv(
        tmp_path / "check.csv", index=False
    )
    earlier = earlier_check(found, tmp_path)
    assert earlier is not None
    assert earlier.instead == "noncentered"
    text = terminal_summary(replace(found, instead=earlier.instead), earlier.sentence)
    assert "use the noncentered parameterization" in text
    assert text.endswith("Checked on 2026-11-29.")
    assert earlier_check(advice(mu="normal:1:5"), tmp_path) is None
    assert earlier_check(found, tmp_path / "other") is None
