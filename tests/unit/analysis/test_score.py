"""The score: by hand, and of errors whose work is known."""

import numpy as np
import pandas as pd
import pytest
from chain_errors_of import chain_errors_of

from funnel_study.analysis.arms import NOT_DISTINGUISHABLE, compare
from funnel_study.analysis.score import PARTS, scores, scores_of_halves, with_reruns
from funnel_study.diagnosis.chain_errors import PROBABILITIES, QUANTITIES


def test_the_score_by_hand() -> None:
    """Two chains of 11 and 22 leapfrog steps, with a squared error of its own for each part."""
    u = np.zeros((1, 1, 2, 5))
    u[..., 0] = 1, 2  # mu
    u[..., 1] = 99  # tau, which does not count
    u[..., 2] = 3, 1  # log tau
    u[..., 3], u[..., 4] = 1, 2  # thetas, whose squares have mean 2.5
    below = np.zeros((1, 1, 2, len(QUANTITIES), len(PROBABILITIES)))
    of_tau = below[..., QUANTITIES.index("tau"), :]
    sd = np.sqrt(0.05 * 0.95)
    of_tau[..., PROBABILITIES.index(0.05)] = sd * np.array([2, 0])
    of_tau[..., PROBABILITIES.index(0.95)] = -sd * np.array([0, 2])
    steps, tuning = np.array([[[10.0, 20.0]]]), np.array([[[1.0, 2.0]]])
    found = chain_errors_of(u, steps, tuning, below=below)
    (row,) = scores({"few": found}).to_dict("records")
    expected = [(11 + 88) / 2, (99 + 22) / 2, 44 / 2, 88 / 2, 2.5 * 33 / 2]
    assert [row[name] for name in PARTS] == pytest.approx(expected)
    assert row["score"] == pytest.approx(np.mean(expected))
    assert (row["scenario"], row["draws"], row["leapfrog_steps"]) == ("few", 500, 16.5)


def test_the_score_of_independent_draws_is_their_price() -> None:
    """Chains of 400 independent draws for 2,000 leapfrog steps each have a score of 5."""
    rng, size = np.random.default_rng(1), (1, 400, 4)
    below = np.zeros((*size, len(QUANTITIES), len(PROBABILITIES)))
    for level in (0.05, 0.95):
        share = rng.binomial(400, level, size) / 400
        below[..., QUANTITIES.index("tau"), PROBABILITIES.index(level)] = share - level
    found = chain_errors_of(rng.normal(size=(*size, 8)) / 20, steps=2_000, below=below)
    table = scores({"few": found})
    for name in [*PARTS, "score"]:
        assert abs(table[name].mean() - 5) < 4 * table[name].std() / 20


def test_a_fit_without_errors_has_no_score_and_the_log_of_zero_an_infinite_one() -> None:
    u = np.full((1, 3, 4, 5), 0.1)
    u[0, 0, 1], u[0, 1, 2, 2] = np.nan, -np.inf
    score = scores({"few": chain_errors_of(u)})["score"].to_numpy()
    assert np.isnan(score[0])
    assert np.isposinf(score[1])
    assert np.isfinite(score[2])


def test_both_halves_of_the_chains_are_one_arm() -> None:
    rng = np.random.default_rng(3)
    found = {"s": chain_errors_of(rng.normal(size=(1, 60, 4, 9)))}
    table = scores_of_halves(found)
    whole = scores(found)["score"]
    both = table.groupby("replicate")["score"].mean()
    pd.testing.assert_series_equal(both, whole, check_index=False)
    table = table.assign(point=table["replicate"])
    (row,) = compare(table, "second", by=["parameterization"], arm="half").to_dict("records")
    assert (row["verdict"], row["data_sets"]) == (NOT_DISTINGUISHABLE, 60)


def test_a_rerun_is_charged_with_both_fits() -> None:
    keys = {"parameterization": "centered", "sampler": "stan", "draws": 500}
    table = pd.DataFrame(
        {"point": [0, 1], **keys, "leapfrog_steps": 100.0, "score": [1e6, 5.0]}
    ).assign(rhat_max=[1.5, 1.0])
    again = pd.DataFrame({"point": [0], **keys, "leapfrog_steps": 300.0, "score": 6.0})
    found = with_reruns(table, again)
    assert found["rerun"].tolist() == [True, False]
    assert found["score"].tolist() == [6 * 4 / 3, 5]
    assert found["leapfrog_steps"].tolist() == [400, 100]
    with pytest.raises(ValueError, match="no second run"):
        with_reruns(table.assign(rhat_max=1.5), again)
