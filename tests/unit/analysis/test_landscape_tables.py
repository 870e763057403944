"""The tables of a landscape, from simulated errors of chains whose mean work is known."""

import pytest
from landscape_tables import LIKELIHOODS, SPREADS, landscape_tables

from funnel_study.analysis.arms import BANDS, MORE, NOT_DISTINGUISHABLE, band
from funnel_study.analysis.landscape import ALL, lines_of, reference_of
from funnel_study.analysis.score import PARTS


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
