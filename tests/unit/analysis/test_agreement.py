import numpy as np
import pandas as pd
import pytest

from funnel_study.analysis.agreement import COLUMNS, agreement
from funnel_study.files.tables import CELL_KEYS


def estimates(means: dict[str, float], replicates: int = 2) -> pd.DataFrame:
    """Estimates by each sampler, equal in all of its fits."""
    keys = pd.MultiIndex.from_product(
        [["a", "b"], ["centered", "mixed"], list(means), range(replicates), ["mu", "tau"]],
        names=[*CELL_KEYS, "replicate", "estimand"],
    ).to_frame(index=False)
    return keys.assign(mean=keys["sampler"].map(means), mcse_mean=0.3)


def test_every_pair_of_samplers_is_compared_for_every_fit_and_estimand_that_both_have() -> None:
    table = estimates({"nutpie": 1.0, "pymc": 2.0, "pymc3": 4.0})
    table.loc[table["sampler"] == "pymc", "mcse_mean"] = 0.4
    failed = (table["sampler"] == "pymc3") & (table["replicate"] == 1)
    table.loc[failed, ["mean", "mcse_mean"]] = np.nan
    found = agreement(table)
    assert list(found.columns) == list(COLUMNS)
    assert not found.duplicated(list(COLUMNS[:6])).any()
    for (one, other), rows in found.groupby(["sampler", "versus"]):
        difference = {"nutpie": 1.0, "pymc": 2.0}[one] - {"pymc": 2.0, "pymc3": 4.0}[other]
        mcse = 0.3 * np.sqrt(2) if {one, other} == {"nutpie", "pymc3"} else 0.5
        known = rows[["difference", "mcse", "z_score"]].dropna(how="all").to_numpy()
        assert len(rows) == 16
        assert len(known) == (8 if other == "pymc3" else 16)
        assert known == pytest.approx(
            np.tile([difference, mcse, difference / mcse], (len(known), 1))
        )
    assert agreement(estimates({"nutpie": 1.0})).empty


def test_differences_of_independent_fits_are_standard_normal() -> None:
    table = estimates(dict.fromkeys(["nutpie", "pymc"], 0.0), replicates=500)
    rng = np.random.default_rng(1)
    mcse = rng.uniform(0.1, 2.0, len(table))
    z = agreement(table.assign(mean=rng.normal(3.0, mcse), mcse_mean=mcse))["z_score"]
    assert len(z) == 16 * 250
    assert z.mean() == pytest.approx(0, abs=0.06)
    assert z.std() == pytest.approx(1, abs=0.05)
