"""The tables of a landscape, from simulated errors of chains whose mean work is known."""

import numpy as np
import pandas as pd
import pytest
from chain_errors_of import chain_errors_of
from landscape_tables import LIKELIHOODS, SPREADS, landscape_tables

from funnel_study.analysis.arms import BANDS, MORE, NOT_DISTINGUISHABLE, band
from funnel_study.analysis.landscape import ALL, lines_of, reference_of, tables
from funnel_study.analysis.qualification import QUALIFIED, WRONG
from funnel_study.analysis.score import PARTS
from funnel_study.diagnosis.chain_errors import PROBABILITIES, QUANTITIES


def test_every_fit_has_its_score_and_the_features_of_its_point() -> None:
    table = landscape_tables()["landscape"]
    assert len(table) == 2 * 60 * len(SPREADS)
    assert table["point"].nunique() == 120
    assert table["point"].iloc[0] == "normal-K-2-0000"
    means = table.groupby("parameterization")[[*PARTS, "score"]].mean() / 1_000
    for name, spread in SPREADS.items():
        # the mean of squares of normal errors
        assert means.loc[name].to_numpy() == pytest.approx(spread**2, rel=0.25)


def test_bands_find_the_arm_that_is_worse_and_not_the_one_that_is_the_same() -> None:
    table = landscape_tables()["landscape_bands"]
    assert set(table["band"]) == {ALL, *BANDS}
    every = table[table["band"] == ALL].set_index(["likelihood", "parameterization"])
    for likelihood in LIKELIHOODS:
        centered, same = (every.loc[(likelihood, name)] for name in ("centered", "noncentered"))
        assert (centered["ratio"], same["ratio"]) == pytest.approx((4, 1), rel=0.3)
        assert centered["verdict"] == MORE
        assert centered["ratio_low"] < 4 < centered["ratio_high"]
        assert same["data_sets"] == 60
    in_bands = table[(table["band"] != ALL) & (table["parameterization"] == "noncentered")]
    assert (in_bands["verdict"] == NOT_DISTINGUISHABLE).mean() > 0.8
    sets = in_bands.groupby("likelihood")["data_sets"].sum()
    assert sets.tolist() == [60, 60]
    found = landscape_tables()["landscape"].drop_duplicates("point")
    assert band(found["ratio"]).value_counts().sum() == 120


def test_stuck_fits_dominate_a_mean_unless_they_are_run_again_at_the_price_of_both() -> None:
    tables = landscape_tables(stuck=6)
    every = tables["landscape_bands"].query("band == 'all'").set_index("parameterization")
    assert (every.loc["centered", "ratio"] > 100).all()
    # 6 of 60 fits cost twice as much
    usual = landscape_tables()["landscape_bands"].query("band == 'all'")
    before = usual.set_index("parameterization").loc["centered", "ratio"].to_numpy()
    again = every.loc["centered", "ratio_with_reruns"].to_numpy()
    assert again / before == pytest.approx(1.1, abs=0.05)
    found = tables["landscape"].query("parameterization == 'centered'")
    twice = found.merge(landscape_tables()["landscape"], on=["point", "parameterization"])
    price = twice["score_with_reruns_x"] / twice["score_y"]
    assert price.to_numpy() == pytest.approx(1 + (twice["rhat_max_x"] > 1.01).to_numpy())
    same = every.loc["noncentered"]
    assert same["ratio_with_reruns"].tolist() == same["ratio"].tolist()
    arms = tables["landscape_arms"].set_index("parameterization")
    assert arms["unconverged"].to_dict() == {"centered": 6, "noncentered": 0, "data_based": 0}


def test_the_bias_of_an_arm_is_that_which_its_chains_share() -> None:
    """Chains without a common error are unbiased, and one of 0.2 standard deviations is found."""
    rng, size = np.random.default_rng(4), (2, 200, 4)
    u = rng.normal(0, 0.05, (*size, 5))
    u[1, ..., 2] += 0.2  # log tau of the second arm
    below = np.zeros((*size, len(QUANTITIES), len(PROBABILITIES)))
    found = {"a": chain_errors_of(u, parameterizations=("right", "off"), below=below)}
    features = {"likelihood": "normal", "ratio": np.geomspace(0.1, 10, 200), "K": 2}
    points = pd.DataFrame({"scenario": "a", "replicate": range(200), **features})
    fits = pd.DataFrame({"parameterization": ["right", "off"], "sampler": "nutpie"}).merge(
        points[["scenario", "replicate"]], how="cross"
    )
    fits = fits.assign(rhat_max=1.0, divergences=0)
    arms = tables(found, [], fits, points, seed=1)["landscape_arms"].set_index("parameterization")
    assert arms["bias_verdict"].to_dict() == {"right": QUALIFIED, "off": WRONG}
    off = arms.loc["off"]
    assert (off["bias_of"], off["bias_squared"]) == ("log_tau", pytest.approx(0.04, rel=0.1))


def test_halves_of_chains_are_identical_arms() -> None:
    table = landscape_tables()["landscape_noise"]
    assert len(table) == 2 * len(SPREADS)
    assert table["ratio"].to_numpy() == pytest.approx(1, rel=0.4)
    assert (table["verdict"] == NOT_DISTINGUISHABLE).sum() >= 5


def test_lines_are_relative_to_the_best_at_every_ratio() -> None:
    table = landscape_tables()["landscape_lines"]
    assert (table["relative"] >= 1).all()
    least = table.groupby(["sampler", "draws", "likelihood", "row"])["relative"].min()
    assert (least == 1).all()
    assert set(table["parameterization"]) == set(SPREADS)


def test_what_is_shown_and_what_it_is_compared_with() -> None:
    names = ["vip", "centered", "low_tau", "data_based"]
    assert lines_of(names) == ["centered", "low_tau", "data_based"]
    assert lines_of(["vip", "half"]) == ["vip", "half"]
    assert reference_of(names) == "data_based"
    assert reference_of(["vip", "half"]) == "vip"
