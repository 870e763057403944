import numpy as np
import pandas as pd
import pytest

from funnel_study.analysis.agreement import agreement
from funnel_study.files.tables import CELL_KEYS


def estimates(means: dict[str, float], replicates: int = 2) -> pd.DataFrame:
    """Estimates by each sampler, equal in all of its fits."""
    keys = pd.MultiIndex.from_product(
        [["a", "b"], ["centered", "mixed"], list(means), range(replicates), ["mu", "tau"]],
        names=[*CELL_KEYS, "replicate", "estimand"],
    ).to_frame(index=False)
    return keys.assign(mean=keys["sampler"].map(means), mcse_mean=0.3)


def test_every_pair_is_compared_for_the_fits_that_both_have() -> None:
    table = estimates({"nutpie": 1.0, "pymc": 2.0, "pymc3": 4.0})
    failed = (table["sampler"] == "pymc3") & (table["replicate"] == 1)
    table.loc[failed, ["mean", "mcse_mean"]] = np.nan
    of_pairs = agreement(table).groupby(["sampler", "versus"])["difference"]
    assert of_pairs.size().to_list() == [16, 16, 16]
    assert of_pairs.count().to_list() == [16, 8, 8]
    assert of_pairs.mean().to_list() == [-1, -3, -2]
    assert agreement(estimates({"nutpie": 1.0})).empty


def test_differences_of_independent_fits_are_standard_normal() -> None:
    table = estimates(dict.fromkeys(["nutpie", "pymc"], 0.0), replicates=500)
    rng = np.random.default_rng(1)
    mcse = rng.uniform(0.1, 2.0, len(table))
    z = agreement(table.assign(mean=rng.normal(3.0, mcse), mcse_mean=mcse))["z_score"]
    assert len(z) == 16 * 250
    assert z.mean() == pytest.approx(0, abs=0.06)
    assert z.std() == pytest.approx(1, abs=0.05)
