import numpy as np
import pandas as pd
import pytest

from funnel_study.analysis.agreement import COLUMNS, agreement

KEYS = ["scenario", "parameterization", "replicate", "estimand"]


def estimates(means: dict[str, float], mcse: float = 0.3) -> pd.DataFrame:
    """Estimates by each sampler, equal in all of its fits."""
    keys = pd.MultiIndex.from_product(
        [["a", "b"], ["centered", "mixed"], list(means), [0, 1], ["mu", "tau"]],
        names=["scenario", "parameterization", "sampler", "replicate", "estimand"],
    ).to_frame(index=False)
    return keys.assign(mean=keys["sampler"].map(means), mcse_mean=mcse)


def test_every_pair_of_samplers_is_compared_for_every_fit_and_estimand() -> None:
    found = agreement(estimates({"nutpie": 1.0, "pymc": 2.0, "pymc3": 4.0}))
    assert list(found.columns) == list(COLUMNS)
    pairs = found[["sampler", "versus", "difference"]].drop_duplicates()
    assert pairs.to_numpy().tolist() == [
        ["nutpie", "pymc", -1.0],
        ["nutpie", "pymc3", -3.0],
        ["pymc", "pymc3", -2.0],
    ]
    assert not found.duplicated([*KEYS, "sampler", "versus"]).any()
    assert len(found) == 3 * 16


def test_z_is_the_difference_divided_by_its_standard_error() -> None:
    table = estimates({"nutpie": 1.0, "pymc": 2.0})
    table.loc[table["sampler"] == "pymc", "mcse_mean"] = 0.4
    found = agreement(table)
    assert found["mcse"].to_numpy() == pytest.approx(0.5)
    assert found["z_score"].to_numpy() == pytest.approx(-2.0)


def test_differences_of_independent_fits_are_standard_normal() -> None:
    table = estimates(dict.fromkeys(["nutpie", "pymc"], 0.0))
    table = pd.concat([table.assign(replicate=table["replicate"] + 2 * i) for i in range(250)])
    rng = np.random.default_rng(1)
    mcse = rng.uniform(0.1, 2.0, len(table))
    z = agreement(table.assign(mean=rng.normal(3.0, mcse), mcse_mean=mcse))["z_score"]
    assert len(z) == 16 * 250
    assert z.mean() == pytest.approx(0, abs=0.06)
    assert z.std() == pytest.approx(1, abs=0.05)


def test_a_failed_fit_has_no_difference() -> None:
    table = estimates({"nutpie": 1.0, "pymc": 2.0})
    failed = (table["sampler"] == "pymc") & (table["replicate"] == 1)
    table.loc[failed, ["mean", "mcse_mean"]] = np.nan
    found = agreement(table)
    assert len(found) == 16
    missing = found[["difference", "mcse", "z_score"]].isna()
    assert (missing.all(axis=1) == (found["replicate"] == 1)).all()
    assert (missing.any(axis=1) == (found["replicate"] == 1)).all()


def test_one_sampler_gives_an_empty_table() -> None:
    found = agreement(estimates({"nutpie": 1.0}))
    assert found.empty
    assert list(found.columns) == list(COLUMNS)
