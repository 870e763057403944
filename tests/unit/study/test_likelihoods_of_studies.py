"""Scenarios of every likelihood: what their keys mean, and bad values of them."""

from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from funnel import likelihoods
from funnel.priors import Priors
from funnel_study.study import design, jobs
from funnel_study.study.blocks import Block
from funnel_study.study.read import read_study
from funnel_study.study.replicates import replicate
from funnel_study.study.schema import Study
from funnel_study.study.yaml_file import ConfigError

TRUTH = {"mu": 0.5, "tau": 0.8, "sigma": 2.0}
SCENARIOS = """
- {name: known, n_per_individual: [3, 9, 2], sigma: [1, 2, 5]}
- {name: lab, n_per_individual: [3, 9, 2], sigma: {prior: exponential, scale: 5}}
- {name: own, likelihood: normal, n_per_individual: [3, 9, 2], sigma: {scale: 5, truth: 7}}
- {name: wards, likelihood: binomial, trials: [3, 40, 7]}
- {name: clicks, likelihood: poisson, exposure: [0.5, 2, 80]}
"""


def many(**keys: Any) -> Study:
    return read_study(
        {"study": "a", "truth": TRUTH, "scenarios": yaml.safe_load(SCENARIOS), **keys}
    )


def test_scenarios_of_all_likelihoods_can_be_written_read_and_simulated() -> None:
    study = many()
    assert {each.likelihood for each in study.scenarios} == set(likelihoods.names())
    assert read_study(study.model_dump()) == study
    for each in study.scenarios:
        made = replicate(jobs.simulation_job(study, each.name, Block(0, 0)), 0)
        assert type(made.data) is each.data
        assert made.data.K == made.K == each.K == 3
    sigma = {each.name: replicate(job, 0).sigma for each, job in _jobs(study)}
    np.testing.assert_equal(list(sigma.values()), [np.nan, 2.0, 7.0, np.nan, np.nan])
    cells = jobs.summary_job(study)["cells"]
    assert {tuple(cell[3:]) for cell in cells if cell[0] in ("lab", "own")} == {(3, True)}
    assert {tuple(cell[3:]) for cell in cells if cell[0] not in ("lab", "own")} == {(3, False)}


def _jobs(study: Study) -> list[tuple[Any, dict[str, Any]]]:
    return [(each, jobs.simulation_job(study, each.name, Block(0, 0))) for each in study.scenarios]


def test_sigma_has_its_prior_where_it_is_unknown() -> None:
    study = many()
    found = {
        each.name: Priors(**study.priors_of(each).model_dump()).sigma for each in study.scenarios
    }
    assert found == {
        **{"known": None, "wards": None, "clicks": None},
        **{"lab": "exponential", "own": "half_normal"},
    }
    assert "sigma" not in study.priors_of(study.scenario("wards")).model_dump()
    fit = jobs.fit_job(study, design.Cell("own", "centered", "stan"))
    assert (fit["likelihood"], fit["priors"]["sigma_scale"]) == ("normal_unknown_sigma", 5.0)


@pytest.mark.parametrize("name", ["known", "lab", "wards", "clicks"])
def test_the_ratio_is_that_of_the_information(name: str) -> None:
    """The variance of the score at the true mu is the information, here by simulation."""
    study, rng = many(), np.random.default_rng(1)
    scenario = study.scenario(name)
    mu, s = np.full(3, TRUTH["mu"]), []
    sigma = {"sigma": TRUTH["sigma"]} if scenario.data.SIGMA else {}
    data = [scenario.data.simulate(mu, rng, **scenario.sizes, **sigma) for _ in range(4_000)]
    if scenario.data.SIGMA:
        data = [each.given(TRUTH["sigma"]) for each in data]
    score = np.array([each.derivatives(mu)[0] for each in data])
    s = score.std(axis=0) ** -1
    expected = np.exp(np.log(s).mean()) / TRUTH["tau"]
    assert design.ratio(study, scenario) == pytest.approx(expected, rel=0.03)
    assert design.ratio(many(truth="prior", scenarios=[WARDS]), many().scenarios[3]) is None


WARDS = {"name": "wards", "likelihood": "binomial", "trials": [3, 40, 7]}


@given(
    ratio=st.floats(0.02, 0.5),
    K=st.integers(1, 12),
    imbalance=st.integers(1, 300),
    mu=st.floats(-1, 1),
)
def test_a_ratio_means_the_same_in_every_likelihood(
    ratio: float, K: int, imbalance: int, mu: float
) -> None:
    data = {
        "likelihood": list(likelihoods.names()),
        "ratio": [ratio],
        "K": K,
        "imbalance": imbalance if K > 1 else 1,
    }
    study = read_study({"study": "a", "truth": {"mu": mu, "tau": 0.5}, "sweep": {"data": data}})
    found = {each.likelihood: design.ratio(study, each) for each in study.scenarios}
    exact = {name: found.pop(name) for name in ("normal", "normal_unknown_sigma", "poisson")}
    assert list(exact.values()) == pytest.approx([ratio] * 3, rel=1e-9)
    assert found == {"binomial": pytest.approx(ratio, rel=0.1)}
    by_likelihood = {each.likelihood: each.sizes for each in study.scenarios}
    n = np.array(by_likelihood["normal"]["n_per_individual"])
    assert by_likelihood["normal_unknown_sigma"]["n_per_individual"] == n.tolist()
    exposure = np.array(by_likelihood["poisson"]["exposure"])
    np.testing.assert_allclose(exposure / exposure[0], n, rtol=1e-9)


BINOMIAL, POISSON = "likelihood: binomial, trials: [3, 40]", "likelihood: poisson, exposure: [3, 2]"
BAD = [
    (f"{BINOMIAL}, y: [4, 40]", ".y: successes[0] = 4.0: must be at most trials[0] = 3"),
    (f"{BINOMIAL}, y: [-1, 4]", ".y: successes[0] = -1.0: must be a whole number, 0 or above"),
    (f"{POISSON}, y: [1, 0.5]", ".y: counts[1] = 0.5: must be a whole number, 0 or above"),
    (f"{POISSON}, y: [1]", ".y: counts has 1 values and exposure 2: must be as many"),
    ("sigma: {scale: 1}, n_per_individual: [3], y: [1]", ".y: has length 1, but n_per_individual"),
    ("likelihood: poisson, exposure: [3, 0]", ".exposure[1] = 0: must be at least 1e-100"),
    ("likelihood: poisson, exposure: [1.0e30]", ".exposure = [1e+30]: too large to simulate"),
    ("likelihood: binomial, trials: [3, 2.5]", ".trials[1] = 2.5: must be a whole number"),
    ("likelihood: binomial, trials: 3", ".trials = 3: must be a list"),
    ("likelihood: binomial, y: [1, 1]", ".trials: missing; the likelihood binomial needs it"),
    ("likelihood: bernoulli, trials: [3]", ".likelihood = 'bernoulli': unknown likelihood; all"),
    (f"{BINOMIAL}, exposure: [3, 4]", ".exposure = [3.0, 4.0]: a key of poisson, not of binomial"),
    ("trials: [3]", ".trials = [3]: a key of binomial, not of normal; allowed: n_per_individual"),
    (f"{BINOMIAL}, sigma: {{scale: 2}}", ".sigma = {'prior': 'half_normal', 'scale': 2.0}: a key"),
    (f"{BINOMIAL}, unit: 10", ".unit = 10.0: not allowed with the likelihood binomial"),
    ("n_per_individual: [3]", ".sigma: missing; the likelihood normal needs it"),
    ("n_per_individual: [3], sigma: {prior: half_cauchy}", ".sigma.scale: missing"),
    ("n_per_individual: [3], sigma: {prior: gamma, scale: 1}", ".sigma.prior = 'gamma': must be"),
    ("y: [3, 1], sigma: {scale: 1, truth: 1}", ".sigma.truth = 1.0: not allowed together with y"),
    (
        "likelihood: normal_unknown_sigma, n_per_individual: [3], sigma: 2",
        ".sigma = 2.0: must be a mapping with the keys prior and scale",
    ),
]


@pytest.mark.parametrize(("scenario", "line"), BAD)
def test_bad_values_of_a_likelihood_are_one_line(scenario: str, line: str) -> None:
    _refused({"scenarios": [yaml.safe_load(f"{{name: one, {scenario}}}")]}, f"scenarios[0]{line}")


ALL = {"likelihood": ["normal", "binomial"]}


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (
            {"scenarios": [yaml.safe_load("{name: a, n_per_individual: [3], sigma: {scale: 2}}")]},
            "scenarios[0].sigma: has no true value; give truth in it, or sigma in the truth",
        ),
        (
            {"truth": {"mu": 100}, "scenarios": [yaml.safe_load(f"{{name: a, {POISSON}}}")]},
            "scenarios[0].exposure = [3.0, 2.0]: too large to simulate: theta is above 42.5 with",
        ),
        (
            {
                **{"truth": "prior", "priors": {"tau": "half_cauchy"}},
                "scenarios": [yaml.safe_load(f"{{name: a, {POISSON}}}")],
            },
            "scenarios[0].exposure = [3.0, 2.0]: too large to simulate: theta is above 42.5 with",
        ),
        (
            {"scenarios": [{**WARDS, "parameterizations": ["centered", "ideal"]}]},
            "scenarios[0].parameterizations[1] = 'ideal': cannot fit the likelihood binomial",
        ),
        (
            {"scenarios": [WARDS], "parameterizations": ["marginal", "ideal"]},
            "parameterizations = ['marginal', 'ideal']: none can fit the likelihood binomial of",
        ),
        (
            {"scenarios": [WARDS], "samplers": ["pymc3"]},
            "samplers[0] = 'pymc3': cannot fit the likelihood binomial",
        ),
        (
            {"scenarios": [WARDS], "samplers": ["stan"], "literal": True},
            "samplers[0] = 'stan': cannot fit the likelihood binomial as published",
        ),
        (
            {"sweep": {"data": {**ALL, "ratio": [16]}}},
            "scenarios.binomial-ratio-16.trials: whole numbers cannot give the ratio 16; the",
        ),
        (
            {"truth": {"mu": 1e3}, "sweep": {"data": {**ALL, "ratio": 1}}},
            "scenarios.binomial.trials: no numbers give the ratio 1 at theta = 1000, the true mu",
        ),
        (
            {"sweep": {"data": {**ALL, "sigma": [1, 2]}}},
            "sweep.data.sigma = [1.0, 2.0]: not allowed with the likelihood binomial",
        ),
        (
            {"sweep": {"data": {**ALL, "ratio": 1, "sigma": {"scale": 2}}}},
            "sweep.data.sigma = {'prior': 'half_normal', 'scale': 2.0}: sigma is known with normal",
        ),
        (
            {"sweep": {"data": {"likelihood": ["binomal"], "ratio": 1}}},
            "sweep.data.likelihood[0] = 'binomal': unknown likelihood (did you mean 'binomial'?)",
        ),
    ],
)
def test_bad_values_of_a_study_of_likelihoods_are_one_line(keys: dict[str, Any], line: str) -> None:
    _refused({"truth": {"mu": 0.5}, **keys}, line)


def _refused(keys: dict[str, Any], line: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_study({"study": "a", **keys})
    (found,) = caught.value.errors
    assert found.startswith(line)
