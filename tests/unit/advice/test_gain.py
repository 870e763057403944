"""What the advice saves: the features of data, and the relative work at them."""

import io
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from csv_texts import BCG, KINDS
from simulated_scores import points_of, scores_of

from funnel_study.advice.advice import Advice
from funnel_study.advice.gain import FILE, features, gain, relative_work, shipped
from funnel_study.advice.priors import choose, suited
from funnel_study.study.points import Design, point

DESIGN = {
    **{"K": 9, "ratio": 0.5, "prior_scale": 2.0, "imbalance": 60.0, "mu": 0.3},
    **{"kind": ["equal", "geometric", "one_large", "one_small", "halves"]},
}


def landscape(relative: float) -> pd.DataFrame:
    """Scores of 300 points, of which those of noncentered are so many times as large."""
    rng = np.random.default_rng(1)
    means = {
        "data_based": lambda points: 3 + 0 * points["ratio"],
        "noncentered": lambda points: 3 + np.log(relative) + 0 * points["ratio"],
        "centered": lambda points: 3 + np.log1p(points["ratio"]),
    }
    points = points_of(300, rng).assign(kind="equal", imbalance=1000 ** rng.random(300))
    return scores_of(points, means, rng).assign(unit=1.0, sampler="stan", draws=1000)


@pytest.mark.parametrize("likelihood", ["normal", "binomial", "poisson"])
def test_the_features_of_data_are_those_of_their_point(
    advice: Callable[..., Advice], likelihood: str
) -> None:
    """At the posterior medians of mu and tau, which are not the true values."""
    design = Design(likelihood=likelihood, **DESIGN)
    (scenario,) = design.scenarios()
    job = design.job(scenario, 1, {"mu_sd": 1.0, "tau_scale": 1.0})
    kinds = set()
    for number in range(12):
        made = point(job, number)
        theta = made.mu + made.tau * np.random.default_rng(number).normal(size=9)
        if likelihood == "normal":
            se = made.sizes["sigma"] / np.sqrt(made.sizes["n_per_individual"])
            data = pd.DataFrame({"y": theta, "se": se})
        else:
            (name, size), *_ = made.sizes.items()
            y = np.exp(theta) * size if name == "exposure" else np.multiply(size, 0.6)
            data = pd.DataFrame({"counts": y.round().astype(int), name: size})
            data = data if name == "exposure" else data.rename(columns={"counts": "successes"})
        found = features(advice(data.to_csv(index=False), tau="half_normal:1", mu="normal:0:1"))
        expected = made.features
        assert found["K"] == 9
        assert found["kind"] == expected["kind"]
        assert found["imbalance"] == pytest.approx(expected["imbalance"], rel=0.01)
        # both are divided by tau
        scale = float(found["prior_scale"]) / float(expected["prior_scale"])
        near = 0.01 if likelihood == "normal" else 0.2
        assert float(found["ratio"]) / scale == pytest.approx(expected["ratio"], rel=near)
        kinds.add(found["kind"])
    assert len(kinds) > 2


def test_the_known_work_of_other_parameterizations_is_found(
    advice: Callable[..., Advice],
) -> None:
    found = advice()
    table, outside, points = relative_work(found, landscape(4.0))
    assert (points, outside) == (300, {})
    assert table.loc["noncentered", "relative"] == pytest.approx(4, rel=0.3)
    expected = 1 + features(found)["ratio"]
    assert table.loc["centered", "relative"] == pytest.approx(expected, rel=0.4)
    assert (table["low"] < table["relative"]).all()
    said = gain(found, landscape(4.0))
    assert f"noncentered takes about {table.loc['noncentered', 'relative']:.2g} times" in said


def test_data_beyond_the_landscape_are_taken_at_its_end(advice: Callable[..., Advice]) -> None:
    scores = landscape(4.0)
    scores = scores[scores["K"] > 20]
    _, outside, _ = relative_work(advice(), scores)
    assert outside == {"K": scores["K"].min()}
    assert f"{scores['K'].min():.0f} groups" in gain(advice(), scores)


def test_what_is_not_known_is_not_stated(advice: Callable[..., Advice]) -> None:
    few = landscape(1.0)
    few = few[few["point"] < 20]
    few.loc[few["parameterization"] == "noncentered", "score"] *= np.tile([0.01, 1, 1, 100], 5)
    assert "noncentered takes between" in gain(advice(), few)
    for text, mu in (
        ("r,n\n0,5\n0,9\n", ""),
        ("r,n\n5,5\n9,9\n", ""),
        ("y,se\n9,1\n9,1\n", "normal:0:1"),
    ):
        assert "times" not in gain(advice(text, tau="", mu=mu))
    assert "without covariates" in gain(advice(BCG, X="latitude"), few)


@pytest.mark.parametrize("kind", KINDS)
def test_the_shipped_scores_are_of_every_likelihood(
    advice: Callable[..., Advice], kind: str
) -> None:
    table = pd.read_csv(FILE)
    found, _, points = relative_work(advice(KINDS[kind], tau="", mu=""), table)
    assert points > 40
    assert np.isfinite(found[["relative", "low", "high"]]).all(axis=None)
    assert FILE.stat().st_size < 300_000


def test_whole_chains_of_one_sampler_are_shipped() -> None:
    whole = landscape(2.0)
    whole = whole.assign(score_with_reruns=whole["score"])
    others = [whole.assign(draws=300), whole.assign(sampler="other")]
    others.append(whole.assign(parameterization=whole["parameterization"] + "_too"))
    text = shipped(pd.concat([whole, *others]))
    found = pd.read_csv(io.BytesIO(text), compression="gzip")
    expected = whole[found.columns].reset_index(drop=True)
    pd.testing.assert_frame_equal(found, expected, rtol=1e-3, check_dtype=False)


def test_default_priors_that_the_data_contradict_have_a_remedy(
    advice: Callable[..., Advice], tmp_path: object
) -> None:
    wild = "r,n\n0,100\n100,100\n0,4000\n4000,4000\n"
    groups = advice(wild, tau="", mu="").groups
    option = suited(groups, choose(groups))
    name, _, prior = option.partition("=")
    assert name == "TAU_PRIOR"
    assert not advice(wild, tau=prior, mu="").warnings
    assert not suited(groups, choose(groups, prior))
    assert not suited(advice().groups, choose(advice().groups))
